/** What is recorded of the disk where changes are not given, and what becomes of rows when the mode changes (R9, R11). */
import assert from "node:assert/strict";
import { isAlive, type Row, saysNothing } from "../../src/core/entry.ts";
import type { Mode } from "../../src/core/mode.ts";
import { supersedes } from "../../src/core/reconcile.ts";
import { nextStamp, stampAt } from "../../src/core/stamp.ts";
import { isWithheld } from "../../src/core/version.ts";
import { type Mint, rowOfGone, rowOfKept, rowOfSeen, type SeenContent } from "../../src/sync/local_change.ts";
import { rowInMode } from "../../src/sync/mode_change.ts";
import { contentOf, deviceOf, dot, entryOf, pathOf, rowOf, stampOf } from "../support/entries.ts";

const PATH = pathOf("a.txt");
const NOW_MS = 1_000_000;
const THEIRS: Row = rowOf(PATH, entryOf({ text: "theirs", dots: [dot(2, 7)], stamp: 2_000 * 1024 }));
const noneIgnored = () => false;

function minting(mode: Mode): Mint & { minted: number } {
  const mint = {
    minted: 0,
    mode,
    device: deviceOf(7),
    dot: () => dot(7, 100 + mint.minted++),
    stamp: (replaced: Parameters<Mint["stamp"]>[0]) => nextStamp(stampOf(0), NOW_MS, replaced),
    found: (writtenMs: number) => stampAt(Math.min(writtenMs, NOW_MS)),
  };
  return mint;
}

function seen(text: string, over: Partial<SeenContent> = {}): SeenContent {
  const { mtimeMs, mode } = THEIRS.entry;
  return {
    kind: "file",
    size: text.length,
    mtimeMs,
    writtenMs: 5_000,
    mode,
    content: contentOf(text),
    target: null,
    ...over,
  };
}

Deno.test("neither mode mints anything for edits, new files, modes and deletes", () => {
  for (const mode of ["receive", "index"] as const) {
    const mint = minting(mode);
    const edited = rowOfSeen(PATH, THEIRS, null, seen("edited"), mint)!;
    assert.deepEqual([edited.offered, edited.held, edited.entry.writer], [false, true, deviceOf(7)]);
    assert.ok(isWithheld(edited.entry.version));
    assert.deepEqual(edited.entry.version.context, THEIRS.entry.version.context);
    assert.ok(edited.entry.stamp > THEIRS.entry.stamp, "later than what it replaces (R7)");
    const chmod = rowOfSeen(PATH, THEIRS, null, seen("theirs", { mode: 0o600 }), mint)!;
    assert.deepEqual([chmod.offered, chmod.entry.mode, chmod.entry.content], [
      false,
      0o600,
      contentOf("theirs"),
    ]);
    const fresh = rowOfSeen(PATH, null, null, seen("new"), mint)!;
    assert.equal(fresh.entry.version.context.size, 0);
    assert.equal(fresh.entry.stamp, stampAt(5_000));
    assert.equal(rowOfSeen(PATH, fresh, null, seen("new"), mint), null);
    const gone = rowOfGone(THEIRS, mint);
    assert.deepEqual([gone.offered, gone.held, isAlive(gone.entry)], [false, false, false]);
    assert.equal(saysNothing(gone), mode === "index", "who only lists deletes nothing");
    assert.ok(saysNothing(rowOfGone(fresh, mint)));
    const kept = rowOfKept(THEIRS, [entryOf({ text: "x", dots: [dot(3, 1)] })], mint);
    assert.deepEqual([kept.offered, kept.entry.version.context.get(dot(3, 1).actor)], [false, 1]);
    assert.equal(mint.minted, 0);
  }
});

Deno.test("what is as others know it is offered in receive mode, and not in index mode", () => {
  assert.equal(rowOfSeen(PATH, THEIRS, null, seen("theirs"), minting("receive")), null);
  const listed = rowOfSeen(PATH, THEIRS, null, seen("theirs"), minting("index"))!;
  assert.deepEqual(listed, { ...THEIRS, offered: false });
  assert.equal(rowOfSeen(PATH, listed, null, seen("theirs"), minting("index")), null);
  assert.deepEqual(rowOfSeen(PATH, listed, null, seen("theirs"), minting("receive")), THEIRS);
});

Deno.test("what was made and went again before anybody knew is new when it comes again", () => {
  const mint = minting("receive");
  const made = rowOfSeen(PATH, null, null, seen("made"), mint)!;
  const again = rowOfSeen(PATH, rowOfGone(made, mint), null, seen("made"), minting("sync"))!;
  assert.equal(again.entry.stamp, stampAt(5_000), "as of a file that is found (R26)");
});

Deno.test("given at last, a change knows what it was made of, and so overrules that alone", () => {
  const mint = minting("receive");
  const edited = rowOfSeen(PATH, THEIRS, null, seen("edited"), mint)!;
  const deleted = rowOfGone(THEIRS, mint);
  for (const row of [edited, deleted]) {
    const given = rowInMode(row, minting("sync"), noneIgnored)!;
    assert.ok(given.offered && !isWithheld(given.entry.version));
    assert.equal(given.held, row.held);
    assert.ok(supersedes(given.entry, THEIRS.entry));
    const later = entryOf({ text: "later", dots: [dot(2, 9)], seen: [dot(2, 7)] });
    assert.ok(!supersedes(given.entry, later) && !supersedes(later, given.entry));
    assert.equal(rowInMode(given, minting("sync"), noneIgnored), null);
  }
  // A scan that comes first gives the same.
  const scanned = rowOfSeen(PATH, edited, null, seen("edited"), minting("sync"))!;
  assert.deepEqual(scanned, rowInMode(edited, minting("sync"), noneIgnored));
});

Deno.test("rows under a mode: withdrawn, offered again, or as they were", () => {
  const fresh = rowOfSeen(PATH, null, null, seen("new"), minting("index"))!;
  const deleted = rowOfGone(THEIRS, minting("receive"));
  const nothing = rowOfGone(fresh, minting("index"));
  const lost: Row = { ...THEIRS, offered: false, held: false };
  const cases: [row: Row, mode: Mode, now: (row: Row) => unknown][] = [
    [THEIRS, "index", (row) => ({ ...row, offered: false })],
    [THEIRS, "receive", () => null],
    [THEIRS, "send", () => null],
    [{ ...THEIRS, offered: false }, "sync", () => THEIRS],
    [{ ...THEIRS, offered: false }, "receive", () => THEIRS],
    [{ ...THEIRS, offered: false }, "index", () => null],
    [fresh, "receive", () => null],
    [fresh, "index", () => null],
    [nothing, "sync", () => null],
    [lost, "sync", () => null],
    [lost, "receive", () => null],
  ];
  for (const [row, mode, now] of cases) {
    assert.deepEqual(
      rowInMode(row, minting(mode), noneIgnored),
      now(row),
      `${mode} ${JSON.stringify(row.offered)}`,
    );
  }
  assert.ok(saysNothing(rowInMode(deleted, minting("index"), noneIgnored)!));
  // What is ignored stays with its device (R18).
  assert.equal(rowInMode({ ...THEIRS, offered: false }, minting("sync"), () => true), null);
  assert.equal(rowInMode(fresh, minting("sync"), () => true), null);
});
