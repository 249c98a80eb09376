import assert from "node:assert/strict";
import { keepByLink, keepByRename, openVersionStore, versionKey } from "../../src/folder/versions.ts";
import { type Fs, FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { pathOf } from "../support/entries.ts";
import { handClock } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";

const PATH = pathOf("d/notes.txt");

function store(root: string, fs: Fs = realFs()) {
  return openVersionStore(fs, handClock(1_000), root);
}

Deno.test("what is kept by link stands at its path still, and is the same file", () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.at("file"), "text");
  const kept = keepByLink(realFs(), store(dir.path), PATH, dir.at("file"));
  assert.equal(kept.moved, false);
  assert.equal(realFs().lstat(kept.at)!.ino, realFs().lstat(dir.at("file"))!.ino);
});

Deno.test("what is kept by rename is gone from its path", () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.at("file"), "text");
  const kept = keepByRename(realFs(), store(dir.path), PATH, dir.at("file"));
  assert.equal(kept.moved, true);
  assert.equal(realFs().lstat(dir.at("file")), null);
  assert.equal(Deno.readTextFileSync(kept.at), "text");
});

Deno.test("where there are no hard links, keepByLink() renames; any other failure leaves the file alone", () => {
  using dir = tempDir();
  const failing = (code: "unsupported" | "too-many-links" | "no-space"): Fs => ({
    ...realFs(),
    link: (_, to) => {
      throw new FsError(code, to);
    },
  });
  for (const code of ["unsupported", "too-many-links"] as const) {
    Deno.writeTextFileSync(dir.at("file"), code);
    const kept = keepByLink(failing(code), store(dir.path), PATH, dir.at("file"));
    assert.deepEqual([kept.moved, Deno.readTextFileSync(kept.at)], [true, code]);
    Deno.removeSync(kept.at);
  }
  Deno.writeTextFileSync(dir.at("file"), "stays");
  assert.throws(() => keepByLink(failing("no-space"), store(dir.path), PATH, dir.at("file")), {
    code: "no-space",
  });
  assert.equal(Deno.readTextFileSync(dir.at("file")), "stays");
});

Deno.test("many versions of one path stand side by side under its key, in the order of their time", () => {
  using dir = tempDir();
  const versions = store(dir.path);
  const names = Array.from({ length: 20 }, (_, i) => {
    Deno.writeTextFileSync(dir.at("file"), `version ${i}`);
    return keepByRename(realFs(), versions, PATH, dir.at("file")).at;
  });
  assert.equal(new Set(names).size, 20);
  const key = versionKey(PATH);
  for (const [i, name] of names.entries()) {
    assert.equal(Deno.readTextFileSync(name), `version ${i}`);
    assert.ok(name.startsWith(`${dir.at(".cairn/versions")}/${key.slice(0, 2)}/${key}-1000-`), name);
  }
});

Deno.test("a path of any length has a key of one length, and another path another key", () => {
  const long = pathOf(Array.from({ length: 20 }, () => "x".repeat(190)).join("/"));
  assert.equal(versionKey(long).length, versionKey(PATH).length);
  assert.notEqual(versionKey(long), versionKey(PATH));
  assert.equal(versionKey(PATH), versionKey(pathOf("d/notes.txt")));
});

Deno.test("a store keeps symlinks as links", () => {
  using dir = tempDir();
  Deno.symlinkSync("nowhere", dir.at("link"));
  assert.equal(Deno.readLinkSync(keepByLink(realFs(), store(dir.path), PATH, dir.at("link")).at), "nowhere");
});
