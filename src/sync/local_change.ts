/** What an observation makes of this device's entry of a path: pure, so that every case can be shown (R1, R2, R3, R9). */
import { type Entry, isAlive, type Row, tombstoneOf } from "../core/entry.ts";
import type { Fingerprint } from "../core/fingerprint.ts";
import type { ContentId, DeviceId, RelPath, Stamp } from "../core/ids.ts";
import { bounded, type Context, type Dot, uniteContexts, withDot } from "../core/version.ts";

/** What was seen, without where it came from. */
export interface SeenContent {
  readonly kind: "file" | "directory" | "symlink";
  readonly size: number;
  /** Of files; 0 for all else. */
  readonly mtimeMs: number;
  /** When it was last written, as the disk says. */
  readonly writtenMs: number;
  readonly mode: number;
  readonly content: ContentId | null;
  readonly target: string | null;
}

/** Dots and stamps come from outside: the ledger mints them. */
export interface Mint {
  readonly device: DeviceId;
  dot(): Dot;
  /** A stamp later than the one that is replaced. */
  stamp(replaced: Stamp): Stamp;
  /** The stamp of a file that is seen for the first time. */
  found(writtenMs: number): Stamp;
}

const EMPTY: Context = new Map();
/** Grains to which disks round mtimes: whole seconds, and FAT's two. */
const GRAINS_MS = [1_000, 2_000] as const;

/**
 * The row that records what was seen, or null when our entry says it already. `print` is what the disk said when our
 * entry was observed or placed: only a difference from *that* was made by somebody (R3).
 */
export function rowOfSeen(
  path: RelPath,
  own: Row | null,
  print: Fingerprint | null,
  seen: SeenContent,
  mint: Mint,
): Row | null {
  const entry = own?.entry ?? null;
  if (entry === null || !isAlive(entry) || !isSame(entry, seen)) {
    return { path, entry: newContent(entry, seen, mint), offered: true, held: true };
  }
  const metadata = changedMetadata(entry, print, seen);
  if (metadata !== null) {
    return { path, entry: withNewMetadata(entry, metadata, mint), offered: true, held: true };
  }
  return own!.offered && own!.held ? null : { path, entry, offered: true, held: true };
}

function isSame(entry: Entry, seen: SeenContent): boolean {
  return entry.kind === seen.kind && entry.content === seen.content && entry.target === seen.target;
}

function newContent(replaced: Entry | null, seen: SeenContent, mint: Mint): Entry {
  const dot = mint.dot();
  const stamp = replaced === null
    ? mint.found(seen.writtenMs)
    : mint.stamp(Math.max(replaced.stamp, replaced.version.metaStamp) as Stamp);
  return {
    kind: seen.kind,
    size: seen.size,
    mtimeMs: seen.mtimeMs,
    mode: seen.mode,
    content: seen.content,
    target: seen.target,
    version: bounded({
      dots: [dot],
      meta: dot,
      metaStamp: stamp,
      context: withDot(replaced?.version.context ?? EMPTY, dot),
    }),
    stamp,
    writer: mint.device,
  };
}

/** Mode and mtime as they should be recorded, or null when nobody changed them. */
function changedMetadata(
  entry: Entry,
  print: Fingerprint | null,
  seen: SeenContent,
): { mode: number; mtimeMs: number } | null {
  const modeTouched = seen.kind !== "symlink" && seen.mode !== (print?.mode ?? entry.mode);
  const timeTouched = seen.kind === "file" &&
    (print !== null ? seen.mtimeMs !== Math.floor(print.mtimeMs) : !isRounded(entry.mtimeMs, seen.mtimeMs));
  const mode = modeTouched ? seen.mode : entry.mode;
  const mtimeMs = timeTouched ? seen.mtimeMs : entry.mtimeMs;
  return mode === entry.mode && mtimeMs === entry.mtimeMs ? null : { mode, mtimeMs };
}

/** Without a print to compare with: the disk's mtime is the entry's, or what a coarse disk makes of it (R3). */
function isRounded(entryMs: number, diskMs: number): boolean {
  return entryMs === diskMs ||
    GRAINS_MS.some((grain) => diskMs % grain === 0 && Math.abs(diskMs - entryMs) < grain);
}

function withNewMetadata(entry: Entry, metadata: { mode: number; mtimeMs: number }, mint: Mint): Entry {
  const meta = mint.dot();
  const { version } = entry;
  return {
    ...entry,
    ...metadata,
    version: bounded({
      ...version,
      meta,
      metaStamp: mint.stamp(version.metaStamp),
      context: withDot(version.context, meta),
    }),
  };
}

/** The tombstone of an entry that is gone from a complete listing (R13). */
export function rowOfGone({ path, entry }: Row, mint: Mint): Row {
  const left = tombstoneOf(entry, mint.dot(), mint.stamp(entry.stamp), mint.device);
  return { path, entry: left, offered: true, held: false };
}

/**
 * A directory that others deleted or replaced, and that must stay because something of ours lives in it (R6): alive again,
 * with knowledge of a tombstone that it overrules. Not of a file or link: that is nobody's to overrule. It loses to the
 * directory as to a concurrent one, and whoever holds it keeps it beside.
 */
export function rowOfRevived(own: Row, overruled: Entry, mint: Mint): Row {
  return saidAnew(own, isAlive(overruled) ? [] : [overruled], overruled.stamp, mint);
}

/**
 * What we have, said anew with knowledge of all that would take it away: it supersedes them on every device, also on one that took
 * them already, and with them whoever agreed to them (R38).
 */
export function rowOfKept(own: Row, overruled: readonly Entry[], mint: Mint): Row {
  return saidAnew(own, overruled, Math.max(0, ...overruled.map(({ stamp }) => stamp)) as Stamp, mint);
}

function saidAnew(own: Row, overruled: readonly Entry[], after: Stamp, mint: Mint): Row {
  const dot = mint.dot();
  const stamp = mint.stamp(Math.max(own.entry.stamp, after) as Stamp);
  let context = withDot(own.entry.version.context, dot);
  for (const { version } of overruled) context = uniteContexts(context, version.context);
  return {
    path: own.path,
    entry: {
      ...own.entry,
      version: bounded({ dots: [dot], meta: dot, metaStamp: stamp, context }),
      stamp,
      writer: mint.device,
    },
    offered: true,
    held: true,
  };
}
