import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { CairnError } from "../../src/core/errors.ts";
import { fromHex, toHex } from "../../src/core/ids.ts";
import { FILE_BYTES, SYMLINK_TARGET_BYTES, VERSION_ACTORS, VERSION_DOTS } from "../../src/core/limits.ts";
import { decodeRows, encodeRows, encodeVersion, type PlacedRow } from "../../src/core/row_codec.ts";
import { actorOf, anyRow, deviceOf, dot, entryOf, lsnOf, rowOf } from "../support/entries.ts";
import { golden } from "../support/fixtures.ts";
import { anyValue, damaged } from "../support/garbage.ts";
import { SAMPLE_ROWS } from "../support/sample_records.ts";

const placed = fc.tuple(fc.nat(3), anyRow).map(([lsn, row]): PlacedRow => ({ lsn: lsnOf(lsn), row }));
const SAMPLES = SAMPLE_ROWS.map((row, i): PlacedRow => ({ lsn: lsnOf(i), row }));
const wire = (value: unknown) => decode(encode(value));

/** Rows, or a CairnError of the right code; anything else thrown fails the test. */
function tryDecode(value: unknown): PlacedRow[] | null {
  try {
    return decodeRows(value);
  } catch (error) {
    assert.ok(error instanceof CairnError && error.code === "message-invalid", String(error));
    return null;
  }
}

Deno.test("rows come out of a block as they went in, in their order", () => {
  fc.assert(fc.property(fc.array(placed, { maxLength: 12 }), (rows) => {
    assert.deepEqual(decodeRows(wire(encodeRows(rows))), rows);
  }));
});

Deno.test("a block of rows has the bytes of the fixture", () => {
  assert.equal(toHex(encode(encodeRows(SAMPLES))), toHex(golden("rowBlock")));
  assert.deepEqual(decodeRows(decode(golden("rowBlock"))), SAMPLES);
});

Deno.test("rows of one directory and lsn that stand together share a group, and ids stand once", () => {
  const rows = ["d/a", "d/b", "e/a", "d/c"].map((path) => ({
    lsn: lsnOf(7),
    row: rowOf(path, entryOf({ dots: [dot(1, 1)] })),
  }));
  const [actors, devices, groups] = encodeRows(rows) as [unknown[], unknown[], [number, string, unknown[]][]];
  assert.deepEqual([actors.length, devices.length], [1, 1]);
  assert.deepEqual(groups.map(([lsn, directory, some]) => [lsn, directory, some.length]), [
    [7, "d", 2],
    [7, "e", 1],
    [7, "d", 1],
  ]);
});

Deno.test("an ordinary version takes two numbers; equal versions are equal bytes, however their context was made", () => {
  const plain = entryOf({ dots: [dot(1, 9)], stamp: 5 });
  assert.deepEqual(encodeVersion(plain.version, 5, () => 0), [0, 9]);
  const { version } = entryOf({ dots: [dot(1, 9)], seen: [dot(2, 3), dot(3, 4)] });
  const turned = { ...version, context: new Map([...version.context].reverse()) };
  const index = (actor: string) => Number.parseInt(actor.slice(0, 2), 16);
  assert.deepEqual(encodeVersion(turned, 5, index), encodeVersion(version, 5, index));
});

Deno.test("any MessagePack value gives rows or message-invalid, and nothing else", () => {
  fc.assert(fc.property(anyValue, (value) => void tryDecode(wire(value))), { numRuns: 300 });
});

Deno.test("a block with one part replaced, dropped or doubled gives well-formed rows or message-invalid", () => {
  fc.assert(
    fc.property(damaged(wire(encodeRows(SAMPLES))), (value) => {
      const rows = tryDecode(wire(value));
      // Whatever was taken can be written again: it is as good as a row of our own.
      if (rows !== null) assert.deepEqual(decodeRows(wire(encodeRows(rows))), rows);
    }),
    { numRuns: 2000 },
  );
});

