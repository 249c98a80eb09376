/**
 * The index of what stands above files: which directories have three characters one behind the other in their paths. Derived, lazy and
 * guarded as the index of names, of which it is a part.
 *
 * 1. Every directory up to `upto` is in under its present path: a number that is given again is beyond `upto` when that is done.
 * 2. What is in may be gone, or another one may have its number: a hit counts only once the path was read and has the needle in it.
 */
import { foldForSearch } from "../core/search_text.ts";
import type { Database } from "./database.ts";
import { beginWhole, mergeParts } from "./index_parts.ts";

/** A living file or directory, as the index of names within a directory tells it. */
export interface NamedIn {
  readonly state: number;
  readonly name: string;
}

/** Works on an index of names; one that shows to be damaged is begun anew. */
type Guarded = <T>(work: () => T) => T;

export class DirectoryWords {
  readonly #db: Database;
  readonly #guarded: Guarded;

  constructor(db: Database, guarded: Guarded) {
    this.#db = db;
    this.#guarded = guarded;
  }

  #change<T>(work: () => T): T {
    return this.#guarded(() => this.#db.transaction(work));
  }

  get upto(): number {
    return Number(this.#db.get("SELECT directories_upto FROM names_progress")![0]);
  }

  /** How many numbers of directories are beyond `upto`. */
  get behind(): number {
    const row = this.#db.get(
      "SELECT coalesce(max(id), 0) - (SELECT directories_upto FROM names_progress) FROM directories",
    );
    return Math.max(0, Number(row![0]));
  }

  /** Takes some directories in. True while there are more. */
  takeSome(limit: number): boolean {
    return this.#change(() => {
      const some = this.notYetIn(this.upto, limit);
      for (const { id, path } of some) {
        this.#db.run("DELETE FROM directory_words WHERE rowid = ?", id);
        this.#db.run("INSERT INTO directory_words (rowid, path) VALUES (?, ?)", id, foldForSearch(path));
      }
      if (some.length > 0) this.#db.run("UPDATE names_progress SET directories_upto = ?", some.at(-1)!.id);
      return some.length === limit;
    });
  }

  /** Merges small parts of the index, `pages` at a time. True while there is something to do. */
  mergeSome(): boolean {
    return this.#guarded(() => mergeParts(this.#db, "directory_words"));
  }

  /** Begins to make one part of all, where that is worth it; `mergeSome` goes on. */
  beginWhole(): boolean {
    return this.#guarded(() => beginWhole(this.#db, "directory_words"));
  }

  /** Removes directories that are gone, among `limit` behind one. Answers where to go on; null at the end. */
  sweep(after: number, limit: number): number | null {
    return this.#change(() => {
      const some = this.#db.all(
        `SELECT w.id, EXISTS (SELECT 1 FROM directories d WHERE d.id = w.id)
         FROM directory_words_docsize w WHERE w.id > ? ORDER BY w.id LIMIT ?`,
        after,
        limit,
      );
      for (const [id, lives] of some) {
        if (lives === 0) this.#db.run("DELETE FROM directory_words WHERE rowid = ?", id!);
      }
      return some.length < limit ? null : Number(some.at(-1)![0]);
    });
  }

  /** Directories below a number, the newest first, whose paths may answer an expression of `matchOf`. */
  matching(match: string, below: number, limit: number): number[] {
    return this.#guarded(() =>
      this.#db.all(
        `SELECT w.rowid FROM directory_words w WHERE directory_words MATCH ? AND w.rowid < ? ORDER BY w.rowid DESC LIMIT ?`,
        match,
        below,
        limit,
      )
    ).map(([id]) => Number(id));
  }

  /** Directories behind one, in order: those that are not in the index where that is `upto`. */
  notYetIn(after: number, limit: number): { readonly id: number; readonly path: string }[] {
    return this.#db.all("SELECT id, path FROM directories WHERE id > ? ORDER BY id LIMIT ?", after, limit)
      .map(([id, path]) => ({ id: Number(id), path: String(path) }));
  }

  /** What is said of names behind `after` in a directory, tombstones too, in the order of their bytes: read from the index of names within directories alone. */
  within(directory: number, after: NamedIn, limit: number): NamedIn[] {
    return this.#db.all(
      `SELECT id, name FROM states WHERE directory = ? AND (name, id) > (?, ?) ORDER BY name, id LIMIT ?`,
      directory,
      after.name,
      after.state,
      limit,
    ).map(([state, name]) => ({ state: Number(state), name: String(name) }));
  }
}
