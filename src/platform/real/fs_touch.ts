/**
 * Modes and times of what stands at a path, never of what a symlink there points to: its target is not ours (invariant 6).
 *
 * Linux: the path is opened as a mere reference (O_PATH) that follows no link, and the change goes through the descriptor, so that
 * nobody can swap a link in between. Elsewhere a look by lstat comes first.
 */
import * as fs from "node:fs";
import { FsError } from "../ports.ts";

const O_PATH = 0o10000000;
const DESCRIPTORS = "/proc/self/fd";

let referencesWork: boolean | undefined;

export function chmod(path: string, mode: number): void {
  if (Deno.build.os === "windows") return;
  try {
    atReference(path, (at) => Deno.chmodSync(at, mode & 0o777));
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOTSUP") throw new FsError("symlink-loop", path, error);
    throw error;
  }
}

/**
 * To the millisecond. `Deno.utimeSync` follows links and `lutimesSync` takes negative times (before 1970) for "now",
 * so each is used where the other is wrong.
 */
export function setMtime(path: string, mtimeMs: number): void {
  const date = new Date(Math.trunc(mtimeMs));
  if (Deno.lstatSync(path).isSymlink) fs.lutimesSync(path, date, date);
  else atReference(path, (at) => Deno.utimeSync(at, date, date));
}

function atReference(path: string, change: (at: string) => void): void {
  referencesWork ??= Deno.build.os === "linux" && fs.existsSync(DESCRIPTORS);
  if (!referencesWork) {
    if (Deno.lstatSync(path).isSymlink) throw new FsError("symlink-loop", path);
    return change(path);
  }
  const fd = fs.openSync(path, O_PATH | (fs.constants.O_NOFOLLOW ?? 0));
  try {
    change(`${DESCRIPTORS}/${fd}`);
  } finally {
    fs.closeSync(fd);
  }
}
