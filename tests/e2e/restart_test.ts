/** Stops of every kind: in order, by kill, with a lost catalogue; and what is edited meanwhile. */
import assert from "node:assert/strict";
import type { Device } from "../support/device.ts";
import {
  conflictsIn,
  converge,
  exists,
  folderOf,
  pairUp,
  sh,
  start,
  statusOf,
  textOf,
  until,
  withoutBrake,
  World,
} from "../support/pair.ts";

/** Files that a transfer is cut in the middle of. */
const MANY = 1_200;
/** "Within a second or two", on a machine that is busy. */
const STOP_MS = 3_000;
const STOP_TRIES = 4;

const makeMany = (word: string) =>
  `mkdir -p many; i=0; while [ $i -lt ${MANY} ]; do echo ${word} $i > many/$i; i=$((i+1)); done`;

Deno.test("stopped and started in order, devices go on where they were", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(
    a.data,
    "mkdir -p d e; for i in $(seq 120); do echo $i > d/$i; echo e$i > e/$i; done; seq 300000 > large",
  );
  await converge("the start", a, b);

  await t.step("SIGINT and SIGTERM end it with code 0 within a second or two", async () => {
    let bestMs = Infinity;
    for (let i = 0; i < STOP_TRIES && bestMs > STOP_MS; i++) {
      const startMs = performance.now();
      assert.equal(await b.stop(i % 2 === 0 ? "SIGINT" : "SIGTERM"), 0, b.logTail());
      bestMs = Math.min(bestMs, performance.now() - startMs);
      assert.ok(!exists(`${b.home}/api.json`), "nobody shall be sent to a device that has ended");
      await start(b, "up");
    }
    assert.ok(bestMs <= STOP_MS, `it took ${bestMs} ms at best`);
  });

  await t.step("a restart with nothing changed makes no news", async () => {
    await converge("the restarted one", a, b);
    const before = (await statusOf(a)).journal.lsn;
    await b.stop();
    await start(b, "up");
    await converge("the restarted one again", a, b);
    assert.equal((await statusOf(a)).journal.lsn, before);
  });

  await t.step("edits of all kinds while the peer is off arrive once it is back", async () => {
    await b.stop();
    await sh(
      a.data,
      "echo new > new; echo changed > d/1; rm d/2; mv e moved; chmod 700 d/3; touch -d 2001-01-01 d/4; ln -s d link",
    );
    await sh(a.data, "rm d/5; mkdir d/5; echo in > d/5/in; mv large d/large");
    await start(b, "up");
    const tree = await converge("what was missed", a, b);
    assert.ok(tree.has("moved/120") && !tree.has("e") && tree.has("d/5/in"));
  });

  await t.step(
    "edits on both sides, neither running: disjoint ones unite, the same file is kept twice",
    async () => {
      await a.stop();
      await b.stop();
      await sh(
        a.data,
        "echo alpha > both; echo alpha > d/10; rm d/11; echo alpha > only-a; mv d/20 d/20a; rm d/30",
      );
      await sh(
        b.data,
        "echo beta > both; echo beta > d/10; rm d/12; echo beta > only-b; mv d/21 d/21b; echo edited > d/30",
      );
      await sh(b.data, "echo equal > equal");
      await sh(a.data, "echo equal > equal; touch -d 2002-02-02 equal");
      await start(b, "up");
      await start(a, "up");
      const tree = await converge("both sides to be one", a, b);
      const copies = conflictsIn(tree);
      assert.deepEqual(copies.map((path) => path.replace(/\.conflict.*/, "")).sort(), ["both", "d/10"]);
      for (const path of ["both", "d/10"]) {
        const kept = [path, copies.find((copy) => copy.startsWith(path))!].map((name) =>
          textOf(`${b.data}/${name}`)
        );
        assert.deepEqual(kept.sort(), ["alpha\n", "beta\n"], path);
      }
      assert.equal(textOf(`${a.data}/d/30`), "edited\n", "an edit beats a delete");
      for (const path of ["only-a", "only-b", "d/20a", "d/21b"]) assert.ok(tree.has(path), path);
      for (const path of ["d/11", "d/12", "d/20", "d/21"]) assert.ok(!tree.has(path), path);
    },
  );

  await t.step(
    "a resolved conflict stays resolved: edits of the winner and deletes of the copies make no others",
    async () => {
      await sh(a.data, "rm -- *.conflict-* d/*.conflict-*; echo winner > both");
      await converge("the resolution", a, b);
      await b.stop();
      await sh(b.data, "echo winner of beta > both");
      await start(b, "up");
      assert.deepEqual(conflictsIn(await converge("an edit of the winner", a, b)), []);
      assert.equal(textOf(`${a.data}/both`), "winner of beta\n");
    },
  );
});

