/**
 * How every content stands on the devices, kept exact without a full count: derived, lazily, in small slices (docs/catalogue.md).
 *
 * 1. What is to be counted follows from durable marks alone: rows behind the cursor of their device (new ones, and those said anew), and
 *    contents in `leavings` and `recounts` (a device lost a row). Marks and figures change in one transaction, so nothing is counted twice or never.
 * 2. A content is counted as a whole: what it was counted as is taken out of the figures, what it is now goes in. As what it was counted
 *    stands in its states; where a state goes, `recounts` takes it over.
 * 3. Only living files that are held count (R10), and the empty one never: there is nothing to be lost. What a device says that its disk has
 *    damaged stands there as that, and is no copy.
 * 4. Whose rows count is for whoever asks: a standing names its devices.
 */
import { EMPTY_CONTENT } from "../core/content.ts";
import { fromHex, type Lsn } from "../core/ids.ts";
import { CROWD_ROWS, Crowds, type Former, OF_CONTENT } from "./crowds.ts";
import type { Cursors } from "./cursors.ts";
import type { Damaged } from "./damaged.ts";
import type { Database, SqlValue } from "./database.ts";
import { type Interning, SELF } from "./interning.ts";
import { HELD } from "./row_sql.ts";
import { CROWD, SpotTally, Standings, UNCOUNTED } from "./standings.ts";

/** Rows of the feed, or contents of the queue, that are looked at in one go. */
const SLICE = 64;
/** Rows of all contents that are counted in one go, and those of one more: below ten milliseconds. */
const SLICE_ROWS = 1_000;
/** Contents that are put in order in one go. */
const LEAVINGS = 256;
/** Behind every state of an lsn. */
const BEHIND_ALL = Number.MAX_SAFE_INTEGER;
/** More rows than these are not counted to say how far behind the figures are. */
const BEHIND_ROWS = 100_000;

/** A content with as what it is counted. */
export interface CountedContent {
  readonly content: string;
  readonly standing: number;
  readonly size: number;
}

export class Copies {
  readonly standings: Standings;
  readonly #db: Database;
  readonly #ids: Interning;
  readonly #cursors: Cursors;
  readonly #damaged: Damaged;
  readonly #crowds: Crowds;
  readonly #applied: () => Lsn;
  readonly #empty = fromHex(EMPTY_CONTENT);

  constructor(db: Database, ids: Interning, cursors: Cursors, damaged: Damaged, applied: () => Lsn) {
    this.#db = db;
    this.#ids = ids;
    this.#cursors = cursors;
    this.#damaged = damaged;
    this.#applied = applied;
    this.standings = new Standings(db);
    this.#crowds = new Crowds(db, ids, this.standings, damaged);
  }

