import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { matchOf } from "../../src/catalogue/names.ts";
import { Catalogue } from "../../src/catalogue/catalogue.ts";
import { findFiles } from "../../src/library/find.ts";
import { indexNames, sweepNames } from "../../src/library/name_indexer.ts";
import { answerNow } from "../../src/library/questions.ts";
import { dot, entryOf, pathOf, rowOf } from "../support/entries.ts";
import { DEVICE_IDS, Five, FOLDERS } from "../support/five_devices.ts";
import { tempDir } from "../support/temp_dir.ts";

let counter = 0;
function file(path: string) {
  return rowOf(path, entryOf({ text: `${counter}`, dots: [dot(1, ++counter)] }));
}
function matches({ names }: Catalogue["views"], word: string): number[] {
  return names.directories.matching(matchOf([word])!, Number.MAX_SAFE_INTEGER, 10_000);
}
function found(five: Five, word: string): string[] {
  const query = { words: [{ text: word, isNot: false }], filters: [] };
  return answerNow(findFiles(five.asking, query, 9, { tags: null, texts: null })).found.map(({ path }) =>
    path
  );
}
/** Takes away what a device has in a directory, and the directory. */
function remove({ catalogue }: Five, path: string, name: string): void {
  const [folder, nas] = [catalogue.ids.folder(FOLDERS[1]!.id), catalogue.ids.device(DEVICE_IDS[2]!)];
  catalogue.rows.drop(nas, folder, pathOf(`${path}/${name}`));
  catalogue.db.run("DELETE FROM needs");
  assert.equal(catalogue.db.run("DELETE FROM directories WHERE path = ?", path), 1);
  catalogue.ids.forget();
}

Deno.test("a directory that got the number of one that is gone is found by its own path alone", () => {
  using five = new Five();
  const { catalogue: { views, ids } } = five;
  five.say("nas", "Documents", [file("first/a.txt"), file("former/b.txt")]);
  answerNow(indexNames(views.names));
  assert.deepEqual([views.names.directories.behind, matches(views, "former").length], [0, 1]);
  const folder = ids.folder(FOLDERS[1]!.id);
  const number = ids.findDirectory(folder, pathOf("former"))!;
  remove(five, "former", "b.txt");
  assert.deepEqual(found(five, "former"), [], "it is gone");
  five.say("nas", "Documents", [file("later/c.txt")]);
  assert.equal(ids.findDirectory(folder, pathOf("later")), number, "the number is given again");
  for (const isIndexed of [false, true]) {
    if (isIndexed) answerNow(indexNames(views.names));
    assert.deepEqual([found(five, "later"), found(five, "former")], [["later/c.txt"], []]);
  }
  assert.deepEqual([matches(views, "later"), matches(views, "former")], [[number], []]);
});

Deno.test("directories that are gone go from the index with a sweep, and no others", () => {
  using five = new Five();
  const { views } = five.catalogue;
  five.say("nas", "Documents", [file("old one/a.txt"), file("old two/b.txt"), file("young/c.txt")]);
  answerNow(indexNames(views.names));
  remove(five, "old one", "a.txt");
  assert.equal(matches(views, "old").length, 2);
  assert.equal(views.names.directories.behind, 0, "what is behind it keeps its number");
  answerNow(sweepNames(views.names));
  assert.equal(matches(views, "old").length, 1);
  assert.deepEqual(found(five, "old"), ["old two/b.txt"]);
});

Deno.test("a catalogue of before has its directories taken in", () => {
  using dir = tempDir();
  const path = `${dir.path}/catalogue.db`;
  {
    using five = new Five(path);
    five.say("nas", "Documents", [file("2019/holiday/a.txt")]);
    answerNow(indexNames(five.catalogue.views.names));
  }
  {
    using db = new DatabaseSync(path);
    db.exec(
      "ALTER TABLE folders DROP COLUMN wanting_directory; ALTER TABLE folders DROP COLUMN wanting_name",
    );
    db.exec("DROP TABLE damaged; DROP TRIGGER directories_gone; DROP TABLE directory_words");
    db.exec("ALTER TABLE names_progress DROP COLUMN directories_upto; PRAGMA user_version = 4");
  }
  const catalogue = new Catalogue(path, DEVICE_IDS[0]!);
  const { views, db } = catalogue;
  assert.deepEqual([views.names.behind, matches(views, "holiday")], [0, []]);
  assert.ok(views.names.directories.behind > 0);
  answerNow(indexNames(views.names));
  assert.deepEqual([views.names.directories.behind, matches(views, "holiday").length], [0, 1]);
  assert.equal(db.check(), null);
  catalogue.close();
});

Deno.test("an index of directories that is damaged is made anew, together with that of names", () => {
  using dir = tempDir();
  const path = `${dir.path}/catalogue.db`;
  using five = new Five(path);
  const { names } = five.catalogue.views;
  five.say("laptop", "Documents", Array.from({ length: 60 }, (_, i) => file(`holiday ${i}/a.txt`)));
  answerNow(indexNames(names));
  let begunAnew = 0;
  names.onBegunAnew(() => begunAnew++);
  {
    using db = new DatabaseSync(path);
    (db as unknown as { enableDefensive(on: boolean): void }).enableDefensive(false);
    db.exec("UPDATE directory_words_data SET block = randomblob(length(block)) WHERE id > 10");
  }
  assert.equal(found(five, "holiday").length, 9);
  assert.equal(begunAnew, 1);
  answerNow(indexNames(names));
  assert.deepEqual(
    [names.behind, names.directories.behind, matches(five.catalogue.views, "holiday").length],
    [
      0,
      0,
      60,
    ],
  );
});
