/** What a remote change took away is kept, told and brought back; what a program writes into it afterwards is not lost (R21). */
import assert from "node:assert/strict";
import type { RestoreAnswer, VersionsAnswer } from "../../src/daemon/versions_types.ts";
import type { Device } from "../support/device.ts";
import { conflictsIn, converge, exists, pairUp, sh, start, textOf, until, World } from "../support/pair.ts";

async function kept(device: Device, path: string): Promise<VersionsAnswer> {
  return JSON.parse(await device.cli("versions", path, "--json"));
}

async function restore(device: Device, ...args: string[]): Promise<RestoreAnswer> {
  return JSON.parse(await device.cli("restore", ...args, "--json"));
}

function put(device: Device, path: string, text: string): void {
  const at = `${device.data}/${path}`;
  Deno.mkdirSync(at.slice(0, at.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(at, text);
}

function arrives(device: Device, path: string, text: string | null): Promise<void> {
  return until(`${path} to be ${text}`, () => textOf(`${device.data}/${path}`) === text, device);
}

Deno.test("former contents are listed and brought back, files and directories (R21)", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  put(a, "d/notes.txt", "one");
  put(a, "d/sub/other.txt", "other");
  put(a, "d/big.bin", "x".repeat(300_000));
  Deno.symlinkSync("first", `${a.data}/d/link`);
  await arrives(b, "d/sub/other.txt", "other");
  await converge("the beginning", a, b);
  const before = Date.now();

  await t.step("what was replaced and deleted is kept, with who and why", async () => {
    put(a, "d/notes.txt", "two, longer");
    await sh(a.data, "ln -sfn second d/link; rm d/big.bin d/sub/other.txt; rmdir d/sub");
    await arrives(b, "d/notes.txt", "two, longer");
    await converge("the changes", a, b);
    const { versions, total } = await kept(b, `${b.data}/d`);
    assert.equal(total, 4);
    const told = versions.map(({ path, why, by, kind, size }) => `${path} ${kind} ${size} ${why} ${by}`)
      .sort();
    assert.deepEqual(told, [
      "d/big.bin file 300000 deleted alpha",
      "d/link symlink 0 replaced alpha",
      "d/notes.txt file 3 replaced alpha",
      "d/sub/other.txt file 5 deleted alpha",
    ]);
    assert.equal((await kept(a, `${a.data}/d`)).total, 0, "who changed it keeps nothing");
    assert.match(await b.cli("versions", `${b.data}/d/notes.txt`), /replaced by alpha/);
  });

  await t.step("a deleted file comes back everywhere, verified and as a file of its own", async () => {
    const answer = await restore(b, `${b.data}/d/big.bin`);
    assert.equal(answer.itemsTotal, 1);
    const tree = await converge("the file that came back", a, b);
    assert.equal(textOf(`${a.data}/d/big.bin`)?.length, 300_000);
    assert.deepEqual(conflictsIn(tree), []);
  });

  await t.step("by version, and to another place", async () => {
    const { versions: [version] } = await kept(b, `${b.data}/d/notes.txt`);
    await restore(b, `${b.data}/d/notes.txt`, "--version", version!.id, "--to", `${b.data}/d/copy.txt`);
    await arrives(a, "d/copy.txt", "one");
    const again = await b.run("restore", `${b.data}/d/notes.txt`, "--to", `${b.data}/d/copy.txt`);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /exists already[\s\S]*\n→ /);
    await restore(b, `${b.data}/d/notes.txt`, "--to", `${world.work}/outside/notes.txt`);
    assert.equal(textOf(`${world.work}/outside/notes.txt`), "one");
    assert.match(
      (await b.run("restore", `${b.data}/d/notes.txt`, "--version", "zz-1")).stderr,
      /no version zz-1/,
    );
  });

  await t.step("a directory as of a time: what was made since stays", async () => {
    put(a, "d/later.txt", "made later");
    await arrives(b, "d/later.txt", "made later");
    const at = ["--at", new Date(before).toISOString()];
    const dry = await restore(b, `${b.data}/d`, ...at, "--dry-run");
    assert.equal(textOf(`${b.data}/d/notes.txt`), "two, longer", "a dry run changes nothing");
    const done = await restore(b, `${b.data}/d`, ...at);
    assert.deepEqual(done.items.map(({ path }) => path), dry.items.map(({ path }) => path));
    await arrives(a, "d/notes.txt", "one");
    await arrives(a, "d/sub/other.txt", "other");
    const tree = await converge("the former state", a, b);
    assert.equal(Deno.readLinkSync(`${a.data}/d/link`), "first");
    assert.equal(textOf(`${a.data}/d/later.txt`), "made later");
    assert.deepEqual(conflictsIn(tree), []);
  });

  await t.step("restoring is undone by restoring", async () => {
    const { versions: [newest] } = await kept(b, `${b.data}/d/notes.txt`);
    assert.deepEqual([newest!.why, newest!.by], ["restored", "this device"]);
    await restore(b, `${b.data}/d/notes.txt`);
    await arrives(a, "d/notes.txt", "two, longer");
  });

  await t.step("the list outlives the catalogue and kill -9", async () => {
    const then = await kept(b, `${b.data}/d`);
    await b.kill();
    await sh(b.home, "rm catalogue.db*");
    await start(b, "up");
    await until("the folder to be ready", async () => (await kept(b, `${b.data}/d`)).total === then.total, b);
    assert.deepEqual((await kept(b, `${b.data}/d`)).versions, then.versions);
  });

  await t.step("what cannot be done says what to do", async () => {
    for (
      const [args, says] of [
        [["restore", `${b.data}/d`], /is a directory: say as of when/],
        [["restore", `${b.data}/d/never.txt`], /Nothing is kept of d\/never.txt/],
        [["restore", `${b.data}/d`, "--at", "whenever"], /is no time that Cairn understands/],
        [["versions", world.work], /lies in no folder of this device/],
        [["versions", `${b.data}/.cairn/versions`], /Cairn's own/],
      ] as const
    ) {
      const { code, stderr } = await b.run(...args);
      assert.notEqual(code, 0);
      assert.match(stderr, says);
      assert.match(stderr, /^→ \S/m);
    }
  });
});

Deno.test("what a program writes into a file that was replaced under it comes back as a conflict copy (R21)", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  put(a, "log.txt", "begun\n");
  put(a, "gone.txt", "begun\n");
  await arrives(b, "gone.txt", "begun\n");
  await converge("the beginning", a, b);
  using open = Deno.openSync(`${b.data}/log.txt`, { append: true });
  using openGone = Deno.openSync(`${b.data}/gone.txt`, { append: true });
  put(a, "log.txt", "written by alpha\n");
  Deno.removeSync(`${a.data}/gone.txt`);
  await arrives(b, "log.txt", "written by alpha\n");
  await until("gone.txt to go", () => !exists(`${b.data}/gone.txt`), b);
  const line = new TextEncoder().encode("and went on\n");
  open.writeSync(line);
  openGone.writeSync(line);
  const copies = () =>
    [...Deno.readDirSync(a.data)].map(({ name }) => name).filter((n) => n.includes(".conflict-"));
  await until("both copies to travel", () => copies().length === 2, a, b);
  const tree = await converge("the copies", a, b);
  assert.equal(conflictsIn(tree).length, 2);
  for (const name of copies()) assert.equal(textOf(`${a.data}/${name}`), "begun\nand went on\n");
  assert.equal(textOf(`${a.data}/log.txt`), "written by alpha\n");
  // The program has the copy open now: what it writes is seen like any edit.
  open.writeSync(line);
  const copy = copies().find((name) => name.startsWith("log"))!;
  await until(
    "the next line to travel",
    () => textOf(`${a.data}/${copy}`) === "begun\nand went on\nand went on\n",
    a,
    b,
  );
});
