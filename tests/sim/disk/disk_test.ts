/** Faults, users, hooks, mounts, names and times of the simulated disk. */
import assert from "node:assert/strict";
import type { RelPath } from "../../../src/core/ids.ts";
import { identify } from "./content.ts";
import { bytesOf, forSeeds, testDisk, textAt } from "./disk_for_tests.ts";
import { isReservedOnWindows } from "./sim_disk.ts";

// ------------------------------------------------------------------------------------ faults

Deno.test("a fault meets its calls and its paths, and nothing else, until it is switched off", () => {
  const { disk } = testDisk(1);
  const { fs } = disk.boot();
  const mend = disk.faults.add({ code: "no-space", calls: ["makeDirectory"], path: "/d/x" });
  assert.throws(() => fs.makeDirectory("/d/x"), { code: "no-space" });
  fs.makeDirectory("/d/xy");
  fs.symlink("a", "/d/x");
  mend();
  fs.unlink("/d/x");
  fs.makeDirectory("/d/x");
});

Deno.test("a fault by chance comes now and then, the same for the same seed, and ends after its times", () => {
  const run = (seed: number) => {
    const { disk } = testDisk(seed);
    const { fs } = disk.boot();
    disk.faults.add({ code: "io", chance: 0.3, times: 5 });
    return Array.from({ length: 100 }, () => {
      try {
        fs.list("/d");
        return ".";
      } catch {
        return "x";
      }
    }).join("");
  };
  assert.equal(run(1), run(1));
  assert.notEqual(run(1), run(2));
  assert.equal(run(1).replaceAll(".", ""), "xxxxx");
});

Deno.test("a fault knows the path behind a descriptor", () => {
  const { disk } = testDisk(1);
  disk.user.mkdir("/d/e");
  const { fs } = disk.boot();
  const pin = fs.pin("/d", "e" as RelPath);
  disk.faults.readOnly("/d/e");
  assert.throws(() => fs.makeDirectory(pin.at("x")), { code: "read-only" });
  fs.makeDirectory("/d/x");
});

Deno.test("unreadable() and readOnly() stop what they say, and users are not stopped", async () => {
  const { disk } = testDisk(1);
  disk.user.writeFile("/d/a", bytesOf("x"));
  disk.user.mkdir("/d/e/f");
  const { fs, pool } = disk.boot();
  disk.faults.unreadable("/d/a");
  disk.faults.unreadable("/d/e");
  disk.faults.readOnly("/d");
  assert.throws(() => fs.open("/d/a", "read"), { code: "permission" });
  assert.throws(() => fs.readSmall("/d/a", 10), { code: "permission" });
  assert.throws(() => fs.list("/d/e"), { code: "permission" });
  assert.throws(() => fs.lstat("/d/e/f"), { code: "permission" });
  assert.equal(fs.lstat("/d/e")!.kind, "directory");
  assert.throws(() => fs.makeDirectory("/d/new"), { code: "read-only" });
  assert.throws(() => fs.rename("/d/a", "/a"), { code: "read-only" });
  assert.deepEqual((await pool.hash(["/d/a"])).map((answer) => "code" in answer && answer.code), [
    "permission",
  ]);
  disk.user.writeFile("/d/a", bytesOf("y"));
  disk.faults.clear();
  assert.equal(fs.readSmall("/d/a", 10)!.length, 1);
});

Deno.test("a full disk writes what fits and says no-space; room that is freed is there again", async () => {
  const { disk } = testDisk(1);
  const { fs } = disk.boot();
  disk.setCapacity("/", disk.used("/") + 1000);
  const file = fs.open("/d/a", "create");
  await assert.rejects(() => file.write(new Uint8Array(2000), 0), { code: "no-space" });
  assert.ok(disk.peek("/d/a")!.size <= 1000 - 256);
  assert.throws(() => disk.user.writeFile("/d/b", new Uint8Array(2000)), { code: "no-space" });
  file.close();
  assert.equal(disk.peek("/d/b"), null);
  disk.user.rm("/d/a");
  disk.user.writeFile("/d/c", new Uint8Array(700));
});

Deno.test("descriptors run out, and leaks can be counted", () => {
  const { disk } = testDisk(1, { descriptors: 2 });
  const { fs } = disk.boot();
  const one = fs.open("/d/a", "create");
  const two = fs.pin("/d", "" as RelPath);
  assert.equal(disk.openDescriptors, 2);
  assert.throws(() => fs.open("/d/a", "read"), { code: "too-many-files" });
  assert.throws(() => fs.list("/d"), { code: "too-many-files" });
  two.close();
  one.close();
  assert.equal(disk.openDescriptors, 0);
  fs.list("/d");
});

