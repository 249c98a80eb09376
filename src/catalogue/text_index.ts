/**
 * Words of contents, in `text.db` (R39): what is in texts, whoever read them. The file is derived and apart from the catalogue: one that is
 * damaged is put aside and begun anew, whenever that shows.
 *
 * 1. A content has one record. It counts up with each that comes (`id`), so others can ask for what came after.
 * 2. A record and its words come and go in one transaction.
 * 3. Nothing waits for the disk here: the log is written back by `TextReader.checkpoint`.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { CairnError, messageOf } from "../core/errors.ts";
import { type ContentId, type DeviceId, fromHex, toHex } from "../core/ids.ts";
import { GIVEN_TEXT_BYTES, GIVEN_TEXTS, TEXT_BYTES, TEXT_RANKED } from "../core/limits.ts";
import type { TextKind } from "../core/text_kinds.ts";
import { matchOf, type Snippet, snippetOf, type TextTerm } from "../core/text_query.ts";
import { isBetterText, normalText, type TextHead, type TextRecord } from "../core/text_record.ts";
import { Database, type OpenSqlite, type SqlRow } from "./database.ts";
import first from "./text_schema/0001_texts.sql" with { type: "text" };

const MIGRATIONS: readonly string[] = [first];
const SELF = 1;
const NO_TEXT = new Uint8Array(0);
/** Pages that one step of merging segments writes: some milliseconds. */
const MERGE_PAGES = 16;
/** Records after which segments are merged: each makes one, and a question looks into all. */
const MERGE_AFTER = 8;

/** What was found in a content. */
export interface FoundText {
  readonly content: ContentId;
  /** Lower is better. */
  readonly rank: number;
  readonly snippet: Snippet;
}

export interface NumberedHead extends TextHead {
  readonly id: number;
  readonly packedBytes: number;
}

export interface WaitingText {
  readonly content: ContentId;
  readonly kind: TextKind;
  readonly tries: number;
}

export interface PeerTexts {
  readonly index: string;
  readonly seen: number;
  readonly listedMs: number;
  readonly relist: boolean;
}

export interface TextIndexOptions {
  readonly path: string;
  readonly self: DeviceId;
  /** A new random id of eight bytes. */
  newId(): Uint8Array;
  /** Puts a file that cannot be read out of the way. */
  putAside(path: string, why: string): void;
  readonly openSqlite?: OpenSqlite;
}

export class TextIndex {
  readonly path: string;
  readonly #options: TextIndexOptions;
  #db: Database;
  #id: string;
  #last: number;
  #unmerged = 0;

  /** Throws CairnError "catalogue-broken" where the disk refuses, and "catalogue-newer" for the file of a later program. */
  constructor(options: TextIndexOptions) {
    this.path = options.path;
    this.#options = options;
    let db: Database | null = null;
    try {
      db = this.#open();
      [this.#id, this.#last] = this.#begin(db);
    } catch (error) {
      db?.close();
      if (error instanceof CairnError) throw error;
      options.putAside(options.path, messageOf(error));
      db = this.#open();
      [this.#id, this.#last] = this.#begin(db);
    }
    this.#db = db;
  }

  #open(): Database {
    const db = new Database(this.#options.path, this.#options.openSqlite, MIGRATIONS);
    // What is found here comes from a few pages; the catalogue has more use of memory.
    db.get("PRAGMA cache_size = -2000");
    db.get("PRAGMA wal_autocheckpoint = 0");
    return db;
  }

  #begin(db: Database): [id: string, last: number] {
    db.run("INSERT OR IGNORE INTO meta (key, value) VALUES ('index', ?)", this.#options.newId());
    db.run("INSERT OR IGNORE INTO devices (id, device) VALUES (1, ?)", fromHex(this.#options.self));
    const [id] = db.get("SELECT value FROM meta WHERE key = 'index'")!;
    const last = db.get("SELECT seq FROM sqlite_sequence WHERE name = 'texts'");
    return [toHex(id as Uint8Array), Number(last?.[0] ?? 0)];
  }

  /** Works on the database; one that shows to be damaged is begun anew, and the work comes again later. */
  #do<T>(work: (db: Database) => T): T {
    try {
      return work(this.#db);
    } catch (error) {
      if (error instanceof CairnError || !DAMAGE.test(messageOf(error))) throw error;
      this.#db.close();
      this.#options.putAside(this.path, messageOf(error));
      this.#db = this.#open();
      [this.#id, this.#last] = this.#begin(this.#db);
      throw new CairnError(
        "catalogue-broken",
        `The index of texts was damaged: ${messageOf(error)}`,
        "It is made anew by itself; ask again later.",
        error,
      );
    }
  }

  /** Names this file: numbers of another one say nothing here. */
  get id(): string {
    return this.#id;
  }

  /** The number of the last record that came. */
  get last(): number {
    return this.#last;
  }

  count(): number {
    return this.#do((db) => Number(db.get("SELECT coalesce(sum(texts), 0) FROM devices")![0]));
  }

  // -------------------------------------------------------------------------------- records

  head(content: ContentId): NumberedHead | null {
    return this.#do((db) => {
      const row = db.get(`${HEADS} WHERE t.content = ?`, fromHex(content));
      return row === undefined ? null : readHead(row);
    });
  }

  /** Takes in what this device read itself. False when what there is already is as good. */
  putOwn(record: TextRecord): boolean {
    return this.#do((db) =>
      db.transaction(() => {
        db.run("DELETE FROM waiting WHERE content = ?", fromHex(record.content));
        return this.#put(db, record, SELF, pack(record.text));
      })
    );
  }

  /** Takes in what another device gave; `packed` is the record's text. False when what there is is as good, or it gave too much. */
  putGiven(record: TextRecord, giver: DeviceId, packed: Uint8Array): boolean {
    return this.#do((db) =>
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
    const isOurs = giver === SELF && known !== null && known.origin !== this.#options.self;
    if (!isBetterText(record, known) && !isOurs) return false;
    if (known !== null) this.#remove(db, known.id);
    this.#last = db.insert(
      "INSERT INTO texts (content, origin, giver, version, note, packed) VALUES (?, ?, ?, ?, ?, ?)",
      content,
      this.#device(db, record.origin),
      giver,
      record.version,
      record.note,
      packed,
    );
    if (record.text !== "") db.run("INSERT INTO words (rowid, text) VALUES (?, ?)", this.#last, record.text);
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
    return this.#do((db) => db.all(`${HEADS} WHERE t.id > ? ORDER BY t.id LIMIT ?`, id, limit).map(readHead));
  }

  /** Packed texts; null for contents of which there is none. */
  packedTexts(contents: readonly ContentId[]): (Uint8Array | null)[] {
    return this.#do((db) =>
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
    return this.#do((db) => {
      const before = changesOf(db);
      db.run("INSERT INTO words (words, rank) VALUES ('merge', ?)", MERGE_PAGES);
      if (changesOf(db) - before >= 2) return true;
      this.#unmerged = 0;
      return false;
    });
  }

