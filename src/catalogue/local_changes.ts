/**
 * How many paths of a folder are changed on this device and not given to others (R9). Counted once, some rows at a time in the order of their
 * lsns, and kept exact from then on: a row that changes meanwhile comes to stand behind all others, and is counted there.
 */
import { isLocalChange } from "../core/mode.ts";
import type { Row } from "../core/entry.ts";
import type { Database } from "./database.ts";
import { SELF } from "./interning.ts";
import { WITHHELD } from "./row_sql.ts";

/** Rows that one step goes through: some milliseconds. */
const STEP_ROWS = 5_000;
/** A version that names no write and knows of none, as it stands in the table: what has it says nothing (core/entry.ts). */
const NOTHING_BYTES = 2;

interface Count {
  /** Rows up to this lsn are counted. */
  upTo: number;
  paths: number;
}

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

  /** Counts on; true while there is more. */
  countSome(folder: number): boolean {
    let count = this.#counts.get(folder);
    if (count === undefined) this.#counts.set(folder, count = { upTo: 0, paths: 0 });
    if (count.upTo === Infinity) return false;
    const end = this.#db.get(
      "SELECT lsn FROM holds WHERE device = ? AND lsn > ? ORDER BY lsn LIMIT 1 OFFSET ?",
      SELF,
      count.upTo,
      STEP_ROWS,
    )?.[0];
    const upTo = end === undefined ? Infinity : Number(end);
    const [paths] = this.#db.get(
      `SELECT count(*) FROM holds h CROSS JOIN states s ON s.id = h.state CROSS JOIN directories d ON d.id = s.directory
       WHERE h.device = ? AND h.lsn > ? AND h.lsn <= ? AND h.flags & ${WITHHELD} AND d.folder = ?
       AND (s.kind <> 0 OR length(s.version) > ${NOTHING_BYTES})`,
      SELF,
      count.upTo,
      end === undefined ? Number.MAX_SAFE_INTEGER : upTo,
      folder,
    )!;
    count.paths += Number(paths);
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
    if (former !== null && former.lsn <= count.upTo && isLocalChange(former.row)) count.paths--;
    if (now !== null && now.lsn <= count.upTo && isLocalChange(now.row)) count.paths++;
  }
}
