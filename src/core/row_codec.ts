/**
 * Rows as plain arrays for MessagePack, in journal records and index pages alike (docs/protocol.md, "Row block"):
 *
 *   block   = [actors: bin8[], devices: bin32[], groups: [lsn, directory, rows][]]
 *   row     = [name, kind | offered << 2 | held << 3, mtime_ms, mode, stamp, writer, version, ...]
 *             and for a file  size, content: bin33;  for a symlink  target
 *   version = [actor, counter]                                 one dot for content, metadata and context
 *           | [[actor, counter, …], actor, counter, meta_stamp, [actor, counter, …]]   dots, metadata, context
 *           | [[actor, counter, …]]                          context alone: withheld, and never offered (R9)
 *
 * `actor` and `writer` are indexes into the tables. `decodeRows` takes nothing on trust: it is fed by
 * peers and disks.
 */
import type { Entry, EntryKind, Row } from "./entry.ts";
import { CairnError } from "./errors.ts";
import { type ActorId, type DeviceId, fromHex, idOf, type Lsn, type RelPath } from "./ids.ts";
import { FILE_BYTES, MTIME_MS, PATH_BYTES, PATH_DEPTH, VERSION_ACTORS, VERSION_DOTS } from "./limits.ts";
import {
  checkName,
  checkPath,
  checkTarget,
  childOf,
  depthOf,
  isReserved,
  nameOf,
  parentOf,
  utf8Length,
} from "./path.ts";
import { shortFromHex } from "./slab.ts";
import { isStamp } from "./stamp.ts";
import { type Context, type Dot, isWithheld, sameDot, type Version, withheldVersion } from "./version.ts";

/** A row and the position in its origin's journal; 0 inside a record, whose frame has it. */
export interface PlacedRow {
  readonly lsn: Lsn;
  readonly row: Row;
}

const KINDS: readonly EntryKind[] = ["deleted", "file", "directory", "symlink"];
const OFFERED = 4;
const HELD = 8;

// ------------------------------------------------------------------------------------ encode

class Table<T extends string> {
  readonly values: Uint8Array[] = [];
  readonly #index = new Map<T, number>();

  readonly indexOf = (id: T): number => {
    let index = this.#index.get(id);
    if (index === undefined) {
      index = this.values.push(fromHex(id)) - 1;
      this.#index.set(id, index);
    }
    return index;
  };
}

/** A block of rows; those of one directory and lsn that stand together share a group. */
export function encodeRows(rows: Iterable<PlacedRow>): unknown {
  const actors = new Table<ActorId>();
  const devices = new Table<DeviceId>();
  const groups: [number, string, unknown[]][] = [];
  let group: [number, string, unknown[]] | undefined;
  for (const { lsn, row } of rows) {
    const parent = parentOf(row.path);
    if (group === undefined || group[0] !== lsn || group[1] !== parent) {
      group = [lsn, parent, []];
      groups.push(group);
    }
    group[2].push(encodeRow(row, actors, devices));
  }
  return [actors.values, devices.values, groups];
}

function encodeRow(row: Row, actors: Table<ActorId>, devices: Table<DeviceId>): unknown[] {
  const { entry } = row;
  const flags = KINDS.indexOf(entry.kind) | (row.offered ? OFFERED : 0) | (row.held ? HELD : 0);
  const out: unknown[] = [
    nameOf(row.path),
    flags,
    entry.mtimeMs,
    entry.mode,
    entry.stamp,
    devices.indexOf(entry.writer),
    encodeVersion(entry.version, entry.stamp, actors.indexOf),
  ];
  if (entry.kind === "file") out.push(entry.size, shortFromHex(entry.content!));
  if (entry.kind === "symlink") out.push(entry.target);
  return out;
}

