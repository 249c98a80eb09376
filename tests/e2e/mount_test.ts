/** A folder on a disk of its own that goes and comes back, and a disk inside a folder. Needs root and mounts. */
import assert from "node:assert/strict";
import {
  conflictsIn,
  converge,
  exists,
  folderOf,
  join,
  sh,
  share,
  start,
  textOf,
  until,
  World,
} from "../support/pair.ts";

/** A disk in a file, so that what is on it survives being unmounted. */
async function makeDisk(file: string): Promise<void> {
  await sh("/", `truncate -s 400M ${file}; mkfs.ext4 -q -F ${file}`);
}

async function canMount(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const dir = Deno.makeTempDirSync({ prefix: "cairn-mount-" });
  try {
    await makeDisk(`${dir}/disk`);
    await sh(dir, "mkdir at; mount -o loop disk at; umount at");
    return true;
  } catch {
    return false;
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

const ignore = !await canMount();

Deno.test({
  name: "a root that is unmounted under a running device stops, deletes nothing, and goes on when mounted",
  ignore,
}, async (t) => {
  await using world = new World();
  const [a, b] = [world.device("alpha"), world.device("beta")];
  await makeDisk(`${b.work}/disk`);
  const mount = () => sh(b.work, `mount -o loop disk ${b.data}`);
  // Lazily: the device holds files of it open.
  const unmount = () => sh(b.work, `umount -l ${b.data}`);
  await mount();
  try {
    await sh(b.data, "rmdir lost+found");
    await share(a);
    await sh(a.data, "mkdir d; for i in $(seq 40); do echo $i > d/$i; done");
    await join(b, a);
    await converge("the start", a, b);

    await t.step("unmounted while it runs", async () => {
      await unmount();
      await until("the folder to stop", async () => (await folderOf(b)).state.kind === "stopped", b);
      await sh(a.data, "echo meanwhile > d/1; rm d/2; echo new > new");
      assert.deepEqual([...Deno.readDirSync(b.data)], [], "nothing is written to the empty mount point");
      assert.ok(exists(`${a.data}/d/3`));
      await mount();
      await converge("the mounted root", a, b);
      assert.equal(textOf(`${b.data}/d/1`), "meanwhile\n");
    });

    await t.step("unmounted in the middle of receiving, again and again", async () => {
      for (let round = 0; round < 3; round++) {
        await sh(
          a.data,
          `mkdir r${round}; for i in $(seq 400); do echo ${round} $i > r${round}/$i; done; head -c 20000000 /dev/urandom > big`,
        );
        await until("some of it", () => exists(`${b.data}/r${round}`), a, b);
        await unmount();
        await until("the folder to stop", async () => (await folderOf(b)).state.kind === "stopped", b);
        await mount();
        assert.deepEqual(conflictsIn(await converge(`round ${round}`, a, b)), []);
      }
    });

    await t.step("started without it, it waits, and needs no new start when the disk comes", async () => {
      await b.stop();
      await unmount();
      await start(b, "up");
      assert.equal((await folderOf(b)).state.kind, "stopped");
      await sh(a.data, "echo late > late");
      await mount();
      await converge("the disk that came late", a, b);
    });
  } finally {
    await b.stop("SIGKILL");
    await unmount().catch(() => {});
  }
});

Deno.test({
  name: "a disk mounted inside a folder that goes is no delete, and nothing is put in its place",
  ignore,
}, async () => {
  await using world = new World();
  const [a, b] = [world.device("alpha"), world.device("beta")];
  await makeDisk(`${a.work}/disk`);
  await sh(a.data, `mkdir inner; mount -o loop ${a.work}/disk inner`);
  try {
    await sh(
      a.data,
      "rmdir inner/lost+found; mkdir inner/d; echo 1 > inner/d/1; echo 2 > inner/2; echo top > top",
    );
    await share(a);
    await join(b, a);
    await converge("the start", a, b);
    await sh(a.data, "umount -l inner; echo changed > top");
    await until("another change", () => textOf(`${b.data}/top`) === "changed\n", a, b);
    await until(
      "it to be told",
      async () => (await folderOf(a)).problems.some(({ path }) => path === "inner"),
      a,
    );
    await sh(b.data, "echo for the disk > inner/3");
    await until(
      "the file for the disk that is missing to wait",
      async () => (await folderOf(a)).problems.some(({ path }) => path === "inner/3"),
      a,
    );
    assert.deepEqual([...Deno.readDirSync(`${a.data}/inner`)], []);
    await a.stop();
    await start(a, "up");
    await sh(a.data, "echo again > top");
    await until("a change after a restart", () => textOf(`${b.data}/top`) === "again\n", a, b);
    assert.equal(textOf(`${b.data}/inner/d/1`), "1\n");
    assert.equal(textOf(`${b.data}/inner/2`), "2\n");
    // What others make for a disk of its own cannot be moved onto it: its person puts it there.
    await sh(a.data, `mount -o loop ${a.work}/disk inner; echo back > inner/2; echo for the disk > inner/3`);
    await converge("the disk that is back", a, b);
    assert.equal(textOf(`${b.data}/inner/2`), "back\n");
  } finally {
    await a.stop("SIGKILL");
    await sh(a.data, "umount -l inner").catch(() => {});
  }
});