Deno.test("permission bits hold for the daemon where they are enforced", () => {
  const { disk } = testDisk(1, { enforceModes: true });
  const { fs } = disk.boot();
  disk.user.writeFile("/d/a", bytesOf("x"), 0o200);
  disk.user.mkdir("/d/e", 0o555);
  assert.throws(() => fs.open("/d/a", "read"), { code: "permission" });
  assert.throws(() => fs.makeDirectory("/d/e/x"), { code: "permission" });
  fs.chmod("/d/e", 0o755);
  fs.makeDirectory("/d/e/x");
});

// ------------------------------------------------------------------------------------ users and hooks

Deno.test("a user writes in place, appends, truncates, saves, copies and removes", () => {
  const { disk } = testDisk(1);
  const { user } = disk;
  user.writeFile("/d/a", bytesOf("one"));
  const { ino } = disk.peek("/d/a")!;
  user.append("/d/a", bytesOf(" two"));
  user.writeAt("/d/a", bytesOf("ONE"), 0);
  user.truncate("/d/a", 6);
  assert.deepEqual([textAt(disk, "/d/a"), disk.peek("/d/a")!.ino], ["ONE tw", ino]);
  user.save("/d/a", bytesOf("saved"));
  assert.notEqual(disk.peek("/d/a")!.ino, ino);
  user.touch("/d/a", 1_234_000);
  user.copy("/d/a", "/d/b");
  assert.deepEqual([textAt(disk, "/d/b"), disk.peek("/d/b")!.mtimeMs], ["saved", 1_234_000]);
  user.mkdir("/d/x/y");
  user.rename("/d/b", "/d/x/y/b");
  user.rmTree("/d/x");
  assert.deepEqual(user.list("/d"), ["a"]);
});

Deno.test("bytes that a user gave are never written to, and what a reader got never changes", async () => {
  const { disk } = testDisk(1);
  const given = bytesOf("given");
  disk.user.writeFile("/d/a", given);
  const { fs } = disk.boot();
  const got = fs.readSmall("/d/a", 10)!;
  disk.user.writeAt("/d/a", bytesOf("XX"), 0);
  const file = fs.open("/d/a", "write");
  await file.write(bytesOf("YYYYYYYY"), 2);
  assert.equal(new TextDecoder().decode(given), "given");
  assert.equal(new TextDecoder().decode(got), "given");
  assert.equal(textAt(disk, "/d/a"), "XXYYYYYYYY");
});

Deno.test("a file that a user holds goes on being written after its name went", () => {
  const { disk } = testDisk(1);
  disk.user.writeFile("/d/a", bytesOf("old"));
  const held = disk.user.hold("/d/a");
  const { fs } = disk.boot();
  fs.link("/d/a", "/d/kept");
  disk.user.writeFile("/d/new", bytesOf("new"));
  fs.rename("/d/new", "/d/a");
  held.append(bytesOf("er"));
  assert.deepEqual([textAt(disk, "/d/a"), textAt(disk, "/d/kept")], ["new", "older"]);
  fs.unlink("/d/kept");
  held.append(bytesOf("!"));
  held.close();
  disk.user.writeFile("/d/a", bytesOf("x"));
  const late = disk.user.hold("/d/a");
  disk.crash();
  assert.throws(() => late.append(bytesOf("y")), { code: "io" });
});

Deno.test("observers are told of each single change with its real path, and can look at once", () => {
  const { disk } = testDisk(1);
  const told: string[] = [];
  disk.user.mkdir("/d/e");
  disk.user.symlink("e", "/d/l");
  const end = disk.observe((op, path, by, from) => {
    told.push(`${by} ${op} ${from ?? ""}>${path} ${disk.peek(path)?.kind ?? "nothing"}`);
  });
  const { fs } = disk.boot();
  const pin = fs.pin("/d", "e" as RelPath);
  disk.user.rename("/d/e", "/d/moved");
  fs.open(pin.at("a"), "create").close();
  fs.rename(pin.at("a"), "/d/b");
  fs.link("/d/b", pin.at("c"));
  disk.user.rm("/d/b");
  end();
  disk.user.rm("/d/l");
  assert.deepEqual(told, [
    "user rename /d/e>/d/moved directory",
    "daemon create >/d/moved/a file",
    "daemon rename /d/moved/a>/d/b file",
    "daemon link /d/b>/d/moved/c file",
    "user unlink >/d/b nothing",
  ]);
});

