/**
 * Directories of a folder that lay on another disk than its root when they were last listed (R13), each with what tells that disk from
 * others. They are few, and asked for at every look: all of a folder are kept in memory.
 */
import type { RelPath } from "../core/ids.ts";
import { ancestorsOf, isBelow } from "../core/path.ts";
import type { Database } from "./database.ts";
import type { Interning } from "./interning.ts";

export class Mounts {
  readonly #db: Database;
  readonly #ids: Interning;
  readonly #known = new Map<number, Map<RelPath, number>>();

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
    db.onRollback(() => this.#known.clear());
  }

  /** What tells the disk that was mounted at a directory from others; 0 when none was. */
  diskAt(folder: number, directory: RelPath): number {
    return this.#of(folder).get(directory) ?? 0;
  }

  /** The directory at which the disk of a path was mounted; null when it was the root's. */
  holding(folder: number, path: RelPath): RelPath | null {
    const mounts = this.#of(folder);
    if (mounts.size === 0) return null;
    return [path, ...ancestorsOf(path).reverse()].find((directory) => mounts.has(directory)) ?? null;
  }

  /** Every directory of a folder at which a disk was mounted. */
  all(folder: number): RelPath[] {
    return [...this.#of(folder).keys()];
  }

  /** A directory at or below a path at which a disk was mounted; null when there is none. */
  below(folder: number, path: RelPath): RelPath | null {
    for (const directory of this.#of(folder).keys()) {
      if (directory === path || isBelow(directory, path)) return directory;
    }
    return null;
  }

  set(folder: number, directory: RelPath, disk: number): void {
    this.#db.run(
      "UPDATE directories SET mounted = ? WHERE id = ?",
      disk,
      this.#ids.directory(folder, directory),
    );
    if (disk === 0) this.#of(folder).delete(directory);
    else this.#of(folder).set(directory, disk);
  }

  #of(folder: number): Map<RelPath, number> {
    let mounts = this.#known.get(folder);
    if (mounts === undefined) {
      const rows = this.#db.all(
        "SELECT path, mounted FROM directories WHERE folder = ? AND mounted <> 0",
        folder,
      );
      mounts = new Map(rows.map(([path, disk]) => [path as RelPath, Number(disk)]));
      this.#known.set(folder, mounts);
    }
    return mounts;
  }
}
