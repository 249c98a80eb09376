/** Modes of a folder as people use them: real devices, asked on the command line (R9, R11). */
import assert from "node:assert/strict";
import type { FolderStatus } from "../../src/daemon/api_types.ts";
import type {
  FoldersAnswer,
  LeaveAnswer,
  ModeAnswer,
  OverrideAnswer,
  RevertAnswer,
} from "../../src/daemon/modes_types.ts";
import type { Device } from "../support/device.ts";
import {
  addressOf,
  answers,
  converge,
  exists,
  folderOf,
  pairUp,
  start,
  statusOf,
  textOf,
  until,
  World,
} from "../support/pair.ts";

function put(root: string, path: string, text: string): void {
  const at = `${root}/${path}`;
  Deno.mkdirSync(at.slice(0, at.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(at, text);
}

async function json<T>(device: Device, ...args: string[]): Promise<T> {
  return JSON.parse(await device.cli(...args, "--json")) as T;
}

async function folderNamed(device: Device, name: string): Promise<FolderStatus> {
  return (await statusOf(device)).folders.find((folder) => folder.name === name)!;
}

function isDone(device: Device, name: string): Promise<void> {
  return until(
    `${name} to be up to date`,
    async () => (await folderNamed(device, name))?.state.kind === "up-to-date",
    device,
  );
}

Deno.test("a folder that is listed on one device is added on another that never met it, from what a third knows", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  const [pictures, here] = [world.aside("Pictures"), world.aside("here")];
  put(pictures, "2024/a.jpg", "a picture");
  put(pictures, "b.jpg", "another");
  const added = await json<{ schema: string; folder: FolderStatus }>(
    a,
    "folders",
    "add",
    pictures,
    "--mode",
    "index",
    "--name",
    "Pictures",
  );
  assert.equal(added.schema, "cairn.folders.add/1");
  assert.equal(added.folder.mode, "index");
  await isDone(a, "Pictures");
  await until("beta to know the folder", async () => {
    const { notHere } = await json<FoldersAnswer>(b, "folders");
    return notHere.some(({ name, elsewhere }) => name === "Pictures" && elsewhere[0]?.mode === "index");
  }, b);
  assert.match(await b.cli("folders"), /Pictures {2}not here, on alpha \(index\)/);

  const c = world.device("gamma");
  await c.start("up", "--no-invite", "--name", "gamma");
  await answers(c);
  await a.stop();
  await c.cli("folders"); // it runs, and shares nothing
  const code = await b.invite();
  await c.stop();
  await c.start("join", code, "--at", await addressOf(b), "--name", "gamma");
  await until("gamma to know of Pictures by beta", async () => {
    const { notHere } = await json<FoldersAnswer>(c, "folders");
    return notHere.some(({ name, elsewhere }) => name === "Pictures" && elsewhere.length === 1);
  }, c);
  const taken = await json<{ folder: FolderStatus }>(c, "folders", "add", "Pictures", here);
  assert.equal(taken.folder.mode, "sync");
  put(here, "c.jpg", "of gamma");
  put(here, "b.jpg", "another");
  await until("gamma's files to be counted", async () => (await folderNamed(c, "Pictures")).files === 2, c);
  assert.equal(exists(`${here}/2024/a.jpg`), false, "what is only listed is not taken");

  await start(a, "up", "--no-invite", "--name", "alpha");
  await until("alpha to be heard by gamma", async () => {
    const peer = (await statusOf(c)).peers.find(({ name }) => name === "alpha");
    return peer?.connected === true;
  }, c);
  await isDone(c, "Pictures");
  await isDone(a, "Pictures");
  assert.equal(exists(`${pictures}/c.jpg`), false);
  const told = await json<ModeAnswer>(a, "folders", "mode", "Pictures", "sync", "--dry-run");
  assert.deepEqual([told.preview.taken, told.preview.given, told.preview.conflicts], [1, 1, 0]);
  assert.equal((await folderNamed(a, "Pictures")).mode, "index");
  assert.match(await a.cli("folders", "mode", "Pictures", "sync"), /Pictures: index → sync:/);
  await until(
    "both to have all",
    () => textOf(`${here}/2024/a.jpg`) === "a picture" && textOf(`${pictures}/c.jpg`) === "of gamma",
    a,
    c,
  );
  assert.deepEqual([...Deno.readDirSync(here)].map(({ name }) => name).sort(), [
    ".cairn",
    "2024",
    "b.jpg",
    "c.jpg",
  ]);
});

Deno.test("receive, send and sync one after the other: revert, override, and what status says", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  for (const name of ["x.txt", "y.txt", "z.txt"]) put(a.data, name, name);
  await converge("the beginning", a, b);
  const { name } = await folderOf(b);

  await t.step("in receive mode what is done here stays, and is undone by a word", async () => {
    await b.cli("folders", "mode", name, "receive");
    put(b.data, "x.txt", "edited on beta");
    put(b.data, "new.txt", "made on beta");
    Deno.removeSync(`${b.data}/y.txt`);
    await until("three changes to be counted", async () => (await folderOf(b)).localChanges === 3, b);
    put(a.data, "z.txt", "z later");
    await until("other paths to go on", () => textOf(`${b.data}/z.txt`) === "z later", b);
    assert.equal(textOf(`${a.data}/x.txt`), "x.txt");
    assert.equal((await folderOf(b)).state.kind, "waiting");
    assert.match(await b.cli("status"), /3 paths changed here are not given/);
    const told = await json<RevertAnswer>(b, "revert", name);
    assert.deepEqual([told.done, told.changed, told.added, told.deleted], [false, 1, 1, 1]);
    assert.equal(textOf(`${b.data}/x.txt`), "edited on beta");
    assert.equal((await json<RevertAnswer>(b, "revert", name, "--yes")).done, true);
    await converge("the undone", a, b);
    assert.match(await b.cli("versions", b.data), /new\.txt/);
    const refused = await a.run("revert", name, "--yes");
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /is in the mode sync/);
  });

  await t.step("a change of mode outlives a restart, and all devices know it", async () => {
    await b.kill();
    await start(b, "up");
    await until("beta to be back", async () => (await folderOf(b)).state.kind === "up-to-date", b);
    assert.equal((await folderOf(b)).mode, "receive");
    await until("alpha to know", async () => (await folderOf(a)).elsewhere[0]?.mode === "receive", a);
    assert.match(await a.cli("folders"), /sync here, beta \(receive\)/);
  });

  await t.step(
    "in send mode nothing is taken, and an override makes what is here hold everywhere",
    async () => {
      await b.cli("folders", "mode", name, "sync");
      await a.cli("folders", "mode", name, "send");
      put(b.data, "x.txt", "edited on beta");
      put(b.data, "only.txt", "only on beta");
      await until("two paths to differ", async () => (await folderOf(a)).differing === 2, a);
      assert.equal(textOf(`${a.data}/x.txt`), "x.txt");
      put(a.data, "given.txt", "given");
      await until("what is made here to be given", () => textOf(`${b.data}/given.txt`) === "given", b);
      const told = await json<OverrideAnswer>(a, "override", name, "--dry-run", "--yes");
      assert.deepEqual([told.done, told.replaced, told.deleted, told.restored], [false, 1, 1, 0]);
      await a.cli("override", name, "--yes");
      await converge("what is on alpha", a, b);
      assert.equal(textOf(`${b.data}/x.txt`), "x.txt");
      assert.equal(exists(`${b.data}/only.txt`), false);
    },
  );

  await t.step("who leaves keeps the files, and can come back", async () => {
    const told = await json<LeaveAnswer>(b, "folders", "remove", name, "--dry-run");
    assert.deepEqual([told.done, told.files, told.onlyHere], [false, 4, 0]);
    assert.match(await b.cli("folders", "remove", name), /has left .* 4 files .* stay/);
    assert.deepEqual((await statusOf(b)).folders, []);
    assert.equal(textOf(`${b.data}/given.txt`), "given");
    assert.equal(exists(`${b.data}/.cairn/marker.json`), false);
    assert.equal(exists(`${b.data}/.cairn/versions`), true);
    put(a.data, "z.txt", "without beta");
    await until(
      "alpha to know that nobody else has it",
      async () => (await folderOf(a)).elsewhere.length === 0,
      a,
    );
    assert.equal(textOf(`${b.data}/z.txt`), "z later");
    await b.cli("folders", "add", name, b.data, "--mode", "receive");
    await until("beta to have all again", async () => (await folderOf(b)).localChanges === 1, b);
    await b.cli("revert", name, "--yes");
    await converge("what is on alpha, again", a, b);
  });
});