Deno.test("beforeCall() lets a user act between two system calls", () => {
  const { disk } = testDisk(1);
  const { fs } = disk.boot();
  disk.user.writeFile("/d/a", bytesOf("x"));
  disk.beforeCall = (call, path) => {
    if (call === "rename" && path === "/d/b") disk.user.save("/d/b", bytesOf("mine"));
  };
  assert.equal(fs.lstat("/d/b"), null);
  fs.rename("/d/a", "/d/b");
  assert.equal(textAt(disk, "/d/b"), "x");
  assert.equal(disk.changingCalls, 1);
});

Deno.test("an observer that ends the process stops it right after the change", () => {
  const { disk } = testDisk(1);
  const { fs } = disk.boot();
  disk.observe((op) => op === "rename" && disk.kill());
  disk.user.writeFile("/d/a", bytesOf("x"));
  assert.throws(() => fs.rename("/d/a", "/d/b"), { name: "ProcessDied" });
  assert.deepEqual(disk.user.list("/d"), ["b"]);
});

// ------------------------------------------------------------------------------------ mounts

Deno.test("a mount is another device; when it goes the directory below is seen, and it can come back", () => {
  const { disk } = testDisk(1);
  const { fs } = disk.boot();
  disk.mount("/d/m");
  disk.user.writeFile("/d/m/a", bytesOf("x"));
  const { dev } = fs.lstat("/d/m")!;
  assert.notEqual(dev, fs.lstat("/d")!.dev);
  assert.equal(fs.lstat("/d/m/a")!.dev, dev);
  assert.equal(fs.realPath("/d/m/a"), "/d/m/a");
  assert.throws(() => fs.rename("/d/m/a", "/d/a"), { code: "cross-device" });
  assert.throws(() => fs.link("/d/m/a", "/d/a"), { code: "cross-device" });
  assert.throws(() => fs.removeDirectory("/d/m"), { code: "io" });
  const pin = fs.pin("/d", "m" as RelPath);
  disk.unmount("/d/m");
  assert.throws(() => fs.list(pin.self), { code: "io" });
  assert.deepEqual(fs.list("/d/m"), []);
  assert.equal(fs.lstat("/d/m")!.dev, fs.lstat("/d")!.dev);
  disk.remount("/d/m");
  assert.deepEqual([textAt(disk, "/d/m/a"), fs.lstat("/d/m")!.dev], ["x", dev]);
  disk.unmount("/d/m");
  disk.remount("/d/m", true);
  assert.notEqual(fs.lstat("/d/m")!.dev, dev);
});

Deno.test("a volume that is pulled out loses what was pending; one that is unmounted loses nothing", async () => {
  let lost = false;
  await forSeeds(50, {}, ({ disk }) => {
    disk.mount("/d/m");
    disk.user.mkdir("/d/m/a");
    disk.unmount("/d/m", "ordered");
    disk.remount("/d/m");
    lost ||= disk.peek("/d/m/a") === null;
    disk.user.mkdir("/d/m/b");
    disk.unmount("/d/m");
    disk.crash();
    disk.user.mkdir("/d/m");
    disk.remount("/d/m");
    assert.equal(disk.peek("/d/m/b")?.kind, "directory");
  });
  assert.ok(lost);
});

// ------------------------------------------------------------------------------------ names and times

Deno.test("names that differ by case are one where the disk folds them, as they were created", () => {
  const { disk } = testDisk(1, { caseInsensitive: true });
  const { fs } = disk.boot();
  disk.user.writeFile("/d/Read.me", bytesOf("x"));
  assert.equal(fs.lstat("/D/READ.ME")!.size, 1);
  assert.throws(() => fs.open("/d/read.me", "create"), { code: "exists" });
  assert.equal(fs.realPath("/d/READ.ME"), "/d/Read.me");
  fs.rename("/d/read.me", "/d/README");
  assert.deepEqual(disk.user.list("/d"), ["README"]);
});

