/**
 * The index of names: which states have three characters one behind the other in their names, and which are of a kind and day. Derived
 * and lazy: nothing of it is written while rows are. What is behind `upto` is not in it yet, and what is in it may be gone.
 *
 * 1. Every living state up to `upto` is in. Numbers of states only rise, over restarts too (`Rows`), so none is ever in under another name.
 * 2. A hit counts only once its state was read and has the needle in its name (`core/search_text.ts` folds both alike).
 * 3. An index that shows to be damaged is begun anew at once, and whoever met the damage is told so as of what passes (`isPassing`).
 */
import { CairnError, messageOf } from "../core/errors.ts";
import { FILE_KINDS, type FileKind, fileKindOf, KINDS_VERSION } from "../core/file_kinds.ts";
import { coverOf, foldForSearch } from "../core/search_text.ts";
import type { Database } from "./database.ts";
import { DirectoryWords } from "./directory_words.ts";
import { beginWhole, mergeParts } from "./index_parts.ts";
import { Rarest } from "./rarest.ts";
import { KINDS } from "./row_sql.ts";

const DAY_MS = 24 * 3_600_000;
/** From this size on states are found by it. As in the index of the schema. */
export const LARGE_BYTES = 10_000_000;

/**
 * SQLite's words for an index that is not what it should be; a name can be in it twice only then, and a length that is damaged asks for more
 * memory than there is.
 */
const DAMAGE = /malformed|corrupt|constraint failed|out of memory/;

/** A state by its kind and day. */
export interface Dated {
  readonly day: number;
  readonly state: number;
}

export class Names {
  /** What stands above names. */
  readonly directories: DirectoryWords;
  readonly #db: Database;
  readonly #rarest = new Rarest();
  #begunAnew: () => void = () => {};

