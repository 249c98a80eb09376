/**
 * The only code that changes what people see in a folder. Keeps invariants 2 (whole or old), 3 (never over the unseen), 4 (the
 * old content goes into the version store first) and 6 (inside the root), by the steps of R20.
 *
 * Each step is synchronous from its last look to its rename: nothing of this program can come between. Another program may, between
 * two system calls: what it saved is then still the file, or in the version store, and what is told of the path does not fit it,
 * so that the next look finds it.
 */
import { isSameInode, type PrintedStat, samePrint } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { ancestorsOf, parentOf } from "../core/path.ts";
import { type Fs, FsError, type Stat } from "../platform/ports.ts";
import type { Pins } from "./pins.ts";
import { relativeStat } from "./scan.ts";
import type { Spelling } from "./spelling.ts";
import { createNew, isSameBut, isUnsupported, putBack, swapIn } from "./swap.ts";
import { keepByRename, type KeptVersion, type VersionStore } from "./versions.ts";

/** What should be at the path before; null: nothing. */
export type Expected =
  /** A link's target tells it from another that was made in the same moment, and got its inode. */
  | { readonly kind: "file" | "symlink"; readonly print: PrintedStat; readonly target?: string | null }
  | { readonly kind: "directory" }
  | null;

export type Placement =
  /** Staged bytes, with mode and mtime set and synced, become the file. */
  | { readonly kind: "file"; readonly stage: string }
  | { readonly kind: "symlink"; readonly target: string }
  | { readonly kind: "directory"; readonly mode: number }
  | { readonly kind: "deleted" }
  /** Another path of this folder, a file that is expected to have the print, moves here. */
  | { readonly kind: "moved"; readonly from: RelPath; readonly print: PrintedStat } & Metadata
  /** Only permissions and time change. */
  | { readonly kind: "metadata" } & Metadata;

interface Metadata {
  readonly mode: number;
  readonly mtimeMs: number;
}

export type Placed =
  | {
    readonly result: "done";
    readonly stat: Stat | null;
    readonly kept: KeptVersion | null;
    /** Its mode or time were set where it stands: a write in that moment would not show, so it is to be read again (R14). */
    readonly isTouched?: boolean;
  }
  /** The disk is not as expected: observe it, then decide again. */
  | { readonly result: "changed" }
  /** A directory to be removed or replaced still has something in it. */
  | { readonly result: "not-empty" }
  /** The disk cannot tell the path from another one, which stands there: that path as it is spelled, to the first name that differs. */
  | { readonly result: "clash"; readonly other: RelPath };

export interface PlaceContext {
  readonly fs: Fs;
  readonly rootDev: number;
  readonly versions: VersionStore;
  /** Parents of what is placed, held open for the batch. */
  readonly pins: Pins;
  /** Only on a disk that does not tell all names apart: nothing is touched there but by its exact name (R13). */
  readonly spelling?: Spelling | undefined;
  /** Told of a directory that was made only for what is to stand in it. */
  readonly made?: (path: RelPath, stat: Stat) => void;
}

const CHANGED: Placed = { result: "changed" };

/** Brings one path to what it shall be. Throws FsError when the disk refuses; then the old is still there. */
export function place(
  context: PlaceContext,
  path: RelPath,
  expected: Expected,
  placement: Placement,
): Placed {
  const other = context.spelling?.of(path) ?? null;
  if (other !== null && other !== path) {
    const isNothing = placement.kind === "deleted" && expected === null;
    return isNothing ? { result: "done", stat: null, kept: null } : { result: "clash", other };
  }
  let at: string;
  try {
    if (placement.kind !== "deleted" && placement.kind !== "metadata") makeParents(context, path);
    at = context.pins.at(path);
  } catch (error) {
    if (error instanceof FsError && (error.code === "not-found" || error.code === "not-directory")) {
      // Nothing can be at a path whose parent is not there.
      return placement.kind === "deleted" && expected === null
        ? { result: "done", stat: null, kept: null }
        : CHANGED;
    }
    throw error;
  }
  try {
    // A link never replaces: where nothing is expected, making the new name is the look.
    const looksItself = expected === null && (placement.kind === "file" || placement.kind === "moved");
    if (!looksItself && !isAsExpected(context, at, expected)) return CHANGED;
    return placeAt(context, path, at, expected, placement);
  } catch (error) {
    if (error instanceof FsError && error.code === "exists") return CHANGED;
    if (error instanceof FsError && error.code === "not-empty") return { result: "not-empty" };
    throw error;
  }
}

