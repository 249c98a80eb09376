/**
 * Contents that so many paths and devices hold that to count one of them at once would keep everybody waiting: a licence that is in twenty
 * thousand directories. Each change of one is only noted; when nothing else is to be counted, it is counted in slices, and once more if it
 * changed meanwhile.
 */
import type { Damaged } from "./damaged.ts";
import type { Database } from "./database.ts";
import type { Interning } from "./interning.ts";
import { HELD } from "./row_sql.ts";
import { CROWD, SpotTally, type Standings, UNCOUNTED } from "./standings.ts";

/** This content, whatever else begins like it: by the index `states_by_content`. */
export const OF_CONTENT =
  "s.content IS NOT NULL AND substr(s.content, 2, 8) = substr(?1, 2, 8) AND s.content = ?1";
/** A content that is held more often is a crowd: to count it takes longer than others want to wait. */
export const CROWD_ROWS = 256;
/** One that is held no more often than this is none any more. */
const LEAST_ROWS = CROWD_ROWS / 2;
/** States that are looked at in one go. */
const SLICE = 64;

/** As what a content was counted, and of which size. */
export interface Former {
  readonly size: number;
  readonly counted: number;
}

/** How far the crowd that is being counted is. */
interface Progress {
  readonly content: Uint8Array;
  readonly changes: number;
  readonly tally: SpotTally;
  after: number;
  rows: number;
  size: number;
}

export class Crowds {
  readonly #db: Database;
  readonly #ids: Interning;
  readonly #standings: Standings;
  readonly #damaged: Damaged;
  #progress: Progress | null = null;
  /** Null: to be asked for. */
  #count: number | null = null;

  constructor(db: Database, ids: Interning, standings: Standings, damaged: Damaged) {
    this.#db = db;
    this.#ids = ids;
    this.#standings = standings;
    this.#damaged = damaged;
    db.onRollback(() => {
      this.#progress = null;
      this.#count = null;
    });
  }

  get #size(): number {
    return this.#count ??= Number(this.#db.get("SELECT count(*) FROM crowds")![0]);
  }

  /** Crowds that are to be counted. */
  dirty(): number {
    if (this.#size === 0) return 0;
    return Number(this.#db.get("SELECT count(*) FROM crowds WHERE changes <> counted_changes")![0]);
  }

  /** Notes that a content is to be counted again, if it is a crowd. Answers whether it is. `left`: as what a state of it went that was counted. */
  note(content: Uint8Array, left: Former | null): boolean {
    if (this.#size === 0) return false;
    if (left !== null) this.#learn(content, left);
    return this.#db.run("UPDATE crowds SET changes = changes + 1 WHERE content = ?", content) > 0;
  }

  /** As what it was counted before it was a crowd is found in its states, as they are gone through or leave. */
  #learn(content: Uint8Array, { counted, size }: Former): void {
    if (counted === UNCOUNTED || counted === CROWD) return;
    this.#db.run(
      "UPDATE crowds SET counted = ?1, size = max(size, ?2) WHERE content = ?3 AND counted IN (?1, ?4) AND counted_changes = 0",
      counted,
      size,
      content,
      UNCOUNTED,
    );
  }

  /** As what a crowd is counted; null when the content is none. */
  standingOf(content: Uint8Array): number | null {
    if (this.#size === 0) return null;
    const row = this.#db.get("SELECT counted FROM crowds WHERE content = ?", content);
    return row === undefined ? null : Number(row[0]);
  }

  /** Those that are counted as a standing. */
  of(standing: number): Uint8Array[] {
    if (this.#size === 0) return [];
    return this.#db.all("SELECT content FROM crowds WHERE counted = ?", standing).map(([content]) =>
      content as Uint8Array
    );
  }

  /** A content has become a crowd; it stays in the figures as it was until it is counted. */
  begin(content: Uint8Array, left: Former | null): void {
    this.#db.run(
      "INSERT INTO crowds (content, size, counted, changes, counted_changes) VALUES (?, 0, ?, 1, 0)",
      content,
      UNCOUNTED,
    );
    this.#count = null;
    if (left !== null) this.#learn(content, left);
  }

  /** Counts some of a crowd. False when there is nothing to count. `alone` counts a content that is no crowd any more. */
  countSome(alone: (content: Uint8Array) => void): boolean {
    const progress = this.#progress ??= this.#next();
    if (progress === null) return false;
    const states = this.#db.all(
      `SELECT s.id, s.directory, s.name, s.size, s.counted,
         (SELECT count(*) FROM states o WHERE o.directory = s.directory AND o.name = s.name AND o.content = ?1)
       FROM states s WHERE ${OF_CONTENT} AND s.id > ?2 ORDER BY s.id LIMIT ?3`,
      progress.content,
      progress.after,
      SLICE,
    );
    for (const [id, directory, name, size, counted, count] of states) {
      progress.after = Number(id);
      progress.size = Math.max(progress.size, Number(size));
      this.#learn(progress.content, { counted: Number(counted), size: Number(size) });
      this.#db.run("UPDATE states SET counted = ? WHERE id = ? AND counted <> ?", CROWD, id!, CROWD);
      this.#look(progress, Number(id), Number(directory), String(name), Number(count));
    }
    if (states.length < SLICE) this.#end(progress, alone);
    return true;
  }

  #next(): Progress | null {
    if (this.#size === 0) return null;
    const row = this.#db.get("SELECT content, changes FROM crowds WHERE changes <> counted_changes LIMIT 1");
    if (row === undefined) return null;
    const [content, changes] = [row[0] as Uint8Array, Number(row[1])];
    return { content, changes, tally: new SpotTally(), after: 0, rows: 0, size: 0 };
  }

  /** Who has it at the path of a state. Of several states of one path the first speaks for all. */
  #look(progress: Progress, state: number, directory: number, name: string, count: number): void {
    const holds = count === 1
      ? this.#db.all("SELECT state, device, flags FROM holds WHERE state = ?", state)
      : this.#db.all(
        `SELECT h.state, h.device, h.flags FROM states o CROSS JOIN holds h ON h.state = o.id
         WHERE o.directory = ? AND o.name = ? AND o.content = ?`,
        directory,
        name,
        progress.content,
      );
    progress.rows += holds.filter(([of]) => of === state).length;
    if (holds.some(([of]) => Number(of) < state)) return;
    const devices = new Set(
      holds.filter(([, , flags]) => (Number(flags) & HELD) !== 0).map(([, device]) => Number(device)),
    );
    if (devices.size > 0) progress.tally.add(this.#ids.directoryOf(directory).folder, [...devices]);
  }

  #end({ content, changes, tally, rows, size }: Progress, alone: (content: Uint8Array) => void): void {
    this.#progress = null;
    const former = this.#db.get("SELECT counted, size FROM crowds WHERE content = ?", content)!;
    this.#standings.leave(Number(former[0]), Number(former[1]));
    if (rows <= LEAST_ROWS) {
      this.#db.run("DELETE FROM crowds WHERE content = ?", content);
      this.#count = null;
      return alone(content);
    }
    const id = this.#standings.idOf(this.#damaged.without(content, tally.spots()));
    this.#standings.enter(id, size, content);
    this.#db.run(
      "UPDATE crowds SET counted = ?, size = ?, counted_changes = ? WHERE content = ?",
      id,
      id === UNCOUNTED ? 0 : size,
      changes,
      content,
    );
  }
}
