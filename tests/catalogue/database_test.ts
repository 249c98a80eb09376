import assert from "node:assert/strict";
import { Catalogue } from "../../src/catalogue/catalogue.ts";
import { Database } from "../../src/catalogue/database.ts";
import { CairnError } from "../../src/core/errors.ts";
import { actorOf, deviceOf, folderOf, pathOf } from "../support/entries.ts";
import { failingSqlite } from "../support/failing_sqlite.ts";
import { tempDir } from "../support/temp_dir.ts";
import { SmallDisk } from "../support/tmpfs.ts";

Deno.test("a new file gets the schema, and an opened one keeps what it has", () => {
  using dir = tempDir();
  const first = new Database(dir.at("c.db"));
  const version = first.get("PRAGMA user_version")![0];
  assert.ok(Number(version) >= 1);
  first.run("INSERT INTO meta (key, value) VALUES ('k', 7)");
  first.close();
  const again = new Database(dir.at("c.db"));
  assert.deepEqual(again.get("SELECT value FROM meta WHERE key = 'k'"), [7]);
  assert.deepEqual(again.get("PRAGMA user_version"), [version]);
  assert.equal(again.check(), null);
  assert.ok(again.size() > 4096);
  again.close();
});

Deno.test("a file of a newer program is refused with the remedy, and not changed", () => {
  using dir = tempDir();
  const first = new Database(dir.at("c.db"));
  const known = Number(first.get("PRAGMA user_version")![0]);
  first.run(`PRAGMA user_version = ${known + 1}`);
  first.close();
  assert.throws(() => new Database(dir.at("c.db")), { code: "catalogue-newer", message: /newer Cairn/ });
  assert.throws(() => new Database(dir.at("c.db")), { code: "catalogue-newer" }, "asking changed it");
});

Deno.test("a file that is no database is refused as what it is", () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.at("c.db"), "this is no database\n".repeat(400));
  assert.throws(() => new Database(dir.at("c.db")), /not a database/);
});

Deno.test("a transaction is all or nothing, and a nested one is part of the outer", () => {
  const db = new Database(":memory:");
  assert.throws(() =>
    db.transaction(() => {
      db.run("INSERT INTO meta (key, value) VALUES ('a', 1)");
      db.transaction(() => db.run("INSERT INTO meta (key, value) VALUES ('b', 2)"));
      throw new Error("no");
    }), /no/);
  assert.deepEqual(db.all("SELECT key FROM meta"), []);
  assert.equal(db.transaction(() => 5), 5);
  db.transaction(() => db.run("INSERT INTO meta (key, value) VALUES ('c', 3)"));
  assert.deepEqual(db.all("SELECT key FROM meta"), [["c"]]);
  db.close();
});

Deno.test("numbers that a failed transaction gave out are forgotten with it", () => {
  const catalogue = new Catalogue(":memory:", deviceOf(1));
  const { ids, values } = catalogue;
  assert.throws(() =>
    catalogue.db.transaction(() => {
      ids.device(deviceOf(2));
      ids.actor(actorOf(2));
      ids.directory(ids.folder(folderOf(2)), pathOf("a/b"));
      values.putMeta("last_counter", 99);
      throw new Error("disk full");
    }), /disk full/);
  assert.equal(values.meta("last_counter"), null);
  // What is made now must be in the database and not only in somebody's memory.
  for (const table of ["devices WHERE id > 1", "actors", "folders", "directories"]) {
    assert.deepEqual(catalogue.db.get(`SELECT count(*) FROM ${table}`), [0], table);
  }
  const folder = ids.folder(folderOf(2));
  ids.directory(folder, pathOf("a/b"));
  ids.actor(actorOf(2));
  ids.device(deviceOf(2));
  for (const table of ["devices WHERE id > 1", "actors", "folders", "directories"]) {
    assert.deepEqual(catalogue.db.get(`SELECT count(*) FROM ${table}`), [1], table);
  }
  catalogue.close();
});

