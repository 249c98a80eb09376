import assert from "node:assert/strict";
import { SELF } from "../../src/catalogue/interning.ts";
import { PATH_DEPTH } from "../../src/core/limits.ts";
import { ROOT } from "../../src/core/path.ts";
import { parseIgnore } from "../../src/folder/ignore.ts";
import { compareDirectory, type Difference } from "../../src/folder/scan.ts";
import { type Fs, FsError, type Stat } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { watchedFs } from "../support/broken_fs.ts";
import { dot, entryOf, lsnOf, pathOf, rowOf } from "../support/entries.ts";
import { scene } from "../support/scan_scene.ts";

const paths = (items: readonly { readonly path: string }[]) => items.map(({ path }) => path).sort();
const NOTHING = {
  frozen: null,
  seen: [],
  gone: [],
  replaced: [],
  ignored: [],
  problems: [],
  unsettled: [],
  unsettledBytes: 0,
  owed: [],
};

function assertQuiet(difference: Difference): void {
  const { directories: _directories, entries: _entries, ...rest } = difference;
  assert.deepEqual(rest, NOTHING);
}

Deno.test("what the catalogue has as it is on disk is no difference", () => {
  using it = scene();
  it.have("d", { kind: "directory" });
  it.have("a");
  const difference = it.compare();
  assertQuiet(difference);
  assert.deepEqual([difference.directories, difference.entries], [["d"], 2]);
});

Deno.test("what is new is seen, with nothing that it is based on; Cairn's own directory is not looked at", () => {
  using it = scene();
  it.root.write("new.txt", "x");
  it.root.write("d/below", "not of this directory");
  Deno.symlinkSync("nowhere", it.root.at("link"));
  const { seen, directories, entries } = it.compare();
  assert.deepEqual(paths(seen), ["d", "link", "new.txt"]);
  assert.deepEqual(seen.map(({ basedOn }) => basedOn), [null, null, null]);
  assert.deepEqual(seen.map(({ stat }) => stat.kind).sort(), ["directory", "file", "symlink"]);
  assert.deepEqual([directories, entries], [["d"], 3]);
});

Deno.test("what changed is seen, based on the state that we had (R12)", () => {
  using it = scene();
  const state = it.have("a");
  it.root.write("a", "longer than before");
  const { seen } = it.compare();
  assert.deepEqual(seen.map(({ path, basedOn }) => [path, basedOn]), [["a", state]]);
});

Deno.test("a directory that has not got its entry's mode is owed it, and that is no edit (R3)", () => {
  using it = scene();
  it.have("d", { kind: "directory", mode: 0o500 });
  it.have("a", { mode: 0o600 });
  const { owed, ...rest } = it.compare();
  assert.deepEqual(owed, ["d"]);
  assertQuiet({ ...rest, owed: [] });
});

Deno.test("a link that may have been replaced within the clock's grain is read at each look (R14)", () => {
  using it = scene();
  it.have("link", { kind: "symlink", settled: false });
  for (const strictness of ["hint", "strict"] as const) {
    const { seen, unsettled } = it.compare("", { strictness });
    assert.deepEqual([paths(seen), unsettled], [["link"], []]);
  }
});

Deno.test("a change of permissions is seen, of files and of directories", () => {
  using it = scene();
  it.have("a");
  it.have("d", { kind: "directory" });
  Deno.chmodSync(it.root.at("a"), 0o600);
  Deno.chmodSync(it.root.at("d"), 0o700);
  assert.deepEqual(paths(it.compare().seen), ["a", "d"]);
});

Deno.test("a file that could have changed within the clock's grain is named after a hint, and read after a strict look (R14)", () => {
  using it = scene();
  it.have("fresh", { settled: false });
  it.have("old");
  const hinted = it.compare();
  assert.deepEqual([paths(hinted.seen), hinted.unsettled], [[], ["fresh"]]);
  const strict = it.compare(ROOT, { strictness: "strict" });
  assert.deepEqual([paths(strict.seen), strict.unsettled], [["fresh"], []]);
});

