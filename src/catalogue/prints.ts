/** Fingerprints of what this device has on its disk, by state (R14). */
import type { Fingerprint } from "../core/fingerprint.ts";
import type { Database, SqlRow } from "./database.ts";
import { RowChanges } from "./gathering.ts";

const NAMES = ["size", "mtime_ms", "ctime_ms", "birth_ms", "ino", "dev", "mode", "settled"];
const COLUMNS = NAMES.join(", ");

const PUT = new RowChanges("prints", {
  head: `INSERT OR REPLACE INTO prints (state, ${COLUMNS}) VALUES`,
  row: "(?, ?, ?, ?, ?, ?, ?, ?, ?)",
});

/** The columns of a print where `prints` has another name. */
export function columnsOf(prints: string): string {
  return NAMES.map((name) => `${prints}.${name}`).join(", ");
}

export interface StatePrint {
  readonly state: number;
  readonly print: Fingerprint;
}

export class Prints {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  get(state: number): Fingerprint | null {
    const row = this.#db.get(`SELECT ${COLUMNS} FROM prints WHERE state = ?`, state);
    return row === undefined ? null : readPrint(row);
  }

  put(state: number, print: Fingerprint): void {
    this.#db.gather(
      PUT,
      state,
      print.size,
      print.mtimeMs,
      print.ctimeMs,
      print.birthMs,
      print.ino,
      print.dev,
      print.mode,
      Number(print.settled),
    );
  }

  /** The same of many at once: alone, each would be a transaction of its own. */
  putAll(all: readonly StatePrint[]): void {
    if (all.length === 0) return;
    this.#db.transaction(() => {
      for (const { state, print } of all) this.put(state, print);
    });
  }

  /** The file of one state is now that of another: same bytes, newer version. */
  move(from: number, to: number): void {
    this.#db.run("UPDATE OR REPLACE prints SET state = ? WHERE state = ?", to, from);
  }

  drop(state: number): void {
    this.#db.run("DELETE FROM prints WHERE state = ?", state);
  }

  /** What changed within `ms` of the newest change that is known is read again, whatever its fingerprint says. */
  distrustNewest(ms: number): void {
    this.#db.run("UPDATE prints SET settled = 0 WHERE ctime_ms > (SELECT max(ctime_ms) FROM prints) - ?", ms);
  }

  /** States whose file had this inode; a moved file is among them. */
  statesOfInode(ino: number): StatePrint[] {
    return this.#db.all(`SELECT ${COLUMNS}, state FROM prints WHERE ino = ? LIMIT 16`, ino)
      .map((row) => ({ state: Number(row[8]), print: readPrint(row) }));
  }

  /** The same of many inodes at once; those of which nothing is known are not in the answer. */
  statesOfInodes(inos: readonly number[]): Map<number, StatePrint[]> {
    const found = new Map<number, StatePrint[]>();
    const rows = this.#db.all(
      `SELECT ${COLUMNS}, state FROM json_each(?) j CROSS JOIN prints p
       WHERE p.state IN (SELECT state FROM prints WHERE ino = j.value LIMIT 16)`,
      JSON.stringify([...new Set(inos)]),
    );
    for (const row of rows) {
      const one = { state: Number(row[8]), print: readPrint(row) };
      const others = found.get(one.print.ino);
      if (others === undefined) found.set(one.print.ino, [one]);
      else others.push(one);
    }
    return found;
  }
}

/** The columns of a print, in the order of the table, from `at` on. */
export function readPrint(row: SqlRow, at = 0): Fingerprint {
  return {
    size: Number(row[at]),
    mtimeMs: Number(row[at + 1]),
    ctimeMs: Number(row[at + 2]),
    birthMs: Number(row[at + 3]),
    ino: Number(row[at + 4]),
    dev: Number(row[at + 5]),
    mode: Number(row[at + 6]),
    settled: row[at + 7] === 1,
  };
}
