/** R38 and invariant 8: too many deletes of others, or a root that is emptied, wait for a person's word. */
import assert from "node:assert/strict";
import type { ResumeAnswer } from "../../src/daemon/api_types.ts";
import type { Device } from "../support/device.ts";
import {
  conflictsIn,
  converge,
  exists,
  folderOf,
  join,
  pairUp,
  sh,
  start,
  statusOf,
  textOf,
  until,
  World,
} from "../support/pair.ts";

/** `count` files of different content in `d`. */
const make = (count: number) =>
  `mkdir -p d/sub; for i in $(seq ${count}); do echo content $i > d/$i; done; echo s > d/sub/s`;

function filesIn(device: Device, directory = "d"): number {
  if (!exists(`${device.data}/${directory}`)) return 0;
  return [...Deno.readDirSync(`${device.data}/${directory}`)].filter(({ isFile }) => isFile).length;
}

async function untilHalted(device: Device, why: RegExp): Promise<void> {
  await until(`${device.name} to halt`, async () => {
    const { state } = await folderOf(device);
    return state.kind === "stopped" && why.test(state.reason);
  }, device);
}

async function untilTold(device: Device, cause: RegExp): Promise<void> {
  await until(
    `${device.name} to be told`,
    async () => (await statusOf(device)).notes.some((note) => cause.test(note.cause)),
    device,
  );
}

/** What was told is taken back. */
async function untilQuiet(device: Device): Promise<void> {
  await until(
    `${device.name} to have nothing to tell`,
    async () => (await statusOf(device)).notes.length === 0,
    device,
  );
}

async function resume(device: Device, ...args: string[]): Promise<ResumeAnswer> {
  return JSON.parse(await device.cli("resume", "data", "--json", ...args)) as ResumeAnswer;
}

