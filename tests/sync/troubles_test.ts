import assert from "node:assert/strict";
import { forgetOutdated, type Troubles, withoutNotes } from "../../src/sync/troubles.ts";
import { pathOf } from "../support/entries.ts";
import { ROOT } from "../../src/core/path.ts";

const trouble = { cause: "cannot be read", remedy: "" };
const at = (...paths: string[]): Troubles => new Map(paths.map((path) => [pathOf(path), trouble]));

Deno.test("withoutNotes() leaves out what only informs", () => {
  const pipe = { cause: "is a pipe", remedy: "", isNote: true };
  assert.deepEqual(withoutNotes(new Map([[pathOf("pipe"), pipe]])), []);
  assert.deepEqual(withoutNotes(new Map([[pathOf("pipe"), pipe], [pathOf("a"), trouble]])), [trouble]);
});

Deno.test("forgetOutdated() forgets what was said of names in a directory that was compared whole, and of no others", () => {
  const troubles = at("d/a", "d/sub/b", "da", "other");
  troubles.set(ROOT, trouble);
  forgetOutdated(troubles, pathOf("d"), false, []);
  assert.equal(troubles.size, 5);
  forgetOutdated(troubles, pathOf("d"), true, []);
  assert.deepEqual([...troubles.keys()], ["d/sub/b", "da", "other", ROOT]);
  forgetOutdated(troubles, ROOT, true, []);
  assert.deepEqual([...troubles.keys()], ["d/sub/b", ROOT]);
});

Deno.test("forgetOutdated() forgets what was said of anything below what is gone: nobody comes there again", () => {
  const troubles = at("d/sub/b", "d", "da", "other");
  forgetOutdated(troubles, ROOT, false, [{ path: pathOf("d") }]);
  assert.deepEqual([...troubles.keys()], ["da", "other"]);
});
