/**
 * The file `text.db`: words of contents (R39), derived and apart from the catalogue. One that is damaged is put aside and begun anew, whenever
 * that shows. Nothing waits for the disk here: the log is written back by `TextReader.checkpoint`.
 */
import { CairnError, messageOf } from "../core/errors.ts";
import { type DeviceId, fromHex, toHex } from "../core/ids.ts";
import { Database, type OpenSqlite } from "./database.ts";
import first from "./text_schema/0001_texts.sql" with { type: "text" };

const MIGRATIONS: readonly string[] = [first];
/** SQLite's words for a file that is not what it should be; a length that is damaged asks for more memory than there is. */
const DAMAGE = /malformed|not a database|corrupt|out of memory/;

/** What the log may keep of the disk once it was written back. */
const LOG_BYTES = 16 * 2 ** 20;

export interface TextFileOptions {
  readonly path: string;
  readonly self: DeviceId;
  /** A new random id of eight bytes. */
  newId(): Uint8Array;
  /** Puts a file that cannot be read out of the way. */
  putAside(path: string, why: string): void;
  readonly openSqlite?: OpenSqlite;
}

export class TextFile {
  readonly path: string;
  readonly self: DeviceId;
  readonly #options: TextFileOptions;
  #db: Database;

  /** Throws CairnError "catalogue-broken" where the disk refuses, and "catalogue-newer" for the file of a later program. */
  constructor(options: TextFileOptions) {
    this.path = options.path;
    this.self = options.self;
    this.#options = options;
    try {
      this.#db = this.#open();
    } catch (error) {
      if (error instanceof CairnError) throw error;
      options.putAside(options.path, messageOf(error));
      this.#db = this.#open();
    }
  }

  #open(): Database {
    const db = new Database(this.path, this.#options.openSqlite, MIGRATIONS);
    try {
      // What is found here comes from a few pages; the catalogue has more use of memory.
      db.get("PRAGMA cache_size = -2000");
      db.get("PRAGMA wal_autocheckpoint = 0");
      db.get(`PRAGMA journal_size_limit = ${LOG_BYTES}`);
      db.run("INSERT OR IGNORE INTO meta (key, value) VALUES ('index', ?)", this.#options.newId());
      db.run("INSERT OR IGNORE INTO devices (id, device) VALUES (1, ?)", fromHex(this.self));
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Works on the database; one that shows to be damaged is begun anew, and the work comes again later (`isPassing`). */
  do<T>(work: (db: Database) => T): T {
    try {
      return work(this.#db);
    } catch (error) {
      if (error instanceof CairnError || !DAMAGE.test(messageOf(error))) throw error;
      this.#db.close();
      this.#options.putAside(this.path, messageOf(error));
      this.#db = this.#open();
      throw new CairnError(
        "catalogue-broken",
        `The index of texts was damaged: ${messageOf(error)}`,
        "It is made anew by itself; ask again later.",
        error,
      );
    }
  }

  /** As `do`, all of it or nothing. */
  change<T>(work: (db: Database) => T): T {
    return this.do((db) => db.transaction(() => work(db)));
  }

  /** Names this file: numbers of another one say nothing here. */
  get id(): string {
    return this.do((db) => toHex(db.get("SELECT value FROM meta WHERE key = 'index'")![0] as Uint8Array));
  }

  giveBack(): void {
    this.#db.giveBack();
  }

  close(): void {
    this.#db.close();
  }
}
