/** Devices that come back changed: after long, with an older home, with a torn journal, by way of a third. */
import assert from "node:assert/strict";
import { realClock } from "../../src/platform/real/clock.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { Home } from "../../src/daemon/home.ts";
import { Ledger } from "../../src/journal/ledger.ts";
import { FRAME_HEAD_BYTES } from "../../src/journal/frame.ts";
import { openSegments, readFrames } from "../../src/journal/segments.ts";
import type { Lsn } from "../../src/core/ids.ts";
import type { Device } from "../support/device.ts";
import {
  conflictsIn,
  converge,
  exists,
  folderOf,
  join,
  pairUp,
  sh,
  share,
  start,
  statusOf,
  textOf,
  until,
  withoutBrake,
  World,
} from "../support/pair.ts";
import { memoryDirectory, tempDir } from "../support/temp_dir.ts";

Deno.test("a device that returns after 10,000 changes of all kinds has them all, and its own edits stay", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await withoutBrake(a, b);
  await sh(
    a.data,
    "for d in 1 2 3 4; do mkdir $d; (cd $d; seq -f %05.0f 1000 | xargs -n 50 sh -c 'for i; do echo $i > $i; done' -); done",
  );
  await sh(a.data, "mkdir own; echo 1 > own/file; echo base > shared");
  await converge("the start", a, b);
  await b.stop();
  // 4,000 edits, 2,000 deletes, 2,000 renames (of which 1,000 in one), 2,000 new ones.
  await sh(
    a.data,
    "for d in 1 2 3 4; do (cd $d; seq -f %05.0f 1000 | xargs -n 50 sh -c 'for i; do echo new $i > $i; done' -); done",
  );
  await sh(
    a.data,
    "rm -r 1; (cd 2; seq -f %05.0f 1000 | xargs rm); mv 3 moved; (cd 4; for i in $(seq -f %05.0f 1000); do mv $i r$i; done)",
  );
  await sh(
    a.data,
    "mkdir 5 6; for d in 5 6; do (cd $d; for i in $(seq 1000); do echo $d $i > $i; done); done",
  );
  await sh(b.data, "echo 2 > own/file; echo offline > own/new; echo of beta > shared; rm -r 2/00001");
  await sh(a.data, "echo of alpha > shared");
  await start(b, "up");
  const tree = await converge("what was missed", a, b);
  assert.equal(textOf(`${a.data}/own/file`), "2\n");
  assert.equal(textOf(`${a.data}/own/new`), "offline\n");
  assert.equal([...tree.keys()].filter((path) => /^moved\/\d/.test(path)).length, 1000);
  assert.ok(!tree.has("1") && !tree.has("2/00002") && tree.has("4/r00500") && tree.has("6/1000"));
  assert.deepEqual(conflictsIn(tree).map((path) => path.replace(/\.conflict.*/, "")), ["shared"]);
});

Deno.test("a home copied back from an old backup: no edit since is undone, none is lost, and the device goes on", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(a.data, "mkdir d; for i in $(seq 60); do echo $i > d/$i; done");
  await converge("the start", a, b);

  for (const when of ["with the other device there", "alone, working past what it had"]) {
    await t.step(when, async () => {
      await b.stop();
      await sh(b.work, "rm -rf backup; cp -a home backup");
      await start(b, "up");
      await sh(b.data, `echo '${when}' > d/1; rm -f d/2 d/2a; echo ${when.length} > d/since; echo x > d/3`);
      await converge("what the backup knows nothing of", a, b);
      await sh(a.data, `echo 'alpha ${when}' > d/4; rm -f d/5`);
      await converge("and of the other", a, b);
      await b.stop();
      await sh(b.work, "rm -r home; cp -a backup home");
      const alone = when.startsWith("alone");
      if (alone) {
        await a.stop();
        await start(b, "up");
        await sh(b.data, "for i in $(seq 80); do echo $i > d/past$i; sleep 0.01; done; echo edited > d/6");
        await until("its edits to be recorded", async () => (await statusOf(b)).folders[0]!.files > 130, b);
        await start(a, "up");
      } else {
        await sh(b.data, "echo edited > d/6");
        await start(b, "up");
      }
      const tree = await converge("the older home", a, b);
      assert.equal(textOf(`${a.data}/d/1`), `${when}\n`);
      assert.equal(textOf(`${b.data}/d/4`), `alpha ${when}\n`);
      assert.equal(textOf(`${a.data}/d/6`), "edited\n");
      assert.ok(!tree.has("d/2") && !tree.has("d/5"), "what was deleted stays so");
      if (alone) assert.ok(tree.has("d/past80"));
      assert.deepEqual(conflictsIn(tree), []);
    });
  }
});

