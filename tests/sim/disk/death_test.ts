/** Processes that die, and syncs that fail or lie. */
import assert from "node:assert/strict";
import { bytesOf, forSeeds, namesIn, outcomes, testDisk, textAt, writeText } from "./disk_for_tests.ts";
import { ProcessDied } from "./sim_disk.ts";

const SEEDS = 200;

Deno.test("kill() keeps everything that was written, synced or not", async () => {
  const { disk } = testDisk(1);
  const { fs } = disk.boot();
  await writeText(fs, "/d/a", "x", false);
  disk.kill();
  assert.equal(textAt(disk, "/d/a"), "x");
  assert.equal(disk.boot().fs.lstat("/d/a")!.size, 1);
});

Deno.test("a process that died throws at once, and what it waits for never comes", async () => {
  const { disk } = testDisk(1);
  const { fs, pool } = disk.boot();
  const file = fs.open("/d/a", "create");
  let settled = false;
  const note = () => settled = true;
  file.write(bytesOf("abc"), 0).then(note, note);
  disk.kill();
  file.syncData().then(note, note);
  fs.syncDirectory("/d").then(note, note);
  fs.writeDurably("/d/b", bytesOf("x")).then(note, note);
  pool.hash(["/d/a"]).then(note, note);
  assert.throws(() => fs.lstat("/d/a"), ProcessDied);
  assert.throws(() => fs.unlink("/d/a"), ProcessDied);
  file.close();
  for (let i = 0; i < 50; i++) await Promise.resolve();
  assert.equal(settled, false);
  assert.equal(namesIn(disk, "/d"), "a");
});

Deno.test("killAfter() ends the process between two system calls", () => {
  const { disk } = testDisk(1);
  const { fs } = disk.boot();
  fs.makeDirectory("/d/1");
  disk.killAfter(2, () => disk.kill());
  fs.makeDirectory("/d/2");
  assert.throws(() => fs.makeDirectory("/d/3"), ProcessDied);
  assert.equal(namesIn(disk, "/d"), "1 2");
});

Deno.test("an unlinked file lives as long as it is open, and its room is free after", async () => {
  const { disk } = testDisk(1);
  const { fs } = disk.boot();
  const before = disk.used("/");
  const file = fs.open("/d/a", "create");
  await file.write(bytesOf("hello"), 0);
  fs.unlink("/d/a");
  const into = new Uint8Array(5);
  assert.equal(await file.read(into, 0), 5);
  assert.ok(disk.used("/") > before);
  file.close();
  assert.equal(disk.used("/"), before);
});

Deno.test("a failed sync throws, and a second one that works has not brought back what it dropped (R27)", async () => {
  const seen = outcomes();
  await forSeeds(SEEDS, {}, async ({ disk }) => {
    const { fs } = disk.boot();
    const file = fs.open("/d/a", "create");
    await file.syncData();
    await file.write(bytesOf("0123456789"), 0);
    const mend = disk.faults.add({ code: "io", calls: ["syncFile"] });
    await assert.rejects(() => file.syncData(), { code: "io" });
    mend();
    await file.syncData();
    assert.equal(textAt(disk, "/d/a"), "0123456789", "the cache still has it");
    disk.crash();
    seen.add(textAt(disk, "/d/a")!);
  });
  assert.deepEqual(seen.all, ["", "0123456789"]);
});

Deno.test("what is written again after a failed sync gets to the disk", async () => {
  await forSeeds(SEEDS, {}, async ({ disk }) => {
    const { fs } = disk.boot();
    const file = fs.open("/d/a", "create");
    await file.write(bytesOf("aaa"), 0);
    disk.faults.add({ code: "io", calls: ["syncFile"], times: 1 });
    await assert.rejects(() => file.syncData());
    await file.write(bytesOf("bbb"), 3);
    await file.syncData();
    disk.crash();
    const text = textAt(disk, "/d/a")!;
    assert.ok(text === "\0\0\0bbb" || text === "aaabbb", JSON.stringify(text));
  });
});

Deno.test("evict() shows what a failed sync dropped without any cut", async () => {
  const { disk } = testDisk(1);
  const { fs } = disk.boot();
  const file = fs.open("/d/a", "create");
  await file.write(bytesOf("aaa"), 0);
  disk.faults.add({ code: "io", calls: ["syncFile"], times: 1 });
  await assert.rejects(() => file.syncData());
  disk.evict();
  assert.equal(textAt(disk, "/d/a"), "");
});

Deno.test("a lying disk makes nothing durable, or only a while later", async () => {
  const seen = outcomes();
  for (const lie of ["until-cut", "a-while"] as const) {
    for (const wait of [0, 10_000]) {
      await forSeeds(50, {}, async ({ disk, world }) => {
        disk.lie = lie;
        const { fs } = disk.boot();
        await writeText(fs, "/d/a", "x", true);
        await fs.syncDirectory("/d");
        world.pass(wait);
        disk.crash();
        seen.add(`${lie} ${wait} ${textAt(disk, "/d/a") === "x"}`);
      });
    }
  }
  assert.deepEqual(seen.all, [
    "a-while 0 false",
    "a-while 0 true",
    "a-while 10000 true",
    "until-cut 0 false",
    "until-cut 0 true",
    "until-cut 10000 false",
    "until-cut 10000 true",
  ]);
});