  // -------------------------------------------------------------------------------- questions

  /** Contents in which all of the terms are, the best first. Of very many, the newest. */
  search(terms: readonly TextTerm[], limit: number): FoundText[] {
    if (terms.length === 0) return [];
    return this.#do((db) => {
      const ranked = db.all(
        "SELECT rowid, bm25(words) FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?",
        matchOf(terms),
        TEXT_RANKED,
      ).map(([id, rank]) => ({ id: Number(id), rank: Number(rank) }));
      ranked.sort((a, b) => a.rank - b.rank || b.id - a.id);
      return ranked.slice(0, limit).flatMap(({ id, rank }) => {
        const row = db.get("SELECT content, packed FROM texts WHERE id = ?", id);
        if (row === undefined) return [];
        const snippet = snippetOf(unpackText(row[1] as Uint8Array) ?? "", terms);
        return [{ content: toHex(row[0] as Uint8Array) as ContentId, rank, snippet }];
      });
    });
  }

  // -------------------------------------------------------------------------------- what waits to be read

  meta(key: string): SqlRow[number] {
    return this.#do((db) => db.get("SELECT value FROM meta WHERE key = ?", key)?.[0] ?? null);
  }

  /** Adds contents that are to be read, and notes how far rows were looked at. */
  await(
    wanted: Iterable<{ content: ContentId; kind: TextKind }>,
    meta: Readonly<Record<string, number | string>>,
  ): void {
    this.#do((db) =>
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

  waitingCount(): number {
    return this.#do((db) => Number(db.get("SELECT count(*) FROM waiting")![0]));
  }

  /** What is to be read first; null when nothing is due. */
  nextWaiting(nowMs: number): WaitingText | null {
    return this.#do((db) => {
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
    return this.#do((db) => {
      const [at] = db.get("SELECT min(retry_ms) FROM waiting")!;
      return at === null ? null : Number(at);
    });
  }

  postpone(content: ContentId, untilMs: number): void {
    this.#do((db) =>
      db.run(
        "UPDATE waiting SET retry_ms = ?, tries = tries + 1 WHERE content = ?",
        untilMs,
        fromHex(content),
      )
    );
  }

  giveUp(content: ContentId): void {
    this.#do((db) => db.run("DELETE FROM waiting WHERE content = ?", fromHex(content)));
  }

  // -------------------------------------------------------------------------------- other devices' indexes

  peer(device: DeviceId): PeerTexts | null {
    return this.#do((db) => {
      const row = db.get(
        "SELECT index_id, seen, listed_ms, relist FROM peers WHERE device = ?",
        fromHex(device),
      );
      if (row === undefined) return null;
      const [index, seen, listedMs, relist] = row;
      return {
        index: toHex(index as Uint8Array),
        seen: Number(seen),
        listedMs: Number(listedMs),
        relist: relist === 1,
      };
    });
  }

  setPeer(device: DeviceId, { index, seen, listedMs, relist }: PeerTexts): void {
    this.#do((db) =>
      db.run(
        "INSERT OR REPLACE INTO peers (device, index_id, seen, listed_ms, relist) VALUES (?, ?, ?, ?, ?)",
        fromHex(device),
        fromHex(index),
        seen,
        listedMs,
        relist ? 1 : 0,
      )
    );
  }

  /** What was passed by may be wanted now: all are listed from their beginning once more, in their time. */
  relistAll(): void {
    this.#do((db) => db.run("UPDATE peers SET relist = 1"));
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
    return this.#do((db) => {
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

  giveBack(): void {
    this.#db.giveBack();
  }

  close(): void {
    this.#db.close();
  }
}

/** SQLite's words for a file that is not what it should be. */
const DAMAGE = /malformed|not a database|corrupt/;

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
