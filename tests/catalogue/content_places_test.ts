import assert from "node:assert/strict";
import { SELF } from "../../src/catalogue/interning.ts";
import type { Fingerprint } from "../../src/core/fingerprint.ts";
import { memoryCatalogue } from "../support/catalogues.ts";
import { contentOf, dot, entryOf, lsnOf, rowOf } from "../support/entries.ts";

const PRINT: Fingerprint = {
  size: 6,
  mtimeMs: 1.5,
  ctimeMs: 2.25,
  birthMs: 3,
  ino: 4,
  dev: 0,
  mode: 0o644,
  settled: true,
};

Deno.test("each content is found where this device holds it alive, with what stands there", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, prints, contentPlaces }, folder } = it;
  const file = (text: string, counter: number) => entryOf({ text, dots: [dot(1, counter)] });
  const held = rows.put(SELF, folder, rowOf("d/held", file("wanted", 1)), lsnOf(1));
  prints.put(held.state, PRINT);
  rows.put(SELF, folder, rowOf("not held", file("wanted", 2), { held: false }), lsnOf(2));
  rows.put(SELF, folder, rowOf("nobody has looked", file("other", 3)), lsnOf(3));
  rows.put(2, folder, rowOf("theirs", file("theirs", 4)), lsnOf(1));
  const [wanted, other, theirs] = ["wanted", "other", "theirs"].map(contentOf) as [
    ReturnType<typeof contentOf>,
    ReturnType<typeof contentOf>,
    ReturnType<typeof contentOf>,
  ];
  const found = contentPlaces.of([wanted, theirs, other, wanted], 8);
  const { size } = file("wanted", 1);
  assert.deepEqual(found.get(wanted), [{ folder, path: "d/held", size, print: PRINT }]);
  assert.deepEqual(found.get(other)?.map(({ path, print }) => [path, print]), [["nobody has looked", null]]);
  assert.equal(found.has(theirs), false);
  assert.equal(contentPlaces.of([], 8).size, 0);
});

Deno.test("of a content that is everywhere there are no more places than were asked for, and of the next one all", () => {
  using it = memoryCatalogue();
  const { catalogue: { rows, contentPlaces }, folder } = it;
  for (let i = 1; i <= 20; i++) {
    rows.put(SELF, folder, rowOf(`f${i}`, entryOf({ text: "same", dots: [dot(1, i)] })), lsnOf(i));
  }
  rows.put(SELF, folder, rowOf("one", entryOf({ text: "one", dots: [dot(1, 30)] })), lsnOf(30));
  const found = contentPlaces.of([contentOf("same"), contentOf("one")], 8);
  assert.deepEqual([found.get(contentOf("same"))?.length, found.get(contentOf("one"))?.length], [8, 1]);
});
