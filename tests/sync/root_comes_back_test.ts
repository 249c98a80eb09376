/** A root that goes and comes back as another device, as a stick does that is plugged in again (R13). */
import assert from "node:assert/strict";
import type { Fs, Stat } from "../../src/platform/ports.ts";
import { twoFolders } from "../support/two_folders.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a root that is mounted again under another device number goes on", async () => {
  let shift = 0;
  await using both = await twoFolders((fs: Fs): Fs => ({
    ...fs,
    lstat(path): Stat | null {
      const stat = fs.lstat(path);
      return stat === null ? null : { ...stat, dev: stat.dev + shift };
    },
  }));
  const { a, b } = both;
  await b.write("d/one", "one");
  await b.look();
  await both.settle();
  Deno.renameSync(b.root, `${b.root}-away`);
  b.sync.outbound.hint("d/one");
  await waitFor("the folder to stop", () => b.replica.stopped !== null);
  shift = 1;
  Deno.renameSync(`${b.root}-away`, b.root);
  await waitFor("the folder to go on", () => b.replica.stopped === null);
  await b.write("d/two", "two");
  await b.write("d/one", "edited");
  await b.look();
  await a.write("d/three", "three");
  await a.look();
  await both.settle();
  assert.deepEqual(a.list(), ["d/", "d/one=edited", "d/three=three", "d/two=two"]);
  assert.deepEqual(b.list(), a.list());
  assert.deepEqual(b.problems(), []);
});