Deno.test("two clones of a device that run by turns: each is heard, nothing that either wrote is lost (R24)", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(a.data, "mkdir d; for i in $(seq 20); do echo $i > d/$i; done");
  await converge("the start", a, b);
  await b.stop();
  await sh(b.work, "cp -a home home.other; cp -a data data.other");
  for (let turn = 0; turn < 4; turn++) {
    // Alone at first, so that both clones give out the same lsns; then with the other device.
    await a.stop();
    await start(b, "up");
    await sh(b.data, `echo ${turn} > d/turn${turn}; echo turn ${turn} >> d/log; echo ${turn} > d/${turn}`);
    await until("the edits to be recorded", async () => (await folderOf(b)).state.kind === "up-to-date", b);
    await start(a, "up");
    await converge(`turn ${turn}`, a, b);
    await b.stop();
    await sh(
      b.work,
      "mv home h; mv home.other home; mv h home.other; mv data d; mv data.other data; mv d data.other",
    );
  }
  await start(b, "up");
  const tree = await converge("the end", a, b);
  for (let turn = 0; turn < 4; turn++) assert.equal(textOf(`${a.data}/d/turn${turn}`), `${turn}\n`);
  const logs = [...tree.keys()].filter((path) => /^d\/log/.test(path)).map((path) =>
    textOf(`${a.data}/${path}`)
  ).join();
  for (let turn = 0; turn < 4; turn++) assert.match(logs, new RegExp(`turn ${turn}`));
});

Deno.test("a journal cut at every byte of its last record opens, with and without its catalogue, and the device goes on", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(a.data, "mkdir d; for i in $(seq 30); do echo $i > d/$i; done");
  await converge("the start", a, b);
  await sh(b.data, "echo last > last");
  await converge("the last record", a, b);
  await b.kill();
  const { segment, from, to } = lastRecord(b);
  const kept = `${b.work}/kept`;
  await sh(b.work, "cp -a home kept");

  await t.step("at every byte", async () => {
    // Of what is opened, not of what is durable: in memory it is some hundred times cheaper.
    using dir = tempDir(memoryDirectory());
    const torn = dir.at("torn");
    for (let cut = from; cut <= to; cut++) {
      for (const without of [false, true]) {
        copyTree(kept, torn);
        Deno.truncateSync(`${torn}/journal/${segment}`, cut);
        if (without) { for (const path of catalogueFiles(torn)) Deno.removeSync(path); }
        const ledger = await openLedger(torn);
        const files = Number(ledger.catalogue.db.get("SELECT sum(files) FROM folders")![0]);
        assert.ok(files >= 30, `cut at ${cut}: ${files} files`);
        await ledger.close();
        Deno.removeSync(torn, { recursive: true });
      }
    }
  });

  for (const [i, cut] of [from, Math.floor((from + to) / 2), to - 1].entries()) {
    for (const without of [false, true]) {
      await t.step(
        `a device with ${cut - from} bytes of it${without ? ", catalogue lost" : ""}`,
        async () => {
          await b.kill();
          await sh(b.work, `rm -r home; cp -a ${kept} home; truncate -s ${cut} home/journal/${segment}`);
          if (without) await sh(b.home, "rm catalogue.db*");
          await start(b, "up");
          // A name that no step before has used: of those this old home knows nothing.
          const edit = `edit-${i}-${without}`;
          await sh(b.data, `echo new > ${edit}`);
          const tree = await converge("the torn one", a, b);
          assert.equal(textOf(`${a.data}/last`), "last\n");
          assert.equal(textOf(`${a.data}/${edit}`), "new\n");
          assert.deepEqual(conflictsIn(tree), []);
        },
      );
    }
  }
});

