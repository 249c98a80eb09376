/**
 * The paths of wanted folders that still differ from what they should be. `catalogue/rows.ts` keeps the set exact; here it
 * is read, and what stands in a need's way is noted with its remedy (invariant 11).
 */
import { type ContentId, fromHex, type RelPath } from "../core/ids.ts";
import { childOf, nameOf, parentOf } from "../core/path.ts";
import type { Database } from "./database.ts";
import { type Interning, SELF } from "./interning.ts";
import { AT_OR_BELOW, likePattern, rangeOf } from "./briefs.ts";
import type { Wanting } from "./wanting.ts";

/** Further ahead than any need is put off: a time that was noted before the clock went back. */
const RETRY_AHEAD_MS = 10 * 60_000;

/** Needs of a folder that is wanted no more that go at once: some milliseconds. */
const DROPPED_AT_ONCE = 500;

/** Due, behind all that was never tried. */
const DUE_AGAIN = "retry_ms = MIN(attempts, 1)";

export interface Need {
  readonly path: RelPath;
  readonly bytes: number;
  readonly attempts: number;
  readonly cause: string;
  readonly remedy: string;
}

/** How a need stands to the brake (R38). */
export const MARK = {
  /** It takes nothing of ours away. */
  none: 0,
  /** It deletes or replaces a file of ours. */
  loses: 1,
  /** It does, but what the file holds lives on at another path. */
  moved: 2,
  /** It does, and a person has agreed. */
  agreed: 3,
} as const;
export type Mark = typeof MARK[keyof typeof MARK];

export class Needs {
  readonly #db: Database;
  readonly #ids: Interning;
  readonly #wanting: Wanting;

  constructor(db: Database, ids: Interning, wanting: Wanting) {
    this.#db = db;
    this.#ids = ids;
    this.#wanting = wanting;
  }

  /**
   * Needs of a folder whose time has come, deletes or all else, at most `limit`; without those that lose, if so asked. What was never
   * tried comes first: what fails again and again keeps nothing else waiting.
   */
  due(folder: number, deletes: boolean, nowMs: number, limit: number, withLosing = true): Need[] {
    const select = (when: "<=" | ">", boundMs: number, most: number) =>
      this.#db.all(
        "SELECT directory, name, bytes, attempts, cause, remedy FROM needs " +
          `WHERE folder = ? AND deletes = ? AND retry_ms ${when} ? ${
            withLosing ? "" : `AND mark <> ${MARK.loses} `
          }ORDER BY retry_ms LIMIT ?`,
        folder,
        Number(deletes),
        boundMs,
        most,
      ).map((row) => this.#read(row));
    const due = select("<=", nowMs, limit);
    return due.length < limit ? [...due, ...select(">", nowMs + RETRY_AHEAD_MS, limit - due.length)] : due;
  }

  /** Paths of needs that take something of ours away, deletes first; see `MARK`. */
  losing(folder: number): { readonly path: RelPath; readonly deletes: boolean }[] {
    return this.#db.all(
      `SELECT directory, name, deletes FROM needs WHERE folder = ? AND mark = ${MARK.loses} ORDER BY deletes DESC`,
      folder,
    ).map(([directory, name, deletes]) => ({
      path: childOf(this.#ids.directoryOf(Number(directory)).path, String(name)),
      deletes: deletes === 1,
    }));
  }

