import assert from "node:assert/strict";
import * as fs from "node:fs";
import type { RelPath } from "../../src/core/ids.ts";
import { FsError } from "../../src/platform/ports.ts";
import { fsError } from "../../src/platform/real/fs_errors.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { listByDeno, listByKernel } from "../../src/platform/real/fs_list.ts";
import { pinByChecking } from "../../src/platform/real/fs_pin.ts";
import { lstat, lstatByDeno, ofOpenByDeno, statOfOpen } from "../../src/platform/real/fs_stat.ts";
import { type Libc, libc } from "../../src/platform/real/libc.ts";
import { tempDir } from "../support/temp_dir.ts";
import { fsConformance } from "./fs_conformance.ts";

const linux = Deno.build.os === "linux";

function realUnderTest() {
  const dir = tempDir();
  return { root: dir.path, [Symbol.dispose]: () => dir[Symbol.dispose]() };
}

fsConformance("the real disk", () => ({ fs: realFs(), ...realUnderTest() }));
fsConformance("the real disk as on systems without inotify and /proc", () => ({
  fs: {
    ...realFs(),
    pin: pinByChecking,
    lstat: lstatByDeno,
    list: (path) => orFsError(path, () => listByDeno(path)),
    renameNew: (_, to) => unsupported(to),
    exchange: (_, to) => unsupported(to),
  },
  ...realUnderTest(),
}));

function unsupported(path: string): never {
  throw new FsError("unsupported", path);
}

Deno.test({
  name: "on Linux' own disks two names can be exchanged in one step: nothing falls back without a word",
  ignore: libc()?.renameat2 == null,
  fn() {
    using dir = tempDir();
    for (const name of ["a", "b"]) Deno.writeTextFileSync(dir.at(name), name);
    realFs().exchange(dir.at("a"), dir.at("b"));
    realFs().renameNew(dir.at("a"), dir.at("c"));
    assert.equal(Deno.readTextFileSync(dir.at("c")), "b");
  },
});

Deno.test({
  name: "statx tells the same of everything as Deno does",
  ignore: libc()?.statx == null,
  async fn() {
    using dir = tempDir();
    Deno.writeTextFileSync(dir.at("file"), "text", { mode: 0o640 });
    Deno.linkSync(dir.at("file"), dir.at("second name"));
    Deno.mkdirSync(dir.at("directory"));
    Deno.symlinkSync("nowhere", dir.at("link"));
    await new Deno.Command("mkfifo", { args: [dir.at("fifo")] }).output();
    const long = "é".repeat(127);
    for (const name of ["early", "late", "between", long]) Deno.writeTextFileSync(dir.at(name), name);
    Deno.utimeSync(dir.at("early"), -86_400, -86_400);
    Deno.utimeSync(dir.at("late"), 2 ** 33, 2 ** 33);
    Deno.utimeSync(dir.at("between"), new Date(1_600_000_000_999), new Date(1_600_000_000_999));
    using sparse = Deno.openSync(dir.at("sparse"), { create: true, write: true });
    sparse.truncateSync(5 * 2 ** 32 + 7);
    const names = [...Deno.readDirSync(dir.path)].map(({ name }) => dir.at(name));
    const elsewhere = [
      "/",
      "/dev/null",
      "/proc/self/fd",
      "/proc/self/exe",
      "/sys",
      dir.at("nothing"),
      `${dir.at("file")}\0`,
    ];
    for (const path of [...names, ...elsewhere, `${dir.at("directory")}/${"x".repeat(300)}`]) {
      const answer = (call: (path: string) => unknown) => {
        try {
          return call(path);
        } catch (error) {
          return (error as FsError).code;
        }
      };
      assert.deepEqual(answer(realFs().lstat), answer(lstatByDeno), path);
    }
  },
});

Deno.test("an open file is the same to the library as to Deno, and as its path", () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.at("f"), "some bytes", { mode: 0o640 });
  Deno.utimeSync(dir.at("f"), 1_000, 1_000);
  for (const path of [dir.at("f"), dir.path, "/dev/null"]) {
    const fd = fs.openSync(path, "r");
    try {
      const { ctimeMs, ...stat } = statOfOpen(fd);
      const { ctimeMs: ofDeno, ...byDeno } = ofOpenByDeno(fd);
      assert.deepEqual(stat, byDeno, path);
      assert.ok(Math.abs(ctimeMs - ofDeno) < 1_000); // whole seconds, like lstat
      assert.deepEqual(statOfOpen(fd), lstat(path), path);
    } finally {
      fs.closeSync(fd);
    }
  }
  assert.throws(() => statOfOpen(99_999));
});

Deno.test({
  name: "lstat() through a directory that is held open is asked of the descriptor, with the same answers",
  ignore: !linux,
  fn() {
    using dir = tempDir();
    Deno.mkdirSync(dir.at("sub/deep"), { recursive: true });
    Deno.writeTextFileSync(dir.at("sub/f"), "x");
    Deno.writeTextFileSync(dir.at("sub/é 7"), "xy");
    Deno.symlinkSync("f", dir.at("sub/l"));
    const fd = fs.openSync(dir.at("sub"), "r");
    try {
      for (const name of ["f", "é 7", "l", "deep", ".", "..", "nothing", "deep/../f", "f/x", "/f"]) {
        const answer = (call: (path: string) => unknown) => {
          try {
            return call(`/proc/self/fd/${fd}/${name}`);
          } catch (error) {
            return (error as FsError).code;
          }
        };
        assert.deepEqual(answer(realFs().lstat), answer(lstatByDeno), name);
      }
      for (const path of [`/proc/self/fd/${fd}`, "/proc/self/fd/", "/proc/self/fd/x/y", "/proc/self/fdx"]) {
        assert.deepEqual(realFs().lstat(path)?.kind, lstatByDeno(path)?.kind, path);
      }
    } finally {
      fs.closeSync(fd);
    }
  },
});

