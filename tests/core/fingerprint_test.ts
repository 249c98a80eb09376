import assert from "node:assert/strict";
import {
  type PrintedStat,
  printOf,
  printOfPlaced,
  sameMovedFile,
  samePrint,
} from "../../src/core/fingerprint.ts";
import { RACY_MS } from "../../src/core/limits.ts";

const CHANGED_MS = 1_000_000;
const STAT: PrintedStat = {
  size: 5,
  mtimeMs: CHANGED_MS,
  ctimeMs: CHANGED_MS,
  birthMs: 900_000,
  ino: 77,
  dev: 0,
  mode: 0o644,
};
const PARTS = ["size", "mtimeMs", "ctimeMs", "birthMs", "ino", "dev", "mode"] as const;

Deno.test("a fingerprint agrees when every part does", () => {
  assert.ok(samePrint(STAT, { ...STAT }));
  assert.ok(samePrint(printOf(STAT, CHANGED_MS), printOf(STAT, CHANGED_MS + 10 * RACY_MS)));
});

for (const part of PARTS) {
  Deno.test(`a fingerprint disagrees when ${part} alone differs (R14)`, () => {
    const other = { ...STAT, [part]: STAT[part] + 1 };
    assert.ok(!samePrint(STAT, other) && !samePrint(other, STAT));
  });
}

Deno.test("a moved file keeps all but its ctime and mode (R14)", () => {
  assert.ok(sameMovedFile(STAT, { ...STAT, ctimeMs: STAT.ctimeMs + 1 }));
  for (const part of ["size", "mtimeMs", "birthMs", "ino", "dev"] as const) {
    assert.ok(!sameMovedFile(STAT, { ...STAT, [part]: STAT[part] + 1 }), part);
  }
});

Deno.test("where there is no birth time no move is believed: inodes are given out again (R14)", () => {
  const unborn = { ...STAT, birthMs: 0 };
  assert.ok(!sameMovedFile(unborn, { ...unborn }));
});

Deno.test("a print is settled once the last change lies further back than the clock's grain (R14)", () => {
  assert.equal(printOf(STAT, CHANGED_MS + RACY_MS).settled, false);
  assert.equal(printOf(STAT, CHANGED_MS + RACY_MS + 1).settled, true);
});

Deno.test("an old mtime, as tar and cp -p set it, does not settle what changed just now (R14)", () => {
  const unpacked = { ...STAT, mtimeMs: 1_000 };
  assert.equal(printOf(unpacked, CHANGED_MS + 1).settled, false);
  assert.equal(printOf({ ...STAT, ctimeMs: 1_000 }, CHANGED_MS + 1).settled, false);
});

Deno.test("a time that lies ahead is settled, or a clock that went back would have its files read for ever", () => {
  const nowMs = CHANGED_MS + 10 * RACY_MS;
  assert.equal(printOf({ ...STAT, mtimeMs: nowMs + RACY_MS + 1 }, nowMs).settled, true);
  assert.equal(printOf({ ...STAT, mtimeMs: nowMs + RACY_MS }, nowMs).settled, false);
});

Deno.test("what Cairn placed is settled at once, unless its mtime is the present", () => {
  assert.equal(printOfPlaced({ ...STAT, mtimeMs: 1_000 }, CHANGED_MS).settled, true);
  assert.equal(printOfPlaced(STAT, CHANGED_MS).settled, false);
});

Deno.test("a print keeps no more of a stat than its parts", () => {
  const print = printOf({ ...STAT, kind: "file" } as PrintedStat, CHANGED_MS);
  assert.deepEqual(Object.keys(print).sort(), [...PARTS, "settled"].sort());
});
