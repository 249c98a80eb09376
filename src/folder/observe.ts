/**
 * Turns what a scan has seen into what it is: reads files stably (R12, R17), follows renames without reading (R14), and makes
 * the bytes durable before anyone can hear of them (R16).
 *
 * The bytes that are read must be those that were synced (invariant 1): a file counts as read when nothing was written to it from
 * before its sync until after its reading. One that was written to in between is synced once more, behind its reading.
 */
import type { StatePrint } from "../catalogue/prints.ts";
import { type Fingerprint, printOf, sameMovedFile, samePrint } from "../core/fingerprint.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { checkTarget, nameOf, parentOf } from "../core/path.ts";
import { type FileKind, FsError, type HashedFile, type HashPool, type Stat } from "../platform/ports.ts";
import { type Durability, makeDurable } from "./durable.ts";
import { Pins } from "./pins.ts";
import { relativeStat, type ScanContext, type Seen } from "./scan.ts";

/** What stands at a path, read and durable. */
export interface Observation {
  readonly path: RelPath;
  readonly basedOn: number | null;
  readonly kind: Exclude<FileKind, "other">;
  readonly size: number;
  readonly mtimeMs: number;
  /** When it was last written, also where mtime is not synced. */
  readonly writtenMs: number;
  readonly mode: number;
  readonly content: ContentId | null;
  readonly target: string | null;
  readonly print: Fingerprint;
  /** It has other names on this disk. */
  readonly hasLinks: boolean;
  /** The state whose file was moved here, when it was. */
  readonly movedState: number | null;
}

export interface Observed {
  readonly done: readonly Observation[];
  /** Changed while it was read: look again later. */
  readonly busy: readonly Seen[];
  /** Gone meanwhile: its directory wants another look. */
  readonly vanished: readonly RelPath[];
  readonly unreadable: readonly { readonly path: RelPath; readonly error: FsError }[];
}

export interface ObserveContext extends ScanContext {
  readonly pool: HashPool;
  /** The file system's own time (R14). */
  readonly fsNowMs: () => number;
  readonly durability: Durability;
  /** The machine crashed: bytes there may be others behind an unchanged fingerprint, and a renamed file is read too (R16). */
  readonly isAfterCrash: (path: RelPath) => boolean;
}

/** Observes some paths; none fails the others. */
export async function observe(context: ObserveContext, seen: readonly Seen[]): Promise<Observed> {
  const done: Observation[] = [];
  const busy: Seen[] = [];
  const vanished: RelPath[] = [];
  const unreadable: { path: RelPath; error: FsError }[] = [];
  const toHash: Seen[] = [];
  const toCheck = new Map<RelPath, Moved>();
  const now = context.fsNowMs();
  const refused = await makeDurable(context, seen, now);
  const files = seen.filter(({ stat }) => stat.kind === "file");
  const known = context.catalogue.prints.statesOfInodes(files.map(({ stat }) => stat.ino));
  for (const item of seen) {
    const { path, stat } = item;
    const refusal = refused.get(path);
    if (refusal !== undefined) noteFailure(path, refusal, vanished, unreadable);
    else if (stat.kind === "directory") done.push(plain(item, printOf(stat, now)));
    else if (stat.kind === "symlink") {
      try {
        const target = readLink(context, path);
        const wrong = checkTarget(target);
        if (wrong !== null) throw new FsError("unsupported", path, new Error(wrong));
        const found = lookAt(context, path);
        if (found instanceof FsError) throw found;
        if (found === null || !samePrint(stat, found)) busy.push(item);
        else done.push({ ...plain(item, printOf(stat, now)), target });
      } catch (error) {
        noteFailure(path, error, vanished, unreadable);
      }
    } else {
      const moved = findMoved(context, item, known.get(stat.ino) ?? []);
      const isSure = moved !== null && (moved.settled || !context.isAfterCrash(path));
      if (!isSure) toHash.push(item);
      if (moved !== null && !isSure) toCheck.set(path, moved);
      if (moved !== null && isSure) {
        // What could have hidden at the old path could still hide here: it is read again when the clock's grain is past.
        const settled = moved.settled && printOf(stat, now).settled;
        const print = { ...printOf(stat, now), settled };
        done.push({ ...plain(item, print), content: moved.content, movedState: moved.state });
      }
    }
  }
  const read = await hashFiles(context, toHash);
  const late: ReadFile[] = [];
  const note = ({ item, hashed, nowMs }: ReadFile) => {
    if (hashed.chunks !== null) context.catalogue.contents.put(hashed.content, hashed.size, hashed.chunks);
    const moved = toCheck.get(item.path);
    const movedState = moved?.content === hashed.content ? moved.state : null;
    done.push({ ...plain(item, printOf(item.stat, nowMs)), content: hashed.content, movedState });
  };
  for (let i = 0; i < toHash.length; i++) {
    const item = toHash[i]!;
    const { before, hashed, after, nowMs } = read[i]!;
    if (hashed instanceof FsError) noteFailure(item.path, hashed, vanished, unreadable);
    else if (after === null) vanished.push(item.path);
    else if (
      before === null || !samePrint(before, after) || hashed.size !== after.size || after.kind !== "file"
    ) {
      busy.push({ ...item, stat: after });
    } else {
      const file = { item: { ...item, stat: after }, hashed, nowMs };
      if (samePrint(item.stat, before)) note(file);
      else late.push(file);
    }
  }
  const refusedLate = await makeDurable(context, late.map(({ item }) => item), context.fsNowMs());
  for (const file of late) {
    const { path, stat } = file.item;
    const refusal = refusedLate.get(path);
    const found = refusal ?? lookAt(context, path);
    if (found instanceof FsError) noteFailure(path, found, vanished, unreadable);
    else if (found === null) vanished.push(path);
    else if (samePrint(stat, found)) note(file);
    else busy.push({ ...file.item, stat: found });
  }
  return { done, busy, vanished, unreadable };
}

