/** How many rows each device has, kept for those that were asked about: counting millions takes too long for each page. */
import type { Database } from "./database.ts";

export class RowCounts {
  readonly #db: Database;
  readonly #counts = new Map<number, number>();

  constructor(db: Database) {
    this.#db = db;
    db.onRollback(() => this.#counts.clear());
  }

  /** Rows that a device has said, of all epochs. */
  of(device: number): number {
    let count = this.#counts.get(device);
    if (count === undefined) {
      count = Number(this.#db.get("SELECT count(*) FROM holds WHERE device = ?", device)![0]);
      this.#counts.set(device, count);
    }
    return count;
  }

  /** Rows of a device came or went. */
  add(device: number, change: number): void {
    const count = this.#counts.get(device);
    if (count !== undefined) this.#counts.set(device, count + change);
  }
}
