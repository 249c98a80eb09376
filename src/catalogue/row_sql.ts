/** How a row stands in the tables `states` and `holds`, and how it is read from them. */
import type { Entry, EntryKind } from "../core/entry.ts";
import { type ContentId, fromHex, type Lsn, type Stamp, toHex } from "../core/ids.ts";
import { decode, encode } from "../core/msgpack.ts";
import { childOf } from "../core/path.ts";
import { decodeVersion, encodeVersion, type PlacedRow } from "../core/row_codec.ts";
import type { SqlRow, SqlValue } from "./database.ts";
import type { Interning } from "./interning.ts";

export const KINDS: readonly EntryKind[] = ["deleted", "file", "directory", "symlink"];
/** Bits of `holds.flags`. */
export const OFFERED = 1;
export const HELD = 2;
/** `needs.deletes` of a path of which it is not decided yet whether it is a need. */
export const UNDECIDED = 2;
export const STATE =
  "s.id, s.name, s.kind, s.size, s.mtime_ms, s.mode, s.stamp, s.writer, s.content, s.target, s.version";
export const JOINED =
  `SELECT ${STATE}, h.device, h.lsn, h.flags, s.directory FROM holds h JOIN states s ON s.id = h.state`;
export const IN_PATH_ORDER =
  `SELECT ${STATE}, h.device, h.lsn, h.flags, s.directory FROM states s CROSS JOIN holds h ON h.state = s.id`;
export const AT_NAME = `${IN_PATH_ORDER} WHERE s.directory = ? AND s.name = ?`;

/** A row with whose it is. */
export interface HeldRow extends PlacedRow {
  readonly device: number;
  readonly state: number;
}

/** A row of `JOINED` or `IN_PATH_ORDER`. */
export function readRow(ids: Interning, row: SqlRow): HeldRow {
  const [
    state,
    name,
    kind,
    size,
    mtimeMs,
    mode,
    stamp,
    writer,
    content,
    target,
    version,
    device,
    lsn,
    flags,
    directory,
  ] = row;
  const entry: Entry = {
    kind: KINDS[Number(kind)]!,
    size: Number(size),
    mtimeMs: Number(mtimeMs),
    mode: Number(mode),
    content: content === null ? null : toHex(content as Uint8Array) as ContentId,
    target: target as string | null,
    version: decodeVersion(
      decode(version as Uint8Array),
      Number(stamp),
      (actor) => ids.actorOf(actor),
    ),
    stamp: Number(stamp) as Stamp,
    writer: ids.deviceOf(Number(writer)),
  };
  const { path } = ids.directoryOf(Number(directory));
  return {
    state: Number(state),
    device: Number(device),
    lsn: Number(lsn) as Lsn,
    row: {
      path: childOf(path, String(name)),
      entry,
      offered: (Number(flags) & OFFERED) !== 0,
      held: (Number(flags) & HELD) !== 0,
    },
  };
}

/** The columns of a state behind its directory and name. */
export function valuesOf(entry: Entry, ids: Interning): SqlValue[] {
  return [
    KINDS.indexOf(entry.kind),
    entry.size,
    entry.mtimeMs,
    entry.mode,
    entry.stamp,
    ids.device(entry.writer),
    entry.content === null ? null : fromHex(entry.content),
    entry.target,
    encode(encodeVersion(entry.version, entry.stamp, (actor) => ids.actor(actor))),
  ];
}
