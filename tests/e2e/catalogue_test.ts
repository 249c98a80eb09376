/** One catalogue on all devices: a device that is off and that this one never met is listed, found, asked about, and fetched from. */
import assert from "node:assert/strict";
import { makeLargeFile } from "../../scripts/demo_files.ts";
import type { GetAnswer } from "../../src/daemon/contents_types.ts";
import type { FindAnswer } from "../../src/daemon/find_types.ts";
import type { GuardAnswer } from "../../src/daemon/guardian_types.ts";
import type { LsAnswer, StatAnswer, WhereAnswer } from "../../src/daemon/places_types.ts";
import { connect } from "../../src/cli/client.ts";
import type { Device } from "../support/device.ts";
import { addressOf, exists, folderOf, sh, start, statusOf, textOf, until, World } from "../support/pair.ts";

const LARGE_BYTES = 256 * 2 ** 20;

async function ask<T>(device: Device, ...args: string[]): Promise<T> {
  return JSON.parse(await device.cli(...args, "--json")) as T;
}

/** Pairs a device that takes no folder. */
async function joinBare(joiner: Device, inviter: Device): Promise<void> {
  await joiner.start("join", await inviter.invite(), "--at", await addressOf(inviter), "--name", joiner.name);
  await until(`${joiner.name} to be paired`, async () => (await statusOf(joiner)).peers.length > 0, joiner);
}

async function connected(device: Device, to: Device): Promise<void> {
  await until(
    `${device.name} to be connected to ${to.name}`,
    async () => (await statusOf(device)).peers.some(({ name, connected }) => name === to.name && connected),
    device,
    to,
  );
}

/** Waits until a question, asked again and again, has the answer. */
async function answered<T>(device: Device, isIt: (answer: T) => boolean, ...args: string[]): Promise<T> {
  let last: T | null = null;
  await until(`${device.name} to answer ${args.join(" ")}`, async () => {
    const { code, stdout } = await device.run(...args, "--json");
    if (code !== 0) return false;
    last = JSON.parse(stdout) as T;
    return isIt(last);
  }, device);
  return last!;
}

async function hashOf(path: string): Promise<string> {
  return (await sh("/", `sha256sum '${path}'`)).slice(0, 64);
}

function outlineOf(answer: FindAnswer): [string, string[]][] {
  return answer.found.map(({ address, devices }) => [address, devices.map(({ name }) => name)]);
}

