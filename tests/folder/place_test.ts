import assert from "node:assert/strict";
import { type Expected, place, type Placement } from "../../src/folder/place.ts";
import { type Fs, FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { watchedFs } from "../support/broken_fs.ts";
import { pathOf } from "../support/entries.ts";
import { listingOf, type TestRoot, testRoot } from "../support/roots.ts";

const PATH = pathOf("d/notes.txt");

function expected(root: TestRoot, path: string): Expected {
  return { kind: "file", print: root.print(path) };
}

function run(root: TestRoot, expect: Expected, placement: Placement, { path = PATH, fs = realFs() } = {}) {
  using context = root.context(fs);
  return place(context, path, expect, placement);
}

// ------------------------------------------------------------------------------------ create

Deno.test("a file is created with its missing parents", () => {
  using root = testRoot();
  const placed = run(root, null, { kind: "file", stage: root.stage("new") }, { path: pathOf("a/b/c.txt") });
  assert.equal(placed.result, "done");
  assert.equal(root.read("a/b/c.txt"), "new");
  assert.deepEqual(listingOf(root.at(".cairn/stage")), []);
});

Deno.test("where a file stands for a directory above, however far above, the path has changed: it is looked at", () => {
  using root = testRoot();
  root.write("a", "a file");
  for (const path of ["a/b", "a/b/c", "a/b/c/d"]) {
    const placed = run(root, null, { kind: "file", stage: root.stage("new") }, { path: pathOf(path) });
    assert.deepEqual(placed, { result: "changed" }, path);
  }
  assert.equal(root.read("a"), "a file");
});

Deno.test("creating never replaces what is there already, whatever it is (invariant 3)", () => {
  for (const put of ["file", "directory", "symlink"]) {
    using root = testRoot();
    root.write("d/x", "");
    if (put === "file") root.write(PATH, "by hand");
    if (put === "directory") Deno.mkdirSync(root.at(PATH));
    if (put === "symlink") Deno.symlinkSync("x", root.at(PATH));
    const stage = root.stage("new");
    const before = realFs().lstat(root.at(PATH));
    for (
      const placement of [{ kind: "file", stage }, { kind: "symlink", target: "t" }, {
        kind: "directory",
        mode: 0o755,
      }] as const
    ) {
      assert.deepEqual(run(root, null, placement), { result: "changed" }, `${placement.kind} on ${put}`);
    }
    assert.deepEqual(realFs().lstat(root.at(PATH)), before);
    assert.equal(Deno.readTextFileSync(stage), "new", "the staged bytes stay for another try");
  }
});

Deno.test("a name that comes between the look and the creation is not replaced (R20)", () => {
  using root = testRoot();
  root.write("d/x", "");
  const fs = watchedFs(realFs(), (call) => {
    if (call === "renameNew" || call === "link") root.write(PATH, "by hand");
  });
  assert.deepEqual(run(root, null, { kind: "file", stage: root.stage("new") }, { fs }), {
    result: "changed",
  });
  assert.equal(root.read(PATH), "by hand");
});

Deno.test("where there are no hard links a file is created all the same, and replaces nothing", () => {
  using root = testRoot();
  const fs = withNothing;
  assert.equal(run(root, null, { kind: "file", stage: root.stage("new") }, { fs }).result, "done");
  assert.equal(root.read(PATH), "new");
  assert.deepEqual(run(root, null, { kind: "file", stage: root.stage("newer") }, { fs }), {
    result: "changed",
  });
  assert.equal(root.read(PATH), "new");
});

const withNothing: Fs = {
  ...realFs(),
  link: (_, to) => fail("unsupported", to),
  renameNew: (_, to) => fail("unsupported", to),
  exchange: (_, to) => fail("unsupported", to),
};

function fail(code: "unsupported" | "permission" | "no-space", path: string): never {
  throw new FsError(code, path);
}

// ------------------------------------------------------------------------------------ replace

Deno.test("replacing puts the old into the version store (invariant 4)", () => {
  using root = testRoot();
  root.write(PATH, "old");
  const placed = run(root, expected(root, PATH), { kind: "file", stage: root.stage("new") });
  assert.equal(placed.result, "done");
  assert.deepEqual([root.read(PATH), root.kept()], ["new", ["old"]]);
});

Deno.test("the path holds the whole old or the whole new content before and after every step (invariant 2)", () => {
  using root = testRoot();
  root.write(PATH, "old content");
  const found = new Set<string | null>();
  const fs = watchedFs(realFs(), () => found.add(root.read(PATH)));
  const stage = root.stage("new content");
  assert.equal(run(root, expected(root, PATH), { kind: "file", stage }, { fs }).result, "done");
  found.add(root.read(PATH));
  assert.deepEqual([...found], ["old content", "new content"]);
});

for (const part of ["size", "mtimeMs", "ctimeMs", "birthMs", "ino", "mode"] as const) {
  Deno.test(`what differs from the expected in ${part} is neither replaced nor deleted (invariant 3)`, () => {
    using root = testRoot();
    root.write(PATH, "old");
    const print = root.print(PATH);
    const expect: Expected = { kind: "file", print: { ...print, [part]: print[part] + 1 } };
    const stage = root.stage("new");
    const placements = [
      { kind: "file", stage },
      { kind: "deleted" },
      { kind: "symlink", target: "t" },
      { kind: "directory", mode: 0o755 },
      { kind: "metadata", mode: 0o600, mtimeMs: 1 },
    ] as const;
    for (const placement of placements) assert.deepEqual(run(root, expect, placement), { result: "changed" });
    assert.deepEqual([root.read(PATH), root.kept(), root.print(PATH)], ["old", [], print]);
  });
}

Deno.test("a file that is not there, or is of another kind, is not what was expected", () => {
  using root = testRoot();
  root.write(PATH, "old");
  const expect = expected(root, PATH);
  Deno.removeSync(root.at(PATH));
  assert.deepEqual(run(root, expect, { kind: "file", stage: root.stage("new") }), { result: "changed" });
  Deno.symlinkSync("x", root.at(PATH));
  assert.deepEqual(run(root, expect, { kind: "deleted" }), { result: "changed" });
  assert.equal(Deno.readLinkSync(root.at(PATH)), "x");
});

Deno.test("where there are no hard links the old is kept by rename, and given back when it is not the expected", () => {
  using root = testRoot();
  root.write(PATH, "old");
  let saved = false;
  const fs = watchedFs(withNothing, (call) => {
    if (call === "rename" && !saved) saved = (root.write(PATH, "by hand, longer"), true);
  });
  assert.deepEqual(run(root, expected(root, PATH), { kind: "file", stage: root.stage("new") }, { fs }), {
    result: "changed",
  });
  assert.deepEqual([root.read(PATH), root.kept()], ["by hand, longer", []]);
});

// ------------------------------------------------------------------------------------ delete

Deno.test("deleting takes the file into the version store (invariant 4)", () => {
  using root = testRoot();
  root.write(PATH, "old");
  assert.equal(run(root, expected(root, PATH), { kind: "deleted" }).result, "done");
  assert.deepEqual([root.read(PATH), root.kept()], [null, ["old"]]);
});

Deno.test("what was taken and is not what was expected is put back (R20)", () => {
  using root = testRoot();
  root.write(PATH, "old");
  const expect = expected(root, PATH);
  const fs = watchedFs(realFs(), (call) => void (call === "rename" && root.write(PATH, "by hand, longer")));
  assert.deepEqual(run(root, expect, { kind: "deleted" }, { fs }), { result: "changed" });
  assert.deepEqual([root.read(PATH), root.kept()], ["by hand, longer", []]);
});

Deno.test("deleting what is not there is done, with or without a parent; expecting something there is not", () => {
  using root = testRoot();
  root.write("other", "");
  assert.equal(run(root, null, { kind: "deleted" }).result, "done");
  assert.equal(realFs().lstat(root.at("d")), null, "and no parent is made for it");
  const print = root.print("other");
  assert.deepEqual(run(root, { kind: "file", print }, { kind: "deleted" }), { result: "changed" });
});

Deno.test("a directory is deleted when it is empty, and says so when it is not", () => {
  using root = testRoot();
  root.write("d/x", "kept");
  const gone: Placement = { kind: "deleted" };
  assert.deepEqual(run(root, { kind: "directory" }, gone, { path: pathOf("d") }), { result: "not-empty" });
  assert.equal(root.read("d/x"), "kept");
  Deno.removeSync(root.at("d/x"));
  assert.equal(run(root, { kind: "directory" }, gone, { path: pathOf("d") }).result, "done");
  assert.equal(realFs().lstat(root.at("d")), null);
});

// ------------------------------------------------------------------------------------ other kinds

Deno.test("symlinks are placed, replaced and deleted as links, and never followed", () => {
  using root = testRoot();
  const outside = `${root.outside}/precious`;
  Deno.writeTextFileSync(outside, "precious");
  assert.equal(run(root, null, { kind: "symlink", target: outside }).result, "done");
  assert.equal(Deno.readLinkSync(root.at(PATH)), outside);
  const link = (): Expected => ({ kind: "symlink", print: root.print(PATH) });
  assert.equal(run(root, link(), { kind: "symlink", target: "other" }).result, "done");
  assert.deepEqual([Deno.readLinkSync(root.at(PATH)), root.kept()], ["other", [`-> ${outside}`]]);
  Deno.removeSync(root.at(PATH));
  Deno.symlinkSync(outside, root.at(PATH));
  assert.equal(run(root, link(), { kind: "file", stage: root.stage("a file") }).result, "done");
  assert.deepEqual([root.read(PATH), Deno.readTextFileSync(outside)], ["a file", "precious"]);
});

Deno.test("a link is another where it points elsewhere, though its fingerprint is the same (R14)", () => {
  using root = testRoot();
  Deno.mkdirSync(root.at("d"));
  Deno.symlinkSync("of the user", root.at(PATH));
  const print = root.print(PATH);
  for (const placement of [{ kind: "deleted" }, { kind: "symlink", target: "new" }] as const) {
    assert.equal(run(root, { kind: "symlink", print, target: "of the peer" }, placement).result, "changed");
  }
  assert.deepEqual([Deno.readLinkSync(root.at(PATH)), root.kept()], ["of the user", []]);
  const expected: Expected = { kind: "symlink", print, target: "of the user" };
  assert.equal(run(root, expected, { kind: "deleted" }).result, "done");
});

Deno.test("a file becomes a directory, and an empty directory a file; what was there is kept", () => {
  using root = testRoot();
  root.write(PATH, "old");
  assert.equal(run(root, expected(root, PATH), { kind: "directory", mode: 0o750 }).result, "done");
  assert.deepEqual([realFs().lstat(root.at(PATH))!.kind, realFs().lstat(root.at(PATH))!.mode], [
    "directory",
    0o750,
  ]);
  assert.deepEqual(root.kept(), ["old"]);
  root.write(`${PATH}/x`, "kept");
  const stage = root.stage("new");
  assert.deepEqual(run(root, { kind: "directory" }, { kind: "file", stage }), { result: "not-empty" });
  Deno.removeSync(root.at(`${PATH}/x`));
  assert.equal(run(root, { kind: "directory" }, { kind: "file", stage }).result, "done");
  assert.equal(root.read(PATH), "new");
});

Deno.test("metadata changes mode and time and leaves the bytes and the inode alone", () => {
  using root = testRoot();
  root.write(PATH, "text");
  const { ino } = root.print(PATH);
  assert.equal(
    run(root, expected(root, PATH), { kind: "metadata", mode: 0o640, mtimeMs: 1_000_000 }).result,
    "done",
  );
  const now = root.print(PATH);
  assert.deepEqual([root.read(PATH), now.mode, now.mtimeMs, now.ino], ["text", 0o640, 1_000_000, ino]);
});

Deno.test("a move takes the very file along, and refuses one that is not the expected", () => {
  using root = testRoot();
  root.write("from.txt", "moved");
  const print = root.print("from.txt");
  const move = { kind: "moved", from: pathOf("from.txt"), print, mode: 0o600, mtimeMs: 5_000 } as const;
  assert.deepEqual(run(root, null, { ...move, print: { ...print, mtimeMs: 1 } }), { result: "changed" });
  root.write(PATH, "in the way");
  assert.deepEqual(run(root, null, move), { result: "changed" });
  assert.deepEqual([root.read("from.txt"), root.read(PATH)], ["moved", "in the way"]);
  assert.equal(run(root, expected(root, PATH), move).result, "done");
  assert.deepEqual([root.read("from.txt"), root.read(PATH), root.kept()], [null, "moved", ["in the way"]]);
  const now = root.print(PATH);
  assert.deepEqual([now.ino, now.mode, now.mtimeMs], [print.ino, 0o600, 5_000]);
});
