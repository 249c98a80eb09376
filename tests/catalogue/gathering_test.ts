import assert from "node:assert/strict";
import fc from "fast-check";
import { Database } from "../../src/catalogue/database.ts";
import { RowChanges } from "../../src/catalogue/gathering.ts";

const PUT = new RowChanges("meta", {
  head: "INSERT INTO meta (key, value) VALUES",
  row: "(?, ?)",
  tail: "ON CONFLICT DO UPDATE SET value = excluded.value",
});
const DROP = new RowChanges("meta", {
  head: "DELETE FROM meta WHERE (key) IN (VALUES",
  row: "(?)",
  tail: ")",
});

const contentsOf = (db: Database) => db.all("SELECT key, value FROM meta ORDER BY key");

Deno.test("what is gathered leaves behind what the same changes one by one do, however many there are", () => {
  const change = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.integer({ min: 0, max: 60 }), fc.nat()) },
    fc.tuple(fc.integer({ min: 0, max: 60 }), fc.constant(null)),
  );
  fc.assert(fc.property(fc.array(change, { maxLength: 150, size: "max" }), (changes) => {
    const db = new Database(":memory:");
    const model = new Map<string, number>();
    db.transaction(() => {
      for (const [key, value] of changes) {
        if (value === null) {
          db.gather(DROP, `k${key}`);
          model.delete(`k${key}`);
        } else {
          db.gather(PUT, `k${key}`, value);
          model.set(`k${key}`, value);
        }
      }
    });
    assert.deepEqual(contentsOf(db), [...model].sort(([a], [b]) => a < b ? -1 : 1));
    db.close();
  }));
});

Deno.test("whoever reads or changes anything meets what was gathered before", () => {
  const db = new Database(":memory:");
  db.transaction(() => {
    db.gather(PUT, "a", 1);
    assert.deepEqual(db.get("SELECT value FROM meta WHERE key = 'a'"), [1]);
    db.gather(PUT, "a", 2);
    assert.deepEqual(contentsOf(db), [["a", 2]]);
    db.gather(PUT, "b", 3);
    assert.equal(db.run("DELETE FROM meta"), 2);
    db.gather(PUT, "c", 4);
    db.insert("INSERT INTO meta (key, value) SELECT 'd', value FROM meta");
  });
  assert.deepEqual(contentsOf(db), [["c", 4], ["d", 4]]);
  db.gather(PUT, "alone", 5);
  assert.deepEqual(db.all("SELECT value FROM meta WHERE key = 'alone'"), [[5]]);
  db.close();
});

Deno.test("of a transaction that fails nothing that was gathered comes with the next", () => {
  const db = new Database(":memory:");
  assert.throws(() =>
    db.transaction(() => {
      db.gather(PUT, "a", 1);
      throw new Error("no");
    }), /no/);
  db.transaction(() => db.gather(PUT, "b", 2));
  assert.deepEqual(contentsOf(db), [["b", 2]]);
  const strict = new RowChanges("meta", { head: "INSERT INTO meta (key, value) VALUES", row: "(?, ?)" });
  assert.throws(() =>
    db.transaction(() => {
      db.gather(strict, "c", 3);
      db.gather(strict, "b", 4);
    }), /UNIQUE/);
  assert.deepEqual(contentsOf(db), [["b", 2]]);
  db.close();
});
