/**
 * What is said of a directory, by name: one line for each distinct statement, with who makes it. For questions that people ask; what is
 * read is bounded, and goes on from where it ended.
 */
import type { EntryKind } from "../core/entry.ts";
import { type ContentId, type RelPath, toHex } from "../core/ids.ts";
import { AT_OR_BELOW, rangeOf } from "./briefs.ts";
import type { Database, SqlRow } from "./database.ts";
import { type Interning } from "./interning.ts";
import { HOLDER, type Holder, holderOf, KINDS } from "./row_sql.ts";

export type { Holder } from "./row_sql.ts";

/** A distinct statement on a name. */
export interface Line {
  readonly state: number;
  readonly name: string;
  readonly kind: EntryKind;
  readonly size: number;
  readonly mtimeMs: number;
  readonly mode: number;
  readonly content: ContentId | null;
  readonly target: string | null;
  readonly holders: readonly Holder[];
}

/** Where a search below a directory goes on. */
export interface Below {
  readonly path: string;
  readonly name: string;
}

export const LINE =
  `s.id, s.name, s.kind, s.size, s.mtime_ms, s.mode, s.content, s.target, group_concat(${HOLDER})`;

export class Listings {
  readonly #db: Database;
  readonly #ids: Interning;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
  }

  /**
   * What is said of the names behind `after` in a directory, in the order of their bytes: all of each name, about `limit` statements.
   * Tombstones are among them. `isEnd` where there are no more.
   */
  names(
    folder: number,
    directory: RelPath,
    after: string,
    limit: number,
  ): { lines: Line[]; isEnd: boolean } {
    const id = this.#ids.findDirectory(folder, directory);
    if (id === null) return { lines: [], isEnd: true };
    const lines = this.#lines("s.directory = ? AND s.name > ?", "LIMIT ?", id, after, limit);
    if (lines.length < limit) return { lines, isEnd: true };
    const last = lines.at(-1)!.name;
    while (lines.length > 0 && lines.at(-1)!.name === last) lines.pop();
    lines.push(...this.#lines("s.directory = ? AND s.name = ?", "", id, last));
    return { lines, isEnd: false };
  }

  /** What is said of one name. */
  at(folder: number, directory: RelPath, name: string): Line[] {
    const id = this.#ids.findDirectory(folder, directory);
    return id === null ? [] : this.#lines("s.directory = ? AND s.name = ?", "", id, name);
  }

  #lines(where: string, end: string, ...values: (string | number)[]): Line[] {
    return this.#db.all(
      `SELECT ${LINE} FROM states s CROSS JOIN holds h ON h.state = s.id WHERE ${where}
       GROUP BY s.name, s.id ORDER BY s.name, s.id ${end}`,
      ...values,
    ).map(readLine);
  }

  /**
   * Looks for a living entry at or below a directory, over some of the directories behind `from` and some of the names in one. True
   * or false where that is known, else where to go on.
   */
  isAnyBelow(
    folder: number,
    directory: RelPath,
    device: number | null,
    ignored: ReadonlySet<number>,
    from: Below | null,
    limit: number,
  ): boolean | Below {
    const directories = this.#db.all(
      `SELECT d.id, d.path FROM directories d WHERE ${AT_OR_BELOW} AND d.path >= ? ORDER BY d.path LIMIT ?`,
      folder,
      ...rangeOf(directory),
      from?.path ?? "",
      limit,
    );
    let left = limit;
    for (const [id, path] of directories) {
      const after = from !== null && path === from.path ? from.name : "";
      const names = this.#db.all(
        `SELECT s.name, s.kind <> 0 AND EXISTS (SELECT 1 FROM holds h WHERE h.state = s.id AND (? OR h.device = ?) AND h.flags
           AND h.device NOT IN (SELECT value FROM json_each(?)))
         FROM states s WHERE s.directory = ? AND s.name > ? ORDER BY s.name LIMIT ?`,
        Number(device === null),
        device,
        JSON.stringify([...ignored]),
        id!,
        after,
        left,
      );
      if (names.some(([, lives]) => lives === 1)) return true;
      left -= names.length;
      if (left <= 0) return { path: String(path), name: String(names.at(-1)![0]) };
    }
    return directories.length < limit ? false : { path: String(directories.at(-1)![1]), name: "\u{10ffff}" };
  }
}

/** A row of `LINE`. */
export function readLine(row: SqlRow): Line {
  return {
    state: Number(row[0]),
    name: String(row[1]),
    kind: KINDS[Number(row[2])]!,
    size: Number(row[3]),
    mtimeMs: Number(row[4]),
    mode: Number(row[5]),
    content: row[6] === null ? null : toHex(row[6] as Uint8Array) as ContentId,
    target: row[7] as string | null,
    holders: readHolders(String(row[8])),
  };
}

/** What `group_concat` of `HOLDER` tells. */
export function readHolders(list: string): Holder[] {
  return list.split(",").map((one) => holderOf(Number(one)));
}
