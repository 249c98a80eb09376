/**
 * What files take, a stretch of a directory at a time: how many, how many bytes, and how many of these have a content that no other
 * device holds.
 */
import type { RelPath } from "../core/ids.ts";
import { AT_OR_BELOW, rangeOf } from "./briefs.ts";
import type { Database } from "./database.ts";
import { HELD } from "./row_sql.ts";

/** Of one device in one stretch. */
export interface Usage {
  readonly device: number;
  readonly files: number;
  readonly bytes: number;
  /** Files whose content no other device holds, anywhere, and their bytes. */
  readonly aloneFiles: number;
  readonly aloneBytes: number;
}

export interface DirectoryKey {
  readonly id: number;
  readonly path: RelPath;
}

/** A state behind which a stretch begins. */
export interface StateKey {
  readonly name: string;
  readonly state: number;
}

export const FIRST: StateKey = { name: "", state: 0 };

export class Usages {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Directories of a folder at or below one, in the order of their paths' bytes, from behind `after`. */
  directories(folder: number, directory: RelPath, after: string | null, limit: number): DirectoryKey[] {
    return this.#db.all(
      `SELECT d.id, d.path FROM directories d WHERE ${AT_OR_BELOW} AND d.path ${
        after === null ? ">=" : ">"
      } ? ORDER BY d.path LIMIT ?`,
      folder,
      ...rangeOf(directory),
      after ?? "",
      limit,
    ).map(([id, path]) => ({ id: Number(id), path: path as RelPath }));
  }

  /** Where the stretch of `length` states behind `from` ends; null where there are not so many. */
  endOf(directory: number, from: StateKey, length: number): StateKey | null {
    const row = this.#db.get(
      `SELECT name, id FROM states WHERE directory = ? AND (name, id) > (?, ?) ORDER BY name, id LIMIT 1 OFFSET ?`,
      directory,
      from.name,
      from.state,
      length - 1,
    );
    return row === undefined ? null : { name: String(row[0]), state: Number(row[1]) };
  }

  /**
   * What devices hold directly in a directory, of the states behind `from` up to `to` (null: all of them). `device`: of one alone.
   * `ignored` devices count for nothing.
   */
  inStretch(
    directory: number,
    from: StateKey,
    to: StateKey | null,
    device: number | null,
    ignored: ReadonlySet<number>,
  ): Usage[] {
    const counts = (holds: string) =>
      `${holds}.flags & ${HELD} AND ${holds}.device NOT IN (SELECT value FROM ignored)`;
    return this.#db.all(
      `WITH ignored AS MATERIALIZED (SELECT value FROM json_each(?)),
       held AS (
         SELECT h.device, s.size, s.kind = 3 OR EXISTS (
           SELECT 1 FROM holds g WHERE g.state = s.id AND g.device <> h.device AND ${counts("g")}
         ) OR EXISTS (
           SELECT 1 FROM states t CROSS JOIN holds g ON g.state = t.id
           WHERE t.content IS NOT NULL AND substr(t.content, 2, 8) = substr(s.content, 2, 8) AND t.content = s.content
           AND t.id <> s.id AND g.device <> h.device AND ${counts("g")}
         ) AS elsewhere
         FROM states s CROSS JOIN holds h ON h.state = s.id
         WHERE s.directory = ? AND (s.name, s.id) > (?, ?) ${
        to === null ? "" : "AND (s.name, s.id) <= (?, ?)"
      }
         AND s.kind IN (1, 3) AND ${counts("h")} ${device === null ? "" : "AND h.device = ?"}
       )
       SELECT device, count(*), sum(size), sum(NOT elsewhere), sum(CASE WHEN elsewhere THEN 0 ELSE size END)
       FROM held GROUP BY device`,
      JSON.stringify([...ignored]),
      directory,
      from.name,
      from.state,
      ...to === null ? [] : [to.name, to.state],
      ...device === null ? [] : [device],
    ).map((row) => {
      const [of, files, bytes, aloneFiles, aloneBytes] = row.map(Number);
      return { device: of!, files: files!, bytes: bytes!, aloneFiles: aloneFiles!, aloneBytes: aloneBytes! };
    });
  }
}