Deno.test("names that differ by normal form are one where the disk normalizes them", () => {
  for (const normalizing of [false, true]) {
    const { disk } = testDisk(1, { normalizing });
    disk.user.writeFile("/d/gr\u00f6\u00dfe", bytesOf("x"));
    assert.equal(disk.peek("/d/gro\u0308\u00dfe") !== null, normalizing);
    assert.equal(disk.peek("/d/GR\u00d6\u00dfE"), null);
    assert.deepEqual(disk.user.list("/d"), ["gr\u00f6\u00dfe"]);
  }
});

Deno.test("a disk refuses the names that it cannot store", () => {
  const { disk } = testDisk(1, { refusesName: isReservedOnWindows });
  const { fs } = disk.boot();
  for (const name of ["con", "aux.txt", "a:b", "a?", "dot.", "space ", "a\u0001"]) {
    assert.throws(() => fs.makeDirectory(`/d/${name}`), { code: "io" }, name);
  }
  for (const name of ["console", "a.con", ".hidden", "größe"]) fs.makeDirectory(`/d/${name}`);
});

Deno.test("a name that is no UTF-8 is listed and not found", () => {
  const { disk } = testDisk(1);
  const { fs } = disk.boot();
  disk.user.makeUndecodable("/d", "bad\ufffd");
  assert.deepEqual(fs.list("/d"), [{ name: "bad\ufffd", kind: "file" }]);
  assert.equal(fs.lstat("/d/bad\ufffd"), null);
  disk.user.rmTree("/d");
});

Deno.test("without hard links link() is unsupported", () => {
  const { disk } = testDisk(1, { hardLinks: false });
  disk.user.writeFile("/d/a", bytesOf("x"));
  assert.throws(() => disk.boot().fs.link("/d/a", "/d/b"), { code: "unsupported" });
});

Deno.test("a rename onto another name of the same file does nothing", () => {
  const { disk } = testDisk(1);
  const { fs } = disk.boot();
  disk.user.writeFile("/d/a", bytesOf("x"));
  fs.link("/d/a", "/d/b");
  fs.rename("/d/a", "/d/b");
  assert.deepEqual(disk.user.list("/d"), ["a", "b"]);
});

Deno.test("times move by ticks, are told and stored by their grain, and ctime cannot be set", () => {
  const { disk, world } = testDisk(1);
  const { fs } = disk.boot();
  disk.times.tickMs = 10;
  disk.times.statCtimeMs = 1;
  world.nowMs = 2_000_000_000_017;
  disk.user.writeFile("/d/a", bytesOf("x"));
  assert.equal(fs.lstat("/d/a")!.mtimeMs, 2_000_000_000_010);
  world.pass(2);
  disk.user.append("/d/a", bytesOf("y"));
  assert.equal(fs.lstat("/d/a")!.mtimeMs, 2_000_000_000_010);
  world.pass(30);
  fs.setMtime("/d/a", 5_001);
  let stat = fs.lstat("/d/a")!;
  assert.deepEqual([stat.mtimeMs, stat.ctimeMs, stat.birthMs], [5_001, 2_000_000_000_040, 2_000_000_000_010]);
  disk.times.storeMs = 2_000;
  fs.setMtime("/d/a", 5_001);
  disk.times.statCtimeMs = 1_000;
  stat = fs.lstat("/d/a")!;
  assert.deepEqual([stat.mtimeMs, stat.ctimeMs], [4_000, 2_000_000_000_000]);
});

Deno.test("rot() changes a bit and no time, also behind a cut", () => {
  const { disk } = testDisk(1);
  disk.user.writeFile("/d/a", bytesOf("healthy"));
  disk.settle();
  const before = disk.peek("/d/a")!;
  disk.rot("/d/a");
  assert.notEqual(textAt(disk, "/d/a"), "healthy");
  const { bytes: _, identity, ...stat } = disk.peek("/d/a")!;
  const { bytes: __, identity: ___, ...old } = before;
  assert.deepEqual(stat, old);
  assert.notEqual(identity().content, identify(bytesOf("healthy")).content);
  disk.crash();
  assert.notEqual(textAt(disk, "/d/a"), "healthy");
});

Deno.test("removed while it is pinned, a directory takes nothing new", () => {
  const { disk } = testDisk(1);
  disk.user.mkdir("/d/e");
  const { fs } = disk.boot();
  const pin = fs.pin("/d", "e" as RelPath);
  disk.user.rm("/d/e");
  assert.throws(() => fs.makeDirectory(pin.at("x")), { code: "not-found" });
});
