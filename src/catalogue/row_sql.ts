/** How a row stands in the tables `states` and `holds`, and how it is read from them. */
import type { Entry, EntryKind } from "../core/entry.ts";
import { type ContentId, type Lsn, type Stamp, toHex } from "../core/ids.ts";
import { decode, encodeShort } from "../core/msgpack.ts";
import { childOf } from "../core/path.ts";
import { decodeVersion, encodeVersion, type PlacedRow } from "../core/row_codec.ts";
import { shortFromHex } from "../core/slab.ts";
import type { SqlRow, SqlValue } from "./database.ts";
import { RowChanges } from "./gathering.ts";
import type { Interning } from "./interning.ts";

export const KINDS: readonly EntryKind[] = ["deleted", "file", "directory", "symlink"];
/** Bits of `holds.flags`. */
export const OFFERED = 1;
export const HELD = 2;
/** Not offered, and its version names no write (R9). Said by the version already; with this a scan need not read it. */
export const WITHHELD = 4;
/** Above every sum of these bits. */
const ALL_FLAGS = 8;
/** Device and flags of a hold as one number: `holderOf` reads it. */
export const HOLDER = `h.device * ${ALL_FLAGS} + h.flags`;
/** `needs.deletes` of a path of which it is not decided yet whether it is a need. */
export const UNDECIDED = 2;
export const STATE =
  "s.id, s.name, s.kind, s.size, s.mtime_ms, s.mode, s.stamp, s.writer, s.content, s.target, s.version";
export const JOINED =
  `SELECT ${STATE}, h.device, h.lsn, h.flags, s.directory FROM holds h JOIN states s ON s.id = h.state`;
export const IN_PATH_ORDER =
  `SELECT ${STATE}, h.device, h.lsn, h.flags, s.directory FROM states s CROSS JOIN holds h ON h.state = s.id`;
export const AT_NAME = `${IN_PATH_ORDER} WHERE s.directory = ? AND s.name = ?`;

/** What a change of a row writes, together with what other rows do. */
export const PUT_STATE = new RowChanges("states", {
  head:
    "INSERT INTO states (id, directory, name, kind, size, mtime_ms, mode, stamp, writer, content, target, version) VALUES",
  row: "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
});
export const PUT_HOLD = new RowChanges("holds", {
  head: "INSERT INTO holds (state, device, lsn, flags) VALUES",
  row: "(?, ?, ?, ?)",
  tail: "ON CONFLICT DO UPDATE SET lsn = excluded.lsn, flags = excluded.flags",
});
export const PUT_NEED = new RowChanges("needs", {
  head: "INSERT INTO needs (folder, directory, name, deletes, bytes, mark) VALUES",
  row: "(?, ?, ?, ?, ?, ?)",
  tail: "ON CONFLICT DO UPDATE " +
    "SET deletes = excluded.deletes, bytes = excluded.bytes, retry_ms = 0, attempts = 0, cause = '', remedy = '', " +
    "mark = CASE WHEN excluded.mark = 1 AND needs.mark > 1 THEN needs.mark ELSE excluded.mark END",
});
/** A content of which a device lost a row is counted again (catalogue/copies.ts). */
export const PUT_LEAVING = new RowChanges("leavings", {
  head: "INSERT INTO leavings (content, size, counted) VALUES",
  row: "(?, ?, ?)",
});
export const DROP_NEED = new RowChanges("needs", {
  head: "DELETE FROM needs WHERE (folder, directory, name) IN (VALUES",
  row: "(?, ?, ?)",
  tail: ")",
});

/** That a device makes a statement, and how it stands to it (R9, R10). */
export interface Holder {
  readonly device: number;
  readonly offered: boolean;
  readonly held: boolean;
}

/** Reads what `HOLDER` tells. */
export function holderOf(number: number): Holder {
  return {
    device: Math.floor(number / ALL_FLAGS),
    offered: (number & OFFERED) !== 0,
    held: (number & HELD) !== 0,
  };
}

/** A row with whose it is. */
export interface HeldRow extends PlacedRow {
  readonly device: number;
  readonly state: number;
}

/** A row of `JOINED` or `IN_PATH_ORDER`, by the places of its columns: taking the array apart costs as much as the rest. */
export function readRow(ids: Interning, row: SqlRow): HeldRow {
  const entry: Entry = {
    kind: KINDS[Number(row[2])]!,
    size: Number(row[3]),
    mtimeMs: Number(row[4]),
    mode: Number(row[5]),
    content: row[8] === null ? null : toHex(row[8] as Uint8Array) as ContentId,
    target: row[9] as string | null,
    version: decodeVersion(decode(row[10] as Uint8Array), Number(row[6]), (actor) => ids.actorOf(actor)),
    stamp: Number(row[6]) as Stamp,
    writer: ids.deviceOf(Number(row[7])),
  };
  const flags = Number(row[13]);
  const { path } = ids.directoryOf(Number(row[14]));
  return {
    state: Number(row[0]),
    device: Number(row[11]),
    lsn: Number(row[12]) as Lsn,
    row: {
      path: childOf(path, String(row[1])),
      entry,
      offered: (flags & OFFERED) !== 0,
      held: (flags & HELD) !== 0,
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
    entry.content === null ? null : shortFromHex(entry.content),
    entry.target,
    encodeShort(encodeVersion(entry.version, entry.stamp, (actor) => ids.actor(actor))),
  ];
}
