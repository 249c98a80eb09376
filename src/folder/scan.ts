/**
 * Compares one directory on disk with what the catalogue says of it. Finds; decides nothing, reads no file's bytes.
 * R13: a name counts as gone only if a complete listing of a directory that is not frozen lacks it.
 */
import type { BriefRow } from "../catalogue/briefs.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { EntryKind } from "../core/entry.ts";
import { isSameInode, samePrint, samePrintButDev } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { FILE_BYTES, PATH_DEPTH } from "../core/limits.ts";
import { isFit, type Mode } from "../core/mode.ts";
import { checkName, checkPath, childOf, isReserved, nameOf, RESERVED_TOP, ROOT } from "../core/path.ts";
import {
  type FileKind,
  type Fs,
  type FsCode,
  FsError,
  type PinnedDir,
  type Stat,
} from "../platform/ports.ts";
import type { IgnoreRules } from "./ignore.ts";
import { holdsOnlyUnsynced } from "./inside.ts";
import { mountSeen, standingOf } from "./mount_points.ts";
import { diskMissing, noText, type Problem, special, tooLarge, tooNear } from "./problems.ts";
import { clashProblem, respelledIn, type Spelling } from "./spelling.ts";

export interface ScanContext {
  readonly fs: Fs;
  readonly root: string;
  /** Device number of the root: prints keep it as 0, since a reboot may give out another. */
  readonly rootDev: number;
  readonly catalogue: Catalogue;
  readonly folder: number;
  readonly ignore: IgnoreRules;
  /** How the device takes part: which of its rows are as they should be (R9). */
  readonly mode: Mode;
  /** Paths that we have something below, and that are no directories: what we have there is gone. */
  readonly hollow?: ReadonlySet<RelPath>;
  /** Only on a disk that does not tell all names apart: there a name is what a listing says (R13). */
  readonly spelling?: Spelling | undefined;
}

/**
 * "hint": a file whose fingerprint agrees is left alone, and named when it is not settled. "strict": one that
 * is not settled is read again (R14).
 */
export type Strictness = "hint" | "strict";

/** Something on disk that is not as the catalogue has it. */
export interface Seen {
  readonly path: RelPath;
  readonly stat: Stat;
  /** Our row's state when we looked (R12); null when we have none. */
  readonly basedOn: number | null;
}

export interface Gone {
  readonly path: RelPath;
  readonly basedOn: number;
  /** Somebody took it away: it stands at another path, or a person has said so. */
  readonly isSure?: boolean;
}

/** Why nothing can be concluded from a directory: its listing failed so, or a disk in it came or went (R13). */
export type FrozenBy = FsCode | "mount";

export interface Difference {
  readonly seen: readonly Seen[];
  /** Deepest first, so that a directory is recorded as gone after all in it. */
  readonly gone: readonly Gone[];
  /** Gone from below what was a directory and is something else now: recorded before that. */
  readonly replaced: readonly Gone[];
  /** Living rows of paths that are now ignored; they are withdrawn, not deleted (R9, R18). */
  readonly ignored: readonly Gone[];
  /** Directories to look at next. */
  readonly directories: readonly RelPath[];
  readonly problems: readonly Problem[];
  /** Nothing can be concluded of the directory at present (R13). */
  readonly frozen: FrozenBy | null;
  /** Names looked at. */
  readonly entries: number;
  /** Files that agree, but could have changed within the clock's grain: look again, strictly, when that has passed. */
  readonly unsettled: readonly RelPath[];
  /** The size of the largest of these. */
  readonly unsettledBytes: number;
  /** Directories that do not have their mode: a crash came between, or a power cut took it back (R3). */
  readonly owed: readonly RelPath[];
}