// A block with a single file, by hand; what is wrong with it goes into the parts.
function block(over: { row?: unknown[]; at?: [number, unknown][]; directory?: unknown; lsn?: unknown } = {}) {
  const row = over.row ?? ["a", 13, 1000, 0o644, 1024, 0, [0, 5], 3, new Uint8Array(33).fill(1)];
  for (const [index, value] of over.at ?? []) row[index] = value;
  return [[fromHex(actorOf(1))], [fromHex(deviceOf(1))], [[over.lsn ?? 1, over.directory ?? "", [row]]]];
}
const numbers = (count: number) => Array.from({ length: count }, () => [0, 1]).flat();

const MALFORMED: readonly (readonly [string, unknown])[] = [
  ["a way out of the root", block({ at: [[0, ".."]] })],
  ["a name with a slash", block({ at: [[0, "a/b"]] })],
  ["an empty name", block({ at: [[0, ""]] })],
  ["Cairn's own directory at the top", block({ at: [[0, ".cairn"]] })],
  ["a directory outside", block({ directory: "../x" })],
  ["an absolute directory", block({ directory: "/etc" })],
  ["a directory inside Cairn's own", block({ directory: ".cairn/stage" })],
  [
    "a path that is too long together",
    block({ directory: Array(19).fill("d".repeat(200)).join("/"), at: [[0, "x".repeat(255)]] }),
  ],
  ["a negative lsn", block({ lsn: -1 })],
  ["a lsn beyond what is exact", block({ lsn: 2 ** 53 })],
  ["unknown flags", block({ at: [[1, 16]] })],
  ["a mode beyond permissions", block({ at: [[3, 0o1000]] })],
  ["a fractional mtime", block({ at: [[2, 0.5]] })],
  ["a negative stamp", block({ at: [[4, -1]] })],
  ["a writer that is not in the table", block({ at: [[5, 1]] })],
  ["an actor that is not in the table", block({ at: [[6, [1, 5]]] })],
  ["a version that is no list", block({ at: [[6, 5]] })],
  ["a version without dots", block({ at: [[6, [[], 0, 1, 1, []]]] })],
  ["a version with half a dot", block({ at: [[6, [[0], 0, 1, 1, []]]] })],
  ["a version with too many dots", block({ at: [[6, [numbers(VERSION_DOTS + 1), 0, 1, 1, []]]] })],
  ["a context with too many actors", block({ at: [[6, [[0, 1], 0, 1, 1, numbers(VERSION_ACTORS + 1)]]] })],
  ["a file larger than there are", block({ at: [[7, FILE_BYTES + 1]] })],
  ["a file of negative size", block({ at: [[7, -1]] })],
  ["a content id that is too short", block({ at: [[8, new Uint8Array(32)]] })],
  ["a file without content", block({ row: ["a", 13, 1000, 0o644, 1024, 0, [0, 5], 3] })],
  ["a symlink without a target", block({ at: [[1, 15], [7, ""]] })],
  ["a symlink whose target has NUL", block({ at: [[1, 15], [7, "a\0"]] })],
  ["a symlink whose target no disk gives back", block({ at: [[1, 15], [7, "a\ufffd"]] })],
  ["a symlink whose target begins with a byte order mark", block({ at: [[1, 15], [7, "\ufeffa"]] })],
  ["a symlink whose target is too long", block({ at: [[1, 15], [7, "x".repeat(SYMLINK_TARGET_BYTES + 1)]] })],
];
for (const [what, value] of MALFORMED) {
  Deno.test(`decodeRows() refuses ${what}`, () => assert.equal(tryDecode(wire(value)), null));
}

Deno.test("the block that the malformed ones are made of is good, at the limits too (invariant 10)", () => {
  assert.equal(decodeRows(wire(block())).length, 1);
  const atLimits = [
    block({ at: [[7, FILE_BYTES]] }),
    block({ at: [[1, 15], [7, "x".repeat(SYMLINK_TARGET_BYTES)]] }),
    block({ at: [[6, [numbers(VERSION_DOTS), 0, 1, 1, numbers(VERSION_ACTORS)]]] }),
    block({ at: [[3, 0o777]] }),
    block({ directory: "a", at: [[0, ".cairn"]] }),
  ];
  for (const value of atLimits) assert.equal(decodeRows(wire(value)).length, 1);
});