function isAsExpected({ fs, rootDev }: PlaceContext, at: string, expected: Expected): boolean {
  const found = fs.lstat(at);
  if (found === null || expected === null) return found === null && expected === null;
  if (found.kind !== expected.kind) return false;
  if (expected.kind === "directory") return true;
  if (!samePrint(expected.print, relativeStat(found, rootDev))) return false;
  return expected.kind === "file" || (expected.target ?? null) === null ||
    fs.readLink(at) === expected.target;
}

function placeAt(
  context: PlaceContext,
  path: RelPath,
  at: string,
  expected: Expected,
  placement: Placement,
): Placed {
  const { fs } = context;
  switch (placement.kind) {
    case "metadata":
      return touch(context, at, expected, placement, null);
    case "directory":
      if (expected?.kind !== "directory") {
        const kept = expected === null ? null : remove(context, path, at, expected);
        if (kept === "changed") return CHANGED;
        fs.makeDirectory(at, placement.mode);
        return done(context, at, null, kept);
      }
      fs.chmod(at, placement.mode);
      return done(context, at, null, null);
    case "deleted": {
      if (expected === null) return { result: "done", stat: null, kept: null };
      const kept = remove(context, path, at, expected);
      return kept === "changed" ? CHANGED : { result: "done", stat: null, kept };
    }
    case "file":
      return replace(context, path, at, expected, placement.stage);
    case "moved":
      return move(context, path, at, expected, placement);
    case "symlink":
      return placeSymlink(context, path, at, expected, placement.target);
  }
}

/**
 * What stands there now. Where `placed` was put and something else has come since, the row gets the print of what was put: the next look
 * finds that it does not fit, and takes what came for the edit that it is.
 */
function done(
  { fs, rootDev }: PlaceContext,
  at: string,
  placed: Stat | null,
  kept: KeptVersion | null,
): Placed {
  const found = fs.lstat(at);
  if (placed !== null && (found === null || !isSameBut(placed, found))) {
    return { result: "done", stat: relativeStat(placed, rootDev), kept };
  }
  return found === null ? CHANGED : { result: "done", stat: relativeStat(found, rootDev), kept };
}

/** Gives what stands at the path a mode and a time. */
function touch(
  context: PlaceContext,
  at: string,
  expected: Expected,
  { mode, mtimeMs }: Metadata,
  kept: KeptVersion | null,
): Placed {
  const { fs, rootDev } = context;
  if (expected?.kind !== "symlink") fs.chmod(at, mode);
  if (expected?.kind === "file") fs.setMtime(at, mtimeMs);
  const found = fs.lstat(at);
  if (found === null || expected === null) return CHANGED;
  const stat = relativeStat(found, rootDev);
  // A save by rename in between is another file: the print of the one that was meant does not fit it.
  if (
    expected.kind !== "directory" && (!isSameInode(expected.print, stat) || expected.print.size !== stat.size)
  ) {
    return { result: "done", stat: { ...stat, ...expected.print }, kept };
  }
  return { result: "done", stat, kept, isTouched: true };
}

/** Takes what is at the path into the version store; puts it back when it is not what was expected. */
function remove(
  context: PlaceContext,
  path: RelPath,
  at: string,
  expected: Expected,
): KeptVersion | null | "changed" {
  const { fs, versions, rootDev } = context;
  if (expected === null) return null;
  if (expected.kind === "directory") {
    fs.removeDirectory(at);
    context.pins.forget(path);
    return null;
  }
  const kept = keepByRename(fs, versions, path, at);
  const taken = fs.lstat(kept.at);
  // A rename moves ctime; all else tells whether this is the file that we looked at.
  if (taken !== null && isSameBut(expected.print, relativeStat(taken, rootDev))) return kept;
  putBack(fs, kept.at, at);
  return "changed";
}

/**
 * Puts `source` at the path: a new name where nothing is expected, else in the place of what is expected, which is kept. A source that
 * others can write to is `print`ed: it may have changed since it was looked at.
 */
function replace(
  context: PlaceContext,
  path: RelPath,
  at: string,
  expected: Expected,
  source: string,
  print: PrintedStat | null = null,
): Placed {
  const { fs, versions, rootDev } = context;
  const staged = fs.lstat(source);
  if (staged === null) throw new FsError("not-found", source);
  if (print !== null && !isSameBut(print, relativeStat(staged, rootDev))) return CHANGED;
  if (expected === null || expected.kind === "directory") {
    if (expected !== null) {
      fs.removeDirectory(at);
      context.pins.forget(path);
    }
    createNew(fs, source, at);
    return done(context, at, staged, null);
  }
  const swapped = swapIn(context, path, at, expected.print, source, staged);
  if (swapped === "changed") return CHANGED;
  if (swapped.done) return done(context, at, staged, swapped.kept);

  const kept = swapped.beside ?? keepByRename(fs, versions, path, at);
  // Keeping moved ctime; whatever else moved since the look came from outside.
  const found = fs.lstat(kept.moved ? kept.at : at);
  if (found === null || !isSameBut(expected.print, relativeStat(found, rootDev))) {
    giveBack(fs, kept, at);
    return CHANGED;
  }
  if (kept.moved) createNew(fs, source, at); // the path is empty, and what comes meanwhile stays
  else fs.rename(source, at);
  return done(context, at, staged, kept);
}

