/**
 * What others' changes took from this device within the brake's hour, and what they would take next (R38). A file counts as taken
 * where it is deleted, or replaced and not kept beside; once, however often it happens; and not where its content lives on.
 */
import { type Entry, isAlive, sameContent } from "../core/entry.ts";
import { fromHex, type RelPath } from "../core/ids.ts";
import { childOf } from "../core/path.ts";
import type { Database } from "./database.ts";
import type { Interning } from "./interning.ts";
import { decideFor, ownAmong, type Rows } from "./rows.ts";

/** Other places of a content that are looked at, the newest first: of a renamed tree they are where it is now. */
const PLACES = 32;

export interface Loss {
  readonly path: RelPath;
  /** When it began: of a file that was replaced several times, the first. */
  readonly atMs: number;
}

/** A file that was deleted or replaced. */
export interface Taken {
  readonly path: RelPath;
  readonly isDeleted: boolean;
}

export class Losses {
  readonly #db: Database;
  readonly #ids: Interning;
  readonly #rows: Rows;

  constructor(db: Database, ids: Interning, rows: Rows) {
    this.#db = db;
    this.#ids = ids;
    this.#rows = rows;
  }

  /** What the needs of a folder would take, and how many files and symlinks it has. */
  planned(folder: number): { readonly losing: number; readonly files: number } {
    const row = this.#db.get("SELECT losing, files FROM folders WHERE id = ?", folder);
    return { losing: Number(row?.[0] ?? 0), files: Number(row?.[1] ?? 0) };
  }

  /** Losses of a folder since `sinceMs`, and the largest size that it had before one of them. Forgets older ones. */
  taken(folder: number, sinceMs: number): { readonly count: number; readonly files: number } {
    this.#db.run("DELETE FROM losses WHERE folder = ? AND at_ms < ?", folder, sinceMs);
    const [count, files] = this.#db.get(
      "SELECT count(*), coalesce(max(files), 0) FROM losses WHERE folder = ?",
      folder,
    )!;
    return { count: Number(count), files: Number(files) };
  }

  /** Notes that files were taken. Answers how many of them are new. */
  note(folder: number, taken: readonly Taken[], atMs: number, files: number): number {
    return this.#db.transaction(() => {
      let fresh = 0;
      for (const { path, isDeleted } of taken) {
        if (!this.has(folder, path)) fresh++;
        this.#db.run(
          "INSERT INTO losses (folder, path, at_ms, files, deleted) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET " +
            "at_ms = CASE WHEN losses.deleted = 1 THEN excluded.at_ms ELSE losses.at_ms END, deleted = excluded.deleted",
          folder,
          path,
          atMs,
          files,
          Number(isDeleted),
        );
      }
      return fresh;
    });
  }

  has(folder: number, path: RelPath): boolean {
    return this.#db.get("SELECT 1 FROM losses WHERE folder = ? AND path = ?", folder, path) !== undefined;
  }

  /** Every loss that is noted, in the order of paths. */
  all(folder: number): Loss[] {
    return this.#db.all("SELECT path, at_ms FROM losses WHERE folder = ? ORDER BY path", folder)
      .map(([path, atMs]) => ({ path: String(path) as RelPath, atMs: Number(atMs) }));
  }

  forget(folder: number): void {
    this.#db.run("DELETE FROM losses WHERE folder = ?", folder);
  }

  /** True when what stands at `path` will stand at another path of the folder when all that is decided is done. */
  livesOn(folder: number, path: RelPath, entry: Entry): boolean {
    return this.#elsewhere(folder, path, entry).some((other) => {
      const rows = this.#rows.at(folder, other);
      const own = ownAmong(rows)?.row ?? null;
      const decision = decideFor(rows);
      if (decision.kind === "none") {
        return own !== null && own.held && isAlive(own.entry) && sameContent(own.entry, entry);
      }
      return sameContent(decision.entry, entry) ||
        (decision.kind === "take" && decision.copy !== null && sameContent(decision.copy, entry));
    });
  }

  #elsewhere(folder: number, path: RelPath, { content, target }: Entry): RelPath[] {
    const found = content !== null
      ? this.#db.all(
        "SELECT directory, name FROM states WHERE content IS NOT NULL AND substr(content, 2, 8) = ? " +
          "AND content = ? ORDER BY id DESC LIMIT ?",
        fromHex(content).slice(1, 9),
        fromHex(content),
        PLACES,
      )
      : this.#db.all(
        "SELECT directory, name FROM states WHERE target = ? ORDER BY id DESC LIMIT ?",
        target,
        PLACES,
      );
    const paths = found.flatMap(([directory, name]) => {
      const at = this.#ids.directoryOf(Number(directory));
      const other = childOf(at.path, String(name));
      return at.folder === folder && other !== path ? [other] : [];
    });
    return [...new Set(paths)];
  }
}
