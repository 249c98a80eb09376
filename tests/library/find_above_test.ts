import assert from "node:assert/strict";
import { parseQuery } from "../../src/core/query.ts";
import { findFiles, type FoundFiles } from "../../src/library/find.ts";
import { indexNames } from "../../src/library/name_indexer.ts";
import { answerNow } from "../../src/library/questions.ts";
import { dot, entryOf, type EntryParts, rowOf } from "../support/entries.ts";
import { Five } from "../support/five_devices.ts";

let counter = 0;
function file(path: string, parts: Partial<EntryParts> = {}) {
  counter++;
  return rowOf(
    path,
    entryOf({ text: `${counter}`, dots: [dot(1, counter)], stamp: 1024 * counter, ...parts }),
  );
}
function find({ asking }: Five, text: string, limit = 1_000): FoundFiles {
  const { query } = parseQuery(text, () => null);
  return answerNow(findFiles(asking, query, limit, { tags: null, texts: null }));
}
function paths({ found }: FoundFiles): string[] {
  return found.map(({ path }) => path);
}

Deno.test("words are found in the directories above, and count more in the name", () => {
  using five = new Five();
  five.say("laptop", "Photos", [
    file("2019/Holiday/img.jpg", { mtimeMs: 9_000 }),
    file("2019/holiday-2019.jpg", { mtimeMs: 1_000 }),
    file("2019/holiday.jpg", { mtimeMs: 1_000 }),
    file("2020/holiday/img.jpg", { mtimeMs: 9_000 }),
    file("2019/work/img.jpg"),
    file("2019/Holiday/b2/c.jpg", { mtimeMs: 2_000 }),
  ]);
  const { names } = five.catalogue.views;
  for (const isIndexed of [false, true]) {
    if (isIndexed) answerNow(indexNames(names));
    assert.deepEqual(paths(find(five, "holiday 2019")), [
      "2019/holiday-2019.jpg",
      "2019/holiday.jpg",
      "2019/Holiday/img.jpg",
      "2019/Holiday/b2/c.jpg",
    ]);
    assert.deepEqual(paths(find(five, "HOLIDAY 2019 img")), ["2019/Holiday/img.jpg"]);
    assert.deepEqual(paths(find(five, "2019/holiday -b2")), ["2019/Holiday/img.jpg"]);
    // A short word is looked for in directories beside a longer one.
    assert.deepEqual(paths(find(five, "c.jpg b2")), ["2019/Holiday/b2/c.jpg"]);
    assert.deepEqual(paths(find(five, "holiday jpg 2019 c b2")), ["2019/Holiday/b2/c.jpg"]);
    assert.deepEqual(paths(find(five, "b2")), []);
    const few = find(five, "holiday", 2);
    assert.deepEqual([paths(few), few.isCut], [["2019/holiday.jpg", "2019/holiday-2019.jpg"], true]);
  }
  five.say("nas", "Photos", [file("2021/holiday/late.jpg")]);
  assert.deepEqual(paths(find(five, "2021 holiday")), ["2021/holiday/late.jpg"]);
  assert.equal(names.directories.behind, 1);
});

Deno.test("a bound that is reached is told, and what it leaves is the same each time", () => {
  using five = new Five();
  const some = (directory: string) =>
    Array.from({ length: 300 }, (_, i) => file(`${directory} ${i % 40}/x${i}.jpg`));
  five.say("laptop", "Photos", [...some("2019 holiday"), ...some("2019 work"), file("late holiday.jpg")]);
  answerNow(indexNames(five.catalogue.views.names));
  const first = find(five, "holiday 2019", 5);
  assert.deepEqual([first.found.length, first.isCut], [5, true]);
  assert.ok(first.found.every(({ path }) => path.startsWith("2019 holiday")));
  assert.deepEqual(paths(find(five, "holiday 2019", 5)), paths(first));
  assert.equal(paths(find(five, "holiday", 1))[0], "late holiday.jpg");
  const all = find(five, "holiday 2019");
  assert.deepEqual([all.found.length, all.isCut], [300, false]);
});
