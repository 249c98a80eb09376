/**
 * A renamed directory, told as what it is (R29): the whole of it has another path, and what becomes of each path in it follows from the
 * rows that were there. One dot and one stamp are for all of it.
 *
 *   move = [top, now, total, actor: bin8, counter, stamp, writer: bin32, [[below | nil, first, last, count], …]]
 */
import { type Entry, type Row, tombstoneOf } from "./entry.ts";
import { CairnError } from "./errors.ts";
import { type DeviceId, fromHex, idOf, type RelPath, type Stamp } from "./ids.ts";
import { DEVICE_ROWS, RECORD_ROWS } from "./limits.ts";
import { checkName, isBelow, nameOf, parentOf, relPath, ROOT } from "./path.ts";
import { isStamp } from "./stamp.ts";
import type { Dot } from "./version.ts";

/** Entries that one record moves: each makes two rows. */
export const MOVED_ENTRIES = RECORD_ROWS / 2;

/** Living entries of one directory that stand together in the order of their names (of its bytes). */
export interface MovedPart {
  /** The directory, as a path below the one that was renamed; null for the entry of that one itself. */
  readonly below: RelPath | null;
  readonly first: string;
  readonly last: string;
  readonly count: number;
}

/** As much of a renamed directory as one record tells. */
export interface Move {
  /** What it was called, and what it is called now. */
  readonly top: RelPath;
  readonly now: RelPath;
  /** Entries of the whole of it, itself among them, over all records. */
  readonly total: number;
  readonly dot: Dot;
  readonly stamp: Stamp;
  readonly writer: DeviceId;
  readonly parts: readonly MovedPart[];
}

export function entriesIn({ parts }: Move): number {
  return parts.reduce((sum, { count }) => sum + count, 0);
}

/** The directory that the entries of a part have left. */
export function leftBy({ top }: Pick<Move, "top">, { below }: MovedPart): RelPath {
  return below === null ? parentOf(top) : within(top, below);
}

/** `below` a directory; "" is the directory itself. */
export function within(directory: RelPath, below: RelPath): RelPath {
  return below === ROOT ? directory : `${directory}/${below}` as RelPath;
}

/** What a path at or below the directory is called now. */
export function pathNow({ top, now }: Pick<Move, "top" | "now">, path: RelPath): RelPath {
  return now + path.slice(top.length) as RelPath;
}

/** What a moved entry leaves behind, and what it is at its new path, where its device has said nothing before. */
export function movedRows(move: Move, { path, entry }: Row): readonly [left: Row, come: Row] {
  const { dot, stamp, writer } = move;
  const left = tombstoneOf(entry, dot, stamp, writer);
  const context = new Map([[dot.actor, dot.counter]]);
  const come: Entry = {
    ...entry,
    version: { dots: [dot], meta: dot, metaStamp: stamp, context },
    stamp,
    writer,
  };
  return [
    { path, entry: left, offered: true, held: false },
    { path: pathNow(move, path), entry: come, offered: true, held: true },
  ];
}

export function encodeMove({ top, now, total, dot, stamp, writer, parts }: Move): unknown[] {
  return [
    top,
    now,
    total,
    fromHex(dot.actor),
    dot.counter,
    stamp,
    fromHex(writer),
    parts.map(({ below, first, last, count }) => [below, first, last, count]),
  ];
}

function invalid(what: string): never {
  throw new CairnError("message-invalid", `A move is malformed: ${what}`);
}

/** The move that `encodeMove` wrote. Throws CairnError "message-invalid" for anything else. */
export function decodeMove(value: unknown): Move {
  if (!Array.isArray(value)) invalid("not a list");
  const [top, now, total, actor, counter, stamp, writer, parts] = value;
  const [from, to] = [pathFrom(top), pathFrom(now)];
  if (from === to || isBelow(from, to) || isBelow(to, from)) invalid("paths");
  if (!Array.isArray(parts)) invalid("parts");
  if (!isStamp(stamp)) invalid("stamp");
  const move: Move = {
    top: from,
    now: to,
    total: whole(total, DEVICE_ROWS, "total"),
    dot: {
      actor: (actor instanceof Uint8Array ? idOf("actor", actor) : null) ?? invalid("actor"),
      counter: whole(counter, Number.MAX_SAFE_INTEGER, "counter"),
    },
    stamp,
    writer: (writer instanceof Uint8Array ? idOf("device", writer) : null) ?? invalid("writer"),
    parts: parts.map((part: unknown) => partFrom(part, from, to)),
  };
  const entries = entriesIn(move);
  if (entries === 0 || entries > MOVED_ENTRIES || entries > move.total) invalid("entries");
  return move;
}

function partFrom(value: unknown, top: RelPath, now: RelPath): MovedPart {
  if (!Array.isArray(value)) invalid("a part");
  const [below, first, last, count] = value;
  const part: MovedPart = {
    below: below === null ? null : belowFrom(below, top, now),
    first: nameFrom(first),
    last: nameFrom(last),
    count: whole(count, MOVED_ENTRIES, "count"),
  };
  if (part.count === 0) invalid("count");
  const isItself = part.first === nameOf(top) && part.last === part.first && part.count === 1;
  if (part.below === null && !isItself) invalid("the directory's own part");
  return part;
}

/** A path below both: what is reserved at the top of a folder may stand there. */
function belowFrom(value: unknown, top: RelPath, now: RelPath): RelPath {
  if (typeof value !== "string") invalid("a path");
  if (value === "") return ROOT;
  for (const directory of [top, now]) pathFrom(`${directory}/${value}`);
  return value as RelPath;
}

function pathFrom(value: unknown): RelPath {
  return (typeof value === "string" ? relPath(value) : null) ?? invalid("a path");
}

function nameFrom(value: unknown): string {
  return typeof value === "string" && checkName(value) === null ? value : invalid("a name");
}

function whole(value: unknown, most: number, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
  return invalid(what);
}
