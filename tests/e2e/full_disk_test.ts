/** Full disks: said once, with the remedy; nothing is lost; and all goes on by itself within a minute of room. */
import assert from "node:assert/strict";
import type { Device } from "../support/device.ts";
import {
  conflictsIn,
  converge,
  exists,
  folderOf,
  join,
  sh,
  share,
  statusOf,
  textOf,
  until,
  World,
} from "../support/pair.ts";
import { SmallDisk } from "../support/tmpfs.ts";

/** What the promise says, and a margin for this machine under load. */
const MINUTE_MS = 60_000;
const MARGIN_MS = 45_000;

/** Mounts a small disk for a test, or says why the test is skipped. */
async function smallDisk(path: string, mebibytes: number): Promise<SmallDisk | null> {
  const disk = await SmallDisk.mount(path, mebibytes);
  if (disk === null) console.warn("Skipped: no file system can be mounted here (it takes root on Linux)");
  return disk;
}

async function untilWaiting(device: Device, why: RegExp): Promise<void> {
  await until(`${device.name} to wait for room`, async () => {
    const { state } = await folderOf(device);
    return state.kind === "waiting" && why.test(state.reason);
  }, device);
}

async function convergesWithinAMinute(...devices: [Device, ...Device[]]): Promise<void> {
  const startMs = performance.now();
  const tree = await converge("all to go on", ...devices);
  assert.deepEqual(conflictsIn(tree), []);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs < MINUTE_MS + MARGIN_MS, `it took ${Math.round(tookMs / 1000)} s`);
}

function freeOn(path: string): Promise<number> {
  return sh(path, "stat -f -c '%a %S' .").then((out) =>
    out.trim().split(" ").map(Number).reduce((x, y) => x * y)
  );
}

Deno.test("a folder's disk that is full pauses receiving, and goes on by itself", async (t) => {
  await using world = new World();
  const [a, b] = [world.device("alpha"), world.device("beta")];
  await using disk = await smallDisk(b.data, 16);
  if (disk === null) return;
  await sh(
    a.data,
    "mkdir d; for i in $(seq 20); do head -c 1000000 /dev/urandom > d/$i; done; head -c 9000000 /dev/urandom > large",
  );
  await sh(a.data, "for i in $(seq 300); do echo $i > d/small-$i; done");
  await share(a);
  await join(b, a);

  await t.step("it says so once, with what is left and what to do", async () => {
    await untilWaiting(b, /^full: \d.* free, 163\.\d KiB|^full: \d.* free, 0\.2 MiB kept free/);
    const { problems, problemsTotal } = await folderOf(b);
    assert.equal(problemsTotal, 1, JSON.stringify(problems));
    assert.match(problems[0]!.remedy, /Free some space.*goes on by itself/);
    assert.match(await b.cli("status"), /waiting, \d+ files? left: full: /);
    assert.ok(await freeOn(b.data) > 100_000, "the reserve is left");
    assert.deepEqual((await statusOf(b)).notes, [], "the home has room");
  });

  await t.step("its own edits go out all the same, and what takes no room comes in", async () => {
    await sh(b.data, "echo mine > mine");
    await until("the edit", () => textOf(`${a.data}/mine`) === "mine\n", a, b);
    await sh(a.data, "rm d/small-1");
    await until("the delete", () => !exists(`${b.data}/d/small-1`), a, b);
  });

  await t.step("room comes back", async () => {
    await disk.resize(64);
    await convergesWithinAMinute(a, b);
    assert.deepEqual((await folderOf(b)).problems, []);
  });

  await t.step("filled to the last byte by somebody else, in the middle of receiving", async () => {
    await sh(
      a.data,
      "head -c 8000000 /dev/urandom > coming; for i in $(seq 90); do echo new $i > d/small-$i; done",
    );
    await disk.fill(".cairn/filler");
    await sh(a.data, "for i in $(seq 300); do echo newer $i > d/more-$i; done; mv d/2 d/moved; rm d/3");
    await untilWaiting(b, /full/);
    await sh(b.data, "rm .cairn/filler");
    await convergesWithinAMinute(a, b);
  });

  await t.step("a restart on a full disk", async () => {
    await b.stop();
    await sh(
      a.data,
      "for i in $(seq 90); do echo newest $i > d/small-$i; done; head -c 3000000 /dev/urandom > coming",
    );
    await disk.fill(".cairn/filler");
    await b.startAndWait("up");
    await untilWaiting(b, /full/);
    await sh(b.data, "rm .cairn/filler");
    await convergesWithinAMinute(a, b);
  });
});

