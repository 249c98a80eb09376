/** What the catalogue keeps of a folder as a whole: whether its needs are tracked, and the totals of our own living entries that are kept here. */
import type { Database } from "./database.ts";

export interface Totals {
  /** Files and symlinks. */
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
}

const NOTHING: Totals = { files: 0, directories: 0, bytes: 0 };

export class FolderFigures {
  readonly #db: Database;
  readonly #wanted = new Map<number, boolean>();
  /** Changes of the present transaction, written once for all of its rows. */
  readonly #pending = new Map<number, Totals>();

  constructor(db: Database) {
    this.#db = db;
    db.onRollback(() => {
      this.#wanted.clear();
      this.#pending.clear();
    });
  }

  isWanted(folder: number): boolean {
    let wanted = this.#wanted.get(folder);
    if (wanted === undefined) {
      wanted = this.#db.get("SELECT wanted FROM folders WHERE id = ?", folder)?.[0] === 1;
      this.#wanted.set(folder, wanted);
    }
    return wanted;
  }

  setWanted(folder: number, wanted: boolean): void {
    this.#db.run("UPDATE folders SET wanted = ? WHERE id = ?", Number(wanted), folder);
    this.#wanted.set(folder, wanted);
  }

  totals(folder: number): Totals {
    const row = this.#db.get("SELECT files, directories, bytes FROM folders WHERE id = ?", folder);
    const written = row === undefined
      ? NOTHING
      : { files: Number(row[0]), directories: Number(row[1]), bytes: Number(row[2]) };
    const pending = this.#pending.get(folder);
    return pending === undefined ? written : sum(written, pending);
  }

  add(folder: number, change: Totals): void {
    this.#pending.set(folder, sum(this.#pending.get(folder) ?? NOTHING, change));
    this.#db.beforeCommit(this.#write);
  }

  readonly #write = () => {
    for (const [folder, { files, directories, bytes }] of this.#pending) {
      this.#db.run(
        "UPDATE folders SET files = files + ?, directories = directories + ?, bytes = bytes + ? WHERE id = ?",
        files,
        directories,
        bytes,
        folder,
      );
    }
    this.#pending.clear();
  };
}

function sum(a: Totals, b: Totals): Totals {
  return { files: a.files + b.files, directories: a.directories + b.directories, bytes: a.bytes + b.bytes };
}
