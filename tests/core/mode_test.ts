/** What is withheld (R9): how it is written, what is decided about it, and that nobody can pass it off as an offer. */
import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { type Entry, type Row, saysNothing, withheldTombstone } from "../../src/core/entry.ts";
import { toHex } from "../../src/core/ids.ts";
import { isFit, isLocalChange, MODES } from "../../src/core/mode.ts";
import { decide, decideWithheld } from "../../src/core/reconcile.ts";
import { decodeRows, encodeRows, encodeVersion } from "../../src/core/row_codec.ts";
import { type Context, isWithheld, withheldVersion, YIELDING } from "../../src/core/version.ts";
import { anyEntry, contextOf, dot, entryOf, lsnOf, rowOf, stampOf } from "../support/entries.ts";

const wire = (row: Row) => decode(encode(encodeRows([{ lsn: lsnOf(1), row }])));

function withheld(text: string, context: Context, over: Partial<Entry> = {}): Entry {
  const entry = entryOf({ text, dots: [dot(1, 1)] });
  return { ...entry, version: withheldVersion(entry.stamp, context), ...over };
}

function unoffered(entry: Entry, held = true): Row {
  return { ...rowOf("a.txt", entry), offered: false, held };
}

Deno.test("what is withheld comes out of a block as it went in, with what it knows", () => {
  const contexts = [contextOf(), contextOf(dot(2, 7)), contextOf(dot(2, 7), dot(9, 1))];
  for (const context of contexts) {
    const rows = [
      unoffered(withheld("text", context)),
      unoffered(withheldTombstone(withheld("text", context), context), false),
      unoffered({ ...withheld("text", context), version: YIELDING }),
    ];
    for (const row of rows) assert.deepEqual(decodeRows(wire(row)), [{ lsn: 1, row }]);
  }
});

Deno.test("a version that names no write has these bytes (docs/protocol.md)", () => {
  const bytes = ({ version, stamp }: Entry) => toHex(encode(encodeVersion(version, stamp, () => 3)));
  assert.equal(bytes(withheld("text", contextOf())), "9190");
  assert.equal(bytes(withheld("text", contextOf(dot(2, 7)))), "91920307");
  assert.equal(bytes({ ...withheld("text", contextOf()), version: YIELDING }), "959203000300" + "0090");
});

Deno.test("an offered row that names no write is refused", () => {
  for (const version of [withheldVersion(stampOf(1), contextOf(dot(2, 7))), YIELDING]) {
    const entry = { ...withheld("text", contextOf()), version };
    assert.throws(() => decodeRows(wire(rowOf("a.txt", entry))), { code: "message-invalid" });
  }
});

Deno.test("what was changed here is left alone, whatever others make of the path", () => {
  fc.assert(fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 3 }), (others) => {
    const decision = decideWithheld(withheld("nobody else has this", contextOf(dot(1, 1))), others);
    assert.equal(decision.kind, "none");
  }));
});

Deno.test("where others came to the same by themselves theirs is adopted; on top of theirs a mode that was set stays", () => {
  const theirs = entryOf({ text: "same", dots: [dot(2, 7)], stamp: 50 });
  const by = decideWithheld(withheld("same", contextOf(dot(2, 3)), { mode: 0o600 }), [theirs]);
  assert.deepEqual(by, { kind: "adopt", entry: theirs });
  const onTop = withheld("same", contextOf(dot(2, 7)), { mode: 0o600, mtimeMs: theirs.mtimeMs });
  assert.equal(decideWithheld(onTop, [theirs]).kind, "none");
  assert.equal(decideWithheld({ ...onTop, mode: theirs.mode }, [theirs]).kind, "adopt");
  // What was deleted here, and by others since.
  const gone = withheldTombstone(theirs, theirs.version.context);
  assert.equal(decideWithheld(gone, [theirs]).kind, "none");
  const tombstone = entryOf({ kind: "deleted", dots: [dot(2, 9)], seen: [dot(2, 7)] });
  assert.equal(decideWithheld(gone, [tombstone]).kind, "adopt");
});

Deno.test("what makes way makes way for anything, and never leaves its mode or time behind", () => {
  fc.assert(fc.property(anyEntry, (theirs) => {
    if (theirs.version.dots.every(({ counter }) => counter === 0)) return;
    const own: Entry = { ...withheld("own", contextOf()), version: YIELDING, mode: 0o777, mtimeMs: 9 };
    const decision = decide(own, [theirs]);
    assert.ok(decision.kind !== "none");
    assert.deepEqual([decision.entry.content, decision.entry.target], [theirs.content, theirs.target]);
    assert.equal(decision.entry.mode, theirs.mode);
    assert.ok(decision.kind === "adopt" || decision.copy === null);
  }));
});

Deno.test("a local change is what others could miss: not what only this device ever had, once it is gone", () => {
  const [known, unknown] = [contextOf(dot(2, 7)), contextOf()];
  assert.ok(isLocalChange(unoffered(withheld("x", unknown))));
  assert.ok(isLocalChange(unoffered(withheldTombstone(withheld("x", known), known), false)));
  const nothing = unoffered(withheldTombstone(withheld("x", unknown), unknown), false);
  assert.ok(!isLocalChange(nothing) && saysNothing(nothing));
  const ignored = unoffered(entryOf({ text: "x", dots: [dot(1, 1)] }));
  assert.ok(!isLocalChange(ignored) && !saysNothing(ignored) && !isWithheld(ignored.entry.version));
  const fits = MODES.map((mode) => [
    isFit(mode, { offered: true, withheld: false }),
    isFit(mode, { offered: false, withheld: true }),
    isFit(mode, { offered: false, withheld: false }),
  ]);
  assert.deepEqual(fits, [
    [true, false, false],
    [true, false, false],
    [true, true, false],
    [false, true, true],
  ]);
});
