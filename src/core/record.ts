/** Journal records (docs/storage.md): what each says, and its MessagePack form `[type, …]`. */
import type { Row } from "./entry.ts";
import { CairnError } from "./errors.ts";
import {
  type ActorId,
  type BootId,
  type DeviceId,
  type FolderId,
  fromHex,
  idOf,
  type Lsn,
  type RelPath,
  type Stamp,
} from "./ids.ts";
import { SHARED_FIELDS, SHARED_KEY_CHARACTERS } from "./limits.ts";
import { decodeMove, encodeMove, type Move } from "./move.ts";
import { decode, encode } from "./msgpack.ts";
import { relPath } from "./path.ts";
import { decodeRows, encodeRows } from "./row_codec.ts";
import { isStamp } from "./stamp.ts";

/** Why rows were written; `cairn log` tells it. */
export type Cause = "local" | "received" | "conflict" | "snapshot" | "mode";

/** One field of a shared record: last writer wins, by stamp and then by device. */
export interface SharedField {
  readonly kind: string;
  readonly key: string;
  readonly field: string;
  readonly value: unknown;
  readonly stamp: Stamp;
  readonly writer: DeviceId;
}

export type JournalRecord =
  /** An opening of the journal (R24). `osBoot` tells a crash of the machine from one of the program (R16). */
  | {
    readonly type: "boot";
    readonly boot: BootId;
    readonly epoch: number;
    readonly actor: ActorId;
    readonly timeMs: number;
    readonly osBoot: string;
  }
  /** A clean stop: whatever the disk shows next was written by people, not torn by a crash (R16). */
  | { readonly type: "stop"; readonly timeMs: number }
  /** This device's own rows. `closes` is the lsn of the intent that they fulfil, 0 for none. */
  | {
    readonly type: "rows";
    readonly folder: FolderId;
    readonly cause: Cause;
    readonly timeMs: number;
    readonly closes: Lsn;
    readonly rows: readonly Row[];
    /** Indexes of rows whose path had no living entry before: history tells new from changed. */
    readonly fresh: readonly number[];
  }
  /** What is about to be placed (R19): rows, or a renamed directory. */
  | {
    readonly type: "intent";
    readonly folder: FolderId;
    readonly rows: readonly Row[];
    readonly moves?: readonly Move[];
  }
  /** A renamed directory, or as much of it as makes the rows of one record (R29). They follow from this device's own as they were. */
  | {
    readonly type: "moved";
    readonly folder: FolderId;
    readonly cause: Cause;
    readonly timeMs: number;
    readonly closes: Lsn;
    readonly move: Move;
  }
  | { readonly type: "shared"; readonly fields: readonly SharedField[] }
  /** A value that this device alone writes and others may read; null withdraws it. */
  | { readonly type: "fact"; readonly key: string; readonly value: unknown }
  /** A value that never leaves this device; null removes it. */
  | { readonly type: "local"; readonly key: string; readonly value: unknown }
  /** A row of a snapshot keeps the lsn it was announced with. */
  | {
    readonly type: "kept";
    readonly folder: FolderId;
    readonly lsns: readonly Lsn[];
    readonly rows: readonly Row[];
  }
  /** This device's own tombstones of these paths are forgotten (R28). */
  | { readonly type: "forgot"; readonly folder: FolderId; readonly paths: readonly RelPath[] }
  /** The last record of a snapshot segment: without it the segment does not count (R26). */
  | { readonly type: "snapshot-end"; readonly lsn: Lsn; readonly counter: number; readonly stamp: Stamp };

const TYPES = [
  "boot",
  "stop",
  "rows",
  "intent",
  "shared",
  "fact",
  "local",
  "kept",
  "snapshot-end",
  "forgot",
  "moved",
] as const;

function asPlaced(rows: readonly Row[], lsns: readonly Lsn[] = []) {
  return rows.map((row, i) => ({ lsn: lsns[i] ?? 0 as Lsn, row }));
}

export function encodeRecord(record: JournalRecord): Uint8Array<ArrayBuffer> {
  return encode([TYPES.indexOf(record.type), ...partsOf(record)]);
}

function partsOf(record: JournalRecord): unknown[] {
  switch (record.type) {
    case "boot":
      return [fromHex(record.boot), record.epoch, fromHex(record.actor), record.timeMs, record.osBoot];
    case "stop":
      return [record.timeMs];
    case "rows":
      return [
        fromHex(record.folder),
        record.cause,
        record.timeMs,
        record.closes,
        encodeRows(asPlaced(record.rows)),
        record.fresh,
      ];
    case "intent":
      return [
        fromHex(record.folder),
        encodeRows(asPlaced(record.rows)),
        ...record.moves === undefined ? [] : [record.moves.map(encodeMove)],
      ];
    case "moved":
      return [
        fromHex(record.folder),
        record.cause,
        record.timeMs,
        record.closes,
        encodeMove(record.move),
      ];
    case "shared":
      return [encodeSharedFields(record.fields)];
    case "fact":
    case "local":
      return [record.key, record.value];
    case "kept":
      return [fromHex(record.folder), encodeRows(asPlaced(record.rows, record.lsns))];
    case "snapshot-end":
      return [record.lsn, record.counter, record.stamp];
    case "forgot":
      return [fromHex(record.folder), record.paths];
  }
}

