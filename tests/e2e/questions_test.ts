/** What is where, asked by people on one device of another that is off: ls, tree, stat, where, du. */
import assert from "node:assert/strict";
import type { FindAnswer } from "../../src/daemon/find_types.ts";
import type {
  DuAnswer,
  LsAnswer,
  StatAnswer,
  TreeAnswer,
  WhereAnswer,
} from "../../src/daemon/places_types.ts";
import type { Device } from "../support/device.ts";
import { converge, folderOf, pairUp, until, World } from "../support/pair.ts";

async function ask<T>(device: Device, ...args: string[]): Promise<T> {
  return JSON.parse(await device.cli(...args, "--json")) as T;
}

Deno.test("questions are answered for devices that are off, by address and by local path", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  Deno.mkdirSync(`${a.data}/2024/trip`, { recursive: true });
  Deno.writeTextFileSync(`${a.data}/2024/trip/a.txt`, "the same");
  Deno.writeTextFileSync(`${a.data}/2024/copy of a.txt`, "the same");
  Deno.writeTextFileSync(`${a.data}/top.txt`, "top");
  await converge("the files", a, b);
  const { name: folder } = await folderOf(a);
  await a.stop();

  await t.step("ls tells a directory on any device and on one", async () => {
    const answer = await ask<LsAnswer>(b, "ls", folder);
    assert.equal(answer.schema, "cairn.ls/1");
    assert.deepEqual(answer.entries.map(({ name, kind, devices }) => [name, kind, devices]), [
      ["2024", "directory", ["alpha", "beta"]],
      ["top.txt", "file", ["alpha", "beta"]],
    ]);
    assert.equal(await b.cli("ls", `alpha:${folder}/2024`), "copy of a.txt\ntrip/");
    assert.equal(await b.cli("ls", b.data), "2024/\ntop.txt");
    assert.match(
      await b.cli("ls", "-l", `${b.data}/2024/trip`),
      /^-rw-r--r-- +8 B .+ alpha, beta +a\.txt$/,
    );
    assert.equal(await b.cli("ls"), `${folder}/`);
  });

  await t.step("tree tells all below, in pages", async () => {
    const { branches } = await ask<TreeAnswer>(b, "tree", "alpha:");
    assert.deepEqual(branches.map(({ depth, name }) => [depth, name]), [
      [1, folder],
      [2, "2024"],
      [3, "copy of a.txt"],
      [3, "trip"],
      [4, "a.txt"],
      [2, "top.txt"],
    ]);
    assert.match(await b.cli("tree", "--limit", "2"), /more than 2/);
  });

  await t.step("stat tells each device's copy, and where else the content is", async () => {
    const stat = await ask<StatAnswer>(b, "stat", `${folder}/2024/trip/a.txt`);
    assert.deepEqual(
      stat.copies.map(({ device, held, offered }) => [device.name, device.online, held, offered]),
      [
        ["beta", true, true, true],
        ["alpha", false, true, true],
      ],
    );
    assert.ok(stat.copies[1]!.device.lastSeenMs > Date.now() - 600_000);
    assert.deepEqual(stat.elsewhere.map(({ path }) => path), ["2024/copy of a.txt"]);
    const same = await ask<StatAnswer>(b, "stat", `content:${stat.content!.slice(2, 14)}`);
    assert.equal(same.content, stat.content);
    assert.match(await b.cli("stat", `${b.data}/2024/trip/a.txt`), /beta \(this device\) +held +8 B/);
  });

  await t.step("where finds the content of a file outside of all folders", async () => {
    const outside = `${world.aside("outside")}/other name.bin`;
    Deno.writeTextFileSync(outside, "the same");
    const where = await ask<WhereAnswer>(b, "where", outside);
    assert.deepEqual(where.content!.places.map(({ path }) => path).sort(), [
      "2024/copy of a.txt",
      "2024/trip/a.txt",
    ]);
    assert.match(await b.cli("where", outside), /beta \(this device\), alpha \(last seen .+\)/);
    Deno.writeTextFileSync(outside, "nobody has this");
    assert.match(await b.cli("where", outside), /No device of the library has this content/);
    assert.match((await b.run("where", `${outside}.not`)).stderr, /There is no file/);
  });

  await t.step("du counts what is on each device", async () => {
    const usage = await ask<DuAnswer>(b, "du", folder, "--depth", "1");
    assert.deepEqual(usage.total, { files: 6, bytes: 38, uniqueFiles: 0, uniqueBytes: 0 });
    assert.deepEqual(usage.below.map(({ address, files }) => [address, files]), [[`${folder}/2024`, 4]]);
    Deno.writeTextFileSync(`${b.data}/only.txt`, "only here");
    for (let files = 0; files < 7;) files = (await ask<DuAnswer>(b, "du", folder)).total.files;
    const after = await ask<DuAnswer>(b, "du", `beta:${folder}`);
    assert.deepEqual(after.total, { files: 4, bytes: 28, uniqueFiles: 1, uniqueBytes: 9 });
  });

  await t.step("find answers words, filters and plain questions", async () => {
    // Texts are read behind everything else, and until then each answer says so.
    await until(
      "all to be looked at",
      async () => (await ask<FindAnswer>(b, "find", "copy")).behind === 0,
      b,
    );
    const words = await ask<FindAnswer>(b, "find", "copy", "txt");
    assert.deepEqual(words.found.map(({ path, devices }) => [path, devices.map(({ name }) => name)]), [
      ["2024/copy of a.txt", ["alpha", "beta"]],
    ]);
    assert.equal(words.wasQuestion, false);
    assert.match(
      await b.cli("find", "documents that exist only on beta"),
      /^Understood as: device:beta devices:1 kind:document\n.*only\.txt +beta \(this device\)$/,
    );
    const filtered = await b.run("find", "top", "kind:picture");
    assert.match(filtered.stdout, /^kind:picture: "picture" is no kind: there is image, [^]*\n.*top\.txt/);
    assert.equal(await b.cli("find", "nothing like it"), "Nothing was found.");
    const nothing = await b.run("find", "size:>big");
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /Cannot read size:>big: a size is a number with a unit/);
  });

  await t.step("what an address does not mean is said, with what it may have meant", async () => {
    const unknown = await b.run("ls", `${folder}/2023`);
    assert.equal(unknown.code, 1);
    assert.match(
      unknown.stderr,
      new RegExp(`There is no ${folder}/2023 on any device\n→ Did you mean "${folder}/2024"`),
    );
    assert.match((await b.run("ls", "alhpa:")).stderr, /no device "alhpa"[^]+"alpha"/);
    const malformed = await b.run("stat", `${folder}/../x`);
    assert.equal(malformed.code, 2);
    assert.match(malformed.stderr, /"\.\." is not a name/);
  });
});
