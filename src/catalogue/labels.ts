/** What has which tag. Of tags there may be hundreds of thousands: all is read by index, some at a time. */
import type { Database } from "./database.ts";
import { TAG } from "./values.ts";

/** As the index `shared_by_tag` has it: on, and not taken off again. */
const TAGGED = `kind = '${TAG}' AND value = x'c3'`;
/** Behind every tag below one: the character after the slash. */
const BEHIND_SLASH = "0";

export interface TagCount {
  readonly tag: string;
  /** Contents and places that have it. */
  readonly count: number;
}

export class Labels {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Every tag that anything has, in their order. */
  tags(): TagCount[] {
    return this.#db.all("SELECT tag, count FROM tags ORDER BY tag")
      .map(([tag, count]) => ({ tag: String(tag), count: Number(count) }));
  }

  /** How many different tags there are. */
  tagNames(): number {
    return Number(this.#db.get("SELECT count(*) FROM tags")![0]);
  }

  /** Whether anything has a tag. */
  isTagged(tag: string): boolean {
    return this.#db.get("SELECT 1 FROM tags WHERE tag = ?", tag) !== undefined;
  }

  /** A tag and all below it that anything has. */
  tagsWithin(tag: string): string[] {
    return this.#db.all(
      "SELECT tag FROM tags WHERE tag = ?1 OR (tag > ?1 || '/' AND tag < ?1 || ?2) ORDER BY tag",
      tag,
      BEHIND_SLASH,
    ).map(([name]) => String(name));
  }

  /** Keys (`core/label.ts`) of what has exactly this tag, from behind `after`, at most `limit`. */
  keysOf(tag: string, after: string, limit: number): string[] {
    return this.#db.all(
      `SELECT key FROM shared WHERE ${TAGGED} AND field = ? AND key > ? ORDER BY key LIMIT ?`,
      tag,
      after,
      limit,
    ).map(([key]) => String(key));
  }
}
