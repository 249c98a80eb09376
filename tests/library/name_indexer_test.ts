import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Catalogue } from "../../src/catalogue/catalogue.ts";
import { FIND_CATCH_UP, INDEX_QUIET_MS, INDEX_SWEEP_STATES } from "../../src/core/limits.ts";
import { catchUp } from "../../src/library/find_candidates.ts";
import { findFiles } from "../../src/library/find.ts";
import { indexNames, NameIndexer, sweepNames } from "../../src/library/name_indexer.ts";
import { answerNow } from "../../src/library/questions.ts";
import { manualClock } from "../support/clock.ts";
import { dot, entryOf, pathOf, rowOf } from "../support/entries.ts";
import { DEVICE_IDS, Five, FOLDERS } from "../support/five_devices.ts";
import { tempDir } from "../support/temp_dir.ts";

let counter = 0;
function file(path: string) {
  return rowOf(path, entryOf({ text: `${counter}`, dots: [dot(1, ++counter)] }));
}
function files(count: number, prefix = "file") {
  return Array.from({ length: count }, (_, i) => file(`d/${prefix} ${i}.txt`));
}
function matches({ catalogue: { views: { names } } }: Five, trigram: string): number {
  return names.matching(`"${trigram}"`, Number.MAX_SAFE_INTEGER, 10_000).length;
}

Deno.test("names are taken in when nothing has changed for a moment, and all by themselves", async () => {
  using five = new Five();
  const clock = manualClock();
  const indexer = new NameIndexer(five.catalogue.views.names, clock);
  five.say("laptop", "Documents", files(500));
  indexer.stir();
  for (let ms = 0; ms < 3 * INDEX_QUIET_MS; ms += 100) {
    await clock.advance(100);
    indexer.stir();
  }
  assert.equal(matches(five, "fil"), 0, "something changes all the time");
  await clock.advance(INDEX_QUIET_MS);
  for (let turns = 0; turns < 50 && clock.waiting > 0; turns++) await clock.advance(20);
  assert.equal(matches(five, "fil"), 500);
  assert.equal(clock.waiting, 0, "there is nothing left to do");
  five.say("laptop", "Documents", files(1, "other"));
  indexer.stir();
  assert.equal(clock.waiting, 1);
  indexer.stop();
  assert.equal(clock.waiting, 0);
});

Deno.test("many small parts of the index are merged, and it stays small", () => {
  using five = new Five();
  const { names } = five.catalogue.views;
  const parts = () => Number(five.catalogue.db.get("SELECT count(DISTINCT segid) FROM names_idx")![0]);
  const most: number[] = [];
  for (let i = 0; i < 40; i++) {
    five.say("laptop", "Documents", files(50, `part ${i}`));
    answerNow(indexNames(names));
    most.push(parts());
  }
  assert.ok(Math.max(...most) < 16, `${most} parts`);
  const wholes = most.filter((parts) => parts === 1).length;
  assert.ok(
    wholes > 2 && wholes < 20,
    `${most} parts: all are made one now and then, and not with each that comes`,
  );
  assert.equal(matches(five, "art"), 2_000);
  const [[data], [sizes]] = [
    five.catalogue.db.all("SELECT sum(length(block)) FROM names_data"),
    five.catalogue.db.all("SELECT sum(length(sz) + 8) FROM names_docsize"),
  ] as unknown as [[number[]], [number[]]];
  assert.ok((data[0]! + sizes[0]!) / 2_000 < 50, `${data[0]! / 2_000} bytes a name`);
});

Deno.test("names of states that are gone go, and nothing else", () => {
  using five = new Five();
  const { names } = five.catalogue.views;
  five.say("laptop", "Documents", files(300));
  answerNow(indexNames(names));
  const gone = Array.from({ length: 100 }, (_, i) => pathOf(`d/file ${3 * i}.txt`));
  five.say(
    "laptop",
    "Documents",
    gone.map((path) => rowOf(path, entryOf({ kind: "deleted", dots: [dot(1, ++counter)] }))),
  );
  answerNow(indexNames(names));
  const dates = () => Number(five.catalogue.db.get("SELECT count(*) FROM dated")![0]);
  assert.deepEqual([matches(five, "fil"), dates()], [300, 300], "they stay until a sweep");
  answerNow(sweepNames(names));
  assert.deepEqual([matches(five, "fil"), dates()], [200, 200]);
  assert.ok(INDEX_SWEEP_STATES > 400, "no sweep was due before");
});

