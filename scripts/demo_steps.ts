/** The demo's first seven steps. Each answers in a few words what it has seen. */
import { formatCount } from "../src/cli/format.ts";
import { outlineOf } from "../tests/support/tree.ts";
import { editFile, makeFiles, makeSpecials } from "./demo_files.ts";
import { listArchive } from "./demo_find.ts";
import { waitUntilConnected, waitUntilSame, type World } from "./demo_world.ts";

const FIRST_FILES = 80;
const FILES = 2_400;

export async function startAndPair(world: World): Promise<string> {
  const { a, b, lan } = world;
  makeFiles(`${a.data}/first`, FIRST_FILES);
  await a.startAndWait("up", a.data, "--name", a.name);
  // On the LAN the code is all there is: the inviter is found by its beacon.
  const at = lan === null ? ["--at", await a.address()] : [];
  await b.startAndWait("join", await a.invite(), b.data, "--name", b.name, ...at);
  await waitUntilConnected(world);
  await listArchive(world);
  await waitUntilSame(world, `${b.name} to get the first files`);
  return `${FIRST_FILES} files were there before`;
}

export async function createAndModify(world: World): Promise<string> {
  const { a, b } = world;
  makeFiles(`${a.data}/many`, FILES);
  makeSpecials(`${a.data}/odd`);
  for (let i = 0; i < 20; i++) editFile(`${a.data}/first/part 0/file-${i}.dat`, `changed on ${a.name}\n`);
  await waitUntilSame(world, `${b.name} to get what was made on ${a.name}`);
  return `${formatCount(outlineOf(b.data).size)} entries, 20 of them modified`;
}

export async function internetOff({ lan, a, b }: World): Promise<string> {
  if (lan === null) return "not shown here: it needs root and ip; loopback has no internet anyway";
  for (const { name } of [a, b]) {
    if (!await lan.reachesInternet(name)) throw new Error(`${name} had no internet before it was taken`);
    await lan.internet(name, false);
    if (await lan.reachesInternet(name)) throw new Error(`${name} still reaches the internet`);
  }
  return "no route to anywhere but the LAN, on both";
}

export async function modifyOffline(world: World): Promise<string> {
  const { a, b } = world;
  for (let i = 0; i < 40; i++) {
    editFile(`${a.data}/many/part 1/file-${40 + i}.dat`, "changed without internet\n");
  }
  Deno.writeTextFileSync(`${a.data}/offline note.txt`, "The internet is off, and this still arrives.\n");
  await waitUntilSame(world, `${b.name} to get the change made without internet`);
  return "40 files modified, 1 new";
}

export async function editOnB(world: World): Promise<string> {
  const { a, b } = world;
  editFile(`${b.data}/offline note.txt`, `Seen and signed by ${b.name}.\n`);
  Deno.mkdirSync(`${b.data}/from ${b.name}`);
  Deno.writeTextFileSync(`${b.data}/from ${b.name}/answer.txt`, "Hello back.\n");
  await waitUntilSame(world, `${a.name} to get the edit made on ${b.name}`);
  return "1 file modified, 1 new in a new folder";
}

export async function changeWhileBIsOff({ a, b }: World): Promise<string> {
  const code = await b.stop();
  if (code !== 0) throw new Error(`${b.name} ended with ${code} when it was asked to stop`);
  makeFiles(`${a.data}/added`, 300);
  for (let i = 0; i < 200; i++) {
    editFile(`${a.data}/many/part ${2 + Math.floor(i / 40)}/file-${80 + i}.dat`, "edit\n");
  }
  Deno.renameSync(`${a.data}/many/part 10`, `${a.data}/renamed folder`);
  Deno.removeSync(`${a.data}/many/part 11`, { recursive: true });
  for (let i = 480; i < 500; i++) Deno.removeSync(`${a.data}/many/part 12/file-${i}.dat`);
  return "300 added, 200 edited, a folder renamed, 60 deleted";
}

export async function startBAndCatchUp(world: World): Promise<string> {
  const { a, b } = world;
  await b.startAndWait("up");
  await waitUntilSame(world, `${b.name} to catch up with ${a.name}`);
  return "all of it arrived";
}