Deno.test("a device that is to delete most of a folder stops, says so everywhere, and goes on as it is told (R38)", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);

  await t.step("under a hundred, or under half, is taken", async () => {
    await sh(a.data, `echo stays > stays; ${make(80)}`);
    await converge("eighty files", a, b);
    await sh(a.data, "rm -r d");
    await converge("eighty files to go", a, b);
    await sh(a.data, make(400));
    await converge("four hundred files", a, b);
    await sh(a.data, "cd d; rm $(seq 150)");
    await converge("a hundred and fifty to go", a, b);
    assert.equal(filesIn(b), 250);
    await sh(a.data, make(400));
    await converge("four hundred again", a, b);
  });

  await t.step("what goes beyond is held back", async () => {
    await sh(a.data, "cd d; rm -rf $(seq 300) sub");
    await untilHalted(b, /would delete/);
    const before = filesIn(b);
    assert.ok(before >= 200, `of 400 files ${before} are left`);
    const { state } = await folderOf(b);
    assert.ok(
      state.kind === "stopped" && /cairn resume data --reject.*--accept/.test(state.remedy),
      JSON.stringify(state),
    );
    assert.match(
      await b.cli("status"),
      /data stopped: other devices' changes would delete \d+ of its 40\d files/,
    );
    await untilTold(a, /^beta has stopped taking changes of data: .*would delete/);
    assert.match(await a.cli("status"), /beta has stopped taking changes of data/);
  });

  await t.step("its own edits are observed and sent all the same, and nothing is placed", async () => {
    const before = filesIn(b);
    await sh(b.data, "echo mine > mine");
    await until("beta's edit", () => textOf(`${a.data}/mine`) === "mine\n", a, b);
    await sh(a.data, "echo theirs > theirs; echo back > back");
    await until("alpha's edit to be known", async () => (await statusOf(a)).peers[0]!.behindFiles > 100, a);
    assert.ok(!exists(`${b.data}/theirs`));
    assert.equal(filesIn(b), before);
  });

  await t.step("a restart does not let it go", async () => {
    const before = filesIn(b);
    await b.stop();
    await start(b, "up");
    await untilHalted(b, /would delete/);
    assert.equal(filesIn(b), before);
    assert.ok(!exists(`${b.data}/theirs`));
  });

  await t.step("without a word it says what is held back", async () => {
    const answer = await resume(b);
    assert.ok(answer.deletes + answer.taken >= 300 && answer.replaces === 0, JSON.stringify(answer));
    assert.match(
      await b.cli("resume", "data"),
      /data is halted: other devices deleted \d+ files[\s\S]*--accept[\s\S]*--reject/,
    );
  });

  await t.step("reject brings all of it back, on both devices", async () => {
    const answer = await resume(b, "--reject");
    assert.equal(answer.broughtBack, answer.taken);
    const tree = await converge("the files to come back", a, b);
    assert.equal(filesIn(a), 400);
    assert.ok(tree.has("d/sub/s") && tree.has("mine") && tree.has("theirs"));
    assert.deepEqual(conflictsIn(tree), []);
    assert.deepEqual((await statusOf(a)).notes, []);
    const { code, stderr } = await b.run("resume", "data", "--reject");
    assert.equal(code, 2);
    assert.match(stderr, /"data" is neither halted nor paused/);
  });

  await t.step("accept takes it", async () => {
    await sh(a.data, "cd d; rm -rf $(seq 300) sub");
    await untilHalted(b, /would delete/);
    const answer = await resume(b, "--accept");
    assert.ok(answer.deletes > 0);
    await converge("the files to go", a, b);
    assert.equal(filesIn(b), 100);
    assert.ok(!exists(`${b.data}/d/sub`));
  });

  await t.step("a renamed directory is no loss, however large", async () => {
    await sh(a.data, `${make(400)}; mv d e`);
    await converge("new files", a, b);
    await b.stop();
    await sh(a.data, "mv e f; for i in $(seq 400); do mv f/$i f/name-$i; done");
    await start(b, "up");
    await converge("the renames", a, b);
    assert.equal(filesIn(b, "f"), 400);
    assert.deepEqual((await statusOf(a)).notes, []);
  });

  await t.step(
    "replacing most of a folder is held back too; reject keeps ours, and theirs in their version store",
    async () => {
      await sh(a.data, "for i in $(seq 400); do echo scrambled $i > f/name-$i; done");
      await untilHalted(b, /would (delete \d+ and )?replace/);
      await resume(b, "--reject");
      await converge("ours to be the files", a, b);
      assert.deepEqual((await statusOf(b)).notes, [], "alpha does not ask again");
      for (const i of [1, 200, 400]) assert.equal(textOf(`${a.data}/f/name-${i}`), `content ${i}\n`);
      const kept = await sh(a.data, "grep -rhl scrambled .cairn/versions | wc -l");
      assert.ok(Number(kept) >= 200, `${kept} of 400`);
    },
  );
});

Deno.test("a trickle of deletes is caught within the hour, and one device's reject beats another's accept (R38)", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  const c = world.device("gamma");
  await join(c, a);
  await sh(a.data, make(300));
  await converge("three devices", a, b, c);

  await t.step("ten at a time", async () => {
    for (let from = 1; from < 300; from += 10) {
      await sh(a.data, `cd d; rm -f $(seq ${from} ${from + 9})`);
      const left = 300 - from - 9;
      await until(
        "it to be taken or held",
        async () => filesIn(b) <= left || (await folderOf(b)).state.kind === "stopped",
        b,
      );
    }
    await Promise.all(
      [b, c].map((device) => untilHalted(device, /would delete \d+ of its 30\d files, after \d+/)),
    );
    for (const device of [b, c]) assert.ok(filesIn(device) >= 140, `${device.name}: ${filesIn(device)}`);
  });

  await t.step("gamma accepts, beta rejects", async () => {
    await until("all deletes to be held", async () => (await resume(c)).deletes >= 140, c);
    await resume(c, "--accept");
    await until("gamma to have deleted", () => filesIn(c) === 0, c);
    const rejected = await resume(b, "--reject");
    assert.ok(rejected.deletes > 0 && rejected.broughtBack === rejected.taken, JSON.stringify(rejected));
    const tree = await converge("beta's word", a, b, c);
    assert.equal(filesIn(a), 300);
    assert.deepEqual(conflictsIn(tree), []);
  });
});