Deno.test("the number of a state that is gone is given to no other, also after a restart", () => {
  using dir = tempDir();
  const path = `${dir.path}/catalogue.db`;
  let last = 0;
  {
    using five = new Five(path);
    five.say("nas", "Documents", files(10, "former"));
    answerNow(indexNames(five.catalogue.views.names));
    last = five.catalogue.views.names.upto;
    const folder = five.catalogue.ids.folder(FOLDERS[1]!.id);
    const nas = five.catalogue.ids.device(DEVICE_IDS[2]!);
    for (let i = 0; i < 10; i++) five.catalogue.rows.drop(nas, folder, pathOf(`d/former ${i}.txt`));
    assert.equal(five.catalogue.db.get("SELECT count(*) FROM states")![0], 0);
  }
  const catalogue = new Catalogue(path, DEVICE_IDS[0]!);
  const folder = catalogue.ids.folder(FOLDERS[1]!.id);
  const { state } = catalogue.rows.put(1, folder, file("later.txt"), 9 as never);
  assert.ok(state > last, `${state} is beyond ${last}`);
  answerNow(indexNames(catalogue.views.names));
  assert.deepEqual(catalogue.views.names.matching('"lat"', Number.MAX_SAFE_INTEGER, 10), [state]);
  catalogue.close();
});

Deno.test("a question takes in no more than it may wait for", () => {
  using five = new Five();
  five.say("nas", "Documents", files(3_000));
  answerNow(catchUp(five.asking));
  assert.ok(five.catalogue.views.names.behind <= 1_000);
  assert.ok(FIND_CATCH_UP >= 3_000);
});

/** Ways in which the tables behind the index go wrong on a disk. */
const DAMAGES = [
  "UPDATE names_data SET block = randomblob(length(block)) WHERE id > 10",
  "UPDATE names_data SET block = randomblob(40) WHERE id = 10",
  "DELETE FROM names_data WHERE id > 10",
];

for (const damage of DAMAGES) {
  Deno.test(`a damaged index is made anew when somebody meets it: ${damage}`, async () => {
    using dir = tempDir();
    using five = new Five(`${dir.path}/catalogue.db`);
    const { names } = five.catalogue.views;
    const clock = manualClock();
    const indexer = new NameIndexer(names, clock);
    five.say("laptop", "Documents", files(300));
    const settle = async () => {
      for (let turns = 0; turns < 200 && clock.waiting > 0; turns++) await clock.advance(INDEX_QUIET_MS);
    };
    indexer.stir();
    await settle();
    const wreck = () => {
      using file = new DatabaseSync(`${dir.path}/catalogue.db`);
      (file as unknown as { enableDefensive(on: boolean): void }).enableDefensive(false);
      file.exec(damage);
    };
    const found = () => {
      const query = { words: [{ text: "file 299", isNot: false }], filters: [] };
      return answerNow(findFiles(five.asking, query, 9, { tags: null, texts: null }));
    };
    assert.equal(found().found.length, 1);
    wreck();
    assert.deepEqual([found().found.map(({ path }) => path), found().behind], [["d/file 299.txt"], 0]);
    assert.ok(names.behind > 0, "what a question does not wait for");
    assert.equal(clock.waiting, 1, "is taken in behind it");
    await settle();
    assert.deepEqual([matches(five, "fil"), names.behind], [300, 0]);
    // Met by what keeps the index up to date: the program goes on.
    wreck();
    five.say("laptop", "Documents", files(50, "file of later"));
    for (let round = 0; round < 3; round++) {
      indexer.stir();
      await settle();
    }
    assert.equal(found().found.length, 1);
    await settle();
    assert.equal(matches(five, "fil"), 350);
    indexer.stop();
  });
}
