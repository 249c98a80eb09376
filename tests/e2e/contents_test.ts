/** Contents from wherever they are: `cairn cat` and `cairn get`, all devices real processes. */
import assert from "node:assert/strict";
import { makeLargeFile } from "../../scripts/demo_files.ts";
import { SmallDisk } from "../support/tmpfs.ts";
import { connect } from "../../src/cli/client.ts";
import type { GetAnswer, GetEvent } from "../../src/daemon/contents_types.ts";
import type { Device } from "../support/device.ts";
import {
  addressOf,
  converge,
  exists,
  pairUp,
  sh,
  start,
  statusOf,
  textOf,
  until,
  World,
} from "../support/pair.ts";

const MIB = 2 ** 20;
const LARGE_BYTES = 192 * MIB;

/** Pairs a device that takes no folder. */
async function joinBare(joiner: Device, inviter: Device): Promise<void> {
  await joiner.start("join", await inviter.invite(), "--at", await addressOf(inviter), "--name", joiner.name);
  await until(`${joiner.name} to be paired`, async () => (await statusOf(joiner)).peers.length > 0, joiner);
}

async function connectedTo(device: Device, names: readonly string[]): Promise<void> {
  await until(`${device.name} to be connected to ${names}`, async () => {
    const { peers } = await statusOf(device);
    return peers.filter(({ connected }) => connected).map(({ name }) => name).sort().join() ===
      [...names].sort().join();
  }, device);
}

/** Waits until a device's catalogue has an address. */
async function known(device: Device, address: string): Promise<void> {
  await until(`${device.name} to know ${address}`, async () => {
    for await (const frame of connect(device.home).cat({ address })) {
      return frame.kind !== "end" || frame.end.error === null;
    }
    return false;
  }, device);
}

async function hashOf(path: string): Promise<string> {
  return (await sh("/", `sha256sum '${path}'`)).slice(0, 64);
}

async function getAll(
  device: Device,
  address: string,
  to: string,
  seen: (event: GetEvent) => void = () => {},
): Promise<GetAnswer> {
  let end: GetAnswer | null = null;
  for await (const event of connect(device.home).get({ address, to, into: false, force: false })) {
    seen(event);
    if (event.kind === "end") end = event;
  }
  assert.ok(end !== null, "the stream has an end");
  return end;
}