/** A `Stat` whose device number is relative to the root's. */
export function relativeStat(stat: Stat, rootDev: number): Stat {
  if (stat.dev !== rootDev) return stat;
  // Each by its name: a copy of whatever is in it takes as long as the look at the file.
  const { kind, size, mtimeMs, ctimeMs, birthMs, ino, mode, links } = stat;
  return { kind, size, mtimeMs, ctimeMs, birthMs, ino, dev: 0, mode, links };
}

/**
 * Compares a directory. `names` limits the comparison to some names, when hints tell which; a name among them that is
 * missing makes it a full one. Null when the directory itself is gone: look at its parent.
 */
export function compareDirectory(
  context: ScanContext,
  directory: RelPath,
  names: ReadonlySet<string> | null,
  strictness: Strictness,
): Difference | null {
  const { fs, root, spelling } = context;
  let pin: PinnedDir;
  try {
    if (spelling !== undefined && spelling.of(directory) !== directory) return null;
    pin = fs.pin(root, directory);
  } catch (error) {
    if (error instanceof FsError && (error.code === "not-found" || error.code === "not-directory")) {
      return null;
    }
    return unreadable(directory, error);
  }
  try {
    const standing = standingOf(context, directory, fs.lstat(`${pin.self}/.`));
    if (typeof standing !== "string") return { ...NOTHING, frozen: "mount", problems: [standing] };
    if (names !== null && standing === "known") {
      const some = compareSome(context, directory, pin, names, strictness);
      if (some !== null) return some;
    }
    return compareAll(context, directory, pin, names, strictness);
  } catch (error) {
    return unreadable(directory, error);
  } finally {
    pin.close();
  }
}

function unreadable(directory: RelPath, error: unknown): Difference {
  if (!(error instanceof FsError)) throw error;
  return {
    ...NOTHING,
    frozen: error.code,
    problems: [{
      path: directory,
      cause: `cannot be listed (${error.code})`,
      remedy: "Give Cairn's user permission to read it. Until then nothing in it counts as deleted.",
    }],
  };
}

const NOTHING: Difference = gathering();

/** Mutable while it is gathered. */
type Gathering = {
  -readonly [K in keyof Difference]: Difference[K] extends readonly (infer T)[] ? T[] : Difference[K];
};

function gathering(): Gathering {
  return {
    seen: [],
    gone: [],
    replaced: [],
    ignored: [],
    directories: [],
    problems: [],
    frozen: null,
    entries: 0,
    unsettled: [],
    unsettledBytes: 0,
    owed: [],
  };
}

function compareSome(
  context: ScanContext,
  directory: RelPath,
  pin: PinnedDir,
  names: ReadonlySet<string>,
  strictness: Strictness,
): Difference | null {
  const out = gathering();
  const rows = new Map(
    context.catalogue.briefs.at(context.folder, directory, names).map((row) => [row.name, row]),
  );
  for (const name of names) {
    if (directory === ROOT && isReserved(name)) continue;
    const stat = context.fs.lstat(pin.at(name));
    if (stat === null) {
      // Only a full listing can say that it is gone, or with it what was below.
      const row = rows.get(name);
      const isLiving = row !== undefined && row.kind !== "deleted" && row.held;
      if (isLiving || ownBelow(context, childOf(directory, name)).length > 0) return null;
      continue;
    }
    // Nor can a lookup say which of two spellings it found, or that this one was the other a moment ago.
    if (
      context.spelling?.isRespelled(
        childOf(directory, name),
        rows.get(name),
        () => context.catalogue.briefs.alike(context.folder, directory, name),
      )
    ) return null;
    compareName(context, childOf(directory, name), stat, rows.get(name), strictness, out);
  }
  return out;
}

