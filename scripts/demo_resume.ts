/** The demo's eighth step: a device is killed in the middle of a large transfer and goes on where it was. */
import type { Device } from "../tests/support/device.ts";
import { receivedSince } from "../tests/support/lan.ts";
import { waitFor } from "../tests/support/wait.ts";
import { formatBytes } from "../src/cli/format.ts";
import { makeLargeFile } from "./demo_files.ts";
import { waitUntilSame, type World } from "./demo_world.ts";

const LARGE_BYTES = 256 * 1024 * 1024;
/** Far enough in for something to resume, far enough from the end to be in the middle. */
const KILL_AT_BYTES = 64 * 1024 * 1024;
/** A transfer of the whole takes less than a second on a fast machine: look often. */
const LOOK_EVERY_MS = 2;
/** On a machine so busy that the transfer ended between two looks, another file is tried. */
const TRIES = 4;
/** What the second start may fetch of the whole at most to count as resumed. */
const RESUMED_SHARE = 0.9;

/** Kills B in the middle of 256 MB, starts it again, and shows that it fetches only the rest. */
export async function killAndResume(world: World): Promise<string> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const name = `large-${attempt}.bin`;
    const killedAt = await killInTheMiddle(world, name);
    if (killedAt === null) {
      await waitUntilSame(world, "the large file, which came too fast to be cut");
      continue;
    }
    return await resume(world, name, killedAt);
  }
  throw new Error(`The transfer was over before it could be cut, ${TRIES} times`);
}

/** Bytes that B had when it was killed; null when it had the whole before that. */
async function killInTheMiddle({ lan, a, b, stage }: World, name: string): Promise<number | null> {
  // Made aside and moved in, so that it is there at once and whole.
  makeLargeFile(`${stage}/${name}`, LARGE_BYTES);
  const fetched = lan === null ? stagedSince(b) : receivedSince(b);
  Deno.renameSync(`${stage}/${name}`, `${a.data}/${name}`);
  let bytes = 0;
  await waitFor(
    "the large transfer to be in its middle",
    () => {
      bytes = fetched();
      return bytes >= KILL_AT_BYTES || exists(`${b.data}/${name}`);
    },
    undefined,
    LOOK_EVERY_MS,
  );
  if (exists(`${b.data}/${name}`)) return null;
  await b.kill();
  return exists(`${b.data}/${name}`) ? null : bytes;
}

async function resume(world: World, name: string, killedAt: number): Promise<string> {
  const { lan, a, b } = world;
  if (lan === null) {
    const kept = await resumeByStaging(world, name);
    return `killed at ${formatBytes(killedAt)}, went on with ${formatBytes(kept)} of them`;
  }
  const before = (await lan.bytes("desktop")).received;
  await b.startAndWait("up");
  await waitUntilSame(world, `${b.name} to go on with the large file`);
  const fetched = (await lan.bytes("desktop")).received - before;
  if (fetched > LARGE_BYTES * RESUMED_SHARE) {
    throw new Error(
      `${b.name} fetched ${formatBytes(fetched)} after its restart: it began anew\n${a.logTail()}`,
    );
  }
  return `killed at ${formatBytes(killedAt)}, fetched the other ${formatBytes(fetched)}`;
}

/**
 * On loopback nobody counts bytes for one process alone. So we look at what B has staged: had it begun anew, there would be a
 * moment with less than it had when it died.
 */
async function resumeByStaging(world: World, name: string): Promise<number> {
  const { b } = world;
  const had = allocatedBelow(`${b.data}/.cairn`);
  let least = had;
  await b.start("up");
  await waitFor(
    `${b.name} to go on with the large file`,
    () => {
      const now = allocatedBelow(`${b.data}/.cairn`);
      // Looked at in this order, a file that has just been placed is never taken for a lost stage.
      if (exists(`${b.data}/${name}`)) return true;
      least = Math.min(least, now);
      return false;
    },
    undefined,
    LOOK_EVERY_MS,
  );
  await waitUntilSame(world, "both to be the same after the large file");
  const lost = had - least;
  if (lost > KILL_AT_BYTES / 2) {
    throw new Error(`${b.name} threw away ${formatBytes(lost)} that it had staged`);
  }
  return KILL_AT_BYTES - lost;
}

function stagedSince(device: Device): () => number {
  const start = allocatedBelow(`${device.data}/.cairn`);
  return () => allocatedBelow(`${device.data}/.cairn`) - start;
}

/** Bytes on disk of all files below: a stage may be as long as the whole from the start, with holes. */
function allocatedBelow(directory: string): number {
  let bytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    try {
      if (isDirectory) bytes += allocatedBelow(path);
      else {
        const { blocks, size } = Deno.lstatSync(path);
        bytes += blocks === null ? size : blocks * 512;
      }
    } catch {
      // Gone between listing and looking.
    }
  }
  return bytes;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
