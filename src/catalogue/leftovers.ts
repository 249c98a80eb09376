/** What may be on its way out: tombstones, and rows of devices that do not count any more. Reads for sweeps, in bounded steps. */
import type { Lsn } from "../core/ids.ts";
import { childOf } from "../core/path.ts";
import type { Database, SqlRow } from "./database.ts";
import { type Interning, SELF } from "./interning.ts";
import { UNDECIDED } from "./row_sql.ts";
import { OFFERED, type Place, type Rows } from "./rows.ts";
import { IF_NOT_LOSING, MAY_NEED } from "./wanting.ts";

export class Leftovers {
  readonly #db: Database;
  readonly #ids: Interning;
  readonly #rows: Rows;

  constructor(db: Database, ids: Interning, rows: Rows) {
    this.#db = db;
    this.#ids = ids;
    this.#rows = rows;
  }

  /** Tombstones that anyone has, in the order of their states from behind `afterState`. */
  tombstonesAfter(afterState: number, limit: number): (Place & { readonly state: number })[] {
    return this.#db.all(
      "SELECT id, directory, name FROM states WHERE kind = 0 AND id > ? ORDER BY id LIMIT ?",
      afterState,
      limit,
    ).map(([state, directory, name]) => ({ state: Number(state), ...this.#place(directory, name) }));
  }

  /** Lsns of a device's rows from behind `after` up to `upTo`, in order, and which are of tombstones. */
  lsnsAfter(device: number, after: Lsn, upTo: Lsn, limit: number): { lsn: Lsn; isTombstone: boolean }[] {
    return this.#db.all(
      `SELECT h.lsn, s.kind FROM holds h CROSS JOIN states s ON s.id = h.state
       WHERE h.device = ? AND h.lsn > ? AND h.lsn <= ? ORDER BY h.lsn LIMIT ?`,
      device,
      after,
      upTo,
      limit,
    ).map(([lsn, kind]) => ({ lsn: Number(lsn) as Lsn, isTombstone: kind === 0 }));
  }

  /** Some rows of a device, at most `limit`. */
  rowsOf(device: number, limit: number): Place[] {
    return this.#db.all(
      "SELECT s.directory, s.name FROM holds h JOIN states s ON s.id = h.state WHERE h.device = ? LIMIT ?",
      device,
      limit,
    ).map(([directory, name]) => this.#place(directory, name));
  }

  /** Marks rows of a device as of an older epoch (a negative lsn), at most `limit` (-1: all). Answers how many. */
  markOlderEpoch(device: number, limit: number): number {
    const states = this.#db.all(
      "SELECT state FROM holds WHERE device = ? AND lsn > 0 LIMIT ?",
      device,
      limit,
    );
    for (const [state] of states) {
      this.#db.run("UPDATE holds SET lsn = -lsn WHERE state = ? AND device = ?", state!, device);
    }
    this.#rows.forgetRecent();
    return states.length;
  }

  /** Rows that a device announced in an older epoch, at most `limit`. */
  ofOlderEpoch(device: number, limit: number): Place[] {
    return this.#db.all(
      "SELECT s.directory, s.name FROM holds h JOIN states s ON s.id = h.state WHERE h.device = ? AND h.lsn < 0 LIMIT ?",
      device,
      limit,
    ).map(([directory, name]) => this.#place(directory, name));
  }

  /** Devices that count as never heard of and yet have rows: their sweep was not finished. */
  devices(): number[] {
    return this.#db.all(
      "SELECT id FROM devices d WHERE id <> ? AND epoch = 0 AND EXISTS (SELECT 1 FROM holds h WHERE h.device = d.id)",
      SELF,
    ).map(([id]) => Number(id));
  }

  /** Every path of wanted folders that a device has may be a need, when its rows count again: `Rows.decideSome` says which are. */
  needAllOf(device: number): void {
    this.#db.run(
      `${MAY_NEED} SELECT DISTINCT d.folder, s.directory, s.name, ${UNDECIDED}, 0 FROM holds h
       JOIN states s ON s.id = h.state JOIN directories d ON d.id = s.directory JOIN folders f ON f.id = d.folder
       WHERE h.device = ? AND h.flags & ${OFFERED} AND f.wanted = 1 ${IF_NOT_LOSING}`,
      device,
    );
  }

  #place(directory: SqlRow[number] | undefined, name: SqlRow[number] | undefined): Place {
    const { folder, path } = this.#ids.directoryOf(Number(directory));
    return { folder, path: childOf(path, String(name)) };
  }
}