Deno.test("modes and times are set on a link's path never through the link", () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.at("target"), "x", { mode: 0o600 });
  Deno.utimeSync(dir.at("target"), 1_000, 1_000);
  Deno.symlinkSync("target", dir.at("l"));
  const before = realFs().lstat(dir.at("target"));
  assert.throws(() => realFs().chmod(dir.at("l"), 0o777), { code: "symlink-loop" });
  realFs().setMtime(dir.at("l"), 5_000);
  assert.deepEqual(realFs().lstat(dir.at("target")), before);
});

function orFsError<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fsError(error, path);
  }
}

Deno.test({
  name: "list() fails whole when the kernel fails in the middle of a directory (R13)",
  ignore: libc() === null,
  fn() {
    using dir = tempDir();
    for (let i = 0; i < 5_000; i++) Deno.writeTextFileSync(dir.at(`a name of some length, number ${i}`), "");
    let calls = 0;
    const failing: Libc = {
      ...libc()!,
      getdents64: (fd, into, bytes) => calls++ === 1 ? -1n : libc()!.getdents64(fd, into, bytes),
    };
    assert.throws(
      () => listByKernel(failing, dir.path),
      (error) => error instanceof FsError && error.code === "io",
    );
    assert.ok(calls === 2, "the directory was read in more than one call");
  },
});

Deno.test({
  name: "a pinned directory stays the same when a symlink is put under its path (R23)",
  ignore: !linux,
  fn() {
    using dir = tempDir();
    const fs = realFs();
    fs.makeDirectories(dir.at("root/d"));
    fs.makeDirectory(dir.at("outside"));
    const pin = fs.pin(dir.at("root"), "d" as RelPath);
    fs.rename(dir.at("root/d"), dir.at("root/moved"));
    fs.symlink("../outside", dir.at("root/d"));
    fs.open(pin.at("a"), "create").close();
    pin.close();
    assert.deepEqual(fs.list(dir.at("outside")), []);
    assert.deepEqual(fs.list(dir.at("root/moved")), [{ name: "a", kind: "file" }]);
  },
});

Deno.test({
  name: "pins leave no descriptor open, also when they fail",
  ignore: !linux,
  fn() {
    using dir = tempDir();
    const fs = realFs();
    fs.makeDirectories(dir.at("a/b/c"));
    fs.symlink("b", dir.at("a/l"));
    const open = () =>
      fs.list("/proc/self/fd").filter(({ name }) => points(`/proc/self/fd/${name}`, dir.path)).length;
    for (let i = 0; i < 50; i++) {
      fs.pin(dir.path, "a/b/c" as RelPath).close();
      assert.throws(() => fs.pin(dir.path, "a/l" as RelPath), FsError);
      assert.throws(() => fs.pin(dir.path, "a/b/missing" as RelPath), FsError);
      assert.throws(() => fs.open(dir.path, "read"), FsError);
    }
    assert.equal(open(), 0);
  },
});

Deno.test({
  name: "freeSpace() is null where the file system has no size",
  ignore: !linux,
  fn() {
    assert.equal(realFs().freeSpace("/proc"), null);
    assert.ok(realFs().freeSpace(Deno.cwd())!.total > 0);
  },
});

function points(link: string, to: string): boolean {
  try {
    return Deno.readLinkSync(link).startsWith(to);
  } catch {
    return false; // the descriptor of the listing itself
  }
}

Deno.test({
  name: "open() of a FIFO answers at once, that it is unsupported",
  ignore: Deno.build.os === "windows",
  async fn() {
    using dir = tempDir();
    const fs = realFs();
    await new Deno.Command("mkfifo", { args: [dir.at("p")] }).output();
    assert.equal(fs.lstat(dir.at("p"))!.kind, "other");
    assert.deepEqual(fs.list(dir.path), [{ name: "p", kind: "other" }]);
    for (const mode of ["read", "write"] as const) {
      assert.throws(
        () => fs.open(dir.at("p"), mode),
        (error) => error instanceof FsError && error.code === "unsupported",
      );
    }
  },
});

Deno.test("a handle reads and writes beyond four gigabytes", async () => {
  using dir = tempDir();
  const handle = realFs().open(dir.at("sparse"), "create");
  const far = 5 * 2 ** 30 + 7;
  await handle.write(new Uint8Array([1, 2, 3]), far);
  const into = new Uint8Array(8);
  assert.equal(await handle.read(into, far - 1), 4);
  assert.deepEqual([...into.subarray(0, 4)], [0, 1, 2, 3]);
  assert.equal(handle.stat().size, far + 3);
  handle.close();
});

Deno.test("chmod() refuses a symlink: its target may be anywhere", () => {
  using dir = tempDir();
  Deno.symlinkSync("/etc/hostname", dir.at("l"));
  assert.throws(() => realFs().chmod(dir.at("l"), 0o777), (error) => error instanceof FsError);
});

Deno.test("fsError() knows the errors of the system, and calls the others io", () => {
  const codes = (["ENOSPC", "EDQUOT", "EROFS", "EMFILE", "EXDEV", "EMLINK", "EIO", "toString"] as const)
    .map((code) => fsError(Object.assign(new Error(code), { code }), "/x").code);
  assert.deepEqual(codes, [
    "no-space",
    "no-space",
    "read-only",
    "too-many-files",
    "cross-device",
    "too-many-links",
    "io",
    "io",
  ]);
  assert.equal(fsError(new Deno.errors.NotFound(), "/x").code, "not-found");
  assert.equal(fsError("what", "/x").code, "io");
  const own = new FsError("exists", "/y");
  assert.equal(fsError(own, "/x"), own);
});
