/** What one device says of one path in one folder. */
import type { ContentId, DeviceId, RelPath, Stamp } from "./ids.ts";
import { bounded, type Context, type Dot, type Version, withDot, withheldVersion } from "./version.ts";

export type EntryKind = "deleted" | "file" | "directory" | "symlink";

export interface Entry {
  readonly kind: EntryKind;
  /** Bytes of a file; 0 for all else. */
  readonly size: number;
  /** Milliseconds since 1970, whole; the entry's, which a disk may round (R3). */
  readonly mtimeMs: number;
  /** Permission bits within 0o777. */
  readonly mode: number;
  /** Of a file, else null. */
  readonly content: ContentId | null;
  /** Of a symlink, else null. */
  readonly target: string | null;
  readonly version: Version;
  /** When the content was written, for ties alone (R4). */
  readonly stamp: Stamp;
  /** The device that wrote the content. */
  readonly writer: DeviceId;
}

/** An entry with its path, and how its device stands to it. */
export interface Row {
  readonly path: RelPath;
  readonly entry: Entry;
  /** Whether it takes part in reconciling (R9). */
  readonly offered: boolean;
  /** Whether its device has the bytes (R10). */
  readonly held: boolean;
}

export function isAlive(entry: Entry): boolean {
  return entry.kind !== "deleted";
}

/**
 * True of a row that its device has withdrawn, bytes and all: what stood there was lost, and is to come back from others. Such a
 * row is neither a delete nor anybody's source, and decides nothing (R9, R10, invariant 8).
 */
export function isGivenUp({ entry, offered, held }: Row): boolean {
  return isAlive(entry) && !offered && !held;
}

/**
 * True of a row that lists an entry whose bytes its device does not keep (R10, docs/selective.md). It decides with the others, and is
 * nobody's source; that nothing stands there is no delete.
 */
export function isDropped({ entry, offered, held }: Row): boolean {
  return isAlive(entry) && offered && !held;
}

/**
 * True of a row that says nothing: one that was given up, or what is left of something that its device alone had, or withdrew (R11).
 * Unlike a delete, it takes part in nothing.
 */
export function saysNothing(row: Row): boolean {
  if (row.offered) return false;
  return isGivenUp(row) || (!isAlive(row.entry) && row.entry.version.dots.length === 0 &&
    row.entry.version.context.size === 0);
}

/** What is left of an entry where nobody is told of a delete: `context` is what is known to have been there (R9, R11). */
export function withheldTombstone({ stamp, writer }: Entry, context: Context): Entry {
  return tombstone(withheldVersion(stamp, context), stamp, writer);
}

/** The tombstone that `dot` leaves of an entry: with knowledge of all that was known there (R2). */
export function tombstoneOf(
  { version: { context } }: Entry,
  dot: Dot,
  stamp: Stamp,
  writer: DeviceId,
): Entry {
  const version = bounded({ dots: [dot], meta: dot, metaStamp: stamp, context: withDot(context, dot) });
  return tombstone(version, stamp, writer);
}

function tombstone(version: Version, stamp: Stamp, writer: DeviceId): Entry {
  return {
    kind: "deleted",
    size: 0,
    mtimeMs: 0,
    mode: 0,
    content: null,
    target: null,
    version,
    stamp,
    writer,
  };
}

/** Equal contents: what a reader of the path would find, permissions and times apart. */
export function sameContent(a: Entry, b: Entry): boolean {
  return a.kind === b.kind && a.content === b.content && a.target === b.target;
}