Deno.test("a root that is emptied but for .cairn, or has lost it, deletes nothing by itself (invariant 8)", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(a.data, `${make(300)}; mkdir d/hollow; ln -s sub d/link`);
  await converge("before", a, b);
  /** In one moment, however busy the machine: what goes one by one is deletes until the last has gone. */
  const empty = async () => {
    const aside = await Deno.makeTempDir({ dir: `${a.data}/..`, prefix: "aside-" });
    if (exists(`${a.data}/new`)) await Deno.rename(`${a.data}/new`, `${aside}/new`);
    await Deno.rename(`${a.data}/d`, `${aside}/d`);
    return aside;
  };

  await t.step("emptied while it runs: halted, nothing is announced", async () => {
    await empty();
    await untilHalted(a, /its root is empty/);
    assert.equal(filesIn(b), 300);
    await untilTold(b, /^alpha has stopped taking changes of data: its root is empty/);
  });

  await t.step("also over a restart, and with new files", async () => {
    await a.stop();
    await start(a, "up");
    await untilHalted(a, /its root is empty/);
    await sh(a.data, "echo new > new");
    await until("the new file", () => textOf(`${b.data}/new`) === "new\n", a, b);
    assert.equal(filesIn(b), 300);
  });

  await t.step("reject brings the files back from the other device", async () => {
    const shown = await resume(a);
    assert.equal(shown.elsewhere, shown.missing);
    await resume(a, "--reject");
    const tree = await converge("the files to come back", a, b);
    assert.ok(tree.has("new") && tree.has("d/hollow") && tree.has("d/link"));
    assert.equal(filesIn(a), 300);
    assert.deepEqual(conflictsIn(tree), []);
  });

  await t.step("files that come back by themselves end it", async () => {
    const aside = await empty();
    await untilHalted(a, /its root is empty/);
    await sh(a.data, `mv ${aside}/* .`);
    await a.stop();
    await start(a, "up");
    await converge("the former state", a, b);
  });

  await t.step("the marker is gone with all the rest: stopped, and reject mends it", async () => {
    await sh(a.data, "rm -rf .cairn");
    await empty();
    await until("alpha to stop", async () => (await folderOf(a)).state.kind === "stopped", a);
    await untilTold(b, /^alpha has stopped .* of data: its root has lost its marker/);
    await resume(a, "--reject");
    await converge("the files to come back", a, b);
    assert.equal(filesIn(a), 300);
    await untilQuiet(b);
  });

  await t.step("gone at the start, too", async () => {
    await a.stop();
    await sh(a.data, "rm -rf * .cairn");
    await start(a, "up");
    assert.equal((await folderOf(a)).state.kind, "stopped");
    await untilTold(b, /^alpha has stopped .* of data: its root has lost its marker/);
    await resume(a, "--reject");
    await converge("the files to come back once more", a, b);
    assert.equal(filesIn(a), 300);
    await untilQuiet(b);
  });

  await t.step("accept of a root without its marker makes what is missing deletes", async () => {
    await sh(a.data, "rm -rf .cairn");
    await empty();
    await until("alpha to stop", async () => (await folderOf(a)).state.kind === "stopped", a);
    assert.equal(filesIn(b), 300);
    const answer = await resume(a, "--accept");
    assert.ok(answer.missing >= 300, JSON.stringify(answer));
    await untilHalted(b, /would delete/);
    await resume(b, "--reject");
    await converge("beta's word", a, b);
    assert.equal(filesIn(a), 300);
    await untilQuiet(b);
  });

  await t.step("accept makes it deletes, which the other's brake then asks about", async () => {
    // A word that was said before is not said of this.
    await empty();
    await untilHalted(a, /its root is empty/);
    const answer = await resume(a, "--accept");
    assert.ok(answer.missing >= 300);
    await untilHalted(b, /would delete/);
    await resume(b, "--accept");
    const tree = await converge("nothing", a, b);
    assert.deepEqual([...tree.keys()], []);
  });
});
