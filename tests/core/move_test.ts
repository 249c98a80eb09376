/** A renamed directory as one message (R29): what it says survives the wire, and what it cannot say is refused. */
import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import { decode, encode } from "../../src/core/msgpack.ts";
import {
  decodeMove,
  encodeMove,
  entriesIn,
  leftBy,
  type Move,
  MOVED_ENTRIES,
  movedRows,
} from "../../src/core/move.ts";
import { decide } from "../../src/core/reconcile.ts";
import { contextOf, deviceOf, dot, entryOf, pathOf, rowOf, stampOf } from "../support/entries.ts";

const MOVE: Move = {
  top: pathOf("Photos/2024"),
  now: pathOf("Bilder"),
  total: 4,
  dot: dot(1, 2 ** 41),
  stamp: stampOf(2 ** 51),
  writer: deviceOf(1),
  parts: [
    { below: null, first: "2024", last: "2024", count: 1 },
    { below: "" as Move["top"], first: "a", last: "sub", count: 2 },
    { below: pathOf("sub"), first: "ü", last: "ü", count: 1 },
  ],
};

function refused(value: unknown): boolean {
  try {
    decodeMove(decode(encode(value)));
    return false;
  } catch (error) {
    assert.ok(error instanceof CairnError && error.code === "message-invalid", String(error));
    return true;
  }
}

Deno.test("a move comes out as it went in", () => {
  assert.deepEqual(decodeMove(decode(encode(encodeMove(MOVE)))), MOVE);
  assert.equal(entriesIn(MOVE), 4);
  assert.deepEqual(MOVE.parts.map((part) => leftBy(MOVE, part)), [
    "Photos",
    "Photos/2024",
    "Photos/2024/sub",
  ]);
});

Deno.test("a name that is reserved at the top of a folder may stand in a renamed directory, and in no top", () => {
  const parts = [{ below: ".cairn/versions" as Move["top"], first: "a", last: "a", count: 1 }];
  const move = { ...MOVE, total: 1, parts };
  assert.deepEqual(decodeMove(decode(encode(encodeMove(move)))), move);
  assert.ok(refused(encodeMove({ ...move, top: ".cairn" as Move["top"] })));
});

const part = (over: Partial<Move["parts"][number]>): Move => ({
  ...MOVE,
  parts: [{ ...MOVE.parts[1]!, ...over }],
});
const BAD: readonly (readonly [string, Move])[] = [
  ["into itself", { ...MOVE, now: pathOf("Photos/2024/in") }],
  ["onto what is above it", { ...MOVE, now: pathOf("Photos") }],
  ["to where it is", { ...MOVE, now: MOVE.top }],
  ["to a path that leads outside", { ...MOVE, now: "../out" as Move["top"] }],
  ["to Cairn's own directory", { ...MOVE, now: ".cairn" as Move["top"] }],
  ["of nothing", { ...MOVE, parts: [] }],
  ["of more than a record", part({ count: MOVED_ENTRIES + 1 })],
  ["of more than there is", { ...MOVE, total: 3 }],
  ["of no entry", part({ count: 0 })],
  ["of a name that is a path", part({ first: "a/b" })],
  ["of a directory that leads outside", part({ below: "../x" as Move["top"] })],
  ["of another's own part", part({ below: null, first: "other", last: "other", count: 1 })],
];
for (const [what, move] of BAD) {
  Deno.test(`a move ${what} is refused`, () => assert.ok(refused(encodeMove(move))));
}

Deno.test("what is no move is refused", () => {
  for (const value of [null, 7, [], [1], encodeMove(MOVE).slice(0, 5), { top: "a" }]) {
    assert.ok(refused(value));
  }
});

Deno.test("what follows from a move supersedes what was there, on every device that had it (R2)", () => {
  const row = rowOf("Photos/2024/a", entryOf({ dots: [dot(3, 5)], seen: [dot(2, 9)], stamp: 7 }));
  const [left, come] = movedRows(MOVE, row);
  assert.deepEqual([left.path, come.path], ["Photos/2024/a", "Bilder/a"]);
  assert.deepEqual(left.entry.version.context, contextOf(dot(3, 5), dot(2, 9), MOVE.dot));
  assert.deepEqual(come.entry.version.context, contextOf(MOVE.dot));
  assert.equal(come.entry.content, row.entry.content);
  assert.deepEqual(decide(row.entry, [left.entry]), { kind: "take", entry: left.entry, copy: null });
  // An edit that the move did not know of stands.
  const edited = entryOf({ text: "edited", dots: [dot(2, 10)], seen: [dot(3, 5), dot(2, 9)], stamp: 8 });
  assert.equal(decide(edited, [left.entry]).kind, "none");
});