  /** Counts some of what is to be counted: a millisecond or two. False when there is nothing. */
  countSome(): boolean {
    return this.#db.transaction(() => {
      const isDone = !(this.#takeLeavings() || this.#countQueued() || this.#countRows() ||
        this.#crowds.countSome((content) => {
          this.#count(content);
        }));
      this.standings.write();
      return !isDone;
    });
  }

  /** Whether any content is held so often that it is counted as `CROWD`. */
  get hasCrowds(): boolean {
    return this.#db.get("SELECT 1 FROM crowds LIMIT 1") !== undefined;
  }

  /** Rows and contents that are still to be counted; BEHIND_ROWS for more than that. */
  behind(): number {
    let behind = this.#crowds.dirty();
    for (const table of ["leavings", "recounts"]) {
      behind += Number(
        this.#db.get(`SELECT count(*) FROM (SELECT 1 FROM ${table} LIMIT ?)`, BEHIND_ROWS)![0],
      );
    }
    for (const device of this.#devices()) {
      const [lsn, state, upTo] = this.#feedOf(device);
      const some = `SELECT count(*) FROM (SELECT 1 FROM holds h WHERE ${BEHIND} LIMIT ?)`;
      behind += Number(this.#db.get(some, device, lsn, state, upTo, BEHIND_ROWS)![0]);
    }
    return Math.min(behind, BEHIND_ROWS);
  }

  /** Contents at several paths that are counted as a standing, each once, the largest first: those of at least so many bytes, from behind `from`. */
  atSeveral(
    standing: number,
    least: number,
    from: { readonly size: number; readonly state: number },
    limit: number,
  ) {
    return this.#db.all(
      `SELECT s.id, s.content, s.size FROM states s WHERE s.counted > ${CROWD} AND s.counted = ? AND s.size >= ? AND (s.size, s.id) < (?, ?)
       AND NOT EXISTS (SELECT 1 FROM states o WHERE o.content IS NOT NULL AND substr(o.content, 2, 8) = substr(s.content, 2, 8)
         AND o.content = s.content AND o.id > s.id) ORDER BY s.size DESC, s.id DESC LIMIT ?`,
      standing,
      least,
      from.size,
      from.state,
      limit,
    ).map(([state, content, size]) => ({
      state: Number(state),
      content: content as Uint8Array,
      size: Number(size),
    }));
  }

  /**
   * Looks for a content that is counted as one of these standings among so many states from behind `after`. Answers where to look on: null
   * when there are no more states.
   */
  lookFor(
    wanted: ReadonlySet<number>,
    after: number,
    states: number,
    found: (standing: number, content: Uint8Array) => void,
  ): number | null {
    const rows = this.#db.all(
      "SELECT id, counted, content FROM states WHERE id > ? ORDER BY id LIMIT ?",
      after,
      states,
    );
    for (const [, counted, content] of rows) {
      if (wanted.has(Number(counted))) found(Number(counted), content as Uint8Array);
    }
    return rows.length < states ? null : Number(rows.at(-1)![0]);
  }

  /** As what a content is counted; UNCOUNTED when it is nowhere, or not counted yet. */
  standingOf(content: Uint8Array): number {
    const crowd = this.#crowds.standingOf(content);
    if (crowd !== null) return crowd;
    const row = this.#db.get(
      `SELECT s.counted FROM states s WHERE ${OF_CONTENT} ORDER BY s.id LIMIT 1`,
      content,
    );
    return Number(row?.[0] ?? UNCOUNTED);
  }

  /** As what contents are counted, those that are anywhere. */
  countedAs(contents: readonly string[]): CountedContent[] {
    return this.#db.all(
      `SELECT j.value, max(s.counted), max(s.size) FROM json_each(?) j CROSS JOIN states s ON s.content IS NOT NULL
       AND substr(s.content, 2, 8) = substr(unhex(j.value), 2, 8) AND s.content = unhex(j.value) GROUP BY j.value`,
      JSON.stringify(contents),
    ).map(([content, counted, size]) => ({
      content: String(content),
      standing: counted === CROWD ? this.standingOf(fromHex(String(content))) : Number(counted),
      size: Number(size),
    }));
  }

  /** Crowds that are counted as a standing. */
  crowdsOf(standing: number): Uint8Array[] {
    return this.#crowds.of(standing);
  }

  #devices(): number[] {
    return [SELF, ...this.#cursors.knownDevices()];
  }

  /** From behind which row a device's rows are to be counted, and up to which lsn. */
  #feedOf(device: number): [lsn: number, state: number, upTo: Lsn] {
    const [lsn, state] = this.#db.get("SELECT counted_lsn, counted_state FROM devices WHERE id = ?", device)!;
    return [Number(lsn), Number(state), device === SELF ? this.#applied() : this.#cursors.of(device).lsn];
  }

  /** Puts in order what left. All of it first: of one content only the whole of it tells as what it was counted. */
  #takeLeavings(): boolean {
    const last = this.#db.get("SELECT max(id) FROM (SELECT id FROM leavings ORDER BY id LIMIT ?)", LEAVINGS)
      ?.[0];
    if (typeof last !== "number") return false;
    this.#db.run(
      `INSERT INTO recounts (content, size, counted) SELECT content, size, counted FROM leavings WHERE id <= ?
       ON CONFLICT DO UPDATE SET size = max(size, excluded.size), counted = max(counted, excluded.counted)`,
      last,
    );
    this.#db.run("DELETE FROM leavings WHERE id <= ?", last);
    return true;
  }

  #countQueued(): boolean {
    const some = this.#db.all("SELECT content FROM recounts LIMIT ?", SLICE);
    let read = 0;
    for (const [content] of some) {
      if (read >= SLICE_ROWS) break;
      read += this.#count(content as Uint8Array);
    }
    return some.length > 0;
  }

  #countRows(): boolean {
    for (const device of this.#devices()) {
      const [lsn, state, upTo] = this.#feedOf(device);
      if (lsn >= upTo && state === BEHIND_ALL) continue;
      const rows = this.#db.all(
        `SELECT h.lsn, h.state, s.content FROM holds h CROSS JOIN states s ON s.id = h.state WHERE ${BEHIND}
         ORDER BY h.lsn, h.state LIMIT ?`,
        device,
        lsn,
        state,
        upTo,
        SLICE,
      );
      let last: readonly SqlValue[] = [upTo, BEHIND_ALL];
      const seen = new Set<string>();
      let read = 0;
      for (const [i, row] of rows.entries()) {
        const content = row[2];
        if (content instanceof Uint8Array && !seen.has(content.toHex())) {
          seen.add(content.toHex());
          read += this.#count(content);
        }
        const isRest = i + 1 < rows.length || rows.length === SLICE;
        if (isRest && (read >= SLICE_ROWS || i + 1 === rows.length)) {
          last = row;
          break;
        }
      }
      this.#db.run(
        "UPDATE devices SET counted_lsn = ?, counted_state = ? WHERE id = ?",
        last[0]!,
        last[1]!,
        device,
      );
      if (rows.length > 0) return true;
    }
    return false;
  }

  /** Counts a content anew; a crowd is only noted for it. Answers how many rows it read. */
  #count(content: Uint8Array): number {
    const queued = this.#takeQueued(content);
    if (this.#crowds.note(content, queued) || equals(content, this.#empty)) return 1;
    const rows = this.#db.all(
      `SELECT s.id, s.directory, s.name, s.size, s.counted, h.device, h.flags FROM states s
       CROSS JOIN holds h ON h.state = s.id WHERE ${OF_CONTENT} LIMIT ?2`,
      content,
      CROWD_ROWS + 1,
    );
    if (rows.length > CROWD_ROWS) {
      this.#crowds.begin(content, queued);
      return rows.length;
    }
    const former = formerOf(queued, rows.map((row) => ({ size: Number(row[3]), counted: Number(row[4]) })));
    const states = new Map<number, number>();
    const paths = new Map<string, { readonly folder: number; readonly devices: Set<number> }>();
    let size = 0;
    for (const row of rows) {
      states.set(Number(row[0]), Number(row[4]));
      size = Math.max(size, Number(row[3]));
      if ((Number(row[6]) & HELD) === 0) continue;
      const [path, { folder }] = [`${row[1]}/${row[2]}`, this.#ids.directoryOf(Number(row[1]))];
      const there = paths.get(path);
      if (there === undefined) paths.set(path, { folder, devices: new Set([Number(row[5])]) });
      else there.devices.add(Number(row[5]));
    }
    const tally = new SpotTally();
    for (const { folder, devices } of paths.values()) tally.add(folder, [...devices]);
    const id = this.standings.idOf(this.#damaged.without(content, tally.spots()));
    this.standings.leave(former.counted, former.size);
    this.standings.enter(id, size, content);
    for (const [state, counted] of states) {
      if (counted !== id) this.#db.run("UPDATE states SET counted = ? WHERE id = ?", id, state);
    }
    return 1 + rows.length;
  }

  #takeQueued(content: Uint8Array): Former | null {
    const row = this.#db.get("DELETE FROM recounts WHERE content = ? RETURNING size, counted", content);
    return row === undefined ? null : { size: Number(row[0]), counted: Number(row[1]) };
  }
}

const BEHIND = "h.device = ? AND (h.lsn, h.state) > (?, ?) AND h.lsn <= ?";

/** As what a content was counted, and of which size: of all that was there then, the greatest that anybody said. */
function formerOf(queued: Former | null, states: readonly Former[]): Former {
  const all = queued === null ? states : [queued, ...states];
  const counted = all.reduce(
    (most, one) => one.counted === CROWD ? most : Math.max(most, one.counted),
    UNCOUNTED,
  );
  if (counted === UNCOUNTED) return { counted, size: 0 };
  return {
    counted,
    size: all.reduce((most, one) => one.counted === counted ? Math.max(most, one.size) : most, 0),
  };
}

function equals(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
