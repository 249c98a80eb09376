import assert from "node:assert/strict";
import { findInFolders, pathInFolder } from "../../src/daemon/path_in_folder.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { folderOf } from "../support/entries.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("a path is found in its folder, whatever of it is there still", () => {
  using dir = tempDir();
  const base = Deno.realPathSync(dir.path);
  Deno.mkdirSync(`${base}/one/d`, { recursive: true });
  Deno.mkdirSync(`${base}/one-more`);
  Deno.symlinkSync(`${base}/one/d`, `${base}/way-in`);
  Deno.symlinkSync(`${base}/one`, `${base}/root`);
  Deno.symlinkSync("/etc", `${base}/one/d/link`);
  const roots = [{ folder: folderOf(1), path: `${base}/one` }, {
    folder: folderOf(2),
    path: `${base}/one-more`,
  }];
  const find = (path: string) => {
    const found = findInFolders(realFs(), roots, `${base}/${path}`);
    return found === null ? null : [found.folder === folderOf(1) ? 1 : 2, found.path];
  };
  assert.deepEqual(find("one"), [1, ""]);
  assert.deepEqual(find("one/"), [1, ""]);
  assert.deepEqual(find("root"), [1, ""], "the root by a symlink");
  assert.deepEqual(find("one/d/a.txt"), [1, "d/a.txt"]);
  assert.deepEqual(find("one/gone/deep/a.txt"), [1, "gone/deep/a.txt"]);
  assert.deepEqual(find("way-in/gone.txt"), [1, "d/gone.txt"], "through a symlink outside");
  assert.deepEqual(find("one/d/link"), [1, "d/link"], "a symlink is itself, not what it points to");
  assert.deepEqual(find("one-more/a"), [2, "a"]);
  assert.equal(find("elsewhere/a"), null);
  assert.equal(find("on"), null);
});

Deno.test("what no folder can hold, or is in none, is refused with what to do", () => {
  using dir = tempDir();
  const base = Deno.realPathSync(dir.path);
  const roots = [{ folder: folderOf(1), path: base }];
  for (const path of [".cairn/versions/x", ".cairn", "x".repeat(300)]) {
    assert.throws(() => pathInFolder(realFs(), roots, `${base}/${path}`), { code: "usage" }, path);
  }
  assert.throws(() => pathInFolder(realFs(), roots, "relative"), { code: "usage" });
  assert.throws(() => pathInFolder(realFs(), roots, "/nowhere/a"), {
    code: "folder-unknown",
    hint: /cairn folders/,
  });
  assert.throws(() => pathInFolder(realFs(), [], "/nowhere/a"), { code: "folder-unknown", hint: /cairn up/ });
});
