import assert from "node:assert/strict";
import { FreshDirectories } from "../../src/catalogue/fresh_directories.ts";

Deno.test("of a directory that began here every name is known that was put in it, and of no other", () => {
  const fresh = new FreshDirectories();
  assert.equal(fresh.isUnknown(1, "a"), false, "it may be older than this run");
  fresh.begin(1);
  assert.equal(fresh.isUnknown(1, "a"), true);
  fresh.put(1, "a");
  fresh.put(2, "a");
  assert.deepEqual([fresh.isUnknown(1, "a"), fresh.isUnknown(1, "b"), fresh.isUnknown(2, "b")], [
    false,
    true,
    false,
  ]);
  fresh.clear();
  assert.equal(fresh.isUnknown(1, "b"), false);
});

Deno.test("when there are too many names nothing is said of any, also of the one that was too much", () => {
  const fresh = new FreshDirectories();
  fresh.begin(1);
  for (let i = 0; i < 19_999; i++) fresh.put(1, `n${i}`);
  assert.equal(fresh.isUnknown(1, "another"), true);
  fresh.put(1, "one too many");
  assert.deepEqual([fresh.isUnknown(1, "another"), fresh.isUnknown(1, "one too many")], [false, false]);
});
