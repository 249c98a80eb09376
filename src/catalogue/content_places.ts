/** Where this device has contents, for whoever is to read them: of many at once, with one question. */
import type { ContentId, RelPath } from "../core/ids.ts";
import type { Fingerprint } from "../core/fingerprint.ts";
import { childOf } from "../core/path.ts";
import type { Database } from "./database.ts";
import { type Interning, SELF } from "./interning.ts";
import { columnsOf, readPrint } from "./prints.ts";
import { HELD } from "./row_sql.ts";

/** A living, held file of this device. */
export interface ContentPlace {
  readonly folder: number;
  readonly path: RelPath;
  readonly size: number;
  /** Null when nobody has looked at it since its row was written. */
  readonly print: Fingerprint | null;
}

export class ContentPlaces {
  readonly #db: Database;
  readonly #ids: Interning;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
  }

  /** The places of each content over all folders, at most `limit`; what is nowhere is not in the answer. */
  of(contents: readonly ContentId[], limit: number): Map<ContentId, ContentPlace[]> {
    const found = new Map<ContentId, ContentPlace[]>();
    if (contents.length === 0) return found;
    const rows = this.#db.all(
      `SELECT j.value, s.directory, s.name, s.size, p.state, ${columnsOf("p")} FROM json_each(?) j
       CROSS JOIN states s ON s.id IN (
         SELECT t.id FROM states t CROSS JOIN holds h ON h.state = t.id AND h.device = ${SELF}
         WHERE t.content IS NOT NULL AND substr(t.content, 2, 8) = substr(unhex(j.value), 2, 8)
         AND t.content = unhex(j.value) AND h.flags & ${HELD} LIMIT ?)
       LEFT JOIN prints p ON p.state = s.id`,
      JSON.stringify([...new Set(contents)]),
      limit,
    );
    for (const row of rows) {
      const { folder, path } = this.#ids.directoryOf(Number(row[1]));
      const place = {
        folder,
        path: childOf(path, String(row[2])),
        size: Number(row[3]),
        print: row[4] === null ? null : readPrint(row, 5),
      };
      const content = row[0] as ContentId;
      const others = found.get(content);
      if (others === undefined) found.set(content, [place]);
      else others.push(place);
    }
    return found;
  }
}
