/** What one device may make us keep (invariant 10): the bound that no test can fill. */
import assert from "node:assert/strict";
import { whatIsTooMuch, withRoom } from "../../src/catalogue/quota.ts";
import { DEVICE_ROWS, SHARED_BYTES, SHARED_VALUE_BYTES } from "../../src/core/limits.ts";
import type { SharedField } from "../../src/core/record.ts";
import { memoryCatalogue, pageOf } from "../support/catalogues.ts";
import { deviceOf, dot, entryOf, lsnOf, rowOf, stampOf } from "../support/entries.ts";

const row = (path: string, counter: number) => rowOf(path, entryOf({ text: path, dots: [dot(2, counter)] }));

Deno.test("a device has as many rows as DEVICE_ROWS and not one more, however they come (invariant 10)", () => {
  using it = memoryCatalogue();
  const { catalogue } = it;
  catalogue.applyPage(pageOf({ to: 2, rows: [[1, row("a", 1)], [2, row("b", 2)]] }));
  const { counts } = catalogue.rows;
  const device = catalogue.ids.findDevice(pageOf({ to: 0 }).origin)!;
  assert.equal(counts.of(device), 2, "what it has is counted");
  const real = counts.of.bind(counts);
  counts.of = (of) => real(of) + DEVICE_ROWS - 3;
  const one = pageOf({ from: 2, to: 3, rows: [[3, row("c", 3)]] });
  const two = pageOf({ from: 2, to: 4, rows: [[3, row("c", 3)], [4, row("d", 4)]] });
  assert.equal(whatIsTooMuch(catalogue, one), null);
  assert.match(whatIsTooMuch(catalogue, two) ?? "", /rows of one device/);
});

Deno.test("a field that is known grows only while there is room, and may always be said anew (invariant 10)", () => {
  using it = memoryCatalogue();
  const { values, db } = it.catalogue;
  const field = (i: number, bytes: number, stamp = 1): SharedField => ({
    kind: "member",
    key: deviceOf(9),
    field: `remove/${i}`,
    value: new Uint8Array(bytes),
    stamp: stampOf(stamp),
    writer: deviceOf(2),
  });
  const put = (fields: readonly SharedField[]) =>
    db.transaction(() => fields.forEach((one) => values.putShared(one, lsnOf(1))));
  put([field(0, 300)]);
  const small = withRoom(it.catalogue, Array.from({ length: 3_000 }, (_, i) => field(i, 300)));
  assert.equal(small.length, 3_000, "what is said of a key that is known has all the room");
  put(small);
  const grown = withRoom(it.catalogue, small.map((_, i) => field(i, SHARED_VALUE_BYTES - 200, 2)));
  assert.ok(grown.length > 0);
  put(grown);
  assert.ok(values.sharedBytes(false) <= SHARED_BYTES, `${values.sharedBytes(false)}`);
  const [large] = grown;
  const same = { ...large!, stamp: stampOf(3) };
  const less = Array.from({ length: 500 }, () => field(0, 10, 3));
  assert.equal(
    withRoom(it.catalogue, [same, ...less, ...less]).length,
    1_001,
    "what takes no more room is taken",
  );
  const more = Array.from({ length: 500 }, (_, i) => field(2_500 + i, 8_000, 3));
  assert.equal(
    withRoom(it.catalogue, [...less, ...more]).length,
    less.length,
    "and makes none that is not sure",
  );
});
