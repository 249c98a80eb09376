/**
 * Where the demo takes place: two devices as processes of their own, on two hosts of a LAN where that can be had,
 * else on this machine's loopback. All of it goes away with `clear`.
 */
import { Device, LOOPBACK } from "../tests/support/device.ts";
import { Lan } from "../tests/support/lan.ts";
import { differences, outlineOf, treeOf } from "../tests/support/tree.ts";
import { waitFor } from "../tests/support/wait.ts";

/** Far more than a step takes on a slow, busy machine. */
const STEP_LIMIT_MS = 180_000;
/** Comparing two trees takes some ten milliseconds of a core that the devices want too. */
const COMPARE_EVERY_MS = 100;

export interface World {
  /** Null: loopback. */
  readonly lan: Lan | null;
  readonly a: Device;
  readonly b: Device;
  /** Scratch on the same disk as the data. */
  readonly stage: string;
  clear(): Promise<void>;
}

/** The devices run `program`: main.ts, where none is given. */
export async function createWorld(program?: readonly string[]): Promise<World> {
  const work = Deno.makeTempDirSync({ prefix: "cairn-demo-" });
  const lan = await Lan.possible() ? await Lan.create(["laptop", "desktop"]) : null;
  const stage = `${work}/stage`;
  Deno.mkdirSync(stage);
  const device = (name: string) => new Device(name, `${work}/${name}`, lan?.host(name) ?? LOOPBACK, program);
  const [a, b] = [device("laptop"), device("desktop")];
  let clearing: Promise<void> | null = null;
  async function clear() {
    // First politely: the devices' last words may tell what went wrong.
    await Promise.allSettled([a.stop(), b.stop()]);
    await lan?.teardown();
    Deno.removeSync(work, { recursive: true });
  }
  return { lan, a, b, stage, clear: () => clearing ??= clear() };
}

/** Waits until both devices say that they are up to date and both trees hold the same, every file hashed. */
export async function waitUntilSame({ a, b }: World, what: string): Promise<void> {
  let seen = "";
  await waitFor(
    what,
    async () => {
      const outline = differences(outlineOf(a.data), outlineOf(b.data));
      if (outline.length > 0) return note(outline);
      if (!await a.upToDate()) return note([`${a.name} is not up to date`]);
      if (!await b.upToDate()) return note([`${b.name} is not up to date`]);
      return note(await compareByHash(a, b));
    },
    STEP_LIMIT_MS,
    COMPARE_EVERY_MS,
  ).catch((error) => {
    throw new Error(`${error.message}\n${seen}`);
  });
  function note(lines: string[]): boolean {
    seen = lines.slice(0, 5).join("\n") + (lines.length > 5 ? `\n… and ${lines.length - 5} more` : "");
    return lines.length === 0;
  }
}

/** What differs between the two trees, every file hashed. */
export async function compareByHash(a: Device, b: Device): Promise<string[]> {
  return differences(await treeOf(a.data), await treeOf(b.data));
}

/** Waits until each device has a session with the other. */
export async function waitUntilConnected({ a, b }: World): Promise<void> {
  for (const device of [a, b]) {
    await waitFor(
      `${device.name} to be connected`,
      async () => (await device.status()).peers.some((peer) => peer.connected),
      STEP_LIMIT_MS,
    );
  }
}
