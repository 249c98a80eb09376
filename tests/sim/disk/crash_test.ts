/** What a power cut may take and what it may not. */
import assert from "node:assert/strict";
import type { Fs } from "../../../src/platform/ports.ts";
import { bytesOf, forSeeds, namesIn, outcomes, testDisk, textAt, writeText } from "./disk_for_tests.ts";
import type { CrashMode, SimDisk } from "./sim_disk.ts";
import { INODE_BYTES } from "./volume.ts";

const MODES: readonly CrashMode[] = ["ordered", "loose", "scattered"];
const SEEDS = 200;

for (const mode of MODES) {
  Deno.test(`${mode}: a file whose data and directory were synced survives every cut`, async () => {
    await forSeeds(SEEDS, { persistence: mode }, async ({ disk }) => {
      const { fs } = disk.boot();
      await writeText(fs, "/d/a", "precious", true);
      await fs.syncDirectory("/d");
      await writeText(fs, "/d/b", "not synced", false);
      fs.unlink("/d/b");
      fs.makeDirectory("/d/c");
      disk.crash();
      assert.equal(textAt(disk, "/d/a"), "precious");
    });
  });

  Deno.test(`${mode}: writeDurably() is there, whole, after every cut`, async () => {
    await forSeeds(SEEDS, { persistence: mode }, async ({ disk }) => {
      const { fs } = disk.boot();
      await fs.writeDurably("/d/a", bytesOf("one"));
      await fs.writeDurably("/d/a", bytesOf("two"));
      disk.crash();
      assert.equal(textAt(disk, "/d/a"), "two");
    });
  });

  Deno.test(`${mode}: writeDurably() cut anywhere leaves the whole old or the whole new`, async () => {
    const seen = outcomes();
    await forSeeds(SEEDS, { persistence: mode }, async ({ disk }, seed) => {
      const { fs } = disk.boot();
      await fs.writeDurably("/d/a", bytesOf("the old one"));
      disk.killAfter(1 + seed % 6, () => disk.crash());
      const text = await Promise.race([
        fs.writeDurably("/d/a", bytesOf("the new one")).then(() => "never cut"),
        died(disk),
      ]);
      if (text === "never cut") disk.crash();
      const found = textAt(disk, "/d/a");
      assert.ok(found === "the old one" || found === "the new one", `${found} with seed ${seed}`);
      seen.add(found);
    });
    assert.deepEqual(seen.all, ["the new one", "the old one"]);
  });

  Deno.test(`${mode}: a rename over a file is both or nothing`, async () => {
    const seen = outcomes();
    await forSeeds(SEEDS, { persistence: mode }, async ({ disk }) => {
      const { fs } = disk.boot();
      await writeText(fs, "/d/old", "old", true);
      await writeText(fs, "/d/new", "new", true);
      await fs.syncFileSystem("/d");
      fs.rename("/d/new", "/d/old");
      disk.crash();
      seen.add(`${namesIn(disk, "/d")}: ${textAt(disk, "/d/old")}`);
    });
    assert.deepEqual(seen.all, ["new old: old", "old: new"]);
  });

  Deno.test(`${mode}: bytes that were not synced are lost, kept, cut short or zeros`, async () => {
    const seen = outcomes();
    await forSeeds(SEEDS, { persistence: mode }, async ({ disk }) => {
      const { fs } = disk.boot();
      await writeText(fs, "/d/a", "", true);
      await fs.syncDirectory("/d");
      await writeText(fs, "/d/a", "0123456789", false);
      disk.crash();
      const text = textAt(disk, "/d/a")!;
      const short = text !== "" && text.length < 10 && "0123456789".startsWith(text);
      seen.add(short ? "short" : text);
    });
    assert.deepEqual(seen.all, ["", "\0".repeat(10), "0123456789", "short"].sort());
  });

  Deno.test(`${mode}: what was appended behind a sync never harms what was synced`, async () => {
    await forSeeds(SEEDS, { persistence: mode }, async ({ disk }) => {
      const { fs } = disk.boot();
      const file = fs.open("/d/log", "create");
      await file.write(bytesOf("first|"), 0);
      await file.syncData();
      await fs.syncDirectory("/d");
      await file.write(bytesOf("second|"), 6);
      await file.syncData();
      await file.write(bytesOf("third|"), 13);
      disk.crash();
      assert.ok(textAt(disk, "/d/log")!.startsWith("first|second|"));
    });
  });

  Deno.test(`${mode}: the tree is a tree after every cut, and what is in it can be used`, async () => {
    await forSeeds(SEEDS, { persistence: mode }, async ({ disk }, seed) => {
      const { fs } = disk.boot();
      const names = ["/d/a", "/d/b", "/d/c", "/d/a/x", "/d/b/x", "/d/c/x", "/d/a/x/y"];
      for (let i = 0; i < 40; i++) await anyOperation(fs, names, seed, i);
      disk.crash();
      const numbers = new Map<number, number>();
      disk.walk("/", (_path, { ino, kind, links }) => {
        if (kind === "directory") assert.equal(links, 1);
        numbers.set(ino, (numbers.get(ino) ?? 0) + 1);
      });
      disk.walk("/", (path, { ino, links }) => assert.equal(numbers.get(ino), links, path));
      const after = disk.boot().fs;
      disk.walk("/", (path, { kind }) => {
        assert.equal(after.lstat(`/${path}`)?.kind, kind);
      });
      disk.user.rmTree("/d");
      assert.equal(disk.used("/"), INODE_BYTES, "nothing is left over");
    });
  });
}

/** Settles when the process has died: its own promises never will. */
async function died(disk: SimDisk): Promise<string> {
  while (disk.running) await Promise.resolve();
  return "cut";
}

