/** Where contents are, on all devices: by the beginning of their digest, or by the whole id. */
import { type ContentId, fromHex, type RelPath, toHex } from "../core/ids.ts";
import { childOf } from "../core/path.ts";
import type { Database } from "./database.ts";
import type { Interning } from "./interning.ts";
import { type Holder, readHolders } from "./listings.ts";
import { HOLDER } from "./row_sql.ts";

/** A path at which some devices have a content. */
export interface CopyPlace {
  readonly state: number;
  readonly folder: number;
  readonly path: RelPath;
  readonly size: number;
  readonly mtimeMs: number;
  readonly holders: readonly Holder[];
}

/** Digits of a digest that the index has. */
const INDEXED_DIGITS = 16;
const SAME = "s.content IS NOT NULL AND substr(s.content, 2, 8) = ? AND s.content = ?";

export class CopiesOf {
  readonly #db: Database;
  readonly #ids: Interning;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
  }

  /** Contents whose digest begins with these hexadecimal digits, at most `limit`. */
  withPrefix(prefix: string, limit: number): ContentId[] {
    const head = prefix.slice(0, INDEXED_DIGITS);
    return this.#db.all(
      `SELECT DISTINCT s.content FROM states s WHERE s.content IS NOT NULL AND substr(s.content, 2, 8) BETWEEN ? AND ?
       AND substr(hex(s.content), 3, ?) = ? LIMIT ?`,
      fromHex(head.padEnd(INDEXED_DIGITS, "0")),
      fromHex(head.padEnd(INDEXED_DIGITS, "f")),
      prefix.length,
      prefix.toUpperCase(),
      limit,
    ).map(([content]) => toHex(content as Uint8Array) as ContentId);
  }

  /** Paths with a content in the order of their states, from behind `afterState`. */
  places(content: ContentId, afterState: number, limit: number): CopyPlace[] {
    const bytes = fromHex(content);
    return this.#db.all(
      `SELECT s.id, s.directory, s.name, s.size, s.mtime_ms, group_concat(${HOLDER})
       FROM states s CROSS JOIN holds h ON h.state = s.id WHERE ${SAME} AND s.id > ? GROUP BY s.id ORDER BY s.id LIMIT ?`,
      bytes.slice(1, 9),
      bytes,
      afterState,
      limit,
    ).map(([state, directory, name, size, mtimeMs, holders]) => {
      const { folder, path } = this.#ids.directoryOf(Number(directory));
      return {
        state: Number(state),
        folder,
        path: childOf(path, String(name)),
        size: Number(size),
        mtimeMs: Number(mtimeMs),
        holders: readHolders(String(holders)),
      };
    });
  }
}
