/** Fingerprints of what this device has on its disk, by state (R14). */
import type { Fingerprint } from "../core/fingerprint.ts";
import type { Database, SqlRow } from "./database.ts";

const COLUMNS = "size, mtime_ms, ctime_ms, birth_ms, ino, dev, mode, settled";

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
    this.#db.run(
      `INSERT OR REPLACE INTO prints (state, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
  statesOfInode(ino: number): { state: number; print: Fingerprint }[] {
    return this.#db.all(`SELECT ${COLUMNS}, state FROM prints WHERE ino = ? LIMIT 16`, ino)
      .map((row) => ({ state: Number(row[8]), print: readPrint(row) }));
  }
}

/** The columns of a print, in the order of the table. */
export function readPrint(row: SqlRow): Fingerprint {
  const [size, mtimeMs, ctimeMs, birthMs, ino, dev, mode, settled] = row.map(Number);
  return {
    size: size!,
    mtimeMs: mtimeMs!,
    ctimeMs: ctimeMs!,
    birthMs: birthMs!,
    ino: ino!,
    dev: dev!,
    mode: mode!,
    settled: settled === 1,
  };
}