function giveBack(fs: Fs, kept: KeptVersion, at: string): void {
  if (kept.moved) putBack(fs, kept.at, at);
  else fs.unlink(kept.at);
}

function move(
  context: PlaceContext,
  path: RelPath,
  at: string,
  expected: Expected,
  placement: Extract<Placement, { kind: "moved" }>,
): Placed {
  const { fs, pins, rootDev, spelling } = context;
  const { from, print, mode, mtimeMs } = placement;
  if (spelling !== undefined && spelling.of(from) !== from) return CHANGED;
  const source = pins.at(from);
  const found = fs.lstat(source);
  if (found === null || !samePrint(print, relativeStat(found, rootDev))) return CHANGED;
  const placed = expected === null
    ? moveNew(context, at, from, source, print, null)
    : moveOver(context, path, at, expected, from, source, print);
  spelling?.forget();
  if (placed.result !== "done" || placed.stat === null || !isSameBut(print, placed.stat)) return placed;
  if (mode === print.mode && mtimeMs === print.mtimeMs) return placed;
  return touch(context, at, { kind: "file", print }, placement, placed.kept);
}

/** To a path where nothing is. */
function moveNew(
  context: PlaceContext,
  at: string,
  from: RelPath,
  source: string,
  print: PrintedStat,
  kept: KeptVersion | null,
): Placed {
  const { fs, rootDev } = context;
  const isMoved = renameOrLink(fs, source, at);
  const found = fs.lstat(at);
  if (found === null || !isSameBut(print, relativeStat(found, rootDev))) {
    // Somebody saved to the old path right before: it goes back there, unless that is taken again.
    if (found !== null && isMoved) putBack(fs, at, source);
    return CHANGED;
  }
  if (isMoved) return { result: "done", stat: relativeStat(found, rootDev), kept };
  leave(context, from, source, print);
  return done(context, at, found, kept); // losing the old name moved ctime
}

/** False where the file has two names now. */
function renameOrLink(fs: Fs, source: string, at: string): boolean {
  try {
    fs.renameNew(source, at);
    return true;
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
  try {
    fs.link(source, at);
    return false;
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    createNew(fs, source, at);
    return true;
  }
}

/** The old name of a file that has its new one goes, if it is still that file's: whatever else came there stays. */
function leave(context: PlaceContext, from: RelPath, source: string, print: PrintedStat): void {
  const left = remove(context, from, source, { kind: "file", print });
  if (left !== "changed" && left !== null) context.fs.unlink(left.at);
}

/** Onto a file that is kept. The moved one gets its new name first, and loses its old one when that is done: a crash between leaves both. */
function moveOver(
  context: PlaceContext,
  path: RelPath,
  at: string,
  expected: Exclude<Expected, null>,
  from: RelPath,
  source: string,
  print: PrintedStat,
): Placed {
  const { fs, versions } = context;
  const aside = `${versions.stage}/move-${versions.next()}`;
  try {
    fs.link(source, aside);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    const kept = remove(context, path, at, expected);
    return kept === "changed" ? CHANGED : moveNew(context, at, from, source, print, kept);
  }
  try {
    const placed = replace(context, path, at, expected, aside, print);
    if (placed.result === "done") leave(context, from, source, print);
    return placed;
  } finally {
    if (fs.lstat(aside) !== null) fs.unlink(aside);
  }
}

function placeSymlink(
  context: PlaceContext,
  path: RelPath,
  at: string,
  expected: Expected,
  target: string,
): Placed {
  const { fs, versions } = context;
  const aside = `${versions.stage}/link-${versions.next()}`;
  fs.symlink(target, aside);
  try {
    return replace(context, path, at, expected, aside);
  } finally {
    if (fs.lstat(aside) !== null) fs.unlink(aside);
  }
}

/** Makes missing ancestors, each inside the one before it, following nothing. */
function makeParents({ fs, pins, rootDev, made }: PlaceContext, path: RelPath): void {
  if (pins.has(parentOf(path))) return;
  for (const ancestor of ancestorsOf(path)) {
    if (pins.has(ancestor)) continue;
    const at = pins.at(ancestor);
    if (fs.lstat(at) !== null) continue;
    fs.makeDirectory(at);
    const stat = fs.lstat(at);
    if (stat !== null) made?.(ancestor, relativeStat(stat, rootDev));
  }
}