Deno.test("contents are read and fetched from wherever they are, and others go on where a device goes", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  const c = world.device("gamma");
  const here = world.aside("here");
  await sh(
    a.data,
    "mkdir -p tree/sub/empty; echo small > small; echo 1 > tree/one; seq 100000 > tree/sub/many; ln -s one tree/link",
  );
  await sh(
    a.data,
    "chmod 600 tree/one; touch -d 2001-02-03T04:05:06 tree/one; echo x > 'name with spaces'",
  );
  makeLargeFile(`${a.data}/large`, LARGE_BYTES);
  await converge("the folder", a, b);
  await sh(a.data, "chmod 500 tree/sub");
  await converge("a directory that its owner may not write to", a, b);
  const large = await hashOf(`${a.data}/large`);
  await joinBare(c, a);
  await connectedTo(c, ["alpha", "beta"]);
  await known(c, "data/small");

  await t.step("cat writes the bytes, of small files and by any form of address", async () => {
    assert.equal(await c.cli("cat", "data/small"), "small");
    assert.equal(await c.cli("cat", "alpha:data/small"), "small");
    assert.equal(await c.cli("cat", "cairn://beta/data/name%20with%20spaces"), "x");
    const told = await c.run("cat", "-v", "data/small");
    assert.match(told.stderr, /small from (alpha|beta)/);
    assert.match(told.stderr, /connected/);
    assert.equal(await a.cli("cat", "data/small"), "small", "of this device itself");
  });

  await t.step("a reader that has read enough ends quietly", async () => {
    const [program, ...args] = [
      Deno.execPath(),
      "run",
      "-A",
      "--cached-only",
      "main.ts",
      "--home",
      c.home,
      "cat",
      "data/large",
    ];
    const quoted = [program, ...args].map((word) => `'${word}'`).join(" ");
    const done = await new Deno.Command("bash", {
      args: ["-c", `set -o pipefail; ${quoted} | head -c 10 | wc -c`],
    }).output();
    assert.equal(new TextDecoder().decode(done.stdout).trim(), "10");
    assert.equal(new TextDecoder().decode(done.stderr), "");
  });

  await t.step("cat of a directory, and of what is not there, says so", async () => {
    const directory = await c.run("cat", "data/tree");
    assert.equal(directory.code, 2);
    assert.match(directory.stderr, /is a directory/);
    const missing = await c.run("cat", "data/smal");
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /Did you mean "data\/small"/);
  });

  await t.step("get puts a file at a path, whole, with its time and mode", async () => {
    const text = await c.cli("get", "data/tree/one", here);
    assert.match(text, /one: 2 B from (alpha|beta)/);
    assert.equal(textOf(`${here}/one`), "1\n");
    const stat = Deno.statSync(`${here}/one`);
    assert.equal(stat.mode! & 0o777, 0o600);
    assert.equal(stat.mtime!.getFullYear(), 2001);
  });

  await t.step("what stands at the target is not replaced, unless it is said so", async () => {
    Deno.writeTextFileSync(`${here}/taken`, "mine");
    const refused = await c.run("get", "data/small", `${here}/taken`);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /taken exists already/);
    assert.match(refused.stderr, /--force/);
    assert.equal(textOf(`${here}/taken`), "mine");
    await c.cli("get", "data/small", `${here}/taken`, "--force");
    assert.equal(textOf(`${here}/taken`), "small\n");
    const nowhere = await c.run("get", "data/small", `${here}/no/such/place`);
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /is not there/);
  });

  await t.step("get of a directory brings the tree, and goes on when it is asked again", async () => {
    const answer = JSON.parse(await c.cli("get", "data/tree", `${here}/tree`, "--json")) as GetAnswer & {
      schema: string;
    };
    assert.equal(answer.schema, "cairn.get/1");
    assert.deepEqual([answer.files, answer.already, answer.failedTotal], [2, 0, 0]);
    assert.equal(
      await sh(here, "cd tree && find . | sort | tr '\\n' ' '"),
      ". ./link ./one ./sub ./sub/empty ./sub/many ",
    );
    assert.equal(Deno.readLinkSync(`${here}/tree/link`), "one");
    assert.equal(Deno.statSync(`${here}/tree/sub`).mode! & 0o777, 0o500);
    assert.equal(await hashOf(`${here}/tree/sub/many`), await hashOf(`${a.data}/tree/sub/many`));
    Deno.removeSync(`${here}/tree/one`);
    const again = await getAll(c, "data/tree", `${here}/tree`);
    assert.deepEqual([again.files, again.already, again.failedTotal], [1, 1, 0]);
    Deno.writeTextFileSync(`${here}/tree/one`, "other");
    const kept = await getAll(c, "data/tree", `${here}/tree`);
    assert.deepEqual(kept.failed.map(({ path }) => path), ["one"]);
    assert.equal(textOf(`${here}/tree/one`), "other");
  });

  await t.step("get into a folder of this device is an ordinary new file there", async () => {
    await b.cli("get", "data/large", `${b.data}/copy`);
    await converge("the copy", a, b);
    assert.equal(await hashOf(`${a.data}/copy`), large);
  });

  await t.step("a disk without room is said so, and nothing is left under the target's name", async () => {
    await using disk = await SmallDisk.mount(`${world.work}/tiny`, 16);
    if (disk === null) {
      return console.warn("Skipped: no file system can be mounted here (it takes root on Linux)");
    }
    const { code, stderr } = await c.run("get", "data/large", `${disk.path}/large`);
    assert.equal(code, 1);
    assert.match(stderr, /the disk is full/);
    assert.match(stderr, /Free some space and get it again/);
    assert.ok(!exists(`${disk.path}/large`));
  });

  await t.step("cat goes on with another device where the one that it reads from is killed", async () => {
    const reading = connect(c.home).cat({ address: "data/large" });
    const hash = new Deno.Command("sha256sum", { stdin: "piped", stdout: "piped" }).spawn();
    const input = hash.stdin.getWriter();
    const sources: string[] = [];
    let bytes = 0;
    let killed: Device | null = null;
    for await (const frame of reading) {
      if (frame.kind === "news") sources.push(frame.news.device);
      else if (frame.kind === "end") assert.deepEqual(frame.end.error, null);
      else {
        bytes += frame.bytes.length;
        await input.write(frame.bytes);
        if (killed === null && bytes > LARGE_BYTES / 8) {
          killed = sources[0] === "alpha" ? a : b;
          await killed.kill();
        }
      }
    }
    await input.close();
    const { stdout } = await hash.output();
    assert.equal(new TextDecoder().decode(stdout).slice(0, 64), large);
    assert.equal(bytes, LARGE_BYTES);
    assert.deepEqual(new Set(sources), new Set(["alpha", "beta"]));
    await start(killed!, "up");
    await connectedTo(c, ["alpha", "beta"]);
  });

  await t.step("get completes though a device is killed in the middle of it", async () => {
    let isKilled: Promise<void> | null = null;
    let atKill = 0;
    const answer = await getAll(c, "data/large", `${here}/large`, (event) => {
      if (event.kind !== "progress" || event.bytes === 0 || isKilled !== null) return;
      atKill = event.bytes;
      isKilled = a.kill();
    });
    await isKilled;
    assert.equal(answer.error, null);
    assert.ok(atKill > 0 && atKill < LARGE_BYTES, `it was killed at ${atKill}`);
    assert.ok(answer.from.some(({ device }) => device === "beta"));
    assert.equal(await hashOf(`${here}/large`), large);
    assert.deepEqual([...Deno.readDirSync(here)].filter(({ name }) => name.startsWith(".cairn")), []);
  });

  await t.step(
    "what was begun is gone on with after this device was killed, and no half file is there",
    async () => {
      await start(a, "up");
      await connectedTo(c, ["alpha", "beta"]);
      const target = `${here}/again`;
      try {
        for await (
          const event of connect(c.home).get({ address: "data/large", to: target, into: false, force: false })
        ) {
          if (event.kind !== "progress" || event.bytes === 0) continue;
          assert.ok(!exists(target));
          await c.kill();
        }
      } catch {
        // The connection breaks.
      }
      assert.ok(!exists(target));
      assert.equal(
        [...Deno.readDirSync(here)].filter(({ name }) => name.startsWith(".cairn-get-")).length,
        1,
      );
      await start(c, "up");
      await connectedTo(c, ["alpha", "beta"]);
      const answer = await getAll(c, "data/large", target);
      assert.equal(answer.error, null);
      const fromDisk = answer.from.find(({ device }) => device === "this disk")?.bytes ?? 0;
      assert.ok(fromDisk > 0, "what had come is not fetched again");
      assert.equal(await hashOf(target), large);
    },
  );

  await t.step(
    "where nobody who has it is there, it says who has it and when they were last here",
    async () => {
      await a.stop();
      await b.stop();
      await connectedTo(c, []);
      for (const command of [["get", "data/large", `${here}/third`], ["cat", "data/large"]]) {
        const { code, stderr } = await c.run(...command);
        assert.equal(code, 1);
        assert.match(stderr, /alpha +last here/);
        assert.match(stderr, /beta +last here/);
        assert.match(stderr, /no connected device has it/);
        assert.match(stderr, /Start (alpha or beta|beta or alpha)/);
      }
      assert.ok(!exists(`${here}/third`));
    },
  );
});
