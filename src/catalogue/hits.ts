/** States by their numbers, as questions show them: what stands where, and who says so. */
import type { EntryKind } from "../core/entry.ts";
import { type ContentId, type RelPath, toHex } from "../core/ids.ts";
import { childOf } from "../core/path.ts";
import type { Database, SqlRow } from "./database.ts";
import { type Holder, readHolders } from "./listings.ts";
import { HOLDER } from "./row_sql.ts";
import { KINDS } from "./row_sql.ts";

/** What is seen in a state itself. */
export interface Sifted {
  readonly state: number;
  /** The number of its directory. */
  readonly within: number;
  readonly name: string;
  readonly kind: EntryKind;
  readonly size: number;
  readonly mtimeMs: number;
}

export interface StateHit extends Sifted {
  readonly folder: number;
  readonly directory: RelPath;
  readonly path: RelPath;
  readonly content: ContentId | null;
  readonly holders: readonly Holder[];
}

/** What is seen in a state itself: each left out where it does not matter. Sizes and times from the first on, below the second. */
export interface Conditions {
  readonly size?: readonly [number, number];
  readonly mtimeMs?: readonly [number, number];
  readonly isFolder?: boolean;
  readonly folders?: readonly number[];
  /** One of these devices makes the statement. */
  readonly devices?: readonly number[];
  /** As one of these the content is counted (`states.counted`). */
  readonly counted?: readonly number[];
  /** Is in the name, in ASCII; names with other characters pass. */
  readonly part?: string;
}

export class Hits {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Those of some states that are still there, live, and meet the conditions; in the order that was given. */
  sift(
    states: readonly number[],
    { size, mtimeMs, isFolder, devices, folders, counted, part }: Conditions,
  ): Sifted[] {
    const some = devices === undefined ? states : this.#heldBy(states, devices);
    if (some.length === 0) return [];
    const [where, values]: [string[], (string | number)[]] = [["s.kind <> 0"], []];
    const condition = (sql: string, ...of: (string | number)[]) => {
      where.push(sql);
      values.push(...of);
    };
    if (isFolder !== undefined) condition(isFolder ? "s.kind = 2" : "s.kind <> 2");
    if (size !== undefined) condition("s.kind = 1 AND s.size >= ? AND s.size < ?", ...size.map(finite));
    if (mtimeMs !== undefined) {
      condition("s.kind <> 2 AND s.mtime_ms >= ? AND s.mtime_ms < ?", ...mtimeMs.map(finite));
    }
    if (folders !== undefined) {
      condition(
        "EXISTS (SELECT 1 FROM directories d WHERE d.id = s.directory AND d.folder IN (SELECT value FROM json_each(?)))",
        JSON.stringify(folders),
      );
    }
    if (counted !== undefined) {
      condition("s.counted IN (SELECT value FROM json_each(?))", JSON.stringify(counted));
    }
    if (part !== undefined) {
      condition(
        "(s.name LIKE ? ESCAPE '\\' OR s.name GLOB '*[^ -~]*')",
        `%${part.replace(/[\\%_]/g, "\\$&")}%`,
      );
    }
    return this.#db.all(
      `SELECT ${SIFTED} FROM json_each(?) j CROSS JOIN states s ON s.id = j.value WHERE ${
        where.join(" AND ")
      }`,
      JSON.stringify(some),
      ...values,
    ).map(readSifted);
  }

  /**
   * Those that one of some devices holds, in the order that was given. Asked by itself, before a state is read: in one statement with other
   * conditions SQLite may read all states first, which costs four times as much.
   */
  #heldBy(states: readonly number[], devices: readonly number[]): number[] {
    return this.#db.all(
      `SELECT j.value FROM json_each(?) j WHERE EXISTS (SELECT 1 FROM holds h WHERE h.state = j.value AND h.device IN (${
        devices.map(() => "?").join()
      }))`,
      JSON.stringify(states),
      ...devices,
    ).map(([state]) => Number(state));
  }

  /** The living files with each of some contents, at most `limit` of each, with its place in what was given. */
  withContents(
    contents: readonly ContentId[],
    limit: number,
  ): { readonly at: number; readonly sifted: Sifted }[] {
    if (contents.length === 0) return [];
    return this.#db.all(
      `SELECT ${SIFTED}, j.key FROM json_each(?) j CROSS JOIN states s ON s.id IN (
         SELECT t.id FROM states t WHERE t.content IS NOT NULL AND substr(t.content, 2, 8) = substr(unhex(j.value), 2, 8)
         AND t.content = unhex(j.value) ORDER BY t.id LIMIT ?)`,
      JSON.stringify(contents),
      limit,
    ).map((row) => ({ at: Number(row.at(-1)), sifted: readSifted(row) }));
  }

  /** The living ones that are still there, in the order that was given. */
  of(states: readonly number[]): StateHit[] {
    if (states.length === 0) return [];
    return this.#db.all(
      `SELECT ${SIFTED}, d.folder, d.path, s.content,
         (SELECT group_concat(${HOLDER}) FROM holds h WHERE h.state = s.id)
       FROM json_each(?) j CROSS JOIN states s ON s.id = j.value CROSS JOIN directories d ON d.id = s.directory
       WHERE s.kind <> 0`,
      JSON.stringify(states),
    ).flatMap((row) => {
      const [folder, path, content, holders] = row.slice(6);
      if (holders == null) return [];
      const [sifted, directory] = [readSifted(row), path as RelPath];
      return [{
        ...sifted,
        folder: Number(folder),
        directory,
        path: childOf(directory, sifted.name),
        content: content == null ? null : toHex(content as Uint8Array) as ContentId,
        holders: readHolders(String(holders)),
      }];
    });
  }
}

const SIFTED = "s.id, s.directory, s.name, s.kind, s.size, s.mtime_ms";

function readSifted([state, within, name, kind, size, mtimeMs]: SqlRow): Sifted {
  return {
    state: Number(state),
    within: Number(within),
    name: String(name),
    kind: KINDS[Number(kind)]!,
    size: Number(size),
    mtimeMs: Number(mtimeMs),
  };
}

/** SQLite has no infinity to compare whole numbers with. */
function finite(bound: number): number {
  return Math.min(Math.max(bound, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}