function compareAll(
  context: ScanContext,
  directory: RelPath,
  pin: PinnedDir,
  hinted: ReadonlySet<string> | null,
  strictness: Strictness,
): Difference {
  const { fs, catalogue, folder } = context;
  const out = gathering();
  const self = fs.lstat(`${pin.self}/.`);
  const items = fs.list(pin.self);
  const mount = self === null ? null : mountSeen(context, directory, self, items);
  if (mount !== null && typeof mount !== "number") return { ...out, frozen: "mount", problems: [mount] };
  // Of a directory that has no living row itself, what we have in it is gone with it all the same.
  const missing = new Set(hinted);
  const rows = new Map<string, BriefRow>();
  for (const row of catalogue.briefs.inDirectory(folder, directory)) rows.set(row.name, row);
  const respelled = context.spelling === undefined ? null : respelledIn(items, rows);
  const plainLength = plainNameLength(context, directory);
  for (const { name } of items) {
    if (directory === ROOT && isReserved(name)) {
      if (name !== RESERVED_TOP) out.problems.push(tooNear(name));
      continue;
    }
    const row = rows.get(name);
    rows.delete(name);
    missing.delete(name);
    const stat = fs.lstat(pin.at(name));
    if (name.length <= plainLength && isUntouchedFile(context, row, stat)) {
      out.entries++;
      continue;
    }
    if (stat === null && name.includes("\ufffd")) {
      out.problems.push(noText(childOf(directory, name)));
    }
    // Otherwise it is gone since it was listed: the next hint or scan sees it.
    if (stat !== null) compareName(context, childOf(directory, name), stat, row, strictness, out);
  }
  for (const row of rows.values()) {
    if (row.kind === "deleted" || !row.held) continue;
    const path = childOf(directory, row.name);
    missing.delete(row.name);
    if (context.ignore.ignores(path, row.kind === "directory")) {
      if (isSaid(context, row)) out.ignored.push({ path, basedOn: row.state });
      continue;
    }
    // A disk may go with its mount point.
    const mount = row.kind === "directory" ? catalogue.mounts.below(folder, path) : null;
    if (mount !== null) {
      out.problems.push(diskMissing(mount));
      continue;
    }
    const spelled = respelled?.get(row.name);
    if (spelled !== undefined && fs.lstat(pin.at(row.name)) !== null) {
      if (spelled.isOurs) {
        // Both are rows of ours, from a disk that could tell them apart. This one can hold but one: the other is not deleted.
        out.problems.push(clashProblem(path, childOf(directory, spelled.name)));
        continue;
      }
      // One rename: the new name is among the seen, and both are recorded together.
      if (row.kind !== "directory") {
        out.replaced.push({ path, basedOn: row.state });
        continue;
      }
    }
    if (row.kind === "directory") out.gone.push(...goneBelow(context, path));
    out.gone.push({ path, basedOn: row.state });
  }
  for (const name of missing) {
    const mount = catalogue.mounts.below(folder, childOf(directory, name));
    if (mount === null) out.gone.push(...goneBelow(context, childOf(directory, name)));
    else out.problems.push(diskMissing(mount));
  }
  if (mount !== null) catalogue.mounts.set(folder, directory, mount);
  return out;
}

