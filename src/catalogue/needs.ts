/**
 * The paths of wanted folders that still differ from what they should be. `catalogue/rows.ts` keeps the set exact; here it
 * is read, and what stands in a need's way is noted with its remedy (invariant 11).
 */
import type { RelPath } from "../core/ids.ts";
import { childOf, nameOf, parentOf } from "../core/path.ts";
import type { Database } from "./database.ts";
import type { Interning } from "./interning.ts";
import { AT_OR_BELOW, rangeOf } from "./briefs.ts";

/** Further ahead than any need is put off: a time that was noted before the clock went back. */
const RETRY_AHEAD_MS = 10 * 60_000;

export interface Need {
  readonly path: RelPath;
  readonly bytes: number;
  readonly attempts: number;
  readonly cause: string;
  readonly remedy: string;
}

export class Needs {
  readonly #db: Database;
  readonly #ids: Interning;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
  }

  /** Needs of a folder whose time has come, deletes or all else, at most `limit`. */
  due(folder: number, deletes: boolean, nowMs: number, limit: number): Need[] {
    return this.#db.all(
      "SELECT directory, name, bytes, attempts, cause, remedy FROM needs " +
        "WHERE folder = ? AND deletes = ? AND (retry_ms <= ? OR retry_ms > ?) LIMIT ?",
      folder,
      Number(deletes),
      nowMs,
      nowMs + RETRY_AHEAD_MS,
      limit,
    ).map((row) => this.#read(row));
  }

  /** When the next need of a folder is due; null when there is none. */
  nextDueMs(folder: number): number | null {
    const at = this.#db.get("SELECT min(retry_ms) FROM needs WHERE folder = ?", folder)![0];
    return at === null ? null : Number(at);
  }

  /** Needs with a noted cause. */
  blocked(folder: number, limit: number): Need[] {
    return this.#db.all(
      "SELECT directory, name, bytes, attempts, cause, remedy FROM needs WHERE folder = ? AND cause <> '' LIMIT ?",
      folder,
      limit,
    ).map((row) => this.#read(row));
  }

  total(folder: number): { readonly count: number; readonly bytes: number; readonly blocked: number } {
    const [count, bytes, blocked] = this.#db.get(
      "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(cause <> ''), 0) FROM needs WHERE folder = ?",
      folder,
    )!;
    return { count: Number(count), bytes: Number(bytes), blocked: Number(blocked) };
  }

  isEmpty(folder: number): boolean {
    return this.#db.get("SELECT 1 FROM needs WHERE folder = ? LIMIT 1", folder) === undefined;
  }

  /** True when a path below `directory` has a need. */
  anyBelow(folder: number, directory: RelPath): boolean {
    return this.#db.get(
      `SELECT 1 FROM directories d CROSS JOIN needs n ON n.folder = d.folder AND n.directory = d.id
       WHERE ${AT_OR_BELOW} LIMIT 1`,
      folder,
      ...rangeOf(directory),
    ) !== undefined;
  }

  /** How often a need was tried in vain. */
  attempts(folder: number, path: RelPath): number {
    return Number(
      this.#db.get(
        "SELECT attempts FROM needs WHERE folder = ? AND directory = ? AND name = ?",
        folder,
        this.#ids.directory(folder, parentOf(path)),
        nameOf(path),
      )?.[0] ?? 0,
    );
  }

  /** The need turned out to be none. */
  drop(folder: number, path: RelPath): void {
    this.#db.run(
      "DELETE FROM needs WHERE folder = ? AND directory = ? AND name = ?",
      folder,
      this.#ids.directory(folder, parentOf(path)),
      nameOf(path),
    );
  }

  /** It could not be done; try again at `retryMs`. */
  postpone(folder: number, path: RelPath, retryMs: number, cause: string, remedy: string): void {
    this.#db.run(
      "UPDATE needs SET retry_ms = ?, attempts = attempts + 1, cause = ?, remedy = ? " +
        "WHERE folder = ? AND directory = ? AND name = ?",
      retryMs,
      cause,
      remedy,
      folder,
      this.#ids.directory(folder, parentOf(path)),
      nameOf(path),
    );
  }

  /** Something changed for the better, such as a peer that came: all are due now. */
  retryAll(folder: number): void {
    this.#db.run("UPDATE needs SET retry_ms = 0 WHERE folder = ? AND retry_ms > 0", folder);
  }

  #read([directory, name, bytes, attempts, cause, remedy]: readonly unknown[]): Need {
    const { path } = this.#ids.directoryOf(Number(directory));
    return {
      path: childOf(path, String(name)),
      bytes: Number(bytes),
      attempts: Number(attempts),
      cause: String(cause),
      remedy: String(remedy),
    };
  }
}
