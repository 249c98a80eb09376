/**
 * Makes durable what is about to be recorded: nobody may hear of bytes that a power cut can take back (R16, invariant 1).
 *
 * Behind a sync that failed the system holds the bytes for written, though the disk does not have them, and the next sync answers
 * well (R27). Such a file is not believed again: it counts as durable when another file stands in its place, which
 * whoever saves it anew makes, or Cairn itself (`sync/mending.ts`).
 */
import { isSameInode } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { RACY_MS, YOUNG_MS } from "../core/limits.ts";
import { nameOf, parentOf, ROOT } from "../core/path.ts";
import { type Fs, FsError, type Stat } from "../platform/ports.ts";
import type { ScanContext, Seen } from "./scan.ts";

/** More young files than this are made durable by one sync of the file system, where there is such a thing. */
const SYNC_ALL_FROM = 48;
/** A ctime may stand for any moment of two seconds: FAT keeps even ones alone. */
const CTIME_GRAIN_MS = 2_000;
/** Single syncs under way at once. */
const SYNCS_AT_ONCE = 32;

/** What is known of a replica's disk in this run. */
export class Durability {
  /** Until when all of the file system is known to be durable, by its own time. */
  syncedUpToMs = 0;
  /** Inodes whose sync has failed, with their birth times. */
  readonly #failed = new Map<number, number>();

  /** Bytes of the file may be lost to the disk for good. */
  isLost({ ino, birthMs }: Stat): boolean {
    return this.#failed.size > 0 && this.#failed.get(ino) === birthMs;
  }

  syncFailed({ ino, birthMs }: Stat): void {
    this.#failed.set(ino, birthMs);
  }

  /** The file has left its path. */
  forget({ ino }: Stat): void {
    this.#failed.delete(ino);
  }
}

interface DurableContext extends ScanContext {
  readonly durability: Durability;
}

/**
 * Syncs what the system may not have written yet, by ctime: the bytes of files, and names that are new or name another file than
 * we know. A name that a power cut takes back would be news of a deletion at the next start, or of an edit. Answers what
 * the disk refused: that must not be recorded. A sync of the root's file system makes nothing durable that lies on a disk mounted inside
 * the folder: there each file and directory is synced by itself.
 */
export async function makeDurable(
  context: DurableContext,
  all: readonly Seen[],
  now: number,
): Promise<ReadonlyMap<RelPath, FsError>> {
  const { fs, root, durability } = context;
  const refused = new Map<RelPath, FsError>();
  for (const { path, stat } of all) {
    if (stat.kind === "file" && durability.isLost(stat)) refused.set(path, lost(path));
  }
  const seen = all.filter(({ stat }) => stat.dev === 0);
  const inner = all.filter(({ path, stat }) => stat.dev !== 0 && !refused.has(path));
  if (inner.length > 0) await syncEach(context, toSync(context, inner), refused);
  // Noted before the clock went back, it says nothing.
  const { syncedUpToMs } = durability;
  const synced = syncedUpToMs > now + RACY_MS ? -Infinity : syncedUpToMs - CTIME_GRAIN_MS;
  const uncovered = seen.filter(({ path, stat }) => stat.ctimeMs > synced && !refused.has(path));
  const young = uncovered.filter(({ stat }) => Math.abs(now - stat.ctimeMs) < YOUNG_MS);
  // What is old by its ctime was written before this run, or before the clock jumped: one sync is for all of it.
  const isOld = young.length < uncovered.length;
  const each = toSync(context, young);
  const count = each.files.length + each.modes.length + each.directories.size;
  if (count === 0 && !isOld) return refused;
  if (count >= SYNC_ALL_FROM || isOld) {
    try {
      if (await fs.syncFileSystem(root)) {
        durability.syncedUpToMs = now;
        return refused;
      }
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      // Nobody can tell whose bytes were lost; of what is old there were hardly any to lose.
      for (const { path } of uncovered) refused.set(path, error);
      if (isFailedSync(error)) { for (const { stat } of each.files) durability.syncFailed(stat); }
      return refused;
    }
  }
  // Without such a sync, what is old is believed to have been written; what bears a time to come is from before the clock went back.
  const some = isOld ? toSync(context, uncovered.filter(({ stat }) => now - stat.ctimeMs < YOUNG_MS)) : each;
  await syncEach(context, some, refused);
  return refused;
}

/**
 * Syncs the directories that paths have left, or what is above where those are gone too: a name that a power cut brings back would be
 * news of a file at the next start, and be everywhere again (invariant 1). Answers the paths whose leaving the disk refuses to keep.
 */
