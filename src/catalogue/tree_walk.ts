/**
 * What all devices say of a tree, directory by directory in the binary order of their paths, in slices that whoever walks may take as slowly
 * as he likes: nothing is held open in between, and what changes behind the walk is not seen by it.
 */
import type { RelPath } from "../core/ids.ts";
import { ROOT } from "../core/path.ts";
import type { Database, SqlRow } from "./database.ts";
import type { Interning } from "./interning.ts";
import { SELF } from "./interning.ts";
import { HELD, type HeldRow, IN_PATH_ORDER, KINDS, readRow } from "./row_sql.ts";

export interface WalkedDirectory {
  readonly id: number;
  readonly path: RelPath;
}

const FILE = KINDS.indexOf("file");
/** To SQLite every text is less than any blob. */
const BEHIND_ALL = new Uint8Array(0);

export class TreeWalk {
  readonly #db: Database;
  readonly #ids: Interning;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
  }

  /** Directories at or below `top` behind `after` (null: from the first), at most `limit`. Some of them may hold nothing any more. */
  directories(folder: number, top: RelPath, after: RelPath | null, limit: number): WalkedDirectory[] {
    const own = after === null
      ? this.#db.get("SELECT id, path FROM directories WHERE folder = ? AND path = ?", folder, top)
      : undefined;
    // A slash is followed by 0 in the order of bytes: between the two lies all that is below.
    const [from, until] = top === ROOT ? ["", BEHIND_ALL] : [`${top}/`, `${top}0`];
    const beyond = after === null || after < from ? from : after;
    const below = this.#db.all(
      "SELECT id, path FROM directories WHERE folder = ? AND path > ? AND path < ? ORDER BY path LIMIT ?",
      folder,
      beyond,
      until,
      limit,
    );
    return [...own === undefined ? [] : [own], ...below].map(([id, path]) => ({
      id: Number(id),
      path: path as RelPath,
    }));
  }

  /** This device's living, held files directly in a directory, by name behind `after`. */
  ownFilesIn(directory: number, after: string, limit: number): HeldRow[] {
    return this.#db.all(
      `${IN_PATH_ORDER} WHERE s.directory = ? AND s.name > ? AND s.kind = ${FILE} AND h.device = ${SELF} AND h.flags & ${HELD}
       ORDER BY s.name LIMIT ?`,
      directory,
      after,
      limit,
    ).map((row) => readRow(this.#ids, row));
  }

  /** Rows of all devices directly in a directory, by name behind `after`: whole names, about `limit` rows. None: there are no more. */
  rowsIn(directory: number, after: string, limit: number): HeldRow[] {
    const where = "WHERE s.directory = ? AND s.name > ? ORDER BY s.name LIMIT ?";
    let rows: SqlRow[] = this.#db.all(`${IN_PATH_ORDER} ${where}`, directory, after, limit);
    if (rows.length === limit) {
      const last = rows.at(-1)![1];
      const whole = rows.filter((row) => row[1] !== last);
      rows = [
        ...whole,
        ...this.#db.all(`${IN_PATH_ORDER} WHERE s.directory = ? AND s.name = ?`, directory, last!),
      ];
    }
    return rows.map((row) => readRow(this.#ids, row));
  }
}