Deno.test("killed in the middle, a device goes on, and no false conflict comes of it", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await withoutBrake(a, b);

  await t.step("while it receives many files", async () => {
    await sh(a.data, makeMany("first"));
    for (const share of [0.1, 0.5]) {
      await until("some files", () => countIn(`${b.data}/many`) > MANY * share, a, b);
      await b.kill();
      await start(b, "up");
    }
    assert.deepEqual(conflictsIn(await converge("the many files", a, b)), []);
  });

  await t.step("while it replaces them, edited again and again at the other side", async () => {
    for (const word of ["second", "third"]) {
      await sh(a.data, makeMany(word));
      await until("the first of them", () => textOf(`${b.data}/many/0`) === `${word} 0\n`, a, b);
      await b.kill();
      await sh(a.data, "for i in $(seq 100); do echo meanwhile > many/$i; done");
      await start(b, "up");
    }
    assert.deepEqual(conflictsIn(await converge("the edited files", a, b)), []);
  });

  await t.step("while it sends and observes", async () => {
    await sh(a.data, makeMany("fourth"));
    await a.kill();
    await start(a, "up");
    assert.deepEqual(conflictsIn(await converge("the sender's restart", a, b)), []);
  });

  await t.step("while it deletes", async () => {
    await sh(a.data, "rm -r many; mkdir many; echo one > many/one");
    await until("deletes to begin", () => countIn(`${b.data}/many`) < MANY, a, b);
    await b.kill();
    await start(b, "up");
    const tree = await converge("the deletes", a, b);
    assert.deepEqual([...tree.keys()].sort(), ["many", "many/one"]);
  });
});

Deno.test("killed while both write the same files, both are kept and both devices agree", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  const writing = [a, b].map(({ name, data }) =>
    sh(data, `mkdir -p hot; for i in $(seq 300); do echo ${name} > hot/$((i%10)); done`)
  );
  await until("the writing to be seen", () => exists(`${b.data}/hot/9`), a, b);
  await Promise.all([a.kill(), b.kill()]);
  await Promise.all(writing);
  await Promise.all([start(a, "up"), start(b, "up")]);
  const tree = await converge("both to agree", a, b);
  for (let i = 0; i < 10; i++) {
    const kept = [...tree.keys()].filter((path) =>
      path === `hot/${i}` || path.startsWith(`hot/${i}.conflict-`)
    );
    const texts = kept.map((path) => textOf(`${a.data}/${path}`)).filter((text) => text !== "").sort();
    assert.deepEqual([...new Set(texts)], ["alpha\n", "beta\n"], `hot/${i}`);
  }
});

Deno.test("a lost catalogue is rebuilt: nothing sent again, no false conflict, and both ways go on", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  await sh(a.data, "mkdir d; for i in $(seq 200); do echo $i > d/$i; done; seq 2000000 > large");
  await converge("the start", a, b);
  await sh(b.data, "echo of beta > d/1; rm d/2");
  let before = await converge("edits of both", a, b);

  for (const device of [b, a]) {
    await t.step(`of ${device.name}`, async () => {
      const inodes = [a, b].map(({ data }) => inodesIn(`${data}/d`));
      await device.stop();
      await forgetCatalogue(device);
      await start(device, "up");
      assert.deepEqual(await converge("the rebuilt one", a, b), before);
      assert.deepEqual([a, b].map(({ data }) => inodesIn(`${data}/d`)), inodes, "no file was placed again");
    });

    await t.step(`${device.name} sends and receives afterwards`, async () => {
      await sh(a.data, `echo ${device.name} > from-a; rm -f d/4${device.name.length}; echo a > d/5`);
      await converge("an edit of alpha", a, b);
      await sh(b.data, `echo ${device.name} > from-b; echo b > d/5`);
      assert.deepEqual(conflictsIn(await converge("an edit of beta", a, b)), []);
      await sh(a.data, "rm from-a from-b; echo 5 > d/5");
      before = await converge("the way back", a, b);
    });
  }

  await t.step("edits while it was off are still edits, on top of what both had", async () => {
    await a.stop();
    await forgetCatalogue(a);
    await sh(a.data, "echo offline > d/50; rm d/51; echo alpha > d/52");
    await sh(b.data, "echo online > d/53; rm d/54; echo beta > d/52");
    await start(a, "up");
    const tree = await converge("the edits", a, b);
    assert.equal(textOf(`${b.data}/d/50`), "offline\n");
    assert.equal(textOf(`${a.data}/d/53`), "online\n");
    assert.ok(!tree.has("d/54"), "the peer's delete counts");
    assert.deepEqual(conflictsIn(tree).map((path) => path.replace(/\.conflict.*/, "")), ["d/52"]);
  });
});

async function forgetCatalogue(device: Device): Promise<void> {
  await sh(device.home, "ls catalogue.db && rm catalogue.db*");
  assert.equal(await folderOf(device).catch(() => null), null);
}

function countIn(directory: string): number {
  return exists(directory) ? [...Deno.readDirSync(directory)].length : 0;
}

function inodesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) =>
    `${name} ${Deno.lstatSync(`${directory}/${name}`).ino}`
  ).sort();
}