  constructor(db: Database) {
    this.#db = db;
    this.directories = new DirectoryWords(db, (work) => this.#guarded(work));
    const [version] = db.get("SELECT version FROM names_progress")!;
    if (version !== KINDS_VERSION) this.forget();
  }

  /** Begins anew: kinds are told otherwise now, or what is there is damaged. */
  forget(): void {
    this.#rarest.forget();
    this.#db.transaction(() => {
      this.#db.run("INSERT INTO names (names) VALUES ('delete-all')");
      this.#db.run("INSERT INTO directory_words (directory_words) VALUES ('delete-all')");
      this.#db.run("DELETE FROM dated");
      const reset = "UPDATE names_progress SET version = ?, upto = 0, swept_at = 0, directories_upto = 0";
      this.#db.run(reset, KINDS_VERSION);
    });
  }

  /** Told when the index was damaged and all names have to be taken in again. */
  onBegunAnew(listener: () => void): void {
    this.#begunAnew = listener;
  }

  /** Works on the index, or on that of directories. Throws CairnError "catalogue-broken" where it was damaged, and begins it anew. */
  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof CairnError || !DAMAGE.test(messageOf(error))) throw error;
      this.forget();
      this.#begunAnew();
      throw new CairnError(
        "catalogue-broken",
        `The index of names was damaged: ${messageOf(error)}`,
        "It is made anew by itself; ask again later.",
        error,
      );
    }
  }

  #change<T>(work: () => T): T {
    return this.#guarded(() => this.#db.transaction(work));
  }

  get upto(): number {
    return Number(this.#db.get("SELECT upto FROM names_progress")![0]);
  }

  /** How many numbers of states are beyond `upto`: at least as many as there are states. */
  get behind(): number {
    const row = this.#db.get("SELECT coalesce(max(id), 0) - (SELECT upto FROM names_progress) FROM states");
    return Math.max(0, Number(row![0]));
  }

  /** Takes some states in. True while there are more. */
  takeSome(limit: number): boolean {
    return this.#change(() => {
      const states = this.#db.all(
        "SELECT id, name, kind, mtime_ms FROM states WHERE id > (SELECT upto FROM names_progress) ORDER BY id LIMIT ?",
        limit,
      );
      for (const [id, name, kind, mtimeMs] of states) {
        if (kind === 0) continue;
        this.#db.run("INSERT INTO names (rowid, name) VALUES (?, ?)", id!, foldForSearch(String(name)));
        const fileKind = fileKindOf(KINDS[Number(kind)]!, String(name));
        this.#db.run(
          "INSERT OR IGNORE INTO dated (class, day, state) VALUES (?, ?, ?)",
          FILE_KINDS.indexOf(fileKind),
          dayOf(Number(mtimeMs)),
          id!,
        );
      }
      if (states.length > 0) this.#db.run("UPDATE names_progress SET upto = ?", states.at(-1)![0]!);
      return states.length === limit;
    });
  }

  /** Makes one of many small parts of the index, for a bounded number of pages. True while there is something to do. */
  mergeSome(): boolean {
    return this.#guarded(() => mergeParts(this.#db, "names"));
  }

  /** Begins to make one part of all, where that is worth it; `mergeSome` goes on. */
  beginWhole(): boolean {
    return this.#guarded(() => beginWhole(this.#db, "names"));
  }

  // -------------------------------------------------------------------------------- what is gone

  /** How many states were said since the last sweep was begun: as many as that may be gone. */
  get unswept(): number {
    return Number(this.#db.get("SELECT upto - swept_at FROM names_progress")![0]);
  }

  noteSweep(): void {
    this.#db.run("UPDATE names_progress SET swept_at = upto");
  }

  /** Removes names of states that are gone, among `limit` behind a state. Answers where to go on; null at the end. */
  sweepNames(after: number, limit: number): number | null {
    return this.#change(() => {
      const some = this.#db.all(
        `SELECT d.id, EXISTS (SELECT 1 FROM states s WHERE s.id = d.id)
         FROM names_docsize d WHERE d.id > ? ORDER BY d.id LIMIT ?`,
        after,
        limit,
      );
      for (const [id, lives] of some) if (lives === 0) this.#db.run("DELETE FROM names WHERE rowid = ?", id!);
      return some.length < limit ? null : Number(some.at(-1)![0]);
    });
  }

  /** The same of kinds and days. */
  sweepDates(kind: FileKind, after: Dated | null, limit: number): Dated | null {
    return this.#change(() => {
      const some = this.#db.all(
        `SELECT d.day, d.state, EXISTS (SELECT 1 FROM states s WHERE s.id = d.state)
         FROM dated d WHERE d.class = ? AND (d.day, d.state) > (?, ?) ORDER BY d.day, d.state LIMIT ?`,
        FILE_KINDS.indexOf(kind),
        after?.day ?? Number.MIN_SAFE_INTEGER,
        after?.state ?? 0,
        limit,
      );
      for (const [day, state, lives] of some) {
        if (lives !== 0) continue;
        this.#db.run(
          "DELETE FROM dated WHERE class = ? AND day = ? AND state = ?",
          FILE_KINDS.indexOf(kind),
          day!,
          state!,
        );
      }
      const last = some.at(-1);
      return some.length < limit ? null : { day: Number(last![0]), state: Number(last![1]) };
    });
  }

  // -------------------------------------------------------------------------------- candidates

  /**
   * States below a number, the newest first, whose names may answer an expression of `matchOf`. They come as one text: a row for each costs
   * a fifth more.
   */
  matching(match: string, below: number, limit: number): number[] {
    const row = this.#guarded(() =>
      this.#db.get(
        `SELECT json_group_array(state) FROM (
           SELECT rowid AS state FROM names WHERE names MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?)`,
        match,
        below,
        limit,
      )
    );
    // In this order they come as a rule, but an aggregate promises none.
    return (JSON.parse(String(row![0])) as number[]).sort((a, b) => b - a);
  }

  /**
   * An expression that fewer lists answer than that of `matchOf`: what that finds is in what this finds, and most of what this does. Null where
   * there are no fewer.
   */
  rarestOf(needles: readonly string[]): string | null {
    const rarest = this.#rarest.of(
      trigramsOf(needles),
      this.upto,
      (trigram, below, limit) => this.matching(quoted(trigram), below, limit),
    );
    return rarest === null ? null : allOf(rarest);
  }

  /** States of a kind before (`before`) and from a day on, the latest first. */
  ofKind(kind: FileKind, fromDay: number, before: Dated, limit: number): Dated[] {
    return this.#guarded(() =>
      this.#db.all(
        `SELECT day, state FROM dated WHERE class = ? AND (day, state) < (?, ?) AND day >= ?
         ORDER BY day DESC, state DESC LIMIT ?`,
        FILE_KINDS.indexOf(kind),
        before.day,
        before.state,
        fromDay,
        limit,
      )
    ).map(([day, state]) => ({ day: Number(day), state: Number(state) }));
  }

  /** States of large files before (`beforeSize`, `beforeState`), the largest first. */
  large(
    minBytes: number,
    beforeSize: number,
    beforeState: number,
    limit: number,
  ): { size: number; state: number }[] {
    return this.#db.all(
      `SELECT size, id FROM states WHERE size >= ${LARGE_BYTES} AND size >= ? AND (size, id) < (?, ?)
       ORDER BY size DESC, id DESC LIMIT ?`,
      minBytes,
      beforeSize,
      beforeState,
      limit,
    ).map(([size, state]) => ({ size: Number(size), state: Number(state) }));
  }

  /** Living states that are not in the index yet, in order, and the last that was looked at; null at the end. */
  notYetIn(after: number, limit: number): { states: number[]; last: number | null } {
    const some = this.#db.all("SELECT id, kind FROM states WHERE id > ? ORDER BY id LIMIT ?", after, limit);
    return {
      states: some.flatMap(([id, kind]) => kind === 0 ? [] : [Number(id)]),
      last: some.length < limit ? null : Number(some.at(-1)![0]),
    };
  }
}

/** Days of whole UTC: whoever asks for local ones looks at the time as well. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** The expression for names with all of some folded needles; null where none is long enough. */
export function matchOf(needles: readonly string[]): string | null {
  const trigrams = trigramsOf(needles);
  return trigrams.length === 0 ? null : allOf(trigrams);
}

function trigramsOf(needles: readonly string[]): string[] {
  return [...new Set(needles.flatMap(coverOf))];
}

function allOf(trigrams: readonly string[]): string {
  return trigrams.map(quoted).join(" AND ");
}

/** The same, with one of some endings too; without them where one is too short to be found. */
export function matchWithEnding(match: string, extensions: readonly string[]): string {
  const endings = extensions.map((extension) => matchOf([`.${foldForSearch(extension)}`]));
  if (endings.length === 0 || endings.includes(null)) return match;
  return `(${match}) AND (${endings.map((ending) => `(${ending})`).join(" OR ")})`;
}

function quoted(trigram: string): string {
  return `"${trigram.replaceAll('"', '""')}"`;
}
