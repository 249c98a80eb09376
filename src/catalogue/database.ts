/** One SQLite database: opening, migrations, transactions, statements prepared once. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { CairnError, messageOf } from "../core/errors.ts";
import { isPassing } from "../core/passing.ts";
import first from "./schema/0001_first.sql" with { type: "text" };
import { Gathering, type RowChanges } from "./gathering.ts";
import conflictNames from "./schema/0002_conflict_names.sql" with { type: "text" };
import names from "./schema/0003_names.sql" with { type: "text" };
import copies from "./schema/0004_copies.sql" with { type: "text" };
import directoryWords from "./schema/0005_directory_words.sql" with { type: "text" };
import damaged from "./schema/0006_damaged.sql" with { type: "text" };
import wanting from "./schema/0007_wanting.sql" with { type: "text" };

/** Numbered migrations; `user_version` counts those that have run. */
const MIGRATIONS: readonly string[] = [
  first,
  conflictNames,
  names,
  copies,
  directoryWords,
  damaged,
  wanting,
];
/** That of the files which this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;
const BUSY_MS = 5_000;

/** Opens the file of a database. The simulated world has another one than SQLite's own files. */
export type OpenSqlite = (path: string) => DatabaseSync;

const openFile: OpenSqlite = (path) => new DatabaseSync(path);

export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = SqlValue[];

export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #rolledBack: (() => void)[] = [];
  readonly #beforeCommit = new Set<() => void>();
  readonly #gathering = new Gathering<SqlValue>((sql, values) => {
    told(() => this.#prepared(sql).run(...values));
  });
  #depth = 0;

  /**
   * Opens or creates the file; `:memory:` works too. Throws CairnError "catalogue-newer" for a file of a later program,
   * "catalogue-broken" where the disk refuses, and the SQLite error itself when the file is no database or a damaged one.
   */
  constructor(path: string, open: OpenSqlite = openFile, migrations = MIGRATIONS) {
    this.#db = told(() => open(path));
    try {
      told(() => {
        this.#db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
        this.#db.exec("PRAGMA journal_mode = WAL");
        // The journal carries durability; the catalogue only has to stay consistent.
        this.#db.exec("PRAGMA synchronous = NORMAL");
        // The index of contents is written all over: that of a million files has some 20 MB, and what is not here is read for each row. A question about a common word looks at as much again.
        this.#db.exec("PRAGMA cache_size = -48000");
        // Written back four times as rarely as by default: pages that change again and again cost one write, and the main thread waits for it.
        this.#db.exec("PRAGMA wal_autocheckpoint = 4000");
        this.#db.exec("PRAGMA temp_store = MEMORY");
        this.#migrate(path, migrations);
      });
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  #migrate(path: string, migrations: readonly string[]): void {
    const have = Number(this.get("PRAGMA user_version")![0]);
    if (have > migrations.length) {
      throw new CairnError(
        "catalogue-newer",
        `${path} was written by a newer Cairn (schema ${have}, this program knows ${migrations.length})`,
        "Start the newer version; it has not been changed.",
      );
    }
    for (let i = have; i < migrations.length; i++) {
      this.transaction(() => {
        this.#db.exec(migrations[i]!);
        this.#db.exec(`PRAGMA user_version = ${i + 1}`);
      });
    }
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      // SQLite plans by the value of a bare `LIMIT ?`, and so prepares the statement anew at every call: 25 µs, not 2.
      statement = this.#db.prepare(sql.replaceAll("LIMIT ?", "LIMIT 0 + ?"));
      (statement as unknown as { setReturnArrays(on: boolean): void }).setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** The first row, as an array of columns. */
  get(sql: string, ...values: SqlValue[]): SqlRow | undefined {
    this.#gathering.make();
    return told(() => this.#prepared(sql).get(...values) as SqlRow | undefined);
  }

  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    this.#gathering.make();
    return told(() => this.#prepared(sql).all(...values) as unknown as SqlRow[]);
  }

  /** Answers how many rows it inserted, changed or removed. */
  run(sql: string, ...values: SqlValue[]): number {
    this.#gathering.make();
    return Number(told(() => this.#prepared(sql).run(...values)).changes);
  }

  /** Runs an insert and answers the new row's id. */
  insert(sql: string, ...values: SqlValue[]): number {
    this.#gathering.make();
    return Number(told(() => this.#prepared(sql).run(...values)).lastInsertRowid);
  }

  /** Changes a row within the present transaction, together with others, before anything else is asked or changed. */
  gather(changes: RowChanges, ...row: SqlValue[]): void {
    this.#gathering.add(changes, row);
    if (this.#depth === 0) this.#gathering.make();
  }

  /** All of `work` or nothing; nested calls join the outer transaction. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    told(() => this.#db.exec("BEGIN IMMEDIATE"));
    this.#depth++;
    try {
      const result = work();
      for (const write of this.#beforeCommit) write();
      this.#beforeCommit.clear();
      this.#gathering.make();
      told(() => this.#db.exec("COMMIT"));
      return result;
    } catch (error) {
      this.#beforeCommit.clear();
      this.#gathering.forget();
      // A full disk makes SQLite roll back by itself.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      for (const forget of this.#rolledBack) forget();
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** Runs before the present transaction is kept, once however often it was asked for: what many rows change is written once. */
  beforeCommit(write: () => void): void {
    if (this.#depth === 0) write();
    else this.#beforeCommit.add(write);
  }

  /** Whoever keeps a copy of something in memory forgets it when a transaction fails. */
  onRollback(forget: () => void): void {
    this.#rolledBack.push(forget);
  }

  /**
   * Null when the file is sound, else what SQLite says of it, table by table: of all at once it would read the whole index of names term
   * by term, for minutes. Throws CairnError "catalogue-broken" where the disk refuses to say.
   */
  check(): string | null {
    try {
      for (
        const [table] of this.all("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")
      ) {
        const answer = String(this.#single(`PRAGMA quick_check("${table}")`));
        if (answer !== "ok") return answer;
      }
      return null;
    } catch (error) {
      if (isPassing(error)) throw error;
      return messageOf(error);
    }
  }

  /** The answer to what is asked once. */
  #single(sql: string): unknown {
    return told(() => Object.values(this.#db.prepare(sql).get() ?? {})[0]);
  }

  /** Bytes of the database itself. */
  size(): number {
    return Number(this.get("PRAGMA page_count")![0]) * Number(this.get("PRAGMA page_size")![0]);
  }

  /** Frees SQLite's copies of pages. */
  giveBack(): void {
    try {
      if (this.#db.isOpen) told(() => this.#db.exec("PRAGMA shrink_memory"));
    } catch (error) {
      if (!isPassing(error)) throw error; // it keeps them, and nothing else is wrong for that
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }
}

/** SQLite's words for a disk that is full, or that refuses, and for who keeps us out: Deno passes no error number on. */
const REFUSALS =
  /database or disk is full|disk I\/O error|unable to open database file|database is locked|readonly database/;

/** What the disk refuses, a read as much as a write, passes, and has a code that callers can tell from a fault of ours. */
function told<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof CairnError || !REFUSALS.test(messageOf(error))) throw error;
    throw new CairnError(
      "catalogue-broken",
      `Cannot use the catalogue: ${messageOf(error)}`,
      "Nothing was lost. Free space or mend the disk; Cairn goes on by itself.",
      error,
    );
  }
}
