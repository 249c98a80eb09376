/** Room for what a run makes, and the end of it. */
import { statfsSync } from "node:fs";
import { formatBytes } from "../../src/cli/format.ts";

/** What programs leave free by themselves: Syncthing a hundredth, Cairn a gigabyte at most. Beyond it they stop. */
const RESERVE_SHARE = 0.015;
const RESERVE_BYTES = 2 * 2 ** 30;
const REMOVE_TRIES = 20;
const LARGE_BYTES = 2 ** 20;

/** A sentence when the disk of `dir` has less than `bytes` beside what must stay free; null when there is room. */
export function lackOfRoom(dir: string, bytes: number): string | null {
  const { bsize, blocks, bavail } = statfsSync(dir);
  const free = bsize * bavail;
  const reserve = Math.max(RESERVE_BYTES, bsize * blocks * RESERVE_SHARE);
  if (free >= bytes + reserve) return null;
  return `${dir} has ${formatBytes(free)} free, and ${formatBytes(bytes + reserve)} are needed: ` +
    "choose another place with --dir, or smaller sizes with --files and --size";
}

/**
 * Removes the large files below a directory. Small ones stay until the end of all: for one to five minutes after many were removed, ext4 looks at each
 * of their inodes again for every file that is made, and so the next run takes up to twice as long.
 */
export function removeLarge(directory: string): void {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) removeLarge(path);
    else if (isFile && Deno.lstatSync(path).size >= LARGE_BYTES) Deno.removeSync(path);
  }
}

/** Removes what is left of a directory; what was just killed may write its last into it. */
export function removeAtOnce(directory: string): void {
  for (let tries = 0; tries < REMOVE_TRIES; tries++) {
    try {
      return Deno.removeSync(directory, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
    }
  }
}