function compareName(
  context: ScanContext,
  path: RelPath,
  absolute: Stat,
  row: BriefRow | undefined,
  strictness: Strictness,
  out: Gathering,
): void {
  out.entries++;
  // What is a row has a good name.
  const noName = row === undefined ? checkName(nameOf(path)) : null;
  const wrong = noName ?? (path.length > PATH_DEPTH ? checkPath(path) : null);
  if (wrong !== null) {
    const isNote = noName !== null;
    out.problems.push({ path, cause: `cannot be synced: ${wrong}`, remedy: "Rename it.", isNote });
    return;
  }
  const stat = relativeStat(absolute, context.rootDev);
  if (context.ignore.ignores(path, stat.kind === "directory")) {
    if (row !== undefined && row.kind !== "deleted" && isSaid(context, row)) {
      if (row.kind === "directory") {
        out.ignored.push(...ownBelow(context, path).filter((below) => isSaid(context, below)));
      }
      out.ignored.push({ path, basedOn: row.state });
    }
    return;
  }
  if (stat.kind === "other") {
    out.problems.push(special(path));
    return;
  }
  if (stat.kind === "file" && stat.size > FILE_BYTES) {
    out.problems.push(tooLarge(path));
    return;
  }
  // What was a directory and is none any more: all that was in it is gone.
  const wasDirectory = row?.kind === "directory" || context.hollow?.has(path);
  if (wasDirectory && stat.kind !== "directory") out.replaced.push(...goneBelow(context, path));
  if (stat.kind === "directory") {
    out.directories.push(path);
    // Deleted by others, and kept only by what is not synced: it counts as absent (R6).
    if (row?.kind === "deleted" && holdsOnlyUnsynced(context, path)) return;
  }
  if (row === undefined || !isUnchanged(context, row, stat)) {
    out.seen.push({ path, stat, basedOn: row?.state ?? null });
  } else if (stat.kind !== "directory" && !row.print!.settled) {
    // What a link points to is read as fast as it is looked at.
    if (strictness === "strict" || stat.kind === "symlink") out.seen.push({ path, stat, basedOn: row.state });
    else {
      out.unsettled.push(path);
      out.unsettledBytes = Math.max(out.unsettledBytes, stat.size);
    }
  } else if (stat.kind === "directory" && row.mode !== stat.mode) out.owed.push(path);
}

/**
 * Of almost all files that a full scan looks at there is nothing to say. Such a file is passed by before so much as a path is made of it,
 * where `compareName` would ask nothing of its path: how long a name may be for that, -1 for none.
 */
function plainNameLength({ ignore, hollow }: ScanContext, directory: RelPath): number {
  const asks = !ignore.isEmpty || (hollow !== undefined && hollow.size > 0);
  return asks ? -1 : PATH_DEPTH - directory.length - 1;
}

/** A file as our row has it, offered and settled: `compareName` would do nothing with it. */
function isUntouchedFile(
  { rootDev, mode }: ScanContext,
  row: BriefRow | undefined,
  stat: Stat | null,
): boolean {
  return stat?.kind === "file" && row?.kind === "file" && isFit(mode, row) && row.print?.settled === true &&
    row.print.dev === (stat.dev === rootDev ? 0 : stat.dev) && samePrintButDev(row.print, stat) &&
    stat.size <= FILE_BYTES;
}

function isUnchanged({ mode }: ScanContext, row: BriefRow, stat: Stat): boolean {
  if (row.kind !== stat.kind as FileKind || !isFit(mode, row) || row.print === null) return false;
  // Another directory of the same name is looked at whole: no event told of what came with it.
  if (stat.kind === "directory") return row.print.mode === stat.mode && isSameInode(row.print, stat);
  return samePrint(row.print, stat);
}

/** Of what is ignored from now on there is something to be taken back. */
function isSaid({ mode }: ScanContext, row: Pick<BriefRow, "offered" | "withheld">): boolean {
  return row.offered || (mode === "index" && row.withheld);
}

/** Everything of ours below a path that counts as gone with it, deepest directory first. */
function goneBelow(context: ScanContext, path: RelPath): Gone[] {
  return ownBelow(context, path).filter((row) => !context.ignore.ignores(row.path, row.kind === "directory"))
    .map(({ path: below, basedOn }) => ({ path: below, basedOn }));
}

/** Our living, held rows below a path, deepest directory first. */
function ownBelow(
  { catalogue, folder }: ScanContext,
  path: RelPath,
): (Gone & { readonly kind: EntryKind; readonly offered: boolean; readonly withheld: boolean })[] {
  const directories = catalogue.briefs.directoriesBelow(folder, path).sort((a, b) => b.length - a.length);
  return directories.flatMap((directory) =>
    catalogue.briefs.inDirectory(folder, directory)
      .filter((row) => row.kind !== "deleted" && row.held)
      .map((row) => ({
        path: childOf(directory, row.name),
        basedOn: row.state,
        kind: row.kind,
        offered: row.offered,
        withheld: row.withheld,
      }))
  );
}
