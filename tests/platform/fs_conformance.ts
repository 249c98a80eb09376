/** What any `Fs` must do. The simulated disk passes the same tests as the real one. */
import assert from "node:assert/strict";
import { type Fs, FsError } from "../../src/platform/ports.ts";
import type { RelPath } from "../../src/core/ids.ts";
import { fails, failsLater, put, read, type Test, text, withPin } from "./fs_checks.ts";
import { testRenames } from "./fs_conformance_renames.ts";

/** A file system and an empty directory on it, for one test. */
export interface FsUnderTest extends Disposable {
  readonly fs: Fs;
  readonly root: string;
}

/** Registers the tests, `name` in front of each. */
export function fsConformance(name: string, make: () => FsUnderTest): void {
  const test: Test = (what, run) => {
    Deno.test(`${name}: ${what}`, async () => {
      using under = make();
      await run(under.fs, (path) => path === "" ? under.root : `${under.root}/${path}`);
    });
  };

  test("lstat() answers null when nothing is there", (fs, at) => {
    assert.equal(fs.lstat(at("nothing")), null);
    assert.equal(fs.lstat(at("nothing/below")), null);
  });

  test("lstat() tells a file's kind, size, mode and inode", async (fs, at) => {
    await put(fs, at("a"), "hello", 0o640);
    const stat = fs.lstat(at("a"))!;
    assert.deepEqual([stat.kind, stat.size, stat.mode], ["file", 5, 0o640]);
    assert.equal(fs.lstat(at("a"))!.ino, stat.ino);
    assert.equal(stat.dev, fs.lstat(at(""))!.dev);
  });

  test("lstat() does not follow a symlink", (fs, at) => {
    fs.symlink("nowhere", at("l"));
    assert.equal(fs.lstat(at("l"))!.kind, "symlink");
    assert.equal(fs.readLink(at("l")), "nowhere");
  });

  test("lstat() through a file is not-directory", async (fs, at) => {
    await put(fs, at("a"), "");
    fails("not-directory", () => fs.lstat(at("a/b")));
  });

  test("list() answers all names with their kinds, without . and ..", async (fs, at) => {
    await put(fs, at("file"), "");
    fs.makeDirectory(at("dir"));
    fs.symlink("dir", at("link"));
    await put(fs, at("größe \u{1f600}"), "");
    const items = fs.list(at("")).map(({ name, kind }) => `${kind} ${name}`).sort();
    assert.deepEqual(items, ["directory dir", "file file", "file größe \u{1f600}", "symlink link"]);
  });

  test("list() leaves nothing out of a name", async (fs, at) => {
    const names = ["\ufeffa", "a", "\u200d", "e\u0301", " ", "\u001b", "\\"];
    for (const name of names) await put(fs, at(name), "");
    assert.deepEqual(fs.list(at("")).map((item) => item.name).sort(), names.sort());
  });

  test("list() answers thousands of names, each once", (fs, at) => {
    const names = Array.from({ length: 3_000 }, (_, i) => `a rather long name, number ${i}`);
    for (const name of names) fs.open(at(name), "create").close();
    assert.deepEqual(fs.list(at("")).map((item) => item.name).sort(), names.sort());
  });

  test("list() fails of what is missing and of a file", async (fs, at) => {
    await put(fs, at("a"), "");
    fails("not-found", () => fs.list(at("nothing")));
    fails("not-directory", () => fs.list(at("a")));
  });

  test("makeDirectory() fails when the name is taken or the parent is missing", (fs, at) => {
    fs.makeDirectory(at("d"), 0o750);
    assert.equal(fs.lstat(at("d"))!.mode, 0o750);
    fails("exists", () => fs.makeDirectory(at("d")));
    fails("not-found", () => fs.makeDirectory(at("x/y")));
  });

  test("makeDirectories() makes all parents, and is content with what exists", (fs, at) => {
    fs.makeDirectories(at("x/y/z"));
    fs.makeDirectories(at("x/y/z"));
    assert.equal(fs.lstat(at("x/y/z"))!.kind, "directory");
  });

  test("removeDirectory() takes an empty directory and nothing else", async (fs, at) => {
    fs.makeDirectories(at("d/e"));
    await put(fs, at("f"), "");
    fails("not-empty", () => fs.removeDirectory(at("d")));
    fails("not-directory", () => fs.removeDirectory(at("f")));
    fails("not-found", () => fs.removeDirectory(at("nothing")));
    fs.removeDirectory(at("d/e"));
    assert.equal(fs.lstat(at("d/e")), null);
  });

  test("link() gives a file a second name and never replaces", async (fs, at) => {
    await put(fs, at("a"), "one");
    await put(fs, at("b"), "two");
    fs.link(at("a"), at("c"));
    assert.equal(fs.lstat(at("c"))!.ino, fs.lstat(at("a"))!.ino);
    fails("exists", () => fs.link(at("a"), at("b")));
    fails("not-found", () => fs.link(at("nothing"), at("d")));
    assert.equal(read(fs, at("b")), "two");
  });

  test("symlink() never replaces", async (fs, at) => {
    await put(fs, at("a"), "");
    fails("exists", () => fs.symlink("x", at("a")));
  });

  test("readLink() of a file fails", async (fs, at) => {
    await put(fs, at("a"), "");
    assert.throws(() => fs.readLink(at("a")), FsError);
    fails("not-found", () => fs.readLink(at("nothing")));
  });

  test("rename() replaces a file, keeping the inode", async (fs, at) => {
    await put(fs, at("a"), "new");
    await put(fs, at("b"), "old");
    const { ino } = fs.lstat(at("a"))!;
    fs.rename(at("a"), at("b"));
    assert.deepEqual([fs.lstat(at("a")), fs.lstat(at("b"))!.ino, read(fs, at("b"))], [null, ino, "new"]);
  });

  test("rename() of what is missing, and over what it cannot replace, fails", async (fs, at) => {
    fs.makeDirectories(at("d/e"));
    fs.makeDirectory(at("full"));
    await put(fs, at("full/x"), "");
    await put(fs, at("a"), "");
    fails("not-found", () => fs.rename(at("nothing"), at("b")));
    fails("is-directory", () => fs.rename(at("a"), at("d")));
    fails("not-directory", () => fs.rename(at("d"), at("a")));
    fails("not-empty", () => fs.rename(at("d"), at("full")));
  });

  testRenames(test);

  test("unlink() takes a file or a symlink, never its target nor a directory", async (fs, at) => {
    await put(fs, at("a"), "");
    fs.makeDirectory(at("d"));
    fs.symlink("d", at("l"));
    fs.unlink(at("l"));
    fails("is-directory", () => fs.unlink(at("d")));
    fs.unlink(at("a"));
    fails("not-found", () => fs.unlink(at("a")));
    assert.deepEqual(fs.list(at("")).map((item) => item.name), ["d"]);
  });

  test("chmod() sets the permission bits", async (fs, at) => {
    await put(fs, at("a"), "");
    fs.chmod(at("a"), 0o705);
    assert.equal(fs.lstat(at("a"))!.mode, 0o705);
    fails("not-found", () => fs.chmod(at("nothing"), 0o700));
  });

  test("setMtime() sets milliseconds, also before 1970", async (fs, at) => {
    await put(fs, at("a"), "");
    for (const ms of [1_700_000_000_123, 0, -86_400_001, 4_102_444_800_999]) {
      fs.setMtime(at("a"), ms);
      assert.equal(fs.lstat(at("a"))!.mtimeMs, ms);
    }
  });

  test("setMtime() of a symlink leaves its target alone", async (fs, at) => {
    await put(fs, at("a"), "");
    fs.setMtime(at("a"), 1_600_000_000_000);
    fs.symlink("a", at("l"));
    fs.setMtime(at("l"), 1_500_000_000_321);
    assert.equal(fs.lstat(at("a"))!.mtimeMs, 1_600_000_000_000);
    assert.equal(fs.lstat(at("l"))!.mtimeMs, 1_500_000_000_321);
  });

  test("open() to read does not follow a symlink", async (fs, at) => {
    await put(fs, at("a"), "");
    fs.symlink("a", at("l"));
    fails("symlink-loop", () => fs.open(at("l"), "read"));
    fails("symlink-loop", () => fs.open(at("l"), "write"));
    fails("exists", () => fs.open(at("l"), "create"));
    fails("symlink-loop", () => fs.readSmall(at("l"), 10));
  });

  test("open() fails of what is missing, of a directory, and create of what exists", async (fs, at) => {
    await put(fs, at("a"), "");
    fs.makeDirectory(at("d"));
    fails("not-found", () => fs.open(at("nothing"), "read"));
    fails("not-found", () => fs.open(at("nothing"), "write"));
    fails("is-directory", () => fs.open(at("d"), "read"));
    fails("is-directory", () => fs.open(at("d"), "write"));
    fails("exists", () => fs.open(at("a"), "create"));
  });

  test("a handle reads at positions, short only at the end", async (fs, at) => {
    await put(fs, at("a"), "0123456789");
    const handle = fs.open(at("a"), "read");
    const into = new Uint8Array(4);
    assert.equal(await handle.read(into, 3), 4);
    assert.equal(new TextDecoder().decode(into), "3456");
    assert.equal(await handle.read(into, 8), 2);
    assert.equal(await handle.read(into, 10), 0);
    assert.equal(handle.stat().size, 10);
    handle.close();
    handle.close();
  });

  test("a handle writes at positions beyond the end, and truncates", async (fs, at) => {
    const handle = fs.open(at("a"), "create");
    await handle.write(text("xyz"), 5);
    await handle.write(text("ab"), 0);
    await handle.syncData();
    assert.equal(read(fs, at("a")), "ab\0\0\0xyz");
    handle.truncate(1);
    handle.close();
    assert.equal(read(fs, at("a")), "a");
  });

  test("many handles read and write side by side", async (fs, at) => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const handle = fs.open(at(`f${i}`), "create");
      await Promise.all([0, 1, 2].map((k) => handle.write(bytes, k * bytes.length)));
      await handle.syncData();
      const into = new Uint8Array(bytes.length);
      assert.equal(await handle.read(into, 2 * bytes.length), bytes.length);
      assert.deepEqual(into, bytes);
      handle.close();
    }));
  });

  test("readSmall() reads up to the limit and no more", async (fs, at) => {
    await put(fs, at("a"), "12345");
    assert.equal(read(fs, at("a"), 5), "12345");
    fails("io", () => fs.readSmall(at("a"), 4));
    assert.equal(fs.readSmall(at("nothing"), 10), null);
  });

  test(
    "writeDurably() writes and replaces whole, with the mode, and leaves nothing aside",
    async (fs, at) => {
      await fs.writeDurably(at("a"), text("one"));
      assert.equal(fs.lstat(at("a"))!.mode, 0o644);
      await fs.writeDurably(at("a"), text("two"), 0o600);
      assert.deepEqual([read(fs, at("a")), fs.lstat(at("a"))!.mode], ["two", 0o600]);
      await Promise.all([1, 2, 3].map((i) => fs.writeDurably(at("a"), text(`again ${i}`))));
      assert.deepEqual(fs.list(at("")).map((item) => item.name), ["a"]);
    },
  );

  test("writeDurably() that fails leaves nothing aside", async (fs, at) => {
    fs.makeDirectory(at("d"));
    await failsLater("is-directory", () => fs.writeDurably(at("d"), text("x")));
    await failsLater("not-found", () => fs.writeDurably(at("nothing/x"), text("x")));
    assert.deepEqual(fs.list(at("")).map((item) => item.name), ["d"]);
  });

  test("syncing works on what exists and fails of what does not", async (fs, at) => {
    await put(fs, at("a"), "x");
    await fs.syncFile(at("a"));
    await fs.syncDirectory(at(""));
    assert.equal(typeof await fs.syncFileSystem(at("")), "boolean");
    await failsLater("not-found", () => fs.syncFile(at("nothing")));
    await failsLater("not-found", () => fs.syncDirectory(at("nothing")));
  });

  test("realPath() resolves symlinks", async (fs, at) => {
    fs.makeDirectory(at("d"));
    await put(fs, at("d/a"), "");
    fs.symlink("d", at("l"));
    assert.equal(fs.realPath(at("l/a")), fs.realPath(at("d/a")));
    fails("not-found", () => fs.realPath(at("nothing")));
  });

  test(
    "freeSpace() tells bytes of the disk that holds a path, and fails of what is missing",
    async (fs, at) => {
      await put(fs, at("a"), "x");
      const space = fs.freeSpace(at(""));
      if (space !== null) {
        assert.ok(space.total > 0 && space.free >= 0 && space.free <= space.total, JSON.stringify(space));
        assert.equal(fs.freeSpace(at("a"))!.total, space.total);
      }
      fails("not-found", () => fs.freeSpace(at("nothing")));
    },
  );

  test("pin() of the root reaches the names in it, through a symlinked root too", async (fs, at) => {
    fs.makeDirectory(at("real"));
    await put(fs, at("real/a"), "x");
    fs.symlink("real", at("root"));
    withPin(fs.pin(at("root"), "" as RelPath), (pin) => {
      assert.equal(read(fs, pin.at("a")), "x");
      assert.deepEqual(fs.list(pin.self).map((item) => item.name), ["a"]);
    });
  });

  test("pin() lets names be made, renamed, linked and taken in a deep directory", async (fs, at) => {
    fs.makeDirectories(at("x/y/z"));
    const pin = fs.pin(at(""), "x/y/z" as RelPath);
    await fs.writeDurably(pin.at("a"), text("1"));
    fs.link(pin.at("a"), pin.at("b"));
    fs.rename(pin.at("a"), pin.at("c"));
    fs.unlink(pin.at("b"));
    await fs.syncDirectory(pin.self);
    pin.close();
    pin.close();
    assert.deepEqual(fs.list(at("x/y/z")), [{ name: "c", kind: "file" }]);
  });

  test("pin() follows no symlink below the root (invariant 6)", async (fs, at) => {
    fs.makeDirectories(at("outside/d"));
    fs.makeDirectories(at("root/inside"));
    fs.symlink("../outside", at("root/l"));
    fs.symlink("../../outside", at("root/inside/l"));
    await put(fs, at("root/f"), "");
    for (const dir of ["l", "l/d", "inside/l", "inside/l/d", "f", "f/x"]) {
      fails("not-directory", () => fs.pin(at("root"), dir as RelPath));
    }
    fails("not-found", () => fs.pin(at("root"), "missing/d" as RelPath));
    fails("not-found", () => fs.pin(at("missing"), "" as RelPath));
  });

  test("a name longer than the disk takes is name-too-long", (fs, at) => {
    fails("name-too-long", () => fs.makeDirectory(at("n".repeat(256))));
  });
}
