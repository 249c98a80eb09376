import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { CairnError } from "../../src/core/errors.ts";
import { fromHex, toHex } from "../../src/core/ids.ts";
import {
  decodeRecord,
  decodeSharedFields,
  encodeRecord,
  encodeSharedFields,
  type JournalRecord,
  type SharedField,
} from "../../src/core/record.ts";
import { actorOf, anyRow, anyStamp, bootOf, deviceOf, folderOf, lsnOf } from "../support/entries.ts";
import { FORMATS } from "../support/fixtures.ts";
import { anyValue, damaged } from "../support/garbage.ts";
import { SAMPLE_RECORDS } from "../support/sample_records.ts";

const plainValue = fc.oneof(
  fc.constant(null),
  fc.string(),
  fc.boolean(),
  fc.uint8Array(),
  fc.array(fc.integer()),
);
const rows = fc.array(anyRow, { maxLength: 6 });
const field: fc.Arbitrary<SharedField> = fc.record({
  kind: fc.string(),
  key: fc.string(),
  field: fc.string(),
  value: plainValue,
  stamp: anyStamp,
  writer: fc.nat(4).map(deviceOf),
}, { noNullPrototype: true });
const folder = fc.nat(4).map(folderOf);

const anyRecord: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({
    type: fc.constant("boot" as const),
    boot: fc.nat(4).map(bootOf),
    epoch: fc.nat(),
    actor: fc.nat(4).map(actorOf),
    timeMs: fc.nat(),
    osBoot: fc.string(),
  }, { noNullPrototype: true }),
  fc.record({ type: fc.constant("stop" as const), timeMs: fc.nat() }, { noNullPrototype: true }),
  fc.record({
    type: fc.constant("rows" as const),
    folder,
    cause: fc.constantFrom("local" as const, "received" as const, "conflict" as const, "snapshot" as const),
    timeMs: fc.nat(),
    closes: fc.nat().map(lsnOf),
    rows,
    fresh: fc.array(fc.nat(5)),
  }, { noNullPrototype: true }),
  fc.record({ type: fc.constant("intent" as const), folder, rows }, { noNullPrototype: true }),
  fc.record({ type: fc.constant("shared" as const), fields: fc.array(field, { maxLength: 4 }) }, {
    noNullPrototype: true,
  }),
  fc.record(
    { type: fc.constantFrom("fact" as const, "local" as const), key: fc.string(), value: plainValue },
    {
      noNullPrototype: true,
    },
  ),
  rows.chain((rows) =>
    fc.record({
      type: fc.constant("kept" as const),
      folder,
      lsns: fc.array(fc.nat().map(lsnOf), { minLength: rows.length, maxLength: rows.length }),
      rows: fc.constant(rows),
    }, { noNullPrototype: true })
  ),
  fc.record({
    type: fc.constant("snapshot-end" as const),
    lsn: fc.nat().map(lsnOf),
    counter: fc.nat(),
    stamp: anyStamp,
  }, { noNullPrototype: true }),
);

/** A record, or null for a CairnError of the right code; anything else thrown fails the test. */
function tryDecode(bytes: Uint8Array): JournalRecord | null {
  try {
    return decodeRecord(bytes);
  } catch (error) {
    assert.ok(error instanceof CairnError && error.code === "message-invalid", String(error));
    return null;
  }
}

Deno.test("records come out as they went in", () => {
  fc.assert(fc.property(anyRecord, (record) => assert.deepEqual(decodeRecord(encodeRecord(record)), record)));
});

for (const [type, record] of Object.entries(SAMPLE_RECORDS)) {
  Deno.test(`a "${type}" record has the bytes of the fixture`, () => {
    assert.equal(toHex(encodeRecord(record)), FORMATS.records[type]);
    assert.deepEqual(decodeRecord(fromHex(FORMATS.records[type]!)), record);
  });

  Deno.test(`a "${type}" record with one part replaced, dropped or doubled is read or refused, nothing else`, () => {
    fc.assert(
      fc.property(damaged(decode(encodeRecord(record))), (value) => {
        const read = tryDecode(encode(value));
        if (read !== null) assert.deepEqual(decodeRecord(encodeRecord(read)), read);
      }),
      { numRuns: 200 },
    );
  });
}

Deno.test("any bytes are read or refused as message-invalid, nothing else", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void tryDecode(bytes)), {
    numRuns: 500,
  });
  fc.assert(fc.property(anyValue, (value) => void tryDecode(encode(value))));
});

Deno.test("a record that was cut anywhere is refused", () => {
  const bytes = encodeRecord(SAMPLE_RECORDS.rows);
  for (let length = 0; length < bytes.length; length++) assert.equal(tryDecode(bytes.slice(0, length)), null);
});

Deno.test("an unknown type is refused: an older program must not skip what a newer one has written", () => {
  for (const type of [-1, 9, 100, 0.5, "boot", null]) assert.equal(tryDecode(encode([type, 1])), null);
});

Deno.test("shared fields come out as they went in, and refuse what they are not", () => {
  fc.assert(fc.property(fc.array(field), (fields) => {
    assert.deepEqual(decodeSharedFields(decode(encode(encodeSharedFields(fields)))), fields);
  }));
  const good: unknown[] = ["folder", "k", "name", "v", 1, new Uint8Array(32)];
  assert.equal(decodeSharedFields([good]).length, 1);
  for (
    const [at, bad] of [[0, 1], [1, null], [2, 5], [4, -1], [4, 0.5], [5, new Uint8Array(31)], [
      5,
      "x",
    ]] as const
  ) {
    assert.throws(() => decodeSharedFields([good.with(at, bad)]), { code: "message-invalid" });
  }
  for (const bad of [null, {}, "x", [1], [[]]]) {
    assert.throws(() => decodeSharedFields(bad), { code: "message-invalid" });
  }
});
