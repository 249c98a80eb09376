import assert from "node:assert/strict";
import { EVERYWHERE, NOWHERE, Places } from "../../src/sync/places.ts";
import { pathOf } from "../support/entries.ts";

const placesOf = (...paths: string[]) => new Places(paths.map(pathOf));

Deno.test("has() is true of a place itself and of all below it", () => {
  const places = placesOf("d", "e/f");
  assert.deepEqual(["d", "d/x", "e/f", "e", "dd"].map((path) => places.has(pathOf(path))), [
    true,
    true,
    true,
    false,
    false,
  ]);
  assert.ok(EVERYWHERE.has(pathOf("anything")));
  assert.ok(!NOWHERE.has(pathOf("anything")));
});

Deno.test("within() is what is in both, whichever is the larger", () => {
  assert.deepEqual(placesOf("d", "e").within(EVERYWHERE).paths, ["d", "e"]);
  assert.deepEqual(placesOf("d", "e").within(placesOf("d/x", "f")).paths, ["d/x"]);
  assert.deepEqual(placesOf("d/x").within(placesOf("d")).paths, ["d/x"]);
  assert.ok(placesOf("d").within(NOWHERE).isEmpty);
});

Deno.test("256 places are told exactly, one more by the directories that they are in", () => {
  const names = Array.from({ length: 257 }, (_, i) => `d${i % 2}/f${i}`);
  assert.equal(placesOf(...names.slice(0, 256)).paths.length, 256);
  assert.deepEqual(placesOf(...names).paths, ["d0", "d1"]);
});