export function encodeSharedFields(fields: readonly SharedField[]): unknown[] {
  return fields.map((
    { kind, key, field, value, stamp, writer },
  ) => [kind, key, field, value, stamp, fromHex(writer)]);
}

function invalid(what: string): never {
  throw new CairnError("message-invalid", `A record is malformed: ${what}`);
}

function idFrom<K extends "boot" | "actor" | "folder" | "device">(kind: K, value: unknown) {
  return (value instanceof Uint8Array ? idOf(kind, value) : null) ?? invalid(`${kind} id`);
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) ? value : invalid("a number");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : invalid("a text");
}

function path(value: unknown): RelPath {
  return (typeof value === "string" ? relPath(value) : null) ?? invalid("a path");
}

/** Kinds and fields of shared records: ids in hex are the longest of these. */
const NAME_CHARACTERS = 256;

function name(value: unknown, most = NAME_CHARACTERS): string {
  return text(value).length <= most ? text(value) : invalid("a name that is too long");
}

export function decodeSharedFields(value: unknown): SharedField[] {
  if (!Array.isArray(value) || value.length > SHARED_FIELDS) invalid("shared fields");
  return value.map((item: unknown) => {
    if (!Array.isArray(item)) invalid("a shared field");
    const [kind, key, field, content, stamp, writer] = item;
    if (!isStamp(stamp)) invalid("a stamp");
    return {
      kind: name(kind),
      key: name(key, SHARED_KEY_CHARACTERS),
      field: name(field),
      value: content,
      stamp,
      writer: idFrom("device", writer),
    };
  });
}

/** Reads a record that `encodeRecord` wrote. Throws CairnError "message-invalid" for anything else. */
export function decodeRecord(bytes: Uint8Array): JournalRecord {
  let parts: unknown;
  try {
    parts = decode(bytes);
  } catch (cause) {
    throw new CairnError("message-invalid", "A record is not MessagePack", "", cause);
  }
  if (!Array.isArray(parts)) invalid("not a list");
  const type = TYPES[number(parts[0])];
  switch (type) {
    case "boot":
      return {
        type,
        boot: idFrom("boot", parts[1]),
        epoch: number(parts[2]),
        actor: idFrom("actor", parts[3]),
        timeMs: number(parts[4]),
        osBoot: text(parts[5]),
      };
    case "stop":
      return { type, timeMs: number(parts[1]) };
    case "rows":
      return {
        type,
        folder: idFrom("folder", parts[1]),
        cause: text(parts[2]) as Cause,
        timeMs: number(parts[3]),
        closes: number(parts[4]) as Lsn,
        rows: decodeRows(parts[5]).map(({ row }) => row),
        fresh: Array.isArray(parts[6]) ? parts[6].map(number) : invalid("fresh rows"),
      };
    case "intent":
      return {
        type,
        folder: idFrom("folder", parts[1]),
        rows: decodeRows(parts[2]).map(({ row }) => row),
        ...Array.isArray(parts[3]) ? { moves: parts[3].map(decodeMove) } : {},
      };
    case "moved":
      return {
        type,
        folder: idFrom("folder", parts[1]),
        cause: text(parts[2]) as Cause,
        timeMs: number(parts[3]),
        closes: number(parts[4]) as Lsn,
        move: decodeMove(parts[5]),
      };
    case "shared":
      return { type, fields: decodeSharedFields(parts[1]) };
    case "fact":
    case "local":
      return { type, key: text(parts[1]), value: parts[2] ?? null };
    case "kept": {
      const placed = decodeRows(parts[2]);
      return {
        type,
        folder: idFrom("folder", parts[1]),
        lsns: placed.map(({ lsn }) => lsn),
        rows: placed.map(({ row }) => row),
      };
    }
    case "snapshot-end":
      return {
        type,
        lsn: number(parts[1]) as Lsn,
        counter: number(parts[2]),
        stamp: isStamp(parts[3]) ? parts[3] : invalid("a stamp"),
      };
    case "forgot":
      return {
        type,
        folder: idFrom("folder", parts[1]),
        paths: Array.isArray(parts[2]) ? parts[2].map(path) : invalid("paths"),
      };
    default:
      return invalid("unknown type");
  }
}
