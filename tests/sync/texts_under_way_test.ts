import assert from "node:assert/strict";
import { TEXTS_AT_ONCE, TEXTS_AT_ONCE_BYTES } from "../../src/core/limits.ts";
import { TextsUnderWay, UNDER_WAY_MS } from "../../src/sync/texts_under_way.ts";
import { contentOf } from "../support/entries.ts";

function headsOf(count: number, packedBytes = 10) {
  return Array.from({ length: count }, (_, i) => ({ content: contentOf(`text ${i}`), packedBytes }));
}

Deno.test("a request has so many texts, and so many bytes of them, as an answer may", () => {
  const many = headsOf(TEXTS_AT_ONCE + 5);
  const batch = new TextsUnderWay().begin(many, 0)!;
  assert.deepEqual([batch.heads, batch.left], [many.slice(0, TEXTS_AT_ONCE), many.slice(TEXTS_AT_ONCE)]);
  const large = headsOf(3, TEXTS_AT_ONCE_BYTES / 2 + 1);
  assert.deepEqual(new TextsUnderWay().begin(large, 0)!.heads, large.slice(0, 1));
  const [first, ...others] = headsOf(1, 2 * TEXTS_AT_ONCE_BYTES);
  assert.deepEqual(new TextsUnderWay().begin([first!, ...others], 0)!.heads, [first], "one goes in any case");
});

Deno.test("what one peer is asked for another one is not, until the first has answered or kept it back for too long", () => {
  const underWay = new TextsUnderWay();
  const [a, b, c] = headsOf(3) as [never, never, never];
  const first = underWay.begin([a, b], 0)!;
  const second = underWay.begin([a, b, c], 1)!;
  assert.deepEqual([second.heads, second.left], [[c], [a, b]]);
  assert.equal(underWay.begin([a, b], UNDER_WAY_MS - 1), null);
  const third = underWay.begin([a, b], UNDER_WAY_MS)!;
  assert.deepEqual(third.heads, [a, b]);
  first.end();
  assert.equal(underWay.begin([a, b], UNDER_WAY_MS + 1), null, "the first one ends its own request alone");
  third.end();
  assert.deepEqual(underWay.begin([a, b], UNDER_WAY_MS + 1)!.heads, [a, b]);
});
