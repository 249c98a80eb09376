/** Messages between members, from a member gone bad: refused, or taken within the bounds that all others can bear. */
import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { CairnError } from "../../src/core/errors.ts";
import {
  HEADER_BYTES,
  PAGE_ROWS,
  PAGE_WEIGHT,
  RECORD_BYTES,
  RECORD_ROWS,
  RECORD_WEIGHT,
} from "../../src/core/limits.ts";
import { decodeRecord, decodeSharedFields, encodeRecord } from "../../src/core/record.ts";
import { decodeRows, encodeRows, type PlacedRow, rowWeight } from "../../src/core/row_codec.ts";
import { decodeHeader, encodeHeader } from "../../src/peer/header.ts";
import { decodePage, decodeSubscribe, encodePage, read } from "../../src/sync/messages.ts";
import { entryOf, lsnOf, rowOf } from "../support/entries.ts";
import { anyHeader, damagedBy, damagedBytes, hostile } from "../support/hostile.ts";
import { SAMPLE_PAGE, SAMPLE_RECORDS } from "../support/sample_records.ts";
import { heaviestRow } from "../support/heavy.ts";

/** What `decoder` makes of the value; null when it says "message-invalid". Anything else that it throws fails the test. */
function tried<T>(decoder: (value: unknown) => T, value: unknown): T | null {
  try {
    return decoder(value);
  } catch (error) {
    assert.ok(error instanceof CairnError && error.code === "message-invalid", String(error));
    return null;
  }
}

const KINDS = [
  "subscribe",
  "page",
  "progress",
  "small",
  "smallAnswer",
  "list",
  "listAnswer",
  "pieces",
  "piecesAnswer",
  "part",
] as const;
const DECODERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  ...Object.fromEntries(KINDS.map((kind) => [kind, (value: unknown) => read(kind, value)])),
  decodeSubscribe,
  decodePage,
  decodeRows,
  decodeSharedFields,
};
const wire = (value: unknown) => decode(encode(value));

for (const [name, decoder] of Object.entries(DECODERS)) {
  Deno.test(`${name}: any header is one, or message-invalid`, () => {
    fc.assert(
      fc.property(fc.oneof(anyHeader(), hostile.map((value) => encode(value))), (bytes) => {
        const header = decodeHeader(bytes);
        if (!(header instanceof Error)) tried(decoder, header.header);
      }),
      { numRuns: 600 },
    );
  });
}

Deno.test("a damaged page is refused, or what every other member can be told too", () => {
  fc.assert(
    fc.property(damagedBy(() => wire(encodePage(SAMPLE_PAGE))), (value) => {
      const page = tried(decodePage, wire(value));
      if (page === null) return;
      assert.deepEqual(decodePage(wire(encodePage(page))), page);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("a damaged record of the journal is message-invalid, or can be written again", () => {
  const records = Object.values(SAMPLE_RECORDS);
  const damaged = fc.nat(records.length - 1).chain((i) => damagedBytes(() => encodeRecord(records[i]!)));
  fc.assert(
    fc.property(damaged, (bytes) => {
      const record = tried(() => decodeRecord(bytes), null);
      if (record !== null) decodeRecord(encodeRecord(record));
    }),
    { numRuns: 2_000 },
  );
});

// ------------------------------------------------------------------------------------ what is just not too much

function pageWith(rows: readonly PlacedRow[]) {
  const to = { ...SAMPLE_PAGE.to, lsn: lsnOf(10_000) };
  return wire(
    encodePage({
      ...SAMPLE_PAGE,
      to,
      facts: [],
      shared: [],
      folders: [{ folder: SAMPLE_PAGE.folders[0]!.folder, rows }],
    }),
  );
}
const small = (i: number) =>
  rowOf(`n${i}`, entryOf({ dots: [{ actor: "01".repeat(8) as never, counter: i + 1 }] }));
const spread = (count: number, perLsn: number): PlacedRow[] =>
  Array.from({ length: count }, (_, i) => ({ lsn: lsnOf(3 + Math.floor(i / perLsn)), row: small(i) }));

Deno.test("a page has as many rows as an honest one can have, and not one more (R29)", () => {
  const most = PAGE_ROWS + RECORD_ROWS;
  assert.equal(tried(decodePage, pageWith(spread(most, RECORD_ROWS)))!.folders[0]!.rows.length, most);
  assert.equal(tried(decodePage, pageWith(spread(most + 1, RECORD_ROWS))), null);
});

Deno.test("an lsn has as many rows as a record can have, and not one more", () => {
  assert.ok(tried(decodePage, pageWith(spread(RECORD_ROWS, RECORD_ROWS))));
  assert.equal(tried(decodePage, pageWith(spread(RECORD_ROWS + 1, RECORD_ROWS + 1))), null);
});

Deno.test("an lsn weighs as much as a record can, and not more", () => {
  const heavy = (count: number): PlacedRow[] =>
    Array.from({ length: count }, (_, i) => ({ lsn: lsnOf(5), row: heaviestRow(i) }));
  const most = Math.floor(RECORD_WEIGHT / rowWeight(heaviestRow(0)));
  assert.ok(tried(decodePage, pageWith(heavy(most))));
  assert.equal(tried(decodePage, pageWith(heavy(most + 1))), null);
});

Deno.test("a page weighs as much as a full one with a full record at its end, and not more", () => {
  const rows: PlacedRow[] = [];
  for (let weight = 0; weight <= PAGE_WEIGHT + RECORD_WEIGHT; weight += rowWeight(rows.at(-1)!.row)) {
    rows.push({ lsn: lsnOf(rows.length + 100), row: heaviestRow(rows.length) });
  }
  assert.ok(rows.length < PAGE_ROWS);
  assert.ok(tried(decodePage, pageWith(rows.slice(0, -1))));
  assert.equal(tried(decodePage, pageWith(rows)), null);
});

Deno.test("the weight of a row is no less than its bytes, so a full record and a full page fit", () => {
  const rows = Array.from(
    { length: Math.floor(RECORD_WEIGHT / rowWeight(heaviestRow(0))) },
    (_, i) => heaviestRow(i),
  );
  const block = encodeRows(rows.map((row) => ({ lsn: lsnOf(5), row })));
  assert.ok(encode(block).length <= rows.reduce((sum, row) => sum + rowWeight(row), 0));
  assert.ok(encode(block).length * 2 < RECORD_BYTES && encodeHeader(block).length * 3 < HEADER_BYTES);
  assert.ok(!(decodeHeader(encodeHeader([block, block])) instanceof Error), "nor are its values too many");
});
