/** Disks mounted inside a folder that go, come late, or are others: nothing on them counts as deleted, and all of it is durable first (R13, R16). */
import assert from "node:assert/strict";
import type { Fs, Stat } from "../../src/platform/ports.ts";
import { type Side, twoFolders } from "../support/two_folders.ts";

function realPathOf(path: string): string {
  const [, held, rest] = /^(\/proc\/self\/fd\/\d+)(.*)$/.exec(path) ?? [null, "", path];
  return held === "" ? path : Deno.readLinkSync(held!) + (rest === "/." ? "" : rest!);
}

/** `fs` with another disk at `m` in the root, told apart from that of the root by `disk()`; 0 while none is mounted. */
function withMount(fs: Fs, root: string, disk: () => number): Fs {
  return {
    ...fs,
    lstat(path): Stat | null {
      const stat = fs.lstat(path);
      const at = realPathOf(path);
      const isOn = at === `${root}/m` || at.startsWith(`${root}/m/`);
      return stat !== null && isOn ? { ...stat, dev: stat.dev + disk() } : stat;
    },
  };
}

/** Two folders of which `b` has a disk with `one` and `two` at `m`, which can be unmounted and mounted again. */
async function withDisk(
  run: (a: Side, b: Side, settle: () => Promise<void>, mount: (is: boolean) => void) => Promise<void>,
) {
  let disk = 1;
  await using both = await twoFolders((fs, root) => withMount(fs, root, () => disk));
  const { a, b } = both;
  await b.write("plain", "on the root's disk");
  for (const name of ["one", "two"]) await b.write(`m/${name}`, name);
  await b.look();
  await both.settle();
  assert.equal(a.list().length, 4);
  const [disked, bare] = [`${b.root}/.cairn/disk`, `${b.root}/.cairn/bare`];
  Deno.mkdirSync(bare);
  await run(a, b, () => both.settle(), (is) => {
    Deno.renameSync(`${b.root}/m`, is ? bare : disked);
    Deno.renameSync(is ? disked : bare, `${b.root}/m`);
    disk = is ? 1 : 0;
  });
}

Deno.test("what is written on a bare mount point is not taken for what is on the disk, and is told of", () =>
  withDisk(async (a, b, settle, mount) => {
    mount(false);
    await b.look();
    await b.write("m/notes", "an hour of work");
    await b.lookAt("m/notes"); // its event
    await settle();
    assert.ok(!a.list().some((line) => line.startsWith("m/notes")));
    assert.deepEqual(b.problems(), ["m: a disk that was mounted here is not"]);
    mount(true);
    await b.look();
    await settle();
    assert.ok(a.list().includes("m/one=one"));
    assert.deepEqual(b.problems(), []);
  }));

Deno.test("an old file under a mount point is no edit of the one on the disk, whoever looks at it", () =>
  withDisk(async (a, b, settle, mount) => {
    Deno.writeTextFileSync(`${b.root}/.cairn/bare/one`, "old, from before there was a disk");
    mount(false);
    await b.look();
    b.sync.outbound.lookAgain(["m/one" as never]);
    await b.lookAt("plain");
    await settle();
    assert.ok(a.list().includes("m/one=one"), "it stays as it is on the disk");
  }));

Deno.test("a disk that goes together with its mount point deletes nothing", () =>
  withDisk(async (a, b, settle) => {
    Deno.renameSync(`${b.root}/m`, `${b.root}/.cairn/disk`);
    await b.look();
    await settle();
    assert.ok(a.list().includes("m/one=one"));
    assert.deepEqual(b.problems(), ["m: a disk that was mounted here is not"]);
    Deno.renameSync(`${b.root}/.cairn/disk`, `${b.root}/m`);
    await b.look();
    assert.deepEqual(b.problems(), []);
  }));

Deno.test("another disk at a mount point deletes nothing of the one that was there", () =>
  withDisk(async (a, b, settle) => {
    Deno.renameSync(`${b.root}/m`, `${b.root}/.cairn/first`);
    Deno.mkdirSync(`${b.root}/m`);
    await b.write("m/other", "of the second disk");
    await b.look();
    await settle();
    assert.ok(a.list().includes("m/one=one"));
    assert.match(b.problems().join(), /another disk is mounted here than before/);
  }));

Deno.test("what was on a disk and was copied to where it was mounted goes on being synced there", () =>
  withDisk(async (a, b, settle, mount) => {
    mount(false);
    for (const name of ["one", "two"]) await b.write(`m/${name}`, name);
    await b.write("m/three", "three");
    await b.look();
    await settle();
    assert.deepEqual(b.problems(), []);
    assert.ok(a.list().includes("m/three=three"));
  }));

Deno.test("a file on a disk inside the folder is durable before it is recorded, also among many of the root's disk", async () => {
  const synced: string[] = [];
  await using both = await twoFolders((fs, root) => ({
    ...withMount(fs, root, () => 1),
    syncFile(path) {
      synced.push(realPathOf(path).slice(root.length));
      return fs.syncFile(path);
    },
  }));
  const { b } = both;
  for (let i = 0; i < 60; i++) await b.write(`many/${i}`, `${i}`);
  await b.write("m/one", "on its own disk");
  await b.look();
  assert.ok(synced.includes("/m/one"));
  assert.notEqual(b.replica.own("m/one" as never), null);
});
