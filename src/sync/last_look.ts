/** The last look at the disk before an observation is recorded: it may have moved on since (R12, R13). */
import type { HeldRow } from "../catalogue/rows.ts";
import { isAlive } from "../core/entry.ts";
import { samePrint } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { parentOf } from "../core/path.ts";
import type { Observation } from "../folder/observe.ts";
import type { Pins } from "../folder/pins.ts";
import { relativeStat } from "../folder/scan.ts";
import type { Spelling } from "../folder/spelling.ts";
import { type Fs, FsError } from "../platform/ports.ts";

/**
 * What was seen is not so any more (R12), though our row is what it was: a directory that was opened since it was looked at, or has got its mode
 * (R3); a file that was dropped since (R10), which would be held again, and then be missing.
 */
export function isOutdated(
  { deps: { fs }, rootDev }: { readonly deps: { readonly fs: Fs }; readonly rootDev: number },
  own: HeldRow | null,
  { path, kind, mode, print }: Observation,
  pins: Pins,
): boolean {
  const isHeld = own === null || own.row.held || !isAlive(own.row.entry);
  if (kind !== "directory" && isHeld) return false;
  try {
    const stat = fs.lstat(pins.at(path));
    if (kind === "directory") return stat?.kind === kind ? stat.mode !== mode : !isHeld;
    return stat?.kind !== kind || !samePrint(print, relativeStat(stat, rootDev));
  } catch (error) {
    if (error instanceof FsError) return true;
    throw error;
  }
}

/** True when something is at the path, or when nobody can tell. `absent`: directories that are not there, as found in this look. */
export function isThere(
  fs: Fs,
  path: RelPath,
  pins: Pins,
  spelling: Spelling | undefined,
  absent: Set<RelPath>,
): boolean {
  if (absent.has(parentOf(path))) return false;
  try {
    // Another name that the disk takes for this one is not this one (R13).
    if (spelling !== undefined) return spelling.of(path) === path;
    return fs.lstat(pins.at(path)) !== null;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    if (error.code !== "not-found" && error.code !== "not-directory") return true;
    absent.add(parentOf(path));
    return false;
  }
}