Deno.test("a catalogue belongs to one device", () => {
  using dir = tempDir();
  new Catalogue(dir.at("c.db"), deviceOf(1)).close();
  assert.throws(() => new Catalogue(dir.at("c.db"), deviceOf(2)), /internal|first that a catalogue knows/i);
});

Deno.test("numbers of ids are the same after opening again", () => {
  using dir = tempDir();
  const first = new Catalogue(dir.at("c.db"), deviceOf(1));
  const folder = first.ids.folder(folderOf(3));
  const numbers = [first.ids.device(deviceOf(7)), first.ids.actor(actorOf(7)), folder];
  const directory = first.ids.directory(folder, pathOf("d"));
  first.close();
  const again = new Catalogue(dir.at("c.db"), deviceOf(1));
  const { ids } = again;
  assert.deepEqual([ids.device(deviceOf(7)), ids.actor(actorOf(7)), ids.folder(folderOf(3))], numbers);
  assert.equal(ids.findDirectory(folder, pathOf("d")), directory);
  assert.deepEqual(ids.directoryOf(directory), { folder, path: "d" });
  assert.equal(ids.deviceOf(numbers[0]!), deviceOf(7));
  assert.equal(ids.folderOf(folder), folderOf(3));
  assert.equal(ids.findDirectory(folder, pathOf("none")), null);
  again.close();
});

Deno.test("a disk that refuses is told by one code, at a read, a write or a transaction; a fault of ours is not", () => {
  const sqlite = failingSqlite();
  const db = new Database(":memory:", sqlite.open);
  const calls: [string, () => unknown][] = [
    ["get", () => db.get("SELECT 1")],
    ["all", () => db.all("SELECT 1")],
    ["run", () => db.run("DELETE FROM local")],
    ["insert", () => db.insert("INSERT INTO local (key, value) VALUES ('k', 1)")],
    ["transaction", () => db.transaction(() => {})],
  ];
  sqlite.on = /^/;
  const words = ["database or disk is full", "disk I/O error", "unable to open database file"];
  for (const says of [...words, "database is locked"]) {
    sqlite.says = says;
    for (const [name, call] of calls) assert.throws(call, { code: "catalogue-broken" }, `${name}: ${says}`);
  }
  sqlite.says = "no such table: x";
  for (const [, call] of calls) assert.throws(call, (error) => !(error instanceof CairnError));
  db.close();
});

Deno.test("a full disk is told as such, takes nothing away, and ends when there is room", async () => {
  using dir = tempDir();
  await using disk = await SmallDisk.mount(dir.at("disk"), 2);
  if (disk === null) {
    return console.warn("Skipped: no file system can be mounted here (it takes root on Linux)");
  }
  const db = new Database(`${disk.path}/c.db`);
  const put = (i: number) => db.run("INSERT INTO local (key, value) VALUES (?, zeroblob(4000))", `k${i}`);
  let forgotten = 0;
  db.onRollback(() => forgotten++);
  let written = 0;
  const fill = () => {
    for (;; written += 20) {
      db.transaction(() => Array.from({ length: 20 }, (_, i) => put(written + i)));
    }
  };
  // SQLite rolls back by itself then: whoever keeps copies is told all the same.
  assert.throws(fill, { code: "catalogue-broken", message: /full/ });
  assert.equal(forgotten, 1);
  assert.throws(() => {
    for (let i = 0;; i++) put(1_000_000 + i);
  }, { code: "catalogue-broken" });
  assert.ok(written >= 20 && Number(db.get("SELECT count(*) FROM local")![0]) >= written);
  await disk.resize(16);
  db.transaction(() => put(-1));
  assert.equal(db.check(), null);
  assert.equal(db.get("SELECT count(*) FROM local WHERE key = 'k-1'")![0], 1);
  db.close();
});