  /** How many needs delete, and how many replace, a file of ours that does not live on elsewhere. */
  losingCounts(folder: number): { readonly deletes: number; readonly replaces: number } {
    const [deletes, all] = this.#db.get(
      `SELECT coalesce(sum(deletes), 0), count(*) FROM needs WHERE folder = ? AND mark = ${MARK.loses}`,
      folder,
    )!;
    return { deletes: Number(deletes), replaces: Number(all) - Number(deletes) };
  }

  markOf(folder: number, path: RelPath): Mark {
    const directory = this.#ids.findDirectory(folder, parentOf(path));
    const row = directory === null ? undefined : this.#db.get(
      "SELECT mark FROM needs WHERE folder = ? AND directory = ? AND name = ?",
      folder,
      directory,
      nameOf(path),
    );
    return Number(row?.[0] ?? MARK.none) as Mark;
  }

  setMark(folder: number, path: RelPath, mark: Mark): void {
    const directory = this.#ids.findDirectory(folder, parentOf(path));
    if (directory === null) return;
    this.#db.run(
      "UPDATE needs SET mark = ? WHERE folder = ? AND directory = ? AND name = ?",
      mark,
      folder,
      directory,
      nameOf(path),
    );
  }

  /** A person agrees to all that would be lost. */
  agree(folder: number): void {
    this.#db.run(`UPDATE needs SET mark = ${MARK.agreed} WHERE folder = ? AND mark = ${MARK.loses}`, folder);
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

  /** Nothing is needed, and no path is left of which nobody knows. */
  isEmpty(folder: number): boolean {
    return !this.#wanting.isOn(folder) &&
      this.#db.get("SELECT 1 FROM needs WHERE folder = ? LIMIT 1", folder) === undefined;
  }

  /** Every path of a folder that has a need, at most `most` at a time. */
  *paths(folder: number, most: number): Generator<RelPath[]> {
    const sql = "SELECT directory, name FROM needs WHERE folder = ? AND (directory, name) > (?, ?) " +
      "ORDER BY directory, name LIMIT ?";
    for (let after: readonly [number, string] = [0, ""];;) {
      const some = this.#db.all(sql, folder, ...after, most);
      if (some.length === 0) return;
      const [directory, name] = some.at(-1)!;
      after = [Number(directory), String(name)];
      yield some.map(([directory, name]) =>
        childOf(this.#ids.directoryOf(Number(directory)).path, String(name))
      );
    }
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

  /** Directories of ours that are to be deleted. */
  deletedDirectories(folder: number): RelPath[] {
    return this.#db.all(
      `SELECT n.directory, n.name FROM needs n JOIN states s ON s.directory = n.directory AND s.name = n.name AND s.kind = 2
       JOIN holds h ON h.state = s.id AND h.device = ${SELF} WHERE n.folder = ? AND n.deletes = 1`,
      folder,
    ).map(([directory, name]) => childOf(this.#ids.directoryOf(Number(directory)).path, String(name)));
  }

  /** True when a file below `directory` leaves it for another path. */
  anyMovedBelow(folder: number, directory: RelPath): boolean {
    return this.#db.get(
      `SELECT 1 FROM directories d CROSS JOIN needs n ON n.folder = d.folder AND n.directory = d.id
       WHERE ${AT_OR_BELOW} AND n.mark = ${MARK.moved} LIMIT 1`,
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

  /** Some go, whatever they are; false when none is left. */
  dropSome(folder: number): boolean {
    return this.#db.run(
      "DELETE FROM needs WHERE (folder, directory, name) IN (SELECT folder, directory, name FROM needs WHERE folder = ? LIMIT ?)",
      folder,
      DROPPED_AT_ONCE,
    ) > 0;
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

  /** None is tried before its time, and nothing is said against it. */
  putOff(folder: number, times: ReadonlyMap<RelPath, number>): void {
    this.#db.transaction(() => {
      for (const [path, retryMs] of times) {
        this.#db.run(
          "UPDATE needs SET retry_ms = ? WHERE folder = ? AND directory = ? AND name = ?",
          retryMs,
          folder,
          this.#ids.directory(folder, parentOf(path)),
          nameOf(path),
        );
      }
    });
  }

  /** What was put off without a try is due now. */
  resume(folder: number): void {
    this.#db.run("UPDATE needs SET retry_ms = 0 WHERE folder = ? AND attempts = 0 AND retry_ms > 0", folder);
  }

  /** Something changed for the better: all are due now. */
  retryAll(folder: number): void {
    this.#db.run(`UPDATE needs SET ${DUE_AGAIN} WHERE folder = ? AND retry_ms > 1`, folder);
  }

  /** A peer came: what it has is due now. */
  retryFrom(folder: number, device: number): void {
    this.#db.run(
      `UPDATE needs SET ${DUE_AGAIN} WHERE folder = ? AND retry_ms > 1 AND EXISTS (
         SELECT 1 FROM states s JOIN holds h ON h.state = s.id
         WHERE s.directory = needs.directory AND s.name = needs.name AND h.device = ?)`,
      folder,
      device,
    );
  }

  /** Some of these contents is to be had: whatever needs them is due now. */
  retryContents(folder: number, contents: readonly ContentId[]): void {
    for (const content of contents) {
      const bytes = fromHex(content);
      this.#db.run(
        `UPDATE needs SET ${DUE_AGAIN} WHERE folder = ? AND retry_ms > 1 AND (directory, name) IN (
           SELECT s.directory, s.name FROM states s
           WHERE s.content IS NOT NULL AND substr(s.content, 2, 8) = ? AND s.content = ?)`,
        folder,
        bytes.slice(1, 9),
        bytes,
      );
    }
  }

  /** Names beside a path that are needed here, and may be the same on a disk that does not tell all names apart. */
  alike(folder: number, path: RelPath): string[] {
    return this.#db.all(
      "SELECT name FROM needs WHERE folder = ? AND directory = ? AND name LIKE ? ESCAPE '\\' AND deletes = 0",
      folder,
      this.#ids.directory(folder, parentOf(path)),
      likePattern(nameOf(path)),
    ).map(([name]) => String(name));
  }

  /** A path has become free: needs of names that are the same on a disk that does not tell all names apart are due now. */
  retryAlike(folder: number, path: RelPath): void {
    this.#db.run(
      "UPDATE needs SET retry_ms = 0 WHERE folder = ? AND directory = ? AND name LIKE ? ESCAPE '\\' AND cause <> ''",
      folder,
      this.#ids.directory(folder, parentOf(path)),
      likePattern(nameOf(path)),
    );
  }

  /** A directory has come: what could not be placed below it is due now. */
  retryBelow(folder: number, directory: RelPath): void {
    this.#db.run(
      `UPDATE needs SET retry_ms = 0 WHERE folder = ? AND cause <> '' AND directory IN (
         SELECT d.id FROM directories d WHERE ${AT_OR_BELOW})`,
      folder,
      folder,
      ...rangeOf(directory),
    );
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
