/** Rows of a device in the order in which it said them. What was written or read lately is not read again. */
import type { Lsn } from "../core/ids.ts";
import { PAGE_WEIGHT } from "../core/limits.ts";
import { type PlacedRow, rowWeight } from "../core/row_codec.ts";
import type { Database, SqlRow } from "./database.ts";
import type { Interning } from "./interning.ts";
import type { RecentRows } from "./recent_rows.ts";
import { type HeldRow, JOINED, readRow } from "./row_sql.ts";

const HEADS = "SELECT h.state, h.lsn, s.directory, s.name FROM holds h JOIN states s ON s.id = h.state";

export interface RowOfFolder {
  readonly folder: number;
  readonly placed: PlacedRow;
}

export class RowPages {
  readonly #db: Database;
  readonly #ids: Interning;
  readonly #recent: RecentRows<HeldRow>;

  constructor(db: Database, ids: Interning, recent: RecentRows<HeldRow>) {
    this.#db = db;
    this.#ids = ids;
    this.#recent = recent;
  }

  /**
   * Rows of a device with lsn beyond `after` and up to `upTo`, oldest first, whole lsns (R29): at least `atLeast` if there are as many
   * and they do not weigh too much for a page before.
   */
  page(device: number, after: Lsn, upTo: Lsn, atLeast: number): RowOfFolder[] {
    const heads = this.#db.all(
      `${HEADS} WHERE h.device = ? AND h.lsn > ? AND h.lsn <= ? ORDER BY h.lsn LIMIT ?`,
      device,
      after,
      upTo,
      atLeast,
    );
    const last = heads.at(-1);
    if (last !== undefined && heads.length === atLeast) {
      const lsn = Number(last[1]);
      while (heads.length > 0 && Number(heads.at(-1)![1]) === lsn) heads.pop();
      heads.push(...this.#db.all(`${HEADS} WHERE h.device = ? AND h.lsn = ?`, device, lsn));
    }
    const page: RowOfFolder[] = [];
    let weight = 0;
    for (const row of this.#rowsOf(device, heads)) {
      const { placed } = row;
      if (weight >= PAGE_WEIGHT && placed.lsn !== page.at(-1)!.placed.lsn) break;
      weight += rowWeight(placed.row);
      page.push(row);
    }
    return page;
  }

  #rowsOf(device: number, heads: readonly SqlRow[]): RowOfFolder[] {
    const known = heads.map(([state, lsn, directory, name]) =>
      this.#recent.known(Number(directory), String(name))
        ?.find((row) => row.state === state && row.device === device && row.lsn === lsn)
    );
    const missing = heads.flatMap(([state], i) => known[i] === undefined ? [state] : []);
    const read = new Map<number, HeldRow>();
    if (missing.length > 0) {
      const sql = `${JOINED} WHERE h.state IN (SELECT value FROM json_each(?)) AND h.device = ?`;
      for (const row of this.#db.all(sql, JSON.stringify(missing), device)) {
        read.set(Number(row[0]), readRow(this.#ids, row));
      }
    }
    return heads.map(([state, , directory], i) => ({
      folder: this.#ids.directoryOf(Number(directory)).folder,
      placed: known[i] ?? read.get(Number(state))!,
    }));
  }
}
