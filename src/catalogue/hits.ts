/** States by their numbers, as questions show them: what stands where, and who says so. */
import type { EntryKind } from "../core/entry.ts";
import { type ContentId, type RelPath, toHex } from "../core/ids.ts";
import { childOf } from "../core/path.ts";
import type { Database } from "./database.ts";
import type { Interning } from "./interning.ts";
import { type Holder, readHolders } from "./listings.ts";
import { KINDS } from "./row_sql.ts";

export interface StateHit {
  readonly state: number;
  readonly folder: number;
  readonly directory: RelPath;
  readonly name: string;
  readonly path: RelPath;
  readonly kind: EntryKind;
  readonly size: number;
  readonly mtimeMs: number;
  readonly content: ContentId | null;
  readonly holders: readonly Holder[];
}

export class Hits {
  readonly #db: Database;
  readonly #ids: Interning;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
  }

  /** The living ones that are still there, in the order that was given. */
  of(states: readonly number[]): StateHit[] {
    if (states.length === 0) return [];
    return this.#db.all(
      `SELECT s.id, s.directory, s.name, s.kind, s.size, s.mtime_ms, s.content,
         (SELECT group_concat(h.device * 4 + h.flags) FROM holds h WHERE h.state = s.id)
       FROM json_each(?) j CROSS JOIN states s ON s.id = j.value WHERE s.kind <> 0`,
      JSON.stringify(states),
    ).flatMap(([state, directoryId, name, kind, size, mtimeMs, content, holders]) => {
      if (holders === null) return [];
      const { folder, path: directory } = this.#ids.directoryOf(Number(directoryId));
      return [{
        state: Number(state),
        folder,
        directory,
        name: String(name),
        path: childOf(directory, String(name)),
        kind: KINDS[Number(kind)]!,
        size: Number(size),
        mtimeMs: Number(mtimeMs),
        content: content === null ? null : toHex(content as Uint8Array) as ContentId,
        holders: readHolders(String(holders)),
      }];
    });
  }
}
