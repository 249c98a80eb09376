/** What one device may make us keep (invariant 10): the bound that no test can fill. */
import assert from "node:assert/strict";
import { whatIsTooMuch } from "../../src/catalogue/quota.ts";
import { DEVICE_ROWS } from "../../src/core/limits.ts";
import { memoryCatalogue, pageOf } from "../support/catalogues.ts";
import { dot, entryOf, rowOf } from "../support/entries.ts";

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
