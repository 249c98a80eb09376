/**
 * Words of contents: what is in texts, whoever read them (R39).
 *
 * 1. A content has one record. It counts up with each that comes (`id`), so others can ask for what came after.
 * 2. A record and its words come and go in one transaction.
 * 3. What this device read itself stands above what others claim.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { type ContentId, type DeviceId, fromHex, toHex } from "../core/ids.ts";
import { GIVEN_TEXT_BYTES, GIVEN_TEXTS, TEXT_BYTES, TEXT_RANKED } from "../core/limits.ts";
import { matchOf, type Snippet, snippetOf, type TextTerm } from "../core/text_query.ts";
import { isBetterText, normalText, type TextHead, type TextRecord } from "../core/text_record.ts";
import type { Database, SqlRow } from "./database.ts";
import type { TextFile } from "./text_file.ts";

const SELF = 1;
const NO_TEXT = new Uint8Array(0);
/** Pages that one step of merging segments writes: some milliseconds. */
const MERGE_PAGES = 16;
/** Records after which segments are merged: each makes one, and a question looks into all. */
const MERGE_AFTER = 8;

/** What was found in a content. */
export interface RankedText {
  readonly content: ContentId;
  /** Lower is better. */
  readonly rank: number;
}

export interface NumberedHead extends TextHead {
  readonly id: number;
  readonly packedBytes: number;
}

export class TextIndex {
  readonly #file: TextFile;
  #unmerged = 0;

  constructor(file: TextFile) {
    this.#file = file;
  }

