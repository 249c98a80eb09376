/**
 * What an observation makes of this device's entry of a path: pure, so that every case can be shown (R1, R2, R3, R9). In a mode that does not
 * give, it is a row that is withheld: no dot is minted, and what was known at the path before is.
 */
import { type Entry, isAlive, type Row, tombstoneOf, withheldTombstone } from "../core/entry.ts";
import type { Fingerprint } from "../core/fingerprint.ts";
import type { ContentId, DeviceId, RelPath, Stamp } from "../core/ids.ts";
import { givesOwn, type Mode } from "../core/mode.ts";
import { nextStamp } from "../core/stamp.ts";
import {
  bounded,
  type Context,
  type Dot,
  isWithheld,
  uniteContexts,
  withDot,
  withheldVersion,
} from "../core/version.ts";

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
  readonly mode: Mode;
  /** Only where the mode gives. */
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
  const entry = knownOf(own, seen);
  if (!givesOwn(mint.mode)) return rowWithheld(path, own, entry, print, seen, mint);
  if (entry === null || !isAlive(entry) || !isSame(entry, seen)) {
    return { path, entry: newContent(entry, seen, mint), offered: true, held: true };
  }
  const metadata = changedMetadata(entry, print, seen);
  if (isWithheld(entry.version)) return rowOfGiven({ ...own!, entry: { ...entry, ...metadata } }, mint);
  if (metadata !== null) {
    return { path, entry: withNewMetadata(entry, metadata, mint), offered: true, held: true };
  }
  return own!.offered && own!.held ? null : { path, entry, offered: true, held: true };
}

/**
 * What this device had at the path before, for all that its user knew. Of bytes that are not here (R10) nobody made an edit: what is put there is
 * concurrent with them, or it is these same bytes again.
 */
function knownOf(own: Row | null, seen: SeenContent): Entry | null {
  if (own === null || isNothing(own)) return null;
  const { entry, held } = own;
  return isAlive(entry) && !held && !isSame(entry, seen) ? null : entry;
}

/** What is left where something was that nobody else knew of. */
function isNothing({ entry: { kind, version: { dots, context } } }: Row): boolean {
  return kind === "deleted" && dots.length === 0 && context.size === 0;
}

/** The same where what is changed here is not given: only what is as others know it may be offered, and in `index` mode nothing (R9). */
function rowWithheld(
  path: RelPath,
  own: Row | null,
  entry: Entry | null,
  print: Fingerprint | null,
  seen: SeenContent,
  mint: Mint,
): Row | null {
  if (entry === null || !isAlive(entry) || !isSame(entry, seen)) {
    const stamp = stampOfWithheld(entry, mint.found(seen.writtenMs));
    const { kind, size, mtimeMs, mode, content, target } = seen;
    const found = { kind, size, mtimeMs, mode, content, target };
    return withheld(path, { ...found, stamp, writer: mint.device }, entry?.version.context ?? EMPTY);
  }
  const metadata = changedMetadata(entry, print, seen);
  if (metadata !== null) {
    const stamp = stampOfWithheld(entry, entry.stamp);
    return withheld(path, { ...entry, ...metadata, stamp, writer: mint.device }, entry.version.context);
  }
  const offered = mint.mode === "receive" && !isWithheld(entry.version);
  return own!.offered === offered && own!.held ? null : { path, entry, offered, held: true };
}

function withheld(path: RelPath, entry: Omit<Entry, "version">, context: Context): Row {
  const version = withheldVersion(entry.stamp, context);
  return { path, entry: { ...entry, version }, offered: false, held: true };
}

/** As late as it was written, and later than what it stands in the place of (R7). */
function stampOfWithheld(replaced: Entry | null, writtenAt: Stamp): Stamp {
  if (replaced === null) return writtenAt;
  const before = Math.max(replaced.stamp, replaced.version.metaStamp) as Stamp;
  return Math.max(writtenAt, nextStamp(0 as Stamp, 0, before)) as Stamp;
}

/** What was withheld becomes a write of this device, based on what it knew (R9). */
export function rowOfGiven({ path, entry, held }: Row, mint: Mint): Row {
  const dot = mint.dot();
  const version = bounded({
    dots: [dot],
    meta: dot,
    metaStamp: entry.stamp,
    context: withDot(entry.version.context, dot),
  });
  return { path, entry: { ...entry, version, writer: mint.device }, offered: true, held };
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

/**
 * The tombstone of an entry that is gone from a complete listing (R13). In `receive` mode it is withheld. In `index` mode it is no delete
 * at all, nor becomes one later: who made room there still wants what others have.
 */
export function rowOfGone({ path, entry }: Row, mint: Mint): Row {
  const { context } = entry.version;
  const isOnlyHere = isWithheld(entry.version) && context.size === 0;
  if (givesOwn(mint.mode) && !isOnlyHere) {
    const left = tombstoneOf(entry, mint.dot(), mint.stamp(entry.stamp), mint.device);
    return { path, entry: left, offered: true, held: false };
  }
  const gone = { ...entry, stamp: mint.stamp(entry.stamp), writer: mint.device };
  const known = mint.mode === "receive" ? context : EMPTY;
  return { path, entry: withheldTombstone(gone, known), offered: false, held: false };
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
  const stamp = mint.stamp(Math.max(own.entry.stamp, after) as Stamp);
  let { context } = own.entry.version;
  for (const { version } of overruled) context = uniteContexts(context, version.context);
  // What stays here against all others is a change of this device's own (R9).
  if (!givesOwn(mint.mode)) return withheld(own.path, { ...own.entry, stamp, writer: mint.device }, context);
  const dot = mint.dot();
  context = withDot(context, dot);
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
