import assert from "node:assert/strict";
import { Rarest } from "../../src/catalogue/rarest.ts";
import { parseQuery } from "../../src/core/query.ts";
import { findFiles } from "../../src/library/find.ts";
import { indexNames } from "../../src/library/name_indexer.ts";
import { answerNow } from "../../src/library/questions.ts";
import { dot, entryOf, rowOf } from "../support/entries.ts";
import { Five } from "../support/five_devices.ts";

/** States from 1 to `upto` with a trigram: every `each`th. */
function every(each: number, below: number, limit: number): number[] {
  const out: number[] = [];
  for (let state = below - 1; state > 0 && out.length < limit; state--) {
    if (state % each === 0) out.push(state);
  }
  return out;
}

Deno.test("the rarest trigrams are asked for, by guesses that are kept, and few at a time", () => {
  const rarest = new Rarest();
  let asked = 0;
  const newest = (trigram: string, below: number, limit: number) => {
    asked++;
    return every(Number(trigram), below, limit);
  };
  assert.equal(rarest.of(["2", "9", "5"], 10_000, newest), null, "as many as there are");
  assert.deepEqual(rarest.of(["2", "900", "5", "30", "9999"], 10_000, newest), ["9999", "900", "30"]);
  assert.equal(asked, 5);
  assert.deepEqual(rarest.of(["2", "5", "7", "30"], 10_000, newest), ["30", "7", "5"]);
  assert.equal(asked, 6, "only what is new");
  rarest.of(["2", "5", "7", "30"], 30_000, newest);
  assert.equal(asked, 10, "the index is another");
  rarest.of(Array.from({ length: 60 }, (_, i) => String(100 + i)), 30_000, newest);
  assert.equal(asked, 22);
});

Deno.test("a piece of a name is found by its rarest trigrams, however many names have those", () => {
  using five = new Five();
  let counter = 0;
  const say = (...names: string[]) =>
    five.say(
      "laptop",
      "Documents",
      names.map((name) => rowOf(`d/${name}`, entryOf({ text: name, dots: [dot(1, ++counter)] }))),
    );
  const [many, few] = [(i: number) => `abcdefghijkl ${i}.txt`, (i: number) => `mnopqrstuvwx ${i}.txt`];
  say(...Array.from({ length: 700 }, (_, i) => many(i)), ...Array.from({ length: 60 }, (_, i) => few(i)));
  // All trigrams, none of them side by side; and those that are rare now, in names with nothing else of the piece.
  say("abc def ghi jkl.txt", "mno pqr stu vwx.txt", "jkl ghi.txt", "vwx stu pqr.txt");
  answerNow(indexNames(five.catalogue.views.names));
  for (
    const [piece, count] of [["abcdefghijkl", 700], ["mnopqrstuvwx", 60], ["abcdefghijkl 6", 111]] as const
  ) {
    const { found, isCut } = answerNow(
      findFiles(five.asking, parseQuery(`"${piece}"`, () => null).query, 1_000, { tags: null, texts: null }),
    );
    assert.equal(found.length, count, piece);
    assert.ok(found.every(({ path }) => path.includes(piece)));
    assert.equal(isCut, false);
  }
});