/** A version as arrays, actors as what `indexOf` makes of them. `stamp` is the entry's. */
export function encodeVersion(
  version: Version,
  stamp: number,
  indexOf: (actor: ActorId) => number,
): unknown[] {
  const { dots, meta, metaStamp, context } = version;
  // In one order, so that equal versions are equal bytes.
  const known = () =>
    [...context].sort(([a], [b]) => a < b ? -1 : 1).flatMap(([actor, counter]) => [indexOf(actor), counter]);
  const dot = dots[0];
  if (dot === undefined) return [known()];
  if (
    dots.length === 1 && sameDot(dot, meta) && metaStamp === stamp && context.size === 1 &&
    context.get(dot.actor) === dot.counter
  ) return [indexOf(dot.actor), dot.counter];
  return [
    dots.flatMap(({ actor, counter }) => [indexOf(actor), counter]),
    indexOf(meta.actor),
    meta.counter,
    metaStamp,
    known(),
  ];
}

/** Bytes of a row beside its path, target and version, and of its group. */
const ROW_BYTES = 96;
/** Bytes of an actor with its counter, and of its place in the table. */
const DOT_BYTES = 24;

/** What a row takes in a block at most, in bytes: by it records and pages are cut (invariant 10). */
export function rowWeight({ path, entry: { target, version } }: Row): number {
  const text = utf8Length(path) + (target === null ? 0 : utf8Length(target));
  return ROW_BYTES + text + DOT_BYTES * (version.dots.length + version.context.size);
}

/** The first rows that fit into a record: at least one, at most `rows`, and no more than weigh `weight`. */
export function fittingRows<T>(
  items: readonly T[],
  rowOf: (item: T) => Row,
  from: number,
  rows: number,
  weight: number,
): T[] {
  let end = from;
  for (let sum = 0; end < items.length && end - from < rows; end++) {
    sum += rowWeight(rowOf(items[end]!));
    if (sum > weight && end > from) break;
  }
  return items.slice(from, end);
}

// ------------------------------------------------------------------------------------ decode

function invalid(what: string): never {
  throw new CairnError("message-invalid", `A row block is malformed: ${what}`);
}

function list(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : invalid(`${what} is not a list`);
}

function whole(value: unknown, most: number, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
  return invalid(`${what} is out of range`);
}

function ids<K extends "actor" | "device">(kind: K, value: unknown) {
  return list(value, `${kind} table`).map((bytes) =>
    (bytes instanceof Uint8Array ? idOf(kind, bytes) : null) ?? invalid(`${kind} table`)
  );
}

/** The rows of a block, in order, at most `most`, which weigh `mostWeight` together at most. Throws CairnError "message-invalid". */
export function decodeRows(block: unknown, most = Infinity, mostWeight = Infinity): PlacedRow[] {
  const [actorTable, deviceTable, groups] = list(block, "block");
  const actors = ids("actor", actorTable);
  const devices = ids("device", deviceTable);
  const actorOf = (index: number) => actors[index] ?? invalid("actor index");
  const out: PlacedRow[] = [];
  let weight = 0;
  for (const group of list(groups, "groups")) {
    const [lsn, path, rows] = list(group, "group");
    const at = whole(lsn, Number.MAX_SAFE_INTEGER, "lsn") as Lsn;
    const parent = directoryOf(path);
    if (out.length + list(rows, "rows").length > most) invalid("it has too many rows");
    for (const columns of list(rows, "rows")) {
      const row = decodeRow(list(columns, "row"), parent, actorOf, devices);
      weight += rowWeight(row);
      if (weight > mostWeight) invalid("its rows weigh too much");
      out.push({ lsn: at, row });
    }
  }
  return out;
}

/** The directory of a group, looked at once for all rows in it. */
interface Directory {
  readonly path: RelPath;
  readonly bytes: number;
  readonly depth: number;
}

function directoryOf(path: unknown): Directory {
  if (typeof path !== "string" || (path !== "" && checkPath(path) !== null)) invalid("directory");
  return { path: path as RelPath, bytes: utf8Length(path), depth: depthOf(path as RelPath) };
}

