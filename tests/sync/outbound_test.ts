/** What is made of the hints that a watcher gives. */
import assert from "node:assert/strict";
import type { RelPath } from "../../src/core/ids.ts";
import { twoFolders } from "../support/two_folders.ts";

Deno.test("a directory that is known and hinted itself is listed: before it was watched, nobody told what came into it", async () => {
  await using it = await twoFolders((fs) => fs);
  const { a } = it;
  a.write("d/e/old", "old");
  await a.look();
  a.write("d/e/new", "new");
  await a.lookAt("d/e");
  assert.equal(a.replica.own("d/e/new" as RelPath)?.row.entry.size, 3);
});
