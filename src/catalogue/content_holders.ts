/** Who has a content, on any device and at any path: for whoever wants its bytes. */
import type { ContentId, RelPath } from "../core/ids.ts";
import { childOf } from "../core/path.ts";
import type { Database } from "./database.ts";
import type { Interning } from "./interning.ts";
import { HELD } from "./row_sql.ts";

/** A living file of some device that has the bytes (R10), whether it takes part in reconciling or not (R9). */
export interface ContentHolder {
  readonly device: number;
  readonly folder: number;
  readonly path: RelPath;
  readonly size: number;
  readonly mode: number;
  readonly mtimeMs: number;
}

/** Rows of one content that are looked at: one that stands in more places than this is found without the rest. Some milliseconds. */
const MOST_HOLDERS = 4096;

export class ContentHolders {
  readonly #db: Database;
  readonly #ids: Interning;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
  }

  of(content: ContentId): ContentHolder[] {
    return this.#db.all(
      `SELECT h.device, s.directory, s.name, s.size, s.mode, s.mtime_ms
       FROM states s CROSS JOIN holds h ON h.state = s.id AND h.flags & ${HELD}
       WHERE s.content IS NOT NULL AND substr(s.content, 2, 8) = substr(unhex(?1), 2, 8) AND s.content = unhex(?1)
       LIMIT ${MOST_HOLDERS}`,
      content,
    ).map(([device, directory, name, size, mode, mtimeMs]) => {
      const { folder, path } = this.#ids.directoryOf(Number(directory));
      return {
        device: Number(device),
        folder,
        path: childOf(path, String(name)),
        size: Number(size),
        mode: Number(mode),
        mtimeMs: Number(mtimeMs),
      };
    });
  }

  /** The devices alone. */
  devicesOf(content: ContentId): number[] {
    return [...new Set(this.of(content).map(({ device }) => device))];
  }
}