  /** The number of the last record that came. */
  get last(): number {
    return this.#file.do((db) =>
      Number(db.get("SELECT seq FROM sqlite_sequence WHERE name = 'texts'")?.[0] ?? 0)
    );
  }

  count(): number {
    return this.#file.do((db) => Number(db.get("SELECT coalesce(sum(texts), 0) FROM devices")![0]));
  }

  // -------------------------------------------------------------------------------- records

  head(content: ContentId): NumberedHead | null {
    return this.#file.do((db) => {
      const row = db.get(`${HEADS} WHERE t.content = ?`, fromHex(content));
      return row === undefined ? null : readHead(row);
    });
  }

  /** Takes in what this device read itself. False when what there is already is as good. */
  putOwn(record: TextRecord): boolean {
    return this.#file.do((db) =>
      db.transaction(() => {
        db.run("DELETE FROM waiting WHERE content = ?", fromHex(record.content));
        return this.#put(db, record, SELF, pack(record.text));
      })
    );
  }

  /** Takes in what another device gave; `packed` is the record's text. False when what there is is as good, or it gave too much. */
  putGiven(record: TextRecord, giver: DeviceId, packed: Uint8Array): boolean {
    return this.#file.do((db) =>
      db.transaction(() => {
        const number = this.#device(db, giver);
        const [texts, bytes] = db.get("SELECT texts, bytes FROM devices WHERE id = ?", number)!;
        if (Number(texts) >= GIVEN_TEXTS || Number(bytes) + packed.length > GIVEN_TEXT_BYTES) return false;
        return this.#put(db, record, number, packed);
      })
    );
  }

  #put(db: Database, record: TextRecord, giver: number, packed: Uint8Array): boolean {
    const content = fromHex(record.content);
    const row = db.get(`${HEADS} WHERE t.content = ?`, content);
    const known = row === undefined ? null : readHead(row);
    // What we read ourselves is no claim: it takes the place of one.
    const isOurs = giver === SELF && known !== null && known.origin !== this.#file.self;
    if (!isBetterText(record, known) && !isOurs) return false;
    if (known !== null) this.#remove(db, known.id);
    const id = db.insert(
      "INSERT INTO texts (content, origin, giver, version, note, packed) VALUES (?, ?, ?, ?, ?, ?)",
      content,
      this.#device(db, record.origin),
      giver,
      record.version,
      record.note,
      packed,
    );
    if (record.text !== "") db.run("INSERT INTO words (rowid, text) VALUES (?, ?)", id, record.text);
    this.#unmerged++;
    return true;
  }

  #remove(db: Database, id: number): void {
    db.run("DELETE FROM words WHERE rowid = ?", id);
    db.run("DELETE FROM texts WHERE id = ?", id);
    this.#unmerged++;
  }

  #device(db: Database, device: DeviceId): number {
    const bytes = fromHex(device);
    const row = db.get("SELECT id FROM devices WHERE device = ?", bytes);
    return row === undefined ? db.insert("INSERT INTO devices (device) VALUES (?)", bytes) : Number(row[0]);
  }

  /** Some records that came after a number, in the order in which they came. */
  headsAfter(id: number, limit: number): NumberedHead[] {
    return this.#file.do((db) =>
      db.all(`${HEADS} WHERE t.id > ? ORDER BY t.id LIMIT ?`, id, limit).map(readHead)
    );
  }

  /** Packed texts; null for contents of which there is none. */
  packedTexts(contents: readonly ContentId[]): (Uint8Array | null)[] {
    return this.#file.do((db) =>
      contents.map((content) => {
        const row = db.get("SELECT packed FROM texts WHERE content = ?", fromHex(content));
        return row === undefined ? null : row[0] as Uint8Array;
      })
    );
  }

  text(content: ContentId): string | null {
    const [packed] = this.packedTexts([content]);
    return packed == null ? null : unpackText(packed);
  }

  /** A small piece of the upkeep that keeps questions fast. False when there is nothing to do. */
  merge(): boolean {
    if (this.#unmerged < MERGE_AFTER) return false;
    return this.#file.do((db) => {
      const before = changesOf(db);
      db.run("INSERT INTO words (words, rank) VALUES ('merge', ?)", MERGE_PAGES);
      if (changesOf(db) - before >= 2) return true;
      this.#unmerged = 0;
      return false;
    });
  }

  // -------------------------------------------------------------------------------- questions

  /** Contents in which all of the terms are, and none of the unwanted, the best first. Of very many, the newest. */
  ranked(terms: readonly TextTerm[], limit: number, unwanted: readonly TextTerm[] = []): RankedText[] {
    if (terms.length === 0) return [];
    return this.#file.do((db) => {
      const ranked = db.all(
        "SELECT rowid, bm25(words) FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?",
        matchOf(terms, unwanted),
        TEXT_RANKED,
      ).map(([id, rank]) => ({ id: Number(id), rank: Number(rank) }));
      ranked.sort((a, b) => a.rank - b.rank || b.id - a.id);
      const best = ranked.slice(0, limit);
      return db.all(
        "SELECT j.key, t.content FROM json_each(?) j CROSS JOIN texts t ON t.id = j.value",
        JSON.stringify(best.map(({ id }) => id)),
      ).map(([at, content]) => ({
        content: toHex(content as Uint8Array) as ContentId,
        rank: best[Number(at)]!.rank,
      }));
    });
  }

  /** The stretch of a content's text in which the terms are; null where there is no text. */
  snippet(content: ContentId, terms: readonly TextTerm[]): Snippet | null {
    const text = this.text(content);
    return text === null ? null : snippetOf(text, terms);
  }

  // -------------------------------------------------------------------------------- sweeping

  /**
   * Looks at some records behind a number: those that `isWanted` does not name go when that has been so for `graceMs`. Answers the last
   * number looked at, null behind the end.
   */
  sweep(
    after: number,
    limit: number,
    nowMs: number,
    graceMs: number,
    wantedOf: (
      records: readonly { readonly content: ContentId; readonly giver: DeviceId }[],
    ) => readonly boolean[],
  ): number | null {
    return this.#file.do((db) => {
      const rows = db.all(
        `SELECT t.id, t.content, d.device, t.unnamed_ms FROM texts t JOIN devices d ON d.id = t.giver
         WHERE t.id > ? ORDER BY t.id LIMIT ?`,
        after,
        limit,
      );
      if (rows.length === 0) return null;
      const wanted = wantedOf(rows.map(([, content, giver]) => ({
        content: toHex(content as Uint8Array) as ContentId,
        giver: toHex(giver as Uint8Array) as DeviceId,
      })));
      db.transaction(() => {
        let hasDropped = false;
        rows.forEach(([id, , , unnamedMs], i) => {
          if (wanted[i]) {
            if (unnamedMs !== 0) db.run("UPDATE texts SET unnamed_ms = 0 WHERE id = ?", id!);
          } else if (unnamedMs === 0 && graceMs > 0) {
            db.run("UPDATE texts SET unnamed_ms = ? WHERE id = ?", nowMs, id!);
          } else if (nowMs - Number(unnamedMs) >= graceMs) {
            this.#remove(db, Number(id));
            hasDropped = true;
          }
        });
        if (hasDropped) db.run("UPDATE peers SET relist = 1");
      });
      return Number(rows.at(-1)![0]);
    });
  }
}

const HEADS = `SELECT t.id, t.content, d.device, t.version, t.note, length(t.packed)
  FROM texts t JOIN devices d ON d.id = t.origin`;

function readHead([id, content, origin, version, note, packedBytes]: SqlRow): NumberedHead {
  return {
    id: Number(id),
    content: toHex(content as Uint8Array) as ContentId,
    origin: toHex(origin as Uint8Array) as DeviceId,
    version: Number(version),
    note: note as string | null,
    packedBytes: Number(packedBytes),
  };
}

function changesOf(db: Database): number {
  return Number(db.get("SELECT total_changes()")![0]);
}

function pack(text: string): Uint8Array {
  return text === "" ? NO_TEXT : deflateRawSync(text);
}

/** The text of packed bytes, in its one form; null for anything else. Never unpacks to more than a text may have. */
export function unpackText(packed: Uint8Array): string | null {
  if (packed.length === 0) return "";
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: TEXT_BYTES });
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return normalText(text) === text ? text : null;
  } catch {
    return null;
  }
}
