/**
 * How many paths of a folder are changed on this device and not given to others (R9), and how many files are listed here and not kept (R10).
 * Counted once, some rows at a time in the order of their lsns, and kept exact from then on: a row that changes meanwhile comes to stand
 * behind all others, and is counted there.
 */
import { isLocalChange } from "../core/mode.ts";
import { isDropped, type Row } from "../core/entry.ts";
import type { Database } from "./database.ts";
import { SELF } from "./interning.ts";
import { HELD, OFFERED, WITHHELD } from "./row_sql.ts";

/** Rows that one step goes through: some milliseconds. */
const STEP_ROWS = 5_000;
/** A version that names no write and knows of none, as it stands in the table: what has it says nothing (core/entry.ts). */
const NOTHING_BYTES = 2;

/** Files that are listed here and not kept. */
export interface Dropped {
  readonly files: number;
  readonly bytes: number;
}

interface Count {
  /** Rows up to this lsn are counted. */
  upTo: number;
  paths: number;
  files: number;
  bytes: number;
}

const IS_DROPPED = `(h.flags & ${OFFERED | HELD} = ${OFFERED} AND s.kind <> 0)`;

export class LocalChanges {
  readonly #db: Database;
  readonly #counts = new Map<number, Count>();

  constructor(db: Database) {
    this.#db = db;
    db.onRollback(() => this.#counts.clear());
  }

  /** Paths that are changed here; null while they are not all counted. */
  of(folder: number): number | null {
    const count = this.#counts.get(folder);
    return count?.upTo === Infinity ? count.paths : null;
  }

  /** What is listed and not kept; null while it is not all counted. */
  dropped(folder: number): Dropped | null {
    const count = this.#counts.get(folder);
    return count?.upTo === Infinity ? { files: count.files, bytes: count.bytes } : null;
  }

  /** Counts on; true while there is more. */
  countSome(folder: number): boolean {
    let count = this.#counts.get(folder);
    if (count === undefined) this.#counts.set(folder, count = { upTo: 0, paths: 0, files: 0, bytes: 0 });
    if (count.upTo === Infinity) return false;
    const end = this.#db.get(
      "SELECT lsn FROM holds WHERE device = ? AND lsn > ? ORDER BY lsn LIMIT 1 OFFSET ?",
      SELF,
      count.upTo,
      STEP_ROWS,
    )?.[0];
    const upTo = end === undefined ? Infinity : Number(end);
    const [paths, files, bytes] = this.#db.get(
      `SELECT coalesce(sum(h.flags & ${WITHHELD} <> 0 AND (s.kind <> 0 OR length(s.version) > ${NOTHING_BYTES})), 0),
         coalesce(sum(${IS_DROPPED}), 0), coalesce(sum(CASE WHEN ${IS_DROPPED} THEN s.size END), 0)
       FROM holds h CROSS JOIN states s ON s.id = h.state CROSS JOIN directories d ON d.id = s.directory
       WHERE h.device = ? AND h.lsn > ? AND h.lsn <= ? AND h.flags & ${OFFERED | HELD} <> ${
        OFFERED | HELD
      } AND d.folder = ?`,
      SELF,
      count.upTo,
      end === undefined ? Number.MAX_SAFE_INTEGER : upTo,
      folder,
    )!;
    count.paths += Number(paths);
    count.files += Number(files);
    count.bytes += Number(bytes);
    count.upTo = upTo;
    return end !== undefined;
  }

  /** A row of this device has changed. */
  note(
    folder: number,
    former: { readonly row: Row; readonly lsn: number } | null,
    now: { readonly row: Row; readonly lsn: number } | null,
  ): void {
    const count = this.#counts.get(folder);
    if (count === undefined) return;
    if (former !== null && former.lsn <= count.upTo) add(count, former.row, -1);
    if (now !== null && now.lsn <= count.upTo) add(count, now.row, 1);
  }
}

function add(count: Count, row: Row, by: 1 | -1): void {
  if (isLocalChange(row)) count.paths += by;
  if (!isDropped(row)) return;
  count.files += by;
  count.bytes += by * row.entry.size;
}