function decodeRow(
  row: readonly unknown[],
  parent: Directory,
  actorOf: (index: number) => ActorId,
  devices: readonly DeviceId[],
): Row {
  const name = row[0];
  const mtimeMs = row[2];
  const stamp = row[4];
  const extra = row[7];
  const content = row[8];
  if (typeof name !== "string") invalid("name");
  const wrong = checkName(name);
  if (wrong !== null) invalid(wrong);
  if (parent.path === "" && isReserved(name)) invalid("a reserved name");
  const isTooLong = parent.bytes + 1 + utf8Length(name) > PATH_BYTES;
  if (parent.path !== "" && (isTooLong || parent.depth === PATH_DEPTH)) {
    invalid("a path is too long or too deep");
  }
  const path = childOf(parent.path, name);
  const bits = whole(row[1], 15, "flags");
  const kind = KINDS[bits & 3]!;
  const offered = (bits & OFFERED) !== 0;
  if (typeof mtimeMs !== "number" || !Number.isInteger(mtimeMs) || Math.abs(mtimeMs) > MTIME_MS) {
    invalid("mtime");
  }
  if (!isStamp(stamp)) invalid("stamp");
  const version = decodeVersion(row[6], stamp, actorOf);
  if (offered && isWithheld(version)) invalid("an offered row without a dot");
  const entry: Entry = {
    kind,
    size: kind === "file" ? whole(extra, FILE_BYTES, "size") : 0,
    mtimeMs,
    mode: whole(row[3], 0o777, "mode"),
    content: kind === "file"
      ? (content instanceof Uint8Array ? idOf("content", content) : null) ?? invalid("content id")
      : null,
    target: kind === "symlink" ? targetOf(extra) : null,
    version,
    stamp,
    writer: devices[whole(row[5], devices.length - 1, "writer")] ?? invalid("writer"),
  };
  return { path, entry, offered, held: (bits & HELD) !== 0 };
}

function targetOf(value: unknown): string {
  if (typeof value !== "string" || checkTarget(value) !== null) invalid("symlink target");
  return value;
}

/** The version that `encodeVersion` wrote. Throws CairnError "message-invalid". */
export function decodeVersion(value: unknown, stamp: number, actorOf: (index: number) => ActorId): Version {
  const parts = list(value, "version");
  const dotAt = (from: readonly unknown[], at: number): Dot => ({
    actor: actorOf(whole(from[at], Number.MAX_SAFE_INTEGER, "actor")),
    counter: whole(from[at + 1], Number.MAX_SAFE_INTEGER, "counter"),
  });
  if (parts.length === 2) {
    const dot = dotAt(parts, 0);
    return {
      dots: [dot],
      meta: dot,
      metaStamp: stamp as Version["metaStamp"],
      context: new Map<ActorId, number>().set(dot.actor, dot.counter),
    };
  }
  const contextFrom = (value: unknown): Context => {
    const flat = list(value, "context");
    if (flat.length % 2 !== 0 || flat.length > 2 * VERSION_ACTORS) invalid("context");
    const context = new Map<ActorId, number>();
    for (let i = 0; i < flat.length; i += 2) {
      const { actor, counter } = dotAt(flat, i);
      context.set(actor, counter);
    }
    return context;
  };
  if (parts.length === 1) return withheldVersion(stamp as Version["metaStamp"], contextFrom(parts[0]));
  const [dotList, , , metaStamp, contextList] = parts;
  const flatDots = list(dotList, "dots");
  if (flatDots.length < 2 || flatDots.length % 2 !== 0 || flatDots.length > 2 * VERSION_DOTS) {
    invalid("dots");
  }
  if (!isStamp(metaStamp)) invalid("metadata stamp");
  const dots: Dot[] = [];
  for (let i = 0; i < flatDots.length; i += 2) dots.push(dotAt(flatDots, i));
  return { dots, meta: dotAt(parts, 1), metaStamp, context: contextFrom(contextList) };
}