export async function makeLeftDurable(
  context: DurableContext,
  left: readonly RelPath[],
): Promise<ReadonlyMap<RelPath, FsError>> {
  const { fs, root, catalogue, folder } = context;
  const above = new Map<RelPath, RelPath>();
  const nearest = (path: RelPath): RelPath => {
    const parent = parentOf(path);
    let there = above.get(parent);
    if (there === undefined) {
      there = parent === ROOT || isDirectory(fs, root, parent) ? parent : nearest(parent);
      above.set(parent, there);
    }
    return there;
  };
  const directories = new Set(left.map(nearest));
  const inner = [...directories].filter((directory) => catalogue.mounts.holding(folder, directory) !== null);
  const isMany = directories.size - inner.length >= SYNC_ALL_FROM;
  const failed = new Map<RelPath, FsError>();
  const each = isMany && await refusalOf(() => syncAll(fs, root)) === null ? inner : [...directories];
  await someAtOnce(each, async (directory) => {
    let error = await refusalOf(() => syncDirectory(fs, root, directory));
    // What its own mode keeps us from opening is synced with all else.
    if (error?.code === "permission") error = await refusalOf(() => syncAll(fs, root));
    // Gone since: that is told of by itself. Where there is no such sync, all was done that can be.
    if (error !== null && !isGone(error) && error.code !== "unsupported") failed.set(directory, error);
  });
  if (failed.size === 0) return new Map();
  return new Map(left.flatMap((path) => {
    const error = failed.get(nearest(path));
    return error === undefined ? [] : [[path, error]];
  }));
}

/** Throws FsError "unsupported" where there is no such call. */
async function syncAll(fs: Fs, root: string): Promise<void> {
  if (!await fs.syncFileSystem(root)) throw new FsError("unsupported", root);
}

function isGone({ code }: FsError): boolean {
  return code === "not-found" || code === "not-directory";
}

function isDirectory(fs: Fs, root: string, directory: RelPath): boolean {
  try {
    fs.pin(root, directory).close();
    return true;
  } catch (error) {
    if (error instanceof FsError) return !isGone(error);
    throw error;
  }
}

/** Syncs one after the other, and notes what the disk refused. */
async function syncEach(
  { fs, root, durability }: DurableContext,
  { files, modes, named, directories }: ToSync,
  refused: Map<RelPath, FsError>,
): Promise<void> {
  const syncFiles = someAtOnce(files, async ({ path, stat }) => {
    const error = await refusalOf(() => withPinned(fs, root, path, (at) => fs.syncFile(at)));
    if (error === null) return;
    refused.set(path, error);
    if (isFailedSync(error)) durability.syncFailed(stat);
  });
  const syncNames = someAtOnce([...directories], async (directory) => {
    const error = await refusalOf(() => syncDirectory(fs, root, directory));
    if (error === null) return;
    for (const { path } of named) if (parentOf(path) === directory) refused.set(path, error);
  });
  const syncModes = someAtOnce(modes, async ({ path }) => {
    const error = await refusalOf(() => syncDirectory(fs, root, path));
    // One that may not be read is told of where it is listed.
    if (error !== null && error.code !== "permission") refused.set(path, error);
  });
  await Promise.all([syncFiles, syncNames, syncModes]);
}

interface ToSync {
  readonly files: readonly Seen[];
  /** Directories, whose modes are their own. */
  readonly modes: readonly Seen[];
  readonly named: readonly Seen[];
  readonly directories: ReadonlySet<RelPath>;
}

/** What is to be synced by itself: bytes and modes; and the names, with the directories that have them. */
function toSync(context: DurableContext, items: readonly Seen[]): ToSync {
  const named = items.filter((item) => isNewName(context, item));
  return {
    // Empty ones too: a file that was emptied, under this name or another, may come back with what was in it.
    files: items.filter(({ stat }) => stat.kind === "file"),
    named,
    modes: items.filter(({ stat }) => stat.kind === "directory"),
    directories: new Set(named.map(({ path }) => parentOf(path))),
  };
}

function lost(path: RelPath): FsError {
  return new FsError("io", path, new Error("Its sync has failed before"));
}

/** The disk refused bytes; all else could not even be asked. */
function isFailedSync({ code }: FsError): boolean {
  return code === "io" || code === "no-space";
}

/**
 * Only what was changed in place has the name that it had. Where there is no birth time, or one in whole seconds only, another file with
 * the same number may have come.
 */
function isNewName({ catalogue }: DurableContext, { stat, basedOn }: Seen): boolean {
  const known = basedOn === null ? null : catalogue.prints.get(basedOn);
  return known === null || stat.birthMs % 1_000 === 0 || !isSameInode(known, stat);
}

async function syncDirectory(fs: Fs, root: string, directory: RelPath): Promise<void> {
  const pin = fs.pin(root, directory);
  try {
    await fs.syncDirectory(pin.self);
  } finally {
    pin.close();
  }
}

async function refusalOf(work: () => Promise<void>): Promise<FsError | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof FsError) return error;
    throw error;
  }
}

async function someAtOnce<T>(items: readonly T[], sync: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await sync(items[next++]!);
  };
  await Promise.all(Array.from({ length: Math.min(SYNCS_AT_ONCE, items.length) }, worker));
}

async function withPinned<T>(
  fs: Fs,
  root: string,
  path: RelPath,
  work: (at: string) => Promise<T>,
): Promise<T> {
  const pin = fs.pin(root, parentOf(path));
  try {
    return await work(pin.at(nameOf(path)));
  } finally {
    pin.close();
  }
}
