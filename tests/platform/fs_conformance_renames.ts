/** The part of `fs_conformance.ts` on renames that exchange, or never replace: a file system may have them or not. */
import assert from "node:assert/strict";
import { FsError } from "../../src/platform/ports.ts";
import { fails, put, read, type Test } from "./fs_checks.ts";

export function testRenames(test: Test): void {
  test("renameNew() moves and never replaces, where there is such a call", async (fs, at) => {
    await put(fs, at("a"), "one");
    await put(fs, at("b"), "two");
    fs.makeDirectory(at("d"));
    fs.symlink("nowhere", at("l"));
    const { ino } = fs.lstat(at("a"))!;
    if (isUnsupported(() => fs.renameNew(at("a"), at("c")))) {
      assert.deepEqual([read(fs, at("a")), fs.lstat(at("c"))], ["one", null]);
      return;
    }
    assert.deepEqual([fs.lstat(at("a")), fs.lstat(at("c"))!.ino, read(fs, at("c"))], [null, ino, "one"]);
    for (const taken of ["b", "d", "l"]) fails("exists", () => fs.renameNew(at("c"), at(taken)));
    fails("not-found", () => fs.renameNew(at("nothing"), at("e")));
    fails("not-found", () => fs.renameNew(at("c"), at("nothing/e")));
    assert.deepEqual([read(fs, at("c")), read(fs, at("b"))], ["one", "two"]);
  });

  test(
    "exchange() gives each of two names what the other had, where there is such a call",
    async (fs, at) => {
      await put(fs, at("a"), "one");
      await put(fs, at("b"), "two");
      fs.makeDirectories(at("d/e"));
      fs.symlink("nowhere", at("d/l"));
      const inodes = () => ["a", "b", "d/l", "d/e"].map((name) => fs.lstat(at(name))!.ino);
      const [a, b, l, e] = inodes();
      if (isUnsupported(() => fs.exchange(at("a"), at("b")))) {
        assert.deepEqual([inodes(), read(fs, at("a"))], [[a, b, l, e], "one"]);
        return;
      }
      assert.deepEqual([inodes(), read(fs, at("a")), read(fs, at("b"))], [[b, a, l, e], "two", "one"]);
      fs.exchange(at("a"), at("d/l"));
      fs.exchange(at("b"), at("d/e"));
      assert.deepEqual(inodes(), [l, e, b, a]);
      assert.deepEqual([fs.readLink(at("a")), fs.lstat(at("b"))!.kind, read(fs, at("d/e"))], [
        "nowhere",
        "directory",
        "one",
      ]);
      fails("not-found", () => fs.exchange(at("a"), at("nothing")));
      fails("not-found", () => fs.exchange(at("nothing"), at("a")));
      assert.deepEqual(inodes(), [l, e, b, a]);
    },
  );
}

/** True when the call says that there is no such call here; it must have worked otherwise. */
function isUnsupported(call: () => void): boolean {
  try {
    call();
    return false;
  } catch (error) {
    assert.ok(error instanceof FsError);
    assert.equal(error.code, "unsupported");
    return true;
  }
}
