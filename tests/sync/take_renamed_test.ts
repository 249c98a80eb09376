/** What is gathered of a rename that another device tells of is bounded in number, bytes and time (invariant 10): then it is done path by path. */
import assert from "node:assert/strict";
import type { Lsn } from "../../src/core/ids.ts";
import { RECORD_BYTES } from "../../src/core/limits.ts";
import type { Move } from "../../src/core/move.ts";
import type { Replica } from "../../src/sync/replica.ts";
import { TakeRenamed } from "../../src/sync/take_renamed.ts";
import { deviceOf, dot, pathOf, stampOf } from "../support/entries.ts";

const FOLDER = 1;
const DEVICE = 2;

function gathering() {
  const clock = { nowMs: 0 };
  const replica = {
    number: FOLDER,
    mode: "sync",
    catalogue: { rows: { ignored: new Set<number>() } },
    deps: { clock: { monotonic: () => clock.nowMs } },
  } as unknown as Replica;
  const renames = new TakeRenamed(replica, {
    mayPlace: () => false,
    lookAgain: () => {},
    ended: () => {},
  });
  const tell = (move: Move) => renames.told({ device: DEVICE, folder: FOLDER, lsn: 1 as Lsn, move });
  return { clock, renames, tell };
}

/** `count` of the `total` entries of a renamed directory. */
function moveOf(name: string, count: number, total: number, last = "z"): Move {
  const below = "" as Move["top"];
  return {
    top: pathOf(name),
    now: pathOf(`${name}-now`),
    total,
    dot: dot(1, 2 ** 41),
    stamp: stampOf(2 ** 51),
    writer: deviceOf(1),
    parts: [{ below, first: "a", last, count }],
  };
}

Deno.test("paths of a rename wait as long as more of it is told, and not longer than half a minute", () => {
  const { clock, renames, tell } = gathering();
  for (; clock.nowMs < 30_000; clock.nowMs += 1_000) {
    tell(moveOf("d", 1, 1_000));
    renames.evaluate(new Set());
    assert.ok(renames.holds(pathOf("d/x")) && renames.holds(pathOf("d-now")), `${clock.nowMs} ms`);
  }
  assert.ok(!renames.holds(pathOf("da")));
  clock.nowMs = 30_001;
  renames.evaluate(new Set());
  assert.ok(!renames.holds(pathOf("d/x")));
});

Deno.test("a rename of which nothing more comes is let go after two seconds", () => {
  const { clock, renames, tell } = gathering();
  tell(moveOf("d", 1, 1_000));
  clock.nowMs = 2_001;
  renames.evaluate(new Set());
  assert.ok(!renames.holds(pathOf("d/x")));
});

Deno.test("who tells of more entries than there are is not believed", () => {
  const { renames, tell } = gathering();
  tell(moveOf("d", 6, 10));
  assert.ok(renames.holds(pathOf("d/x")));
  tell(moveOf("d", 6, 10));
  assert.ok(!renames.holds(pathOf("d/x")));
});

Deno.test("renames that are told in more than half a record's bytes are let go (invariant 10)", () => {
  const { renames, tell } = gathering();
  const long = "z".repeat(200);
  const most = Math.ceil(RECORD_BYTES / 2 / long.length);
  let told = 0;
  do tell(moveOf("d", 1, 1_000_000, long)); while (renames.holds(pathOf("d/x")) && ++told < most);
  assert.ok(told < most && told > most / 3, `${told} of ${most}`);
});

Deno.test("no more than 64 renames are gathered at once", () => {
  const { renames, tell } = gathering();
  for (let i = 0; i < 100; i++) tell(moveOf(`d${i}`, 1, 1_000));
  const held = Array.from({ length: 100 }, (_, i) => renames.holds(pathOf(`d${i}/x`)));
  assert.equal(held.filter((isHeld) => isHeld).length, 64);
});

Deno.test("of another folder nothing is gathered", () => {
  const { renames, tell } = gathering();
  renames.told({ device: DEVICE, folder: FOLDER + 1, lsn: 1 as Lsn, move: moveOf("d", 1, 2) });
  assert.ok(!renames.holds(pathOf("d/x")));
  tell(moveOf("e", 1, 2));
  assert.ok(renames.holds(pathOf("e/x")));
});
