import assert from "node:assert/strict";
import { prepareRoot } from "../../src/daemon/root_path.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { tempDir } from "../support/temp_dir.ts";

function isThere(path: string): boolean {
  return realFs().lstat(path) !== null;
}

Deno.test("a root that is not there is made, with all that is above it", () => {
  using dir = tempDir();
  const at = Deno.realPathSync(dir.path);
  assert.equal(prepareRoot(realFs(), `${at}/a/b/c`, `${at}/home`, []), `${at}/a/b/c`);
  assert.ok(Deno.statSync(`${at}/a/b/c`).isDirectory);
});

Deno.test("a root that is refused leaves no directory behind: in a folder, in the home, by a link to either", () => {
  using dir = tempDir();
  const at = Deno.realPathSync(dir.path);
  for (const name of ["notes", "home"]) Deno.mkdirSync(`${at}/${name}`);
  Deno.symlinkSync(`${at}/notes`, `${at}/way-in`);
  const taken = [{ path: `${at}/notes`, name: "Notes" }];
  for (const path of ["notes/sub", "notes/deep/sub", "way-in/sub", "home/sub"]) {
    assert.throws(() => prepareRoot(realFs(), `${at}/${path}`, `${at}/home`, taken), /lies inside/, path);
    assert.ok(!isThere(`${at}/${path}`), path);
  }
  assert.deepEqual([...Deno.readDirSync(`${at}/notes`), ...Deno.readDirSync(`${at}/home`)], []);
});
