/** How the victim is: its process, its memory, its handles, and whether anything outside its places was touched. */
import { createHash } from "node:crypto";
import type { Device } from "../../tests/support/device.ts";

/** What the issue allows: half of what a small machine has to spare, and far above what an honest day needs. */
export const RSS_BYTES = 300 * 2 ** 20;
/** Open handles: connections in handshake and at their end, directories held, and what is always open, with room. */
export const HANDLES = 1024;

export interface Vitals {
  readonly rssBytes: number;
  /** The most it ever was. */
  readonly peakBytes: number;
  readonly handles: number;
}

/** Null when the process is gone. */
export function vitalsOf(device: Device): Vitals | null {
  try {
    const status = Deno.readTextFileSync(`/proc/${device.pid}/status`);
    const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
    let handles = 0;
    for (const _ of Deno.readDirSync(`/proc/${device.pid}/fd`)) handles++;
    return { rssBytes: kib("VmRSS"), peakBytes: kib("VmHWM"), handles };
  } catch {
    return null;
  }
}

/** All that lies around a device's root and home: each path with what it is, and when it last changed. */
export function surroundings(device: Device): Map<string, string> {
  const own = new Set([device.data, device.home, device.log]);
  const seen = new Map<string, string>();
  const walk = (directory: string) => {
    for (const { name } of Deno.readDirSync(directory)) {
      const path = `${directory}/${name}`;
      if (own.has(path)) continue;
      const { isDirectory, isFile, isSymlink, size, mode, mtime, ctime, ino } = Deno.lstatSync(path);
      const content = isFile
        ? createHash("sha256").update(Deno.readFileSync(path)).digest("hex")
        : isSymlink
        ? Deno.readLinkSync(path)
        : "";
      const times = [mtime?.getTime(), ctime?.getTime()];
      seen.set(path, JSON.stringify([isDirectory, isFile, size, mode, ino, ...times, content]));
      if (isDirectory) walk(path);
    }
  };
  walk(device.work);
  return seen;
}

/** What was touched, a line each. */
export function touched(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): string[] {
  const lines: string[] = [];
  for (const [path, what] of before) {
    const then = now.get(path);
    if (then === undefined) lines.push(`${path} is gone`);
    else if (then !== what) lines.push(`${path} was ${what} and is ${then}`);
  }
  for (const path of now.keys()) if (!before.has(path)) lines.push(`${path} was made`);
  return lines;
}
