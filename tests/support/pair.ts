/** Devices for end-to-end tests: real processes on loopback with homes and trees of their own, paired by address. */
import { connect } from "../../src/cli/client.ts";
import type { FolderStatus, Status } from "../../src/daemon/api_types.ts";
import { Device, type Host, LOOPBACK } from "./device.ts";
import { differences, outlineOf, type Tree, treeOf } from "./tree.ts";
import { GaveUp, waitFor } from "./wait.ts";

/** Enough for a machine with two busy cores and the whole suite beside us. */
export const PATIENCE_MS = 120_000;
/** A look hashes both trees. */
const LOOK_EVERY_MS = 100;

/** Makes devices of a test and takes them away again: `await using world = new World();`. */
export class World implements AsyncDisposable {
  readonly work = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "cairn-e2e-" }));
  readonly #devices: Device[] = [];

  device(name: string, host: Host = LOOPBACK): Device {
    const device = new Device(name, `${this.work}/${name}`, host);
    this.#devices.push(device);
    return device;
  }

  /** A directory beside the devices, for what is moved in or out: it is on the same disk. */
  aside(name: string): string {
    const path = `${this.work}/aside-${name}`;
    Deno.mkdirSync(path, { recursive: true });
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#devices.map((device) => device.stop("SIGKILL")));
    // A tree may hold what its owner may not enter.
    await new Deno.Command("chmod", { args: ["-R", "u+rwX", this.work], stderr: "null" }).output();
    Deno.removeSync(this.work, { recursive: true });
  }
}

/** What the device says of itself; where it shares our loopback, asked of its API without a process of its own. */
export function statusOf(device: Device): Promise<Status> {
  return device.host.loopback ? connect(device.home).status() : device.status();
}

/** The folder of a device that has one. */
export async function folderOf(device: Device): Promise<FolderStatus> {
  const [folder] = (await statusOf(device)).folders;
  if (folder === undefined) throw new Error(`${device.name} has no folder`);
  return folder;
}

export async function addressOf(device: Device): Promise<string> {
  return `${device.host.address}:${(await statusOf(device)).device.port}`;
}

/** Starts the device and waits until it answers. */
export async function start(device: Device, ...args: string[]): Promise<void> {
  await device.start(...args);
  await answers(device);
}

/** Waits until a device that was started answers. */
export async function answers(device: Device): Promise<void> {
  await waitFor(`${device.name} to answer`, async () => {
    if (!device.running) throw new GaveUp(`${device.name} ended at once:\n${device.logTail()}`);
    return (await statusOf(device)).device.port > 0;
  }, PATIENCE_MS);
}

/** Shares the device's data directory. */
export function share(device: Device): Promise<void> {
  return start(device, "up", device.data, "--name", device.name);
}

/** Pairs `joiner`, which does not run yet, with `inviter`, and waits until it has the folder. */
export async function join(joiner: Device, inviter: Device, ...args: string[]): Promise<void> {
  const code = await inviter.invite();
  const at = await addressOf(inviter);
  await joiner.start("join", code, joiner.data, "--at", at, "--name", joiner.name, ...args);
  await waitFor(`${joiner.name} to have joined`, async () => {
    if (!joiner.running) throw new GaveUp(`${joiner.name} ended at once:\n${joiner.logTail()}`);
    return (await statusOf(joiner)).folders.length > 0;
  }, PATIENCE_MS);
}

/** Two paired devices with a folder. */
export async function pairUp(world: World, host: Host = LOOPBACK): Promise<{ a: Device; b: Device }> {
  const [a, b] = [world.device("alpha", host), world.device("beta", host)];
  await share(a);
  await join(b, a);
  return { a, b };
}

/** For stories in which people delete or replace most of a folder and mean it: the brake (R38) has tests of its own. */
export async function withoutBrake(...devices: readonly Device[]): Promise<void> {
  for (const device of devices) {
    const { name } = await folderOf(device);
    await connect(device.home).setFolderSetting({ folder: name, name: "brake-files", value: "1000000000" });
  }
}

/** Waits until a condition on a device's tree holds, telling its last words when it does not. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ...devices: readonly Device[]
): Promise<void> {
  await waitFor(what, condition, PATIENCE_MS, LOOK_EVERY_MS).catch(async (error) => {
    throw new Error([error.message, ...await Promise.all(devices.map(wordsOf))].join("\n"));
  });
}

/** Waits until all trees are the same, times and permissions too, and each device says that it is up to date. */
export async function converge(what: string, first: Device, ...others: readonly Device[]): Promise<Tree> {
  let seen: string[] = [];
  let tree: Tree = new Map();
  const outlines = () => {
    const outline = outlineOf(first.data);
    return others.flatMap((other) => differences(outline, outlineOf(other.data)));
  };
  const states = async () => {
    const all = [first, ...others];
    const found = await Promise.all(all.map(async (device) => (await folderOf(device)).state));
    return found.flatMap((state, i) =>
      state.kind === "up-to-date" ? [] : [`${all[i]!.name} says: ${JSON.stringify(state)}`]
    );
  };
  await until(
    what,
    async () => {
      // Who still works has no final tree: a look at thousands of files would only take its time. Asked again when the files are the same.
      seen = await states();
      if (seen.length > 0) return false;
      seen = outlines();
      if (seen.length > 0) return false;
      seen = await states();
      if (seen.length > 0) return false;
      tree = await timedTreeOf(first.data);
      for (const other of others) seen.push(...differences(tree, await timedTreeOf(other.data)));
      return seen.length === 0;
    },
    first,
    ...others,
  ).catch((error) => {
    seen.push(...outlines());
    throw new Error(`${error.message}\n${seen.length} differences:\n${seen.slice(0, 12).join("\n")}`);
  });
  return tree;
}

/** A tree with the time of change of each file. */
export async function timedTreeOf(root: string): Promise<Tree> {
  const tree = new Map<string, string>();
  for (const [path, what] of await treeOf(root)) {
    const { mtime, isFile } = Deno.lstatSync(`${root}/${path}`);
    tree.set(path, isFile ? `${what} at ${mtime?.getTime()}` : what);
  }
  return tree;
}

async function wordsOf(device: Device): Promise<string> {
  const status = device.running ? await statusOf(device).catch(String) : "does not run";
  return `--- ${device.name}: ${
    JSON.stringify(typeof status === "string" ? status : [status.folders, status.peers])
  }\n${device.logTail(8)}`;
}

/** The names of conflict copies in a tree. */
export function conflictsIn(tree: Tree): string[] {
  return [...tree.keys()].filter((path) => /\.conflict-\d{8}-[0-9a-f]{8}/.test(path));
}

export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The text of a file, or null where there is none. */
export function textOf(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}

/** Runs a program that must succeed; its standard output. */
export async function sh(cwd: string, script: string): Promise<string> {
  const done = await new Deno.Command("sh", { args: ["-ec", script], cwd, stdin: "null" }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!done.success) throw new Error(`${script}: ${text(done.stderr)}`);
  return text(done.stdout);
}
