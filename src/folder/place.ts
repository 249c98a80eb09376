/**
 * The only code that changes what people see in a folder. Keeps invariants 2 (whole or old), 3 (never over the unseen), 4 (the
 * old content goes into the version store first) and 6 (inside the root), by the steps of R20.
 *
 * Each step is synchronous from its last look to its rename: nothing of this program can come between. What remains is the
 * time between two system calls, in which another program may write: what it wrote is then in the version store.
 */
import { type PrintedStat, samePrint } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { ancestorsOf, parentOf } from "../core/path.ts";
import { type Fs, FsError, type Stat } from "../platform/ports.ts";
import type { Pins } from "./pins.ts";
import { relativeStat } from "./scan.ts";
import { keepByLink, keepByRename, type KeptVersion, type VersionStore } from "./versions.ts";

/** What should be at the path before; null: nothing. */
export type Expected =
  | { readonly kind: "file" | "symlink"; readonly print: PrintedStat }
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
  | { readonly result: "done"; readonly stat: Stat | null; readonly kept: KeptVersion | null }
  /** The disk is not as expected: observe it, then decide again. */
  | { readonly result: "changed" }
  /** A directory to be removed or replaced still has something in it. */
  | { readonly result: "not-empty" };

export interface PlaceContext {
  readonly fs: Fs;
  readonly rootDev: number;
  readonly versions: VersionStore;
  /** Parents of what is placed, held open for the batch. */
  readonly pins: Pins;
}

const CHANGED: Placed = { result: "changed" };

/** Brings one path to what it shall be. Throws FsError when the disk refuses; then the old is still there. */
export function place(
  context: PlaceContext,
  path: RelPath,
  expected: Expected,
  placement: Placement,
): Placed {
  if (placement.kind !== "deleted" && placement.kind !== "metadata") makeParents(context, path);
  let at: string;
  try {
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
  return expected.kind === "directory" || samePrint(expected.print, relativeStat(found, rootDev));
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
      if (expected?.kind !== "symlink") fs.chmod(at, placement.mode);
      if (expected?.kind === "file") fs.setMtime(at, placement.mtimeMs);
      return done(context, at, null);
    case "directory":
      if (expected?.kind !== "directory") {
        const kept = expected === null ? null : remove(context, path, at, expected);
        if (kept === "changed") return CHANGED;
        fs.makeDirectory(at);
        fs.chmod(at, placement.mode);
        return done(context, at, kept);
      }
      fs.chmod(at, placement.mode);
      return done(context, at, null);
    case "deleted": {
      if (expected === null) return { result: "done", stat: null, kept: null };
      const kept = remove(context, path, at, expected);
      return kept === "changed" ? CHANGED : { result: "done", stat: null, kept };
    }
    case "file":
      return replace(context, path, at, expected, placement.stage, null);
    case "moved":
      return move(context, path, at, expected, placement);
    case "symlink":
      return placeSymlink(context, path, at, expected, placement.target);
  }
}

function done({ fs, rootDev }: PlaceContext, at: string, kept: KeptVersion | null): Placed {
  const stat = fs.lstat(at);
  return stat === null ? CHANGED : { result: "done", stat: relativeStat(stat, rootDev), kept };
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
  putBack(fs, kept, at);
  return "changed";
}

function isSameBut(expected: PrintedStat, taken: PrintedStat): boolean {
  return samePrint({ ...expected, ctimeMs: taken.ctimeMs }, taken);
}

/** Puts `source` (staged bytes) at the path: a new name by link, an old one by keeping and renaming over it. */
function replace(
  context: PlaceContext,
  path: RelPath,
  at: string,
  expected: Expected,
  source: string,
  keep: KeptVersion | null,
): Placed {
  const { fs, versions } = context;
  if (expected === null) {
    createByLink(fs, source, at);
    return done(context, at, keep);
  }
  if (expected.kind === "directory") {
    fs.removeDirectory(at);
    context.pins.forget(path);
    createByLink(fs, source, at);
    return done(context, at, keep);
  }
  const kept = keepByLink(fs, versions, path, at);
  // Keeping moved ctime; whatever else moved since the look came from outside.
  const found = fs.lstat(kept.moved ? kept.at : at);
  if (found === null || !isSameBut(expected.print, relativeStat(found, context.rootDev))) {
    giveBack(fs, kept, at);
    return CHANGED;
  }
  fs.rename(source, at);
  return done(context, at, kept);
}

function giveBack(fs: Fs, kept: KeptVersion, at: string): void {
  if (kept.moved) putBack(fs, kept, at);
  else fs.unlink(kept.at);
}

/** Puts back what was taken, unless something has come to its place meanwhile: then both are kept. */
function putBack(fs: Fs, kept: KeptVersion, at: string): void {
  try {
    createByLink(fs, kept.at, at);
  } catch (error) {
    if (!(error instanceof FsError) || error.code !== "exists") throw error;
  }
}

/** A new name never replaces one that came meanwhile ("exists"). */
export function createByLink(fs: Fs, source: string, at: string): void {
  try {
    fs.link(source, at);
  } catch (error) {
    if (!(error instanceof FsError) || (error.code !== "unsupported" && error.code !== "too-many-links")) {
      throw error;
    }
    // No hard links here: the look right before is all there is. docs/failure-model.md names this window.
    if (fs.lstat(at) !== null) throw new FsError("exists", at);
    fs.rename(source, at);
    return;
  }
  fs.unlink(source);
}

function move(
  context: PlaceContext,
  path: RelPath,
  at: string,
  expected: Expected,
  { from, print, mode, mtimeMs }: { readonly from: RelPath; readonly print: PrintedStat } & Metadata,
): Placed {
  const { fs, pins, rootDev } = context;
  const source = pins.at(from);
  const found = fs.lstat(source);
  if (found === null || !samePrint(print, relativeStat(found, rootDev))) return CHANGED;
  const placed = replace(context, path, at, expected, source, null);
  if (placed.result !== "done") return placed;
  fs.chmod(at, mode);
  fs.setMtime(at, mtimeMs);
  return done(context, at, placed.kept);
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
    const placed = replace(context, path, at, expected, aside, null);
    return placed;
  } finally {
    if (fs.lstat(aside) !== null) fs.unlink(aside);
  }
}

/** Makes missing ancestors, each inside the one before it, following nothing. */
function makeParents({ fs, pins }: PlaceContext, path: RelPath): void {
  if (pins.has(parentOf(path))) return;
  for (const ancestor of ancestorsOf(path)) {
    if (pins.has(ancestor)) continue;
    const at = pins.at(ancestor);
    if (fs.lstat(at) === null) fs.makeDirectory(at);
  }
}
