/** One step of a batch of placements: what is to be done at a path, what came of it, and what the batch gathers. */
import type { HeldRow } from "../catalogue/rows.ts";
import { type Entry, isAlive, type Row } from "../core/entry.ts";
import { printOf, printOfPlaced } from "../core/fingerprint.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { RECORD_WEIGHT } from "../core/limits.ts";
import { ancestorsOf, parentOf } from "../core/path.ts";
import { rowWeight } from "../core/row_codec.ts";
import type { Pins } from "../folder/pins.ts";
import type { PlaceContext } from "../folder/place.ts";
import type { Spelling } from "../folder/spelling.ts";
import type { Stat } from "../platform/ports.ts";
import type { InnerDisks } from "./inner_disks.ts";
import type { Replica, RowAndPrint } from "./replica.ts";

/** Bytes on this disk, with the mode and time that the entry had when they were asked for. */
export interface Staged {
  readonly content: ContentId;
  readonly stage: string;
  readonly mode: number;
  readonly mtimeMs: number;
  readonly isDurable: boolean;
}

/** A path whose need is to be done; `staged` are the bytes for a file's content. */
export interface Ready {
  readonly path: RelPath;
  readonly staged: Staged | null;
  /** A path of this folder that holds the content and is to be deleted: its file moves. */
  readonly movedFrom: RelPath | null;
}

export type Outcome =
  | { readonly kind: "done" }
  /** The disk was not as expected: look at these paths, then again. */
  | { readonly kind: "look"; readonly paths: readonly RelPath[] }
  /** The rows have moved since it was staged, or something else has to come first. */
  | { readonly kind: "again" }
  /** What is in the directory has to go first. */
  | { readonly kind: "wait" }
  /** There is no room on the disk: what is staged waits for some. */
  | { readonly kind: "full" }
  | {
    readonly kind: "blocked";
    readonly cause: string;
    readonly remedy: string;
    readonly isPassing: boolean;
  };

export interface Step {
  readonly ready: Ready;
  readonly own: HeldRow | null;
  readonly entry: Entry;
  /** Our own entry that lost, to be kept beside it. */
  readonly copy: { readonly path: RelPath; readonly entry: Entry } | null;
  /** Our own entry lost a conflict, whatever becomes of it. */
  readonly isLoss: boolean;
  readonly adoptOnly: boolean;
  /** A file that is listed and not kept here (R10): nothing is placed. */
  readonly isListed: boolean;
  /** The tombstone that the path gets from which our file moves here; null where none does. */
  readonly left: Entry | null;
  /** A file of ours goes away by it, and what it holds lives on nowhere (R38). */
  readonly takesAway: boolean;
}

export interface Gathered {
  readonly changes: RowAndPrint[];
  /** Directories in which names were made or removed, and those whose mode was set. */
  readonly directories: Set<RelPath>;
  /** Files whose mode or time was set where they stand. */
  readonly files: Set<RelPath>;
  readonly placedNow: Set<RelPath>;
  /** Directories of the version store that took something in. */
  readonly shards: Set<string>;
  readonly pins: Pins;
  readonly disks: InnerDisks;
  /** Only on a disk that does not tell all names apart. */
  readonly spelling: Spelling | undefined;
}

export function rowOf(path: RelPath, entry: Entry): Row {
  return { path, entry, offered: true, held: isAlive(entry) };
}

export function contextOf(
  { deps: { fs }, rootDev, versions, made }: Replica,
  { pins, spelling }: Gathered,
): PlaceContext {
  return { fs, rootDev, versions, pins, spelling, made: (path, stat) => made.note(path, stat) };
}

export function noteDone(
  replica: Replica,
  path: RelPath,
  entry: Entry,
  own: HeldRow | null,
  stat: Stat | null,
  gathered: Gathered,
  /** Mode or time were set where it stands: it is read again when the clock's grain is past (R14). */
  isTouched = false,
  isUnsure = false,
): void {
  const nowMs = replica.fsNowMs();
  const placed = stat === null ? null : isTouched ? printOf(stat, nowMs) : printOfPlaced(stat, nowMs);
  if (isTouched && stat?.kind === "file") replica.touched.note(path, stat, nowMs);
  const print = placed !== null && isUnsure ? { ...placed, settled: false } : placed;
  gathered.changes.push({ row: rowOf(path, entry), print, isFresh: own === null || !isAlive(own.row.entry) });
  if (stat?.kind === "directory") gathered.directories.add(path);
  else if (isTouched) gathered.files.add(path);
  for (const part of [...ancestorsOf(path), path]) gathered.directories.add(parentOf(part));
  gathered.placedNow.add(path);
}

/** The first steps whose intent fits into one record; those behind have their turn with the next batch. */
export function withinRecord(steps: readonly Step[], outcomes: Map<RelPath, Outcome>): Step[] {
  let weight = 0;
  return steps.filter(({ ready: { path }, entry, copy }, i) => {
    weight += rowWeight(rowOf(path, entry)) + (copy === null ? 0 : rowWeight(rowOf(copy.path, copy.entry)));
    if (weight <= RECORD_WEIGHT || i === 0) return true;
    outcomes.set(path, { kind: "again" });
    return false;
  });
}
