/**
 * The catalogue's file of one device: SQLite in memory, kept over the life of a process as a real file would be. What is
 * committed survives a kill; a power cut may take back the last commits, never tear one (WAL, synchronous = NORMAL).
 */
import type { DatabaseSync } from "node:sqlite";
import { Connection, type Image, type Session } from "./connections.ts";

/** Committed states that a power cut may go back to. */
const MOST_MARKS = 4;
const PAGE_BYTES = 4096;

export class SimCatalogue {
  /** The process that has the file open. */
  #session: Session | null = null;
  /** The file's content: where it was used last, or an image of it; null: there is none. */
  #content: Connection | Image | null = null;
  #marks: Image[] = [];
  /** Damage that shows when the file is opened, or when it is read. */
  #damage: "header" | "page" | null = null;
  /** Called right before a transaction is kept: the place to let a process die in it. */
  beforeCommit: (() => void) | null = null;
  /** Called before every statement: what it throws is what the disk says to it. */
  beforeStatement: ((sql: string) => void) | null = null;

  /** Opens the file for a process. One whose damage shows is set aside by whoever opens it, so the next open makes a new one. */
  open(): DatabaseSync {
    this.kill();
    if (this.#damage === "header") {
      this.restore(null);
      throw new Error("file is not a database");
    }
    const content = this.#content ?? Connection.empty();
    const connection = content instanceof Connection ? content : Connection.of(content);
    this.#content = connection;
    const session: Session = connection.open({
      beforeStatement: (sql) => this.beforeStatement?.(sql),
      beforeCommit: () => this.beforeCommit?.(),
      end: () => this.#session === session && this.kill(),
    });
    this.#session = session;
    return session as unknown as DatabaseSync;
  }

  /** The process ends, in order or not: what it committed stays. */
  kill(): void {
    if (this.#session === null) return;
    this.#session.isOpen = false;
    this.#session = null;
    const connection = this.#content as Connection;
    if (connection.isTransaction) connection.exec("ROLLBACK");
    if (this.#damage !== null) this.restore(null);
  }

  /** Remembers what is committed now as a state that a power cut may go back to. */
  mark(): void {
    if (this.#session?.isTransaction) return;
    const image = this.copy();
    if (image === null) return;
    this.#marks.push(image);
    if (this.#marks.length > MOST_MARKS) this.#marks.shift();
  }

  /** Power goes; `back` says how many marks are lost, 0 for none. What was lost once does not come back. */
  powerCut(back: number): void {
    this.kill();
    const at = this.#marks.length - back;
    if (back > 0 && at >= 0) this.#replace(this.#marks[at]!);
    this.#marks = [];
  }

  /** A copy, as a backup of the home has it. */
  copy(): Image | null {
    return this.#content instanceof Connection ? this.#content.image() : this.#content;
  }

  /** Puts a copy back, or nothing at all. Only while no process runs. */
  restore(image: Image | null): void {
    this.#replace(image);
    this.#damage = null;
    this.#marks = [];
  }

  /** "header": no database any more; "page": the middle is zeroed. Only while no process runs. */
  damage(how: "header" | "page"): void {
    if (this.#content === null) return;
    this.#damage = how;
    if (how === "header") return;
    const image = this.#content instanceof Connection ? this.#content.cleanImage() : this.#content.slice();
    for (let at = PAGE_BYTES; at + PAGE_BYTES <= image.length; at += 2 * PAGE_BYTES) {
      image.fill(0, at, at + PAGE_BYTES);
    }
    this.#replace(image);
  }

  /** The world is over. */
  release(): void {
    this.kill();
    this.restore(null);
  }

  #replace(content: Image | null): void {
    // One that holds damage is no use to anybody.
    if (this.#content instanceof Connection) this.#content.release(this.#damage !== null && content === null);
    this.#content = content;
  }
}