async function anyOperation(fs: Fs, names: readonly string[], seed: number, step: number): Promise<void> {
  const choice = (seed * 31 + step * 7919 + step * step * 13) >>> 0;
  const one = names[choice % names.length]!;
  const two = names[(choice >>> 3) % names.length]!;
  try {
    switch ((choice >>> 5) % 8) {
      case 0:
        return fs.makeDirectory(one);
      case 1:
        return fs.removeDirectory(one);
      case 2:
        return await writeText(fs, one, `${step}`, step % 3 === 0);
      case 3:
        return fs.unlink(one);
      case 4:
        return fs.link(one, two);
      case 5:
        return await fs.syncDirectory(one);
      default:
        return fs.rename(one, two);
    }
  } catch {
    // Most of them cannot be; that is how it should be.
  }
}

Deno.test("ordered: a prefix of what was done survives", async () => {
  const seen = outcomes();
  await forSeeds(SEEDS, {}, ({ disk }) => {
    const { fs } = disk.boot();
    for (const name of ["1", "2", "3"]) fs.makeDirectory(`/d/${name}`);
    fs.rename("/d/1", "/d/4");
    disk.crash();
    seen.add(namesIn(disk, "/d"));
  });
  assert.deepEqual(seen.all, ["", "1", "1 2", "1 2 3", "2 3 4"]);
});

Deno.test("ordered: a sync of a file makes all durable that was done before its own last name", async () => {
  await forSeeds(SEEDS, {}, async ({ disk }) => {
    const { fs } = disk.boot();
    fs.makeDirectory("/d/before");
    await writeText(fs, "/d/a", "x", true);
    disk.crash();
    assert.equal(namesIn(disk, "/d"), "a before");
  });
});

Deno.test("loose: a sync of a file promises its bytes, not its name", async () => {
  const seen = outcomes();
  await forSeeds(SEEDS, { persistence: "loose" }, async ({ disk }) => {
    const { fs } = disk.boot();
    await writeText(fs, "/d/a", "x", true);
    disk.crash();
    seen.add(`${textAt(disk, "/d/a")}`);
  });
  assert.deepEqual(seen.all, ["null", "x"]);
});

Deno.test("loose: operations on different names survive in any combination", async () => {
  const seen = outcomes();
  await forSeeds(SEEDS, { persistence: "loose" }, ({ disk }) => {
    const { fs } = disk.boot();
    fs.makeDirectory("/d/1");
    fs.makeDirectory("/d/2");
    disk.crash();
    seen.add(namesIn(disk, "/d"));
  });
  assert.deepEqual(seen.all, ["", "1", "1 2", "2"]);
});

Deno.test("only scattered: the second name of a replaced file may be lost while the replacing is kept", async () => {
  for (const mode of MODES) {
    let lost = false;
    await forSeeds(SEEDS, { persistence: mode }, async ({ disk }) => {
      const { fs } = disk.boot();
      fs.makeDirectory("/d/store");
      await writeText(fs, "/d/a", "old", true);
      await writeText(fs, "/d/new", "new", true);
      await fs.syncFileSystem("/d");
      fs.link("/d/a", "/d/store/kept");
      fs.rename("/d/new", "/d/a");
      disk.crash();
      const text = textAt(disk, "/d/a");
      if (text === "new" && textAt(disk, "/d/store/kept") === null) lost = true;
      else assert.ok(text === "old" || textAt(disk, "/d/store/kept") === "old");
    });
    assert.equal(lost, mode === "scattered", mode);
  }
});

Deno.test("a removed file's number is used again at once, and never by two files after a cut", async () => {
  for (const mode of MODES) {
    await forSeeds(SEEDS, { persistence: mode }, async ({ disk }) => {
      const { fs } = disk.boot();
      await writeText(fs, "/d/a", "a", true);
      await fs.syncDirectory("/d");
      const { ino } = fs.lstat("/d/a")!;
      fs.unlink("/d/a");
      await writeText(fs, "/d/b", "b", false);
      assert.equal(fs.lstat("/d/b")!.ino, ino);
      disk.crash();
      assert.ok(disk.peek("/d/a") === null || disk.peek("/d/b") === null, mode);
    });
  }
});

Deno.test("a file that was written in place never has new bytes with the old time", async () => {
  for (const mode of MODES) {
    await forSeeds(SEEDS, { persistence: mode }, async ({ disk, world }) => {
      const { fs } = disk.boot();
      await writeText(fs, "/d/a", "old", true);
      fs.setMtime("/d/a", 1_000_000);
      await fs.syncFile("/d/a");
      await fs.syncDirectory("/d");
      world.pass(10_000);
      await writeText(fs, "/d/a", "new", false);
      disk.crash();
      if (textAt(disk, "/d/a") !== "old") assert.notEqual(disk.peek("/d/a")!.mtimeMs, 1_000_000);
    });
  }
});

Deno.test("the same seed gives the same disk, another seed another", async () => {
  async function run(seed: number): Promise<string[]> {
    const { disk, world } = testDisk(seed, { persistence: "loose" });
    const hashes: string[] = [];
    const names = ["/d/a", "/d/b", "/d/c", "/d/a/x", "/d/b/x"];
    for (let life = 0; life < 5; life++) {
      const { fs, pool } = disk.boot();
      for (let i = 0; i < 30; i++) {
        world.pass(3);
        await anyOperation(fs, names, life, i);
      }
      await pool.hash(names);
      disk.writeBackSome();
      hashes.push(disk.stateHash());
      disk.crash();
      hashes.push(disk.stateHash());
    }
    return hashes;
  }
  assert.deepEqual(await run(1), await run(1));
  assert.notDeepEqual(await run(1), await run(2));
});