Deno.test("a row without a print is seen again: a rebuilt catalogue has none", () => {
  using it = scene();
  it.catalogue.prints.drop(it.have("a"));
  assert.deepEqual(paths(it.compare().seen), ["a"]);
});

// ------------------------------------------------------------------------------------ gone (R13)

Deno.test("what we have in a directory goes with it, also when the directory's own row says deleted already", () => {
  using it = scene();
  it.have("d", { kind: "directory" });
  it.have("d/a");
  Deno.removeSync(it.root.at("d"), { recursive: true });
  const tombstone = entryOf({ kind: "deleted", dots: [dot(9, 9)] });
  it.catalogue.rows.put(
    SELF,
    it.folder,
    { path: pathOf("d"), entry: tombstone, offered: true, held: false },
    lsnOf(9),
  );
  assert.deepEqual(it.compare("", { names: ["d"] }).gone.map(({ path }) => path), ["d/a"]);
});

Deno.test("a name that a complete listing lacks is gone, a directory's content before it, deepest first", () => {
  using it = scene();
  for (const path of ["d", "d/e"]) it.have(path, { kind: "directory" });
  for (const path of ["a", "d/b", "d/e/c", "stays"]) it.have(path);
  Deno.removeSync(it.root.at("a"));
  Deno.removeSync(it.root.at("d"), { recursive: true });
  const gone = it.compare().gone.map(({ path }) => path);
  assert.deepEqual([...gone].sort(), ["a", "d", "d/b", "d/e", "d/e/c"]);
  assert.ok(gone.indexOf(pathOf("d/e/c")) < gone.indexOf(pathOf("d/e")));
  assert.ok(gone.indexOf(pathOf("d/e")) < gone.indexOf(pathOf("d")));
  assert.ok(gone.indexOf(pathOf("d/b")) < gone.indexOf(pathOf("d")));
});

Deno.test("what is deleted already, or was never held, is not gone again (R10)", () => {
  using it = scene();
  const { rows } = it.catalogue;
  rows.put(SELF, it.folder, rowOf("dead", entryOf({ kind: "deleted", dots: [dot(1, 90)] })), lsnOf(90));
  rows.put(SELF, it.folder, rowOf("elsewhere", entryOf({ dots: [dot(1, 91)] }), { held: false }), lsnOf(91));
  assertQuiet(it.compare());
});

Deno.test("hinted names alone are compared while they are there", () => {
  using it = scene();
  it.have("a");
  it.have("b");
  for (const name of ["a", "b", "c"]) it.root.write(name, "changed, and longer");
  assert.deepEqual(paths(it.compare(ROOT, { names: ["a", "c", "never was"] }).seen), ["a", "c"]);
});

Deno.test("a hinted name that is missing asks for the whole listing: only that can say that it is gone (R13)", () => {
  using it = scene();
  it.have("a");
  it.have("b");
  Deno.removeSync(it.root.at("a"));
  Deno.removeSync(it.root.at("b"));
  const listed: unknown[] = [];
  const fs = watchedFs(realFs(), (call) => void (call === "list" && listed.push(call)));
  assert.deepEqual(paths(it.compare(ROOT, { names: ["a"], fs }).gone), ["a", "b"]);
  assert.equal(listed.length, 1);
});

Deno.test("a directory that is gone itself is its parent's news", () => {
  using it = scene();
  it.have("d/a");
  Deno.removeSync(it.root.at("d"), { recursive: true });
  const context = {
    fs: realFs(),
    root: it.root.root,
    rootDev: it.root.rootDev,
    catalogue: it.catalogue,
    folder: it.folder,
    mode: "sync" as const,
  };
  const ignore = parseIgnore("");
  assert.equal(compareDirectory({ ...context, ignore }, pathOf("d"), null, "hint"), null);
  it.root.write("d", "a file now");
  assert.equal(compareDirectory({ ...context, ignore }, pathOf("d"), null, "hint"), null);
});

