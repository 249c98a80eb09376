/** Every path of a folder that anyone has said something of, with all that counts there; for looks that go through a folder as a whole. */
import type { Database } from "./database.ts";
import type { Interning } from "./interning.ts";
import { AT_NAME, type HeldRow, IN_PATH_ORDER, readRow } from "./row_sql.ts";
import type { Rows } from "./rows.ts";

/** Rows that are read with one question: some milliseconds. */
const READ_ROWS = 500;

export class EveryPath {
  readonly #db: Database;
  readonly #ids: Interning;
  readonly #rows: Rows;

  constructor(db: Database, ids: Interning, rows: Rows) {
    this.#db = db;
    this.#ids = ids;
    this.#rows = rows;
  }

  /** Path by path. What changes meanwhile may be told as it was or as it is. */
  *of(folder: number): Generator<readonly HeldRow[]> {
    const directories = this.#db.all("SELECT id FROM directories WHERE folder = ? ORDER BY id", folder);
    for (const [directory] of directories) yield* this.#in(Number(directory));
  }

  *#in(directory: number): Generator<readonly HeldRow[]> {
    const sql = `${IN_PATH_ORDER} WHERE s.directory = ? AND s.name > ? ORDER BY s.name LIMIT ${READ_ROWS}`;
    for (let after = "";;) {
      const read = this.#db.all(sql, directory, after);
      const isLast = read.length < READ_ROWS;
      const byName = new Map<string, HeldRow[]>();
      for (const row of read) {
        const name = String(row[1]);
        const known = byName.get(name);
        if (known === undefined) byName.set(name, [readRow(this.#ids, row)]);
        else known.push(readRow(this.#ids, row));
      }
      const names = [...byName.keys()];
      const last = names.at(-1);
      if (last === undefined) return;
      // The rows of the last name may go on beyond what was read.
      if (!isLast) {
        const all = this.#db.all(AT_NAME, directory, last);
        byName.set(last, all.map((row) => readRow(this.#ids, row)));
      }
      for (const rows of byName.values()) {
        const counted = rows.filter(({ device }) => !this.#rows.ignored.has(device));
        if (counted.length > 0) yield counted;
      }
      if (isLast) return;
      after = last;
    }
  }
}
