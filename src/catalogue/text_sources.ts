/** What the catalogue knows of contents whose texts are looked for: which of them this device has, and which any row names. */
import type { ContentId } from "../core/ids.ts";
import type { Database } from "./database.ts";
import { type Interning, SELF } from "./interning.ts";
import { HELD } from "./row_sql.ts";

/** How far our rows were looked at: a row's lsn, and its state, since a record has many rows. */
export interface RowsSeen {
  readonly lsn: number;
  readonly state: number;
}

export interface TextSource {
  readonly content: ContentId;
  readonly name: string;
  readonly size: number;
  readonly folder: number;
}

export class TextSources {
  readonly #db: Database;
  readonly #ids: Interning;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
  }

  /** Files of this device in the order of its rows, some behind `seen`; `next` is null when there are no more rows. */
  after(seen: RowsSeen, limit: number): { readonly files: TextSource[]; readonly next: RowsSeen | null } {
    const rows = this.#db.all(
      `SELECT h.lsn, h.state, s.kind, h.flags, hex(s.content), s.name, s.size, s.directory
       FROM holds h JOIN states s ON s.id = h.state
       WHERE h.device = ${SELF} AND h.lsn >= ? AND (h.lsn, h.state) > (?, ?) ORDER BY h.lsn, h.state LIMIT ?`,
      seen.lsn,
      seen.lsn,
      seen.state,
      limit,
    );
    const files = rows.flatMap(([, , kind, flags, content, name, size, directory]): TextSource[] =>
      kind !== 1 || (Number(flags) & HELD) === 0 ? [] : [{
        content: String(content).toLowerCase() as ContentId,
        name: String(name),
        size: Number(size),
        folder: this.#ids.directoryOf(Number(directory)).folder,
      }]
    );
    const last = rows.at(-1);
    return { files, next: last === undefined ? null : { lsn: Number(last[0]), state: Number(last[1]) } };
  }

  /**
   * Which of some contents are named by a living row of any device, in a folder that is not among `off`: true; in such folders alone:
   * false. What no row names is not in the answer.
   */
  named(contents: readonly ContentId[], off: ReadonlySet<number>): Map<ContentId, boolean> {
    const rows = this.#db.all(
      `SELECT DISTINCT j.value, d.folder FROM json_each(?) j
       CROSS JOIN states s ON s.content IS NOT NULL AND substr(s.content, 2, 8) = substr(unhex(j.value), 2, 8)
         AND s.content = unhex(j.value) AND s.kind = 1
       JOIN directories d ON d.id = s.directory
       WHERE EXISTS (SELECT 1 FROM holds h WHERE h.state = s.id)`,
      JSON.stringify(contents),
    );
    const named = new Map<ContentId, boolean>();
    for (const [content, folder] of rows) {
      const id = content as ContentId;
      named.set(id, (named.get(id) ?? false) || !off.has(Number(folder)));
    }
    return named;
  }
}
