/**
 * The catalogue's file of one device: SQLite in memory, its pages kept over the life of a process as a real file would be. What
 * is committed survives a kill; a power cut may take back the last commits, never tear one (WAL, synchronous = NORMAL).
 */
import { DatabaseSync } from "node:sqlite";
import { Database } from "../../../src/catalogue/database.ts";

type Image = Uint8Array<ArrayBuffer>;

/** What `DatabaseSync` has beyond its types. */
interface Imaging {
  serialize(): Image;
  deserialize(image: Image): void;
}

/** Committed states that a power cut may go back to. */
const MOST_MARKS = 4;
const PAGE_BYTES = 4096;

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

interface Opened {
  readonly db: DatabaseSync;
  readonly close: () => void;
  /** Damage that shows late. */
  readonly isDamaged: boolean;
}

export class SimCatalogue {
  #open: Opened | null = null;
  /** The file as it was when it was last closed; null: there is none. */
  #image: Image | null = null;
  #marks: Image[] = [];
  #damage: "header" | "page" | null = null;
  /** Called right before a transaction is kept: the place to let a process die in it. */
  beforeCommit: (() => void) | null = null;

  /** Opens the file for a process. One whose damage shows is set aside by whoever opens it, so the next open makes a new one. */
  open(): DatabaseSync {
    this.kill();
    const damage = this.#damage;
    this.#damage = null;
    if (damage === "header") {
      this.#image = null;
      throw new Error("file is not a database");
    }
    const db = new DatabaseSync(":memory:");
    (db as unknown as Imaging).deserialize(this.#image ?? emptyCatalogue());
    this.#open = { db, close: db.close.bind(db), isDamaged: damage === "page" };
    const exec = db.exec.bind(db);
    db.exec = (sql) => {
      if (sql === "COMMIT") this.beforeCommit?.();
      exec(sql);
    };
    db.close = () => {
      if (this.#open?.db === db) this.kill();
    };
    return db;
  }

  /** The process ends, in order or not: what it committed stays. */
  kill(): void {
    if (this.#open === null) return;
    const { db, close, isDamaged } = this.#open;
    this.#open = null;
    if (db.isTransaction) db.exec("ROLLBACK");
    this.#image = isDamaged ? null : (db as unknown as Imaging).serialize();
    close();
  }

  /** Remembers what is committed now as a state that a power cut may go back to. */
  mark(): void {
    if (this.#open?.db.isTransaction) return;
    const image = this.copy();
    if (image === null) return;
    this.#marks.push(image);
    if (this.#marks.length > MOST_MARKS) this.#marks.shift();
  }

  /** Power goes; `back` says how many marks are lost, 0 for none. What was lost once does not come back. */
  powerCut(back: number): void {
    this.kill();
    const at = this.#marks.length - back;
    if (back > 0 && at >= 0) this.#image = this.#marks[at]!;
    this.#marks = [];
  }

  /** A copy, as a backup of the home has it. */
  copy(): Image | null {
    return this.#open === null ? this.#image : (this.#open.db as unknown as Imaging).serialize();
  }

  /** Puts a copy back, or nothing at all. Only while no process runs. */
  restore(image: Image | null): void {
    this.#image = image;
    this.#marks = [];
  }

  /** "header": no database any more; "page": the middle is zeroed. Only while no process runs. */
  damage(how: "header" | "page"): void {
    if (this.#image === null) return;
    this.#damage = how;
    if (how === "header") return;
    const image = this.#image.slice();
    for (let at = PAGE_BYTES; at + PAGE_BYTES <= image.length; at += 2 * PAGE_BYTES) {
      image.fill(0, at, at + PAGE_BYTES);
    }
    this.#image = image;
  }
}
