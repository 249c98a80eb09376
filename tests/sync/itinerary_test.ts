import assert from "node:assert/strict";
import type { RelPath } from "../../src/core/ids.ts";
import { ROOT } from "../../src/core/path.ts";
import { Itinerary, type Stop } from "../../src/sync/itinerary.ts";
import { pathOf } from "../support/entries.ts";

const words = (stop: Stop | null) => stop && `${stop[0]}: ${stop[1] === null ? "all" : [...stop[1]]}`;

Deno.test("hinted directories come first, parents before what is in them (R29)", () => {
  const itinerary = new Itinerary([[pathOf("d/e"), null], [pathOf("d"), new Set(["e"])], [ROOT, null]]);
  assert.deepEqual([1, 2, 3, 4].map(() => words(itinerary.nextHinted())), [
    ": all",
    "d: e",
    "d/e: all",
    null,
  ]);
});

Deno.test("a directory is listed whole once, however often it is found, and also when single names in it were hinted", () => {
  const [d, e] = ["d", "d/e"].map(pathOf) as [RelPath, RelPath];
  const itinerary = new Itinerary([[ROOT, new Set(["d"])], [d, new Set(["x"])]]);
  itinerary.nextHinted();
  itinerary.list(d);
  itinerary.list(d);
  assert.equal(words(itinerary.nextHinted()), "d: all");
  itinerary.list(d);
  itinerary.list(e);
  itinerary.list(e);
  assert.deepEqual([1, 2].map(() => words(itinerary.nextFound())), ["d/e: all", null]);
  assert.ok(itinerary.lists(d) && itinerary.lists(e) && !itinerary.lists(ROOT));
});

Deno.test("a directory in which only names were looked at is still listed when it is found later", () => {
  const itinerary = new Itinerary([[pathOf("d"), new Set(["x"])]]);
  itinerary.nextHinted();
  itinerary.list(pathOf("d"));
  assert.equal(words(itinerary.nextFound()), "d: all");
});

Deno.test("a directory that is wanted with all below it is listed again, if it was listed without", () => {
  const itinerary = new Itinerary([]);
  const d = pathOf("d");
  itinerary.list(d);
  assert.equal(words(itinerary.nextFound()), "d: all");
  itinerary.list(d, true);
  itinerary.list(d, true);
  itinerary.list(d);
  assert.deepEqual([1, 2].map(() => words(itinerary.nextFound())), ["d: all", null]);
  assert.ok(itinerary.isDeep(d) && !itinerary.isDeep(ROOT));
});

Deno.test("what was hinted in a directory that is listed whole is known to have been hinted", () => {
  const d = pathOf("d");
  const itinerary = new Itinerary([[ROOT, new Set(["d"])], [d, new Set(["x"])]]);
  itinerary.nextHinted();
  itinerary.list(d);
  itinerary.nextHinted();
  assert.ok(itinerary.isNamed(pathOf("d/x")) && !itinerary.isNamed(pathOf("d/y")));
});