Deno.test("a home's disk that is full pauses receiving before the journal runs out, and goes on by itself", async (t) => {
  await using world = new World();
  const [a, b] = [world.device("alpha"), world.device("beta")];
  await using disk = await smallDisk(b.home, 32);
  if (disk === null) return;
  await sh(b.home, "head -c 21000000 /dev/zero > much");
  await sh(
    a.data,
    "for i in $(seq 30); do mkdir $i; for j in $(seq 200); do echo $i $j > $i/file-number-$j; done; done",
  );
  await share(a);
  await join(b, a);

  await t.step("it says where, and that nothing is received", async () => {
    await untilWaiting(b, /the disk of Cairn's home is full: /);
    const { notes } = await statusOf(b);
    assert.ok(
      notes.some(({ cause, remedy }) => /home is full/.test(cause) && /goes on by itself/.test(remedy)),
    );
  });

  await t.step("its own edits are still recorded and sent", async () => {
    await sh(b.data, "echo mine > mine");
    await until("the edit", () => textOf(`${a.data}/mine`) === "mine\n", a, b);
  });

  await t.step("room comes back", async () => {
    await sh(b.home, "rm much");
    await convergesWithinAMinute(a, b);
    assert.deepEqual((await statusOf(b)).notes, []);
    const { journal, catalogue } = await statusOf(b);
    assert.ok(journal.healthy && catalogue.healthy);
  });

  await t.step("filled to the last byte while it receives", async () => {
    await sh(
      a.data,
      "for i in $(seq 10); do for j in $(seq 200); do echo again $i $j > $i/file-number-$j; done; done",
    );
    await until("some of it", () => textOf(`${b.data}/1/file-number-1`) === "again 1 1\n", a, b);
    await disk.fill("filler");
    await sh(
      a.data,
      "for i in $(seq 10); do for j in $(seq 200); do echo once more $i $j > $i/file-number-$j; done; done",
    );
    await untilWaiting(b, /home/);
    await sh(b.home, "rm filler");
    await convergesWithinAMinute(a, b);
  });
});

Deno.test("a journal's disk that is full while people write: told, nothing announced, nothing lost", async (t) => {
  await using world = new World();
  const [a, b] = [world.device("alpha"), world.device("beta")];
  await using disk = await smallDisk(a.home, 16);
  if (disk === null) return;
  await share(a);
  await join(b, a);
  await sh(a.data, "mkdir d; for i in $(seq 50); do echo $i > d/$i; done");
  await converge("before", a, b);

  await t.step("status says that the journal cannot be written", async () => {
    await disk.fill("filler");
    await sh(a.data, "for i in $(seq 2000); do echo written $i > d/$i; done; rm d/50; mv d/49 d/moved");
    await until("it to be told", async () => !(await statusOf(a)).journal.healthy, a);
    const { journal, notes } = await statusOf(a);
    assert.match(journal.note, /no-space|full/);
    assert.ok(notes.some(({ cause }) => /home is full/.test(cause)), JSON.stringify(notes));
    assert.notEqual((await folderOf(a)).state.kind, "up-to-date");
  });

  await t.step("everything goes on when there is room", async () => {
    await sh(a.home, "rm filler");
    await convergesWithinAMinute(a, b);
    assert.ok((await statusOf(a)).journal.healthy);
  });

  await t.step("killed while it is full, it starts again when there is room", async () => {
    await disk.fill("filler");
    await sh(a.data, "for i in $(seq 100); do echo last $i > d/$i; done");
    await until("it to be told", async () => !(await statusOf(a)).journal.healthy, a);
    await a.kill();
    await sh(a.home, "rm filler");
    await a.startAndWait("up");
    await convergesWithinAMinute(a, b);
  });
});
