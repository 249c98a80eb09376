/**
 * A folder becomes wanted: every path of it that another device has may be a need. They are marked so some at a time, in the order of directories
 * and names, for there may be a million (invariant 10). How far that has come is kept in the same transaction, so that whoever is stopped goes
 * on; a row that comes meanwhile decides about its path by itself (rows.ts).
 */
import type { Database } from "./database.ts";
import { SELF } from "./interning.ts";
import { OFFERED, UNDECIDED } from "./row_sql.ts";

/** States, and directories, that are looked at in one go: some milliseconds. */
const STEP_STATES = 500;

/** Of many paths at once, that each may be a need; what is known to lose something stays as it is, and counted. */
export const MAY_NEED = "INSERT INTO needs (folder, directory, name, deletes, bytes)";
export const IF_NOT_LOSING = `ON CONFLICT DO UPDATE SET deletes = ${UNDECIDED} WHERE needs.mark = 0`;

export class Wanting {
  readonly #db: Database;
  readonly #isOn = new Map<number, boolean>();

  constructor(db: Database) {
    this.#db = db;
    db.onRollback(() => this.#isOn.clear());
  }

  /** From now on no path has been looked at, if there is any, and the folder is more than listed here. */
  begin(folder: number): void {
    const isAny = this.#db.get(
      "SELECT 1 FROM folders f JOIN directories d ON d.folder = f.id WHERE f.id = ? AND f.wanted LIMIT 1",
      folder,
    ) !== undefined;
    this.#set(folder, isAny ? 0 : null, "");
  }

  end(folder: number): void {
    this.#set(folder, null, "");
  }

  /** There are paths that have not been looked at: nobody knows yet what is needed. */
  isOn(folder: number): boolean {
    let isOn = this.#isOn.get(folder);
    if (isOn === undefined) {
      isOn = typeof this.#progress(folder)?.[0] === "number";
      this.#isOn.set(folder, isOn);
    }
    return isOn;
  }

  /** Marks some paths; false when all are. */
  markSome(folder: number): boolean {
    return this.isOn(folder) && this.#db.transaction(() => {
      const progress = this.#progress(folder)!;
      let [directory, name] = [Number(progress[0]), String(progress[1])];
      for (let left = STEP_STATES; left > 0;) {
        const names = this.#db.all(
          "SELECT name FROM states WHERE directory = ? AND name > ? ORDER BY name LIMIT ?",
          directory,
          name,
          left,
        );
        const last = names.at(-1)?.[0];
        if (last !== undefined) this.#mark(folder, directory, name, name = String(last));
        const isWhole = names.length < left;
        left -= 1 + names.length;
        if (!isWhole) continue;
        // In the order of the numbers: by the folder's own index they would have to be sorted each time.
        const next = this.#db.get(
          "SELECT id FROM directories WHERE +folder = ? AND id > ? ORDER BY id LIMIT 1",
          folder,
          directory,
        );
        if (next === undefined) {
          this.end(folder);
          return false;
        }
        [directory, name] = [Number(next[0]), ""];
      }
      this.#set(folder, directory, name);
      return true;
    });
  }

  #mark(folder: number, directory: number, after: string, upTo: string): void {
    this.#db.run(
      `${MAY_NEED} SELECT DISTINCT ?, s.directory, s.name, ${UNDECIDED}, 0 FROM states s CROSS JOIN holds h ON h.state = s.id
       WHERE s.directory = ? AND s.name > ? AND s.name <= ? AND h.device <> ${SELF} AND h.flags & ${OFFERED} ${IF_NOT_LOSING}`,
      folder,
      directory,
      after,
      upTo,
    );
  }

  #progress(folder: number) {
    return this.#db.get("SELECT wanting_directory, wanting_name FROM folders WHERE id = ?", folder);
  }

  #set(folder: number, directory: number | null, name: string): void {
    const sql = "UPDATE folders SET wanting_directory = ?, wanting_name = ? WHERE id = ?";
    this.#db.run(sql, directory, name, folder);
    this.#isOn.set(folder, directory !== null);
  }
}
