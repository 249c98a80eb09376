/** Contents of this device that are to be read for their words, as far as its rows were looked at. Kept, so that a restart goes on. */
import { type ContentId, fromHex, toHex } from "../core/ids.ts";
import type { TextKind } from "../core/text_kinds.ts";
import type { SqlRow } from "./database.ts";
import type { TextFile } from "./text_file.ts";

export interface WaitingText {
  readonly content: ContentId;
  readonly kind: TextKind;
  /** How often it could not be read before. */
  readonly tries: number;
}

export class TextQueue {
  readonly #file: TextFile;

  constructor(file: TextFile) {
    this.#file = file;
  }

  meta(key: string): SqlRow[number] {
    return this.#file.do((db) => db.get("SELECT value FROM meta WHERE key = ?", key)?.[0] ?? null);
  }

  /** Adds contents that are to be read, and notes how far rows were looked at. */
  await(
    wanted: Iterable<{ content: ContentId; kind: TextKind }>,
    meta: Readonly<Record<string, number | string>>,
  ): void {
    this.#file.do((db) =>
      db.transaction(() => {
        for (const { content, kind } of wanted) {
          db.run("INSERT OR IGNORE INTO waiting (content, kind) VALUES (?, ?)", fromHex(content), kind);
        }
        for (const [key, value] of Object.entries(meta)) {
          db.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value);
        }
      })
    );
  }

  count(): number {
    return this.#file.do((db) => Number(db.get("SELECT count(*) FROM waiting")![0]));
  }

  /** What is to be read first; null when nothing is due. */
  next(nowMs: number): WaitingText | null {
    return this.#file.do((db) => {
      const row = db.get(
        "SELECT content, kind, tries FROM waiting WHERE retry_ms <= ? ORDER BY retry_ms LIMIT 1",
        nowMs,
      );
      if (row === undefined) return null;
      const [content, kind, tries] = row;
      return {
        content: toHex(content as Uint8Array) as ContentId,
        kind: kind as TextKind,
        tries: Number(tries),
      };
    });
  }

  /** When the next is due; null when nothing waits. */
  nextDueMs(): number | null {
    return this.#file.do((db) => {
      const [at] = db.get("SELECT min(retry_ms) FROM waiting")!;
      return at === null ? null : Number(at);
    });
  }

  postpone(content: ContentId, untilMs: number): void {
    this.#file.do((db) =>
      db.run(
        "UPDATE waiting SET retry_ms = ?, tries = tries + 1 WHERE content = ?",
        untilMs,
        fromHex(content),
      )
    );
  }

  giveUp(content: ContentId): void {
    this.#file.do((db) => db.run("DELETE FROM waiting WHERE content = ?", fromHex(content)));
  }
}