Deno.test("a device knows the files of one that it never met, and fetches them when that is there", async (t) => {
  await using world = new World();
  const [a, b, c] = [world.device("alpha"), world.device("beta"), world.device("gamma")];
  const here = world.aside("here");
  await sh(a.data, "mkdir -p 2024/trip notes; head -c 300000 /dev/urandom > 2024/trip/beach.jpg");
  await sh(a.data, "cp 2024/trip/beach.jpg '2024/copy of it.jpg'; touch -d 2001-02-03 notes/old.txt");
  Deno.writeTextFileSync(`${a.data}/notes/animals.md`, "The wombat has dug a burrow.\n");
  makeLargeFile(`${a.data}/large`, LARGE_BYTES);
  await start(a, "up", "--no-invite", "--name", "alpha");
  await a.cli("folders", "add", a.data, "--mode", "index", "--name", "Pictures");
  const before = await sh(a.data, "find . -type f | sort | xargs -d '\\n' stat -c '%n %s %Y %i'");
  await joinBare(b, a);

  await t.step("what is indexed on one device is known on the next, with its texts", async () => {
    await answered<FindAnswer>(b, ({ found }) => found.length === 1, "find", "wombat");
    await answered<LsAnswer>(b, ({ entries }) => entries.length === 3, "ls", "Pictures");
    assert.ok(!exists(`${b.data}/large`), "nothing is copied");
  });

  await a.stop();
  await joinBare(c, b);

  await t.step("a third device that never met the first finds its files by name and by words", async () => {
    const words = await answered<FindAnswer>(c, ({ found }) => found.length > 0, "find", "wombat");
    assert.deepEqual(outlineOf(words), [["Pictures/notes/animals.md", ["alpha"]]]);
    assert.match(words.found[0]!.snippet!, /wombat has dug/);
    const name = await answered<FindAnswer>(c, ({ behind }) => behind === 0, "find", "beach");
    assert.deepEqual(outlineOf(name), [["Pictures/2024/trip/beach.jpg", ["alpha"]]]);
    assert.match(await c.cli("find", "beach"), /beach\.jpg +alpha \(off, never seen here\)$/);
    assert.equal(await c.cli("find", "wombat", "-burrow"), "Nothing was found.");
    const question = await ask<FindAnswer>(c, "find", "photos that exist only on alpha");
    assert.equal(question.query, "device:alpha devices:1 kind:image");
    assert.deepEqual(
      outlineOf(question).map(([address]) => address).sort(),
      ["Pictures/2024/copy of it.jpg", "Pictures/2024/trip/beach.jpg"],
    );
  });

  await t.step("it tells what stands there, on which device, and what is known of it", async () => {
    const { entries } = await ask<LsAnswer>(c, "ls", "Pictures/2024");
    assert.deepEqual(entries.map(({ name, devices }) => [name, devices]), [["copy of it.jpg", ["alpha"]], [
      "trip",
      ["alpha"],
    ]]);
    await c.cli("tag", "Pictures/notes/animals.md", "+zoo", "--note", "count them again");
    const stat = await ask<StatAnswer>(c, "stat", "Pictures/notes/animals.md");
    assert.deepEqual(
      stat.copies.map(({ device, held, offered }) => [
        device.name,
        device.online,
        device.lastSeenMs,
        held,
        offered,
      ]),
      [["alpha", false, 0, true, false]],
    );
    assert.deepEqual([stat.tags, stat.note, stat.placeTags], [["zoo"], "count them again", []]);
    const text = await c.cli("stat", "Pictures/notes/animals.md");
    assert.match(text, /^ +tags +zoo$/m);
    assert.match(text, /^ +note +count them again$/m);
    assert.ok(text.split("\n").every((line) => line.length <= 80), text);
    const where = await ask<WhereAnswer>(c, "where", "Pictures/2024/copy of it.jpg");
    assert.deepEqual(
      where.content!.places.map(({ address, devices }) => [address, devices.map(({ name }) => name)]).sort(),
      [["Pictures/2024/copy of it.jpg", ["alpha"]], ["Pictures/2024/trip/beach.jpg", ["alpha"]]],
    );
    assert.match(await c.cli("du", "alpha:Pictures"), /alpha \(off, never seen here\) +5/);
    const guard = await answered<GuardAnswer>(c, ({ behind }) => behind === 0, "guard");
    assert.deepEqual(guard.risks.map(({ reason, files, devices }) => [reason, files, devices]), [
      ["one-device", 4, ["alpha"]],
    ]);
  });

  await t.step("what nobody who is there has cannot be fetched, and it says who has it", async () => {
    const { code, stderr } = await c.run("get", "Pictures/notes/animals.md", here);
    assert.equal(code, 1);
    assert.match(stderr, /alpha +never met by this device/);
    assert.match(stderr, /→ Start alpha/);
  });

  await start(a, "up");
  await connected(c, a);

  await t.step("when it is there again, a file is fetched from it", async () => {
    assert.match(await c.cli("get", "Pictures/notes/animals.md", here), /animals\.md: 29 B from alpha/);
    assert.equal(textOf(`${here}/animals.md`), "The wombat has dug a burrow.\n");
    assert.match(await c.cli("where", `${here}/animals.md`), /Pictures\/notes\/animals\.md +alpha/);
    const tagged = await answered<FindAnswer>(a, ({ found }) => found.length > 0, "find", "tag:zoo");
    assert.deepEqual(outlineOf(tagged), [["Pictures/notes/animals.md", ["alpha"]]]);
  });

  await t.step("killed in the middle of a fetch, it is gone on with from another device", async () => {
    await b.cli("get", "Pictures/large", `${b.data}/kept`);
    await b.cli("folders", "add", b.data, "--mode", "index", "--name", "Kept");
    await until("the copy to be known", async () => (await folderOf(b)).files === 1, b);
    await connected(c, b);
    await answered<WhereAnswer>(c, ({ content }) => content?.devices.length === 2, "where", "Pictures/large");
    let end: GetAnswer | null = null;
    let killed: Promise<void> | null = null;
    let atKill = 0;
    const request = { address: "Pictures/large", to: `${here}/large`, into: false, force: false };
    for await (const event of connect(c.home).get(request)) {
      if (event.kind === "end") end = event;
      if (event.kind !== "progress" || event.bytes === 0 || killed !== null) continue;
      atKill = event.bytes;
      killed = a.kill();
    }
    await killed;
    assert.equal(end!.error, null);
    assert.ok(atKill > 0 && atKill < LARGE_BYTES, `it was killed at ${atKill}`);
    assert.ok(end!.from.some(({ device }) => device === "beta"));
    assert.equal(await hashOf(`${here}/large`), await hashOf(`${a.data}/large`));
  });

  await t.step("nothing was written where the files are only listed", async () => {
    assert.equal(
      await sh(
        a.data,
        "find . -path ./.cairn -prune -o -type f -print | sort | xargs -d '\\n' stat -c '%n %s %Y %i'",
      ),
      before.split("\n").filter((line) => !line.startsWith("./.cairn")).join("\n"),
    );
  });
});

Deno.test("a name in the present directory is a file, unless it is a folder's of the library", async () => {
  await using world = new World();
  const a = world.device("alpha");
  await start(a, "up", a.data, "--no-invite", "--name", "alpha");
  const outside = world.aside("outside");
  await sh(a.data, "mkdir sub; echo same > sub/img.jpg");
  await until("it is recorded", async () => (await folderOf(a)).files === 1, a);
  await sh(outside, "echo same > mine.jpg; mkdir -p a data; echo other > a/b.jpg; echo x > data/x.txt");
  const at = async (cwd: string, ...args: string[]) => {
    const { code, stdout, stderr } = await a.runAt(cwd, ...args);
    return `${code} ${stdout}${stderr}`;
  };
  assert.match(await at(outside, "where", "mine.jpg"), /^0 [^]*data\/sub\/img\.jpg +alpha/);
  assert.match(await at(outside, "where", "a/b.jpg"), /^0 No device of the library has this content/);
  assert.match(await at(`${a.data}/sub`, "where", "img.jpg"), /^0 [^]*data\/sub\/img\.jpg +alpha/);
  assert.match(await at(`${a.data}/sub`, "stat", "img.jpg"), /^0 alpha:data\/sub\/img\.jpg/);
  assert.match(await at(`${a.data}/sub`, "tag", "img.jpg", "+seen"), /^0 [^]*seen/);
  assert.match(await at(a.data, "ls", "sub"), /^0 img\.jpg/);
  assert.match(await at(`${a.data}/sub`, "cat", "img.jpg"), /^0 same/);
  assert.match(await at(outside, "cat", `${a.data}/sub/img.jpg`), /^0 same/);
  assert.match(await at(outside, "where", "none.jpg"), /^1 cairn: There is no folder "none\.jpg"/);
  assert.match(await at(outside, "stat", "mine.jpg"), /^1 cairn: .*mine\.jpg lies in no folder/);
  assert.match(await at(outside, "where", "data/x.txt"), /^1 cairn: There is no data\/x\.txt on any device/);
});