function lastRecord(device: Device): { segment: string; from: number; to: number } {
  const dir = `${device.home}/journal`;
  const names = [...Deno.readDirSync(dir)].map(({ name }) => name).filter((name) => name.endsWith(".seg"))
    .sort();
  const segment = names.at(-1)!;
  const { segments, lastLsn } = openSegments(realFs(), dir, 0 as Lsn);
  const frames = [...readFrames(realFs(), segments, lastLsn)];
  assert.equal(frames.length, 1);
  const to = segments.at(-1)!.bytes;
  // Length, CRC and lsn stand before the payload; a few bytes more of the record before it do no harm.
  return { segment, from: to - frames[0]!.payload.length - FRAME_HEAD_BYTES, to };
}

function catalogueFiles(home: string): string[] {
  const names = [...Deno.readDirSync(home)].map(({ name }) => name);
  return names.filter((name) => name.startsWith("catalogue.db")).map((name) => `${home}/${name}`);
}

/** Files and directories with their permissions; sockets are left out. */
function copyTree(from: string, to: string): void {
  Deno.mkdirSync(to, { mode: Deno.statSync(from).mode! & 0o777 });
  for (const { name, isDirectory, isFile } of Deno.readDirSync(from)) {
    if (isDirectory) copyTree(`${from}/${name}`, `${to}/${name}`);
    else if (isFile) Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}

async function openLedger(home: string): Promise<Ledger> {
  const identity = Home.open(realFs(), home);
  const self = (await identity.identity(realRandom())).id;
  identity.close();
  return await Ledger.open({
    fs: realFs(),
    clock: realClock(),
    random: realRandom(),
    home,
    self,
    osBoot: "",
    say: () => {},
  });
}

Deno.test("two devices that are never there together agree by way of the third", async () => {
  await using world = new World();
  const [a, b, c] = [world.device("alpha"), world.device("beta"), world.device("gamma")];
  await share(b);
  await join(a, b);
  await join(c, b);
  await sh(b.data, "mkdir d; echo base > d/both; echo base > d/same; echo gone > d/gone");
  await converge("the start", a, b, c);
  await a.stop();
  for (let round = 0; round < 3; round++) {
    await sh(
      c.data,
      `echo gamma ${round} > d/of-gamma; echo same ${round} > d/same; echo gamma ${round} > d/both; seq ${round}90000 > d/large`,
    );
    await converge("gamma and beta", c, b);
    await c.stop();
    await sh(
      a.data,
      `echo alpha ${round} > d/of-alpha; echo same ${round} > d/same; echo alpha ${round} > d/both; rm -f d/gone`,
    );
    await start(a, "up");
    await converge("alpha and beta", a, b);
    await sh(a.data, "rm -f d/both*; echo settled > d/both");
    await converge("alpha's resolution", a, b);
    await a.stop();
    await start(c, "up");
    const tree = await converge("gamma by way of beta", b, c);
    assert.equal(textOf(`${c.data}/d/of-alpha`), `alpha ${round}\n`);
    assert.ok(!tree.has("d/gone"));
    assert.deepEqual(conflictsIn(tree), [], "equal work done twice is adopted; the resolution travels");
    assert.equal(textOf(`${c.data}/d/both`), "settled\n");
  }
  await start(a, "up");
  await converge("all three", a, b, c);
  assert.ok(!exists(`${a.data}/d/gone`));
});

Deno.test("a lost home: the folder is joined anew, nothing is lost, and what was deleted meanwhile comes back (R26)", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(
    a.data,
    "mkdir d; for i in $(seq 20); do echo $i > d/$i; done; echo old > edited; echo old > deleted",
  );
  await converge("the start", a, b);
  await b.stop();
  await sh(b.data, "echo only here > unsent; rm .cairn/marker.json");
  Deno.removeSync(b.home, { recursive: true });
  await sh(a.data, "echo new > edited; rm deleted");
  await join(b, a);
  const tree = await converge("the folder that was joined anew", a, b);
  assert.equal(textOf(`${a.data}/unsent`), "only here\n");
  assert.equal(textOf(`${b.data}/edited`), "new\n", "what was edited meanwhile is newer");
  // To the others it is a device that they do not know, with files of its own.
  assert.equal(textOf(`${a.data}/deleted`), "old\n", "the delete was of files that it had not");
  const [copy, ...more] = conflictsIn(tree);
  assert.match(copy ?? "", /^edited\.conflict-/);
  assert.deepEqual([textOf(`${a.data}/${copy}`), more], ["old\n", []], "what is equal is adopted");
});