// ------------------------------------------------------------------------------------ frozen (R13)

for (const code of ["permission", "io"] as const) {
  Deno.test(`a directory that cannot be listed (${code}) is frozen: a problem, and nothing in it is gone`, () => {
    using it = scene();
    it.have("d", { kind: "directory" });
    it.have("d/a");
    Deno.removeSync(it.root.at("d/a"));
    const fs: Fs = {
      ...realFs(),
      list: (path) => {
        throw new FsError(code, path);
      },
    };
    const { problems, ...rest } = it.compare("d", { fs });
    assert.deepEqual([rest.gone, rest.seen, rest.replaced], [[], [], []]);
    assert.deepEqual(problems.map(({ path, cause }) => [path, cause]), [["d", `cannot be listed (${code})`]]);
  });
}

Deno.test("a file that cannot be looked at freezes its directory", () => {
  using it = scene();
  it.have("a");
  it.have("b");
  Deno.removeSync(it.root.at("b"));
  const fs: Fs = {
    ...realFs(),
    lstat: (path) => path.endsWith("/a") ? throwing("io", path) : realFs().lstat(path),
  };
  const { gone, problems } = it.compare(ROOT, { fs });
  assert.deepEqual([gone, problems.length], [[], 1]);
});

function throwing(code: "io", path: string): never {
  throw new FsError(code, path);
}

/** A file system on which directories of these names, and all in them, lie on another device. */
function mountedAt(names: readonly string[], root: string): Fs {
  const real = realFs();
  const isBelow = (path: string) => names.some((name) => realPathOf(path).startsWith(`${root}/${name}`));
  return {
    ...real,
    lstat(path): Stat | null {
      const stat = real.lstat(path);
      return stat !== null && isBelow(path) ? { ...stat, dev: stat.dev + 1 } : stat;
    },
  };
}

/** Where a path through a held directory leads. */
function realPathOf(path: string): string {
  const [, held, rest] = /^(\/proc\/self\/fd\/\d+)(.*)$/.exec(path) ?? [null, "", path];
  return held === "" ? path : Deno.readLinkSync(held!) + (rest === "/." ? "" : rest!);
}

Deno.test("a mounted disk that went freezes its directory; the same disk back again thaws it (R13)", () => {
  using it = scene();
  it.have("m", { kind: "directory" });
  const mounted = mountedAt(["m"], it.root.root);
  it.compare("m", { fs: mounted });
  it.have("m/a");
  Deno.removeSync(it.root.at("m/a")); // what stands below the mount point
  const { gone, problems } = it.compare("m");
  assert.deepEqual([gone, paths(problems)], [[], ["m"]]);
  assert.match(problems[0]!.cause, /mounted/);
  assert.deepEqual(paths(it.compare("m", { names: ["a"] }).gone), [], "a hint does not thaw it");
  assert.deepEqual(paths(it.compare("m", { fs: mounted }).gone), ["m/a"]);
});

Deno.test({
  name: "a disk that comes to be mounted over a directory with content of ours freezes it (R13)",
  // src/folder/scan.ts, compareAll(): only a mount that went is frozen; what one hides counts as deleted.
  fn() {
    using it = scene();
    it.have("m", { kind: "directory" });
    it.have("m/a");
    it.compare("m");
    Deno.removeSync(it.root.at("m/a")); // hidden
    const { gone, problems } = it.compare("m", { fs: mountedAt(["m"], it.root.root) });
    assert.deepEqual([gone, paths(problems)], [[], ["m"]]);
  },
});

Deno.test("a root on a mounted disk is as good as any: only another number than the root's is a mount", () => {
  using it = scene();
  it.have("d", { kind: "directory" });
  it.have("d/a");
  assertQuiet(it.compare("d"));
  Deno.removeSync(it.root.at("d/a"));
  assert.deepEqual(paths(it.compare("d").gone), ["d/a"]);
});

