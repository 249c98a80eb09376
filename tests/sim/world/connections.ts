/**
 * Connections to SQLite in memory that outlive the processes and worlds that use them, with all statements that they have prepared:
 * to prepare them anew at each start would take as long as half of what they do.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Database, type SqlValue } from "../../../src/catalogue/database.ts";

export type Image = Uint8Array<ArrayBuffer>;

/** What `DatabaseSync` has beyond its types. */
interface Imaging {
  serialize(): Image;
  deserialize(image: Image): void;
}

interface Arrays {
  setReturnArrays(on: boolean): void;
}

let template: Image | null = null;

/** An empty catalogue with its schema: making it anew would take 1.5 ms. */
function emptyCatalogue(): Image {
  if (template === null) {
    let made: DatabaseSync | null = null;
    const database = new Database(":memory:", (path) => made = new DatabaseSync(path));
    template = (made as unknown as Imaging).serialize();
    database.close();
  }
  return template;
}

interface Table {
  readonly name: string;
  readonly isVirtual: boolean;
  /** What an empty catalogue has in it. */
  readonly rows: readonly SqlValue[][];
}

let tables: readonly Table[] | null = null;

/** The tables of a catalogue but for the shadows of virtual ones, which are those' own. */
function catalogueTables(): readonly Table[] {
  if (tables !== null) return tables;
  const db = new DatabaseSync(":memory:");
  (db as unknown as Imaging).deserialize(emptyCatalogue());
  const listed = db.prepare(
    "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite%'",
  ).all() as unknown as { name: string; type: string }[];
  tables = listed.map(({ name, type }) => {
    const isVirtual = type === "virtual";
    const rows = isVirtual ? [] : db.prepare(`SELECT * FROM ${name}`).all().map((row) => Object.values(row));
    return { name, isVirtual, rows: rows as SqlValue[][] };
  });
  db.close();
  return tables;
}

/** Those that nobody uses, for the worlds to come. */
const idle: Connection[] = [];
const MOST_IDLE = 16;

/** A database in memory. What processes get of it is a session: see `open`. */
export class Connection {
  readonly #db = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();
  readonly #settings = new Set<string>();

  private constructor(image: Image) {
    (this.#db as unknown as Imaging).deserialize(image);
  }

  /** An empty catalogue. */
  static empty(): Connection {
    const used = idle.pop();
    if (used === undefined) return new Connection(emptyCatalogue());
    used.#clear();
    return used;
  }

  static of(image: Image): Connection {
    return new Connection(image);
  }

  /** Nobody uses it any more, and its session is over. */
  release(isBroken: boolean): void {
    if (!isBroken && idle.length < MOST_IDLE) idle.push(this);
    else this.#db.close();
  }

  /** Back to the rows that a catalogue has from its schema. What an index of texts is made of is emptied by itself. */
  #clear(): void {
    this.#db.exec("BEGIN");
    for (const { name, isVirtual, rows } of catalogueTables()) {
      this.#db.exec(
        isVirtual ? `INSERT INTO ${name} (${name}) VALUES ('delete-all')` : `DELETE FROM ${name}`,
      );
      for (const row of rows) {
        this.prepare(`INSERT INTO ${name} VALUES (${row.map(() => "?").join(", ")})`).run(...row);
      }
    }
    this.#db.exec("COMMIT");
  }

  /** Connects a process, until its end. */
  open(hooks: SessionHooks): Session {
    return new Session(this, hooks);
  }

  get isTransaction(): boolean {
    return this.#db.isTransaction;
  }

  /** Settings are the connection's, and told to it once. */
  exec(sql: string): void {
    if (sql.startsWith("PRAGMA ")) {
      if (this.#settings.has(sql)) return;
      this.#settings.add(sql);
    }
    this.#db.exec(sql);
  }

  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      (statement as unknown as Arrays).setReturnArrays(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  image(): Image {
    return (this.#db as unknown as Imaging).serialize();
  }

  /** The image without what was there before: the same for the same rows, whatever the connection was used for. */
  cleanImage(): Image {
    this.#db.exec("VACUUM");
    return this.image();
  }
}

export interface SessionHooks {
  /** Called before every statement with its SQL; what it throws is what the disk says to it. */
  beforeStatement(sql: string): void;
  /** Called right before a transaction is kept. */
  beforeCommit(): void;
  /** The process has closed it. */
  end(): void;
}

/** What a process has of a connection, in the place of a `DatabaseSync`. With its end nothing of it works any more. */
export class Session {
  isOpen = true;
  readonly #connection: Connection;
  readonly #hooks: SessionHooks;

  constructor(connection: Connection, hooks: SessionHooks) {
    this.#connection = connection;
    this.#hooks = hooks;
  }

  check(): void {
    if (!this.isOpen) throw new Error("database is not open");
  }

  /** Before a statement. Taking back what was begun needs nothing of the disk. */
  begin(sql: string): void {
    this.check();
    if (sql !== "ROLLBACK") this.#hooks.beforeStatement(sql);
  }

  get isTransaction(): boolean {
    this.check();
    return this.#connection.isTransaction;
  }

  exec(sql: string): void {
    this.begin(sql);
    if (sql === "COMMIT") {
      this.#hooks.beforeCommit();
      this.check();
    }
    this.#connection.exec(sql);
  }

  prepare(sql: string): Statement {
    this.check();
    return new Statement(this, sql, this.#connection.prepare(sql));
  }

  close(): void {
    if (this.isOpen) this.#hooks.end();
  }
}

class Statement {
  readonly #session: Session;
  readonly #sql: string;
  readonly #statement: StatementSync;

  constructor(session: Session, sql: string, statement: StatementSync) {
    this.#session = session;
    this.#sql = sql;
    this.#statement = statement;
  }

  /** They always do. */
  setReturnArrays(): void {}

  get(...values: SqlValue[]) {
    this.#session.begin(this.#sql);
    return this.#statement.get(...values);
  }

  all(...values: SqlValue[]) {
    this.#session.begin(this.#sql);
    return this.#statement.all(...values);
  }

  run(...values: SqlValue[]) {
    this.#session.begin(this.#sql);
    return this.#statement.run(...values);
  }
}