/** A file that nobody wrote to while it was read. */
interface ReadFile {
  readonly item: Seen;
  readonly hashed: HashedFile;
  /** The file system's time right before the last look at it. */
  readonly nowMs: number;
}

function plain({ path, stat, basedOn }: Seen, print: Fingerprint): Observation {
  const isFile = stat.kind === "file";
  return {
    path,
    basedOn,
    kind: stat.kind as Exclude<FileKind, "other">,
    size: isFile ? stat.size : 0,
    // Of directories and symlinks the time of change is no property worth sending.
    mtimeMs: isFile ? Math.floor(stat.mtimeMs) : 0,
    writtenMs: Math.floor(stat.mtimeMs),
    mode: stat.kind === "symlink" ? 0o777 : stat.mode,
    content: null,
    target: null,
    print,
    hasLinks: isFile && stat.links > 1,
    movedState: null,
  };
}

function noteFailure(
  path: RelPath,
  error: unknown,
  vanished: RelPath[],
  unreadable: { path: RelPath; error: FsError }[],
): void {
  if (!(error instanceof FsError)) throw error;
  if (error.code === "not-found" || error.code === "not-directory") vanished.push(path);
  else unreadable.push({ path, error });
}

function readLink({ fs, root }: ObserveContext, path: RelPath): string {
  const pin = fs.pin(root, parentOf(path));
  try {
    return fs.readLink(pin.at(nameOf(path)));
  } finally {
    pin.close();
  }
}

/** The state whose file was moved to a path. */
interface Moved {
  readonly state: number;
  readonly content: ContentId;
  readonly settled: boolean;
}

/** Its whole fingerprint but the name and ctime is that of one we know. `known`: what had its inode. */
function findMoved(
  { catalogue }: ObserveContext,
  { stat, basedOn }: Seen,
  known: readonly StatePrint[],
): Moved | null {
  // The file at its own path is no moved one, whatever other names it has: if it was seen at all, it is to be read.
  if (known.length > 0 && basedOn !== null && catalogue.prints.get(basedOn)?.ino === stat.ino) return null;
  for (const { state, print } of known) {
    if (!sameMovedFile(print, stat)) continue;
    const content = catalogue.rows.contentOf(state);
    if (content !== null) return { state, content, settled: print.settled };
  }
  return null;
}

interface Hashed {
  readonly before: Stat | null;
  readonly hashed: HashedFile | FsError;
  readonly after: Stat | null;
  /** The file system's time right before that look: syncs and reading may have taken long. */
  readonly nowMs: number;
}

function lookAt({ fs, root, rootDev }: ObserveContext, path: RelPath): Stat | FsError | null {
  try {
    const pin = fs.pin(root, parentOf(path));
    try {
      const stat = fs.lstat(pin.at(nameOf(path)));
      return stat === null ? null : relativeStat(stat, rootDev);
    } finally {
      pin.close();
    }
  } catch (error) {
    if (error instanceof FsError) return error;
    throw error;
  }
}

/** Hashes files with a look at each right before and right after; parents are held open meanwhile (R23). */
async function hashFiles(context: ObserveContext, files: readonly Seen[]): Promise<Hashed[]> {
  const { fs, root, pool, rootDev } = context;
  const pins = new Pins(fs, root);
  const tryAt = (path: RelPath): string | FsError => {
    try {
      return pins.at(path);
    } catch (error) {
      if (error instanceof FsError) return error;
      throw error;
    }
  };
  try {
    const at = files.map(({ path }) => tryAt(path));
    const look = (i: number): Stat | null => {
      const where = at[i]!;
      const stat = where instanceof FsError ? null : fs.lstat(where);
      return stat === null ? null : relativeStat(stat, rootDev);
    };
    const before = files.map((_, i) => look(i));
    const hashable = at.flatMap((where, i) =>
      where instanceof FsError || before[i]?.kind !== "file" ? [] : [{ i, where }]
    );
    const answers = await pool.hash(hashable.map(({ where }) => where));
    const hashed = new Map(hashable.map(({ i }, k) => [i, answers[k]!]));
    const nowMs = context.fsNowMs();
    return files.map(({ path }, i) => ({
      before: before[i]!,
      hashed: hashed.get(i) ?? new FsError("not-found", path),
      after: look(i),
      nowMs,
    }));
  } finally {
    pins.close();
  }
}