// ------------------------------------------------------------------------------------ ignored (R18)

Deno.test("a path that became ignored is withdrawn, not deleted, whether it is on disk or not (R9, R18)", () => {
  using it = scene();
  it.have("there.log");
  it.have("gone.log");
  it.have("a");
  Deno.removeSync(it.root.at("gone.log"));
  const { seen, gone, ignored } = it.compare(ROOT, { ignore: "*.log" });
  assert.deepEqual([seen, gone, paths(ignored)], [[], [], ["gone.log", "there.log"]]);
});

Deno.test({
  name: "a directory that became ignored is withdrawn with all that is in it (R9, R18)",
  // src/folder/scan.ts: goneBelow() leaves out ignored paths, and below an ignored directory every path is one.
  fn() {
    using it = scene();
    it.have("build", { kind: "directory" });
    it.have("build/a");
    it.have("build/d/b");
    const { gone, ignored } = it.compare(ROOT, { ignore: "build/" });
    assert.deepEqual([gone, paths(ignored)], [[], ["build", "build/a", "build/d/b"]]);
  },
});

Deno.test("what is withdrawn already is not withdrawn again; not ignored any more, it is seen", () => {
  using it = scene();
  it.have("a.log", { offered: false });
  assertQuiet(it.compare(ROOT, { ignore: "*.log" }));
  assert.deepEqual(paths(it.compare().seen), ["a.log"]);
});

Deno.test("an ignored directory is not entered", () => {
  using it = scene();
  it.root.write("build/a", "x");
  const { seen, directories } = it.compare(ROOT, { ignore: "build/" });
  assert.deepEqual([seen, directories], [[], []]);
});

// ------------------------------------------------------------------------------------ problems

Deno.test("names that cannot be synced are told of with the remedy, and the others go on", () => {
  using it = scene();
  it.root.write("good", "x");
  it.root.write("bad\ufffdname", "x");
  const { seen, problems } = it.compare();
  assert.deepEqual(paths(seen), ["good"]);
  assert.deepEqual(problems.map(({ path, cause, remedy }) => [path, cause.includes("Unicode"), remedy]), [
    ["bad\ufffdname", true, "Rename it."],
  ]);
  assert.ok(problems[0]!.isNote);
});

Deno.test("a path of PATH_DEPTH names is synced, one name more is told of, and nothing below it is looked at", () => {
  using it = scene();
  const [deepest, ...rest] = [PATH_DEPTH, PATH_DEPTH - 1].map((names) => Array(names).fill("n").join("/"));
  it.root.write(`${deepest}/too/deep`, "x");
  assert.deepEqual(paths(it.compare(rest[0]).seen), [deepest]);
  const { seen, directories, problems } = it.compare(deepest);
  assert.deepEqual([seen, directories, paths(problems)], [[], [], [`${deepest}/too`]]);
  assert.match(problems[0]!.cause, /more than 256 names/);
  assert.ok(!problems[0]!.isNote, "it keeps the folder from being up to date");
});

Deno.test("a name that is no UTF-8 is told of, and the others go on", async () => {
  using it = scene();
  it.root.write("good", "x");
  const script = `touch "$1/$(printf 'caf\\351')"`;
  const made = await new Deno.Command("sh", { args: ["-c", script, "sh", it.root.root] }).output();
  if (!made.success) return; // this disk takes no such names
  const { seen, problems } = it.compare();
  assert.deepEqual([paths(seen), problems.length], [["good"], 1]);
});

Deno.test("sockets, pipes and devices are told of, and the others go on", async () => {
  if (Deno.build.os === "windows") return;
  using it = scene();
  it.root.write("good", "x");
  assert.ok((await new Deno.Command("mkfifo", { args: [it.root.at("pipe")] }).output()).success);
  const { seen, problems } = it.compare();
  assert.deepEqual([paths(seen), paths(problems)], [["good"], ["pipe"]]);
  assert.ok(problems[0]!.isNote, "it is never synced, and that is no work left to do");
});
