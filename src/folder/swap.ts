/**
 * The new in the place of the old by one exchange (R20): what stood at the path is taken out whole, whoever wrote it and however late,
 * and is looked at afterwards. So even a save by rename between our last look and our own step is not lost: it goes back.
 */
import { type PrintedStat, samePrint } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { type Fs, FsError, type Stat } from "../platform/ports.ts";
import { relativeStat } from "./scan.ts";
import { keepBeside, keepByRename, type KeptVersion, type VersionStore } from "./versions.ts";

/** Exchanges to give a path back to somebody who saves to it at the same time. More than one is hardly ever needed. */
const MOST_EXCHANGES = 8;

interface Disk {
  readonly fs: Fs;
  readonly rootDev: number;
  readonly versions: VersionStore;
}

/** The same file, its bytes as they were: a rename moves ctime, all else tells. */
export function isSameBut(expected: PrintedStat, found: PrintedStat): boolean {
  return samePrint({ ...expected, ctimeMs: found.ctimeMs }, found);
}

/** A new name never replaces one that came meanwhile ("exists"). */
export function createNew(fs: Fs, source: string, at: string): void {
  try {
    return fs.renameNew(source, at);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
  try {
    fs.link(source, at);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    // No hard links here: the look right before is all there is. docs/failure-model.md names this window.
    if (fs.lstat(at) !== null) throw new FsError("exists", at);
    fs.rename(source, at);
    return;
  }
  fs.unlink(source);
}

/** The disk has no such call, or the file has all the names that it can have. */
export function isUnsupported(error: unknown): boolean {
  return error instanceof FsError && (error.code === "unsupported" || error.code === "too-many-links");
}

/**
 * Puts `source`, staged bytes or a link of which `staged` was told, in the place of the file or link that is expected at `at`, which goes to
 * the version store. "changed": something else stood there; it does again, and `source` is where it was. Where the disk has no exchange
 * the answer is what is kept of the old so far; the rest is still to be done.
 */
export function swapIn(
  disk: Disk,
  path: RelPath,
  at: string,
  expected: PrintedStat,
  source: string,
  staged: Stat,
): Swapped {
  const { fs, versions, rootDev } = disk;
  if (!versions.exchanges) return { done: false, beside: keepBeside(fs, versions, path, at) };
  // The old has its name in the store before it loses its own: a crash in between costs nothing.
  const beside = keepBeside(fs, versions, path, at);
  try {
    fs.exchange(source, at);
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    if (error.code === "unsupported") {
      versions.exchanges = false;
      return { done: false, beside };
    }
    if (beside !== null) fs.unlink(beside.at);
    if (error.code === "not-found") return "changed";
    throw error;
  }
  const taken = orKept(disk, path, source, () => fs.lstat(source));
  if (taken !== null && isSameBut(expected, relativeStat(taken, rootDev))) {
    if (beside === null) return { done: true, kept: keepByRename(fs, versions, path, source) };
    fs.unlink(source);
    return { done: true, kept: beside };
  }
  orKept(disk, path, source, () => {
    if (beside !== null) fs.unlink(beside.at); // another name of what goes back, or of what went before
    giveBack(disk, path, at, source, staged, taken);
  });
  return "changed";
}

/** What was taken out stands under a stage's name, which is nobody's and will be removed: where the disk refuses, the store takes it. */
function orKept<T>({ fs, versions }: Disk, path: RelPath, source: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FsError) keepByRename(fs, versions, path, source);
    throw error;
  }
}

export type Swapped =
  | { readonly done: true; readonly kept: KeptVersion }
  | { readonly done: false; readonly beside: KeptVersion | null }
  | "changed";

/**
 * What was taken is somebody's: it goes back, and what is ours comes out. Where something newer than what we put there comes out
 * instead, that gets the place, and the older goes to the version store.
 */
function giveBack(
  { fs, versions }: Disk,
  path: RelPath,
  at: string,
  source: string,
  staged: Stat,
  taken: Stat | null,
): void {
  let placed: Stat | null = staged;
  let inHand = taken;
  for (let tries = 0; tries < MOST_EXCHANGES; tries++) {
    try {
      fs.exchange(source, at);
    } catch (error) {
      if (!(error instanceof FsError) || error.code !== "not-found") throw error;
      putBack(fs, source, at); // it was removed meanwhile: the place is free
      break;
    }
    const out = fs.lstat(source);
    if (out !== null && placed !== null && isSameBut(placed, out)) {
      if (placed === staged) return;
      break;
    }
    [placed, inHand] = [inHand, out];
  }
  if (fs.lstat(source) !== null) keepByRename(fs, versions, path, source);
}

/** Puts back what was taken to `kept`, unless something has come to its place meanwhile: then both are kept. */
export function putBack(fs: Fs, kept: string, at: string): void {
  try {
    createNew(fs, kept, at);
  } catch (error) {
    if (!(error instanceof FsError) || error.code !== "exists") throw error;
  }
}
