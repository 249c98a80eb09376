/**
 * Moved entries of one directory in few statements, instead of some for each: where all of them are plain, and what follows from them is
 * the same for all. That is how a renamed directory looks nearly always; anything else is left to `catalogue/moves.ts`, row by row.
 */
import { EMPTY_CONTENT } from "../core/content.ts";
import { fromHex, type Lsn } from "../core/ids.ts";
import { NAME_BYTES, PATH_DEPTH } from "../core/limits.ts";
import { leftBy, type Move, type MovedPart, pathNow } from "../core/move.ts";
import { encode } from "../core/msgpack.ts";
import { childOf, depthOf, utf8Length } from "../core/path.ts";
import type { Database, SqlValue } from "./database.ts";
import { type Interning, SELF } from "./interning.ts";
import type { Rows } from "./rows.ts";
import { HELD, OFFERED } from "./row_sql.ts";
import { UNCOUNTED } from "./standings.ts";

const RANGE = "s.directory = ? AND s.name >= ? AND s.name <= ?";
/** For each living entry `o` the tombstone `t` and the entry `c` that a move makes of it. */
const MADE =
  `CROSS JOIN states t ON t.directory = o.directory AND t.name = o.name AND t.kind = 0 AND t.stamp = ?1 AND t.writer = ?2
    AND t.version = ?3
  CROSS JOIN states c ON c.directory = ?4 AND c.name = o.name AND c.kind = o.kind AND c.size = o.size AND c.mtime_ms = o.mtime_ms
    AND c.mode = o.mode AND c.stamp = ?1 AND c.writer = ?2 AND c.version = ?3 AND c.content IS o.content AND c.target IS o.target`;

/** Directories whose names are no longer have plain entries. */
const DIRECTORY_BYTES = 1024;
/** What the two rows of a plain entry weigh at most, as `rowWeight` has it. */
export const PLAIN_WEIGHT = 2 * (96 + 2 * 24 + DIRECTORY_BYTES + 1 + NAME_BYTES);

/** A part of a move, with the numbers that stand for it. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly first: string;
  readonly last: string;
  readonly count: number;
  readonly stamp: number;
  readonly writer: number;
  /** The version of all that it makes. */
  readonly version: Uint8Array;
}

/** What stands in a stretch of names, states and who has them. */
class Survey {
  states = 0;
  /** No row of it is withdrawn. */
  isOffered = true;
  readonly #held = new Map<number, { count: number; lsn: number }>();

  add(device: number, count: number, lsn: number): void {
    this.#held.set(device, { count, lsn });
  }

  countOf(device: number): number {
    return this.#held.get(device)?.count ?? 0;
  }

  lsnOf(device: number): number {
    return this.#held.get(device)?.lsn ?? 0;
  }
}

export class BulkMoves {
  readonly #db: Database;
  readonly #ids: Interning;
  readonly #rows: Rows;

  constructor(db: Database, ids: Interning, rows: Rows) {
    this.#db = db;
    this.#ids = ids;
    this.#rows = rows;
  }

  /** Applies a part of a device's move. False when it is not plain: then nothing was done. Only within a transaction. */
  put(device: number, folder: number, move: Move, part: MovedPart, lsn: Lsn): boolean {
    const stretch = this.#stretchOf(folder, move, part);
    if (stretch === null || this.#rows.ignored.size > 0) return false;
    const { count } = stretch;
    if (!this.#isShort(stretch)) return false;
    const [living, tombs, come] = this.#surveyAll(stretch);
    const isPlain = living.states === count && living.countOf(device) === count && living.isOffered &&
      living.lsnOf(device) < lsn && tombs.isOffered && come.isOffered &&
      tombs.countOf(device) === 0 && come.countOf(device) === 0 && this.#areSimple(stretch);
    if (!isPlain) return false;
    const isFirst = tombs.states === 0 && come.states === 0;
    if (!isFirst && !(tombs.states === count && come.states === count && this.#isMade(device, stretch))) {
      return false;
    }
    const ours = [living, tombs, come].map((survey) => survey.countOf(SELF)).join();
    const hasMoved = device === SELF || ours === `0,${count},${count}`;
    if (!hasMoved && ours !== `${count},0,0`) return false;
    if (isFirst) this.#make(stretch);
    else this.#noteCounted(stretch);
    this.#hand(device, stretch, lsn);
    if (hasMoved) this.#dropNeeds(folder, stretch);
    else if (this.#rows.figures.isWanted(folder)) this.#addNeeds(folder, stretch);
    this.#rows.movedInBulk(device, count, stretch.to);
    return true;
  }

  /** Whether we have what a device had before it moved a part, and would become what it is, with nobody else having a say. */
  isAgreed(device: number, folder: number, move: Move, part: MovedPart): boolean {
    const stretch = this.#stretchOf(folder, move, part);
    if (stretch === null || this.#rows.ignored.size > 0) return false;
    const { count } = stretch;
    if (!this.#isShort(stretch)) return false;
    const surveys = this.#surveyAll(stretch);
    const [living, tombs, come] = surveys;
    return surveys.every((survey) => survey.states === count && survey.isOffered) &&
      living.countOf(SELF) === count && tombs.countOf(SELF) === 0 && come.countOf(SELF) === 0 &&
      tombs.countOf(device) === count && come.countOf(device) === count && this.#isMade(SELF, stretch);
  }

  /** The greatest lsn of what we say where a part finds its entries; 0 when we say nothing. */
  lastLsn(folder: number, move: Move, part: MovedPart): Lsn {
    const directory = this.#ids.findDirectory(folder, leftBy(move, part));
    const row = directory === null ? undefined : this.#db.get(
      `SELECT max(h.lsn) FROM states s CROSS JOIN holds h ON h.state = s.id AND h.device = ${SELF} WHERE ${RANGE}`,
      directory,
      part.first,
      part.last,
    );
    return Number(row?.[0] ?? 0) as Lsn;
  }

  /** Null where the entries themselves get other names, or nothing is known of their directory. */
  #stretchOf(folder: number, move: Move, part: MovedPart): Stretch | null {
    const left = leftBy(move, part);
    const from = part.below === null ? null : this.#ids.findDirectory(folder, left);
    const to = pathNow(move, left);
    const isLong = Math.max(utf8Length(left), utf8Length(to)) > DIRECTORY_BYTES || depthOf(to) >= PATH_DEPTH;
    if (from === null || isLong) return null;
    const actor = this.#ids.actor(move.dot.actor);
    return {
      from,
      to: this.#ids.directory(folder, to),
      first: part.first,
      last: part.last,
      count: part.count,
      stamp: move.stamp,
      writer: this.#ids.device(move.writer),
      version: encode([actor, move.dot.counter]),
    };
  }

  /** There is no more than what moves, whatever names a part names (invariant 10). */
  #isShort({ from, to, first, last, count }: Stretch): boolean {
    const some = `SELECT count(*) FROM (SELECT 1 FROM states s WHERE ${RANGE} LIMIT ?)`;
    return Number(this.#db.get(some, from, first, last, 2 * count + 1)![0]) <= 2 * count &&
      Number(this.#db.get(some, to, first, last, count + 1)![0]) <= count;
  }

  /** Living entries and tombstones where they were, and whatever stands where they come to. */
  #surveyAll({ from, to, first, last }: Stretch): [living: Survey, tombs: Survey, come: Survey] {
    const [living, tombs, come] = [new Survey(), new Survey(), new Survey()];
    const states =
      `SELECT coalesce(sum(s.kind <> 0), 0), coalesce(sum(s.kind = 0), 0) FROM states s WHERE ${RANGE}`;
    [living.states, tombs.states] = this.#db.get(states, from, first, last)!.map(Number) as [number, number];
    const arrived = this.#db.get(states, to, first, last)!.map(Number);
    come.states = arrived[0]! + arrived[1]!;
    const held =
      `SELECT s.kind <> 0, h.device, count(*), sum(h.flags & ${OFFERED} = 0), sum(h.flags & ${HELD} = 0), max(h.lsn)
       FROM states s CROSS JOIN holds h ON h.state = s.id WHERE ${RANGE} GROUP BY 1, 2`;
    for (const row of this.#db.all(held, from, first, last)) {
      note(row[0] === 1 ? living : tombs, row, row[0] === 1);
    }
    for (const row of this.#db.all(held, to, first, last)) note(come, row, true);
    return [living, tombs, come];
  }

  /** Every living entry is of one write of the actor that moves it, and of an earlier one; no symlinks are among them. */
  #areSimple({ from, first, last, count, version }: Stretch): boolean {
    const head = version.length - COUNTER_BYTES;
    const [simple] = this.#db.get(
      `SELECT count(*) FROM states s WHERE ${RANGE} AND s.kind <> 0 AND s.target IS NULL AND length(s.version) = ? AND s.version < ?
       AND substr(s.version, 1, ?) = ?`,
      from,
      first,
      last,
      version.length,
      version,
      head,
      version.slice(0, head),
    )!;
    return Number(simple) === count && version[head] === UINT64;
  }

  /** All that the move makes of a device's living entries is there already, as it makes it. */
  #isMade(device: number, { from, to, first, last, count, stamp, writer, version }: Stretch): boolean {
    const [made] = this.#db.get(
      `SELECT count(*) FROM states o CROSS JOIN holds h ON h.state = o.id AND h.device = ?5 ${MADE}
       WHERE o.directory = ?6 AND o.name >= ?7 AND o.name <= ?8 AND o.kind <> 0`,
      ...[stamp, writer, version, to, device, from, first, last] satisfies SqlValue[],
    )!;
    return Number(made) === count;
  }

  #make({ from, to, first, last, count, stamp, writer, version }: Stretch): void {
    const base = this.#rows.takeStates(2 * count);
    const insert = (columns: string, ...values: SqlValue[]) =>
      this.#db.run(
        `INSERT INTO states (id, directory, name, kind, size, mtime_ms, mode, stamp, writer, content, target, counted, version)
         SELECT ? + row_number() OVER (ORDER BY s.name), ?, s.name, ${columns}, ? FROM states s WHERE ${RANGE} AND s.kind <> 0`,
        ...values,
        version,
        from,
        first,
        last,
      );
    // As what their contents were counted goes with them, so that nobody has to note it where they were (catalogue/copies.ts).
    insert(
      "s.kind, s.size, s.mtime_ms, s.mode, ?, ?, s.content, s.target, s.counted",
      base,
      to,
      stamp,
      writer,
    );
    insert(`0, 0, 0, 0, ?, ?, NULL, NULL, ${UNCOUNTED}`, base + count, from, stamp, writer);
  }

  /** What was made by another hand may not be counted yet: as what the content was counted must not go with the last who had it before. */
  #noteCounted({ from, to, first, last }: Stretch): void {
    this.#db.run(
      `INSERT INTO leavings (content, size, counted) SELECT o.content, o.size, o.counted FROM states s
       CROSS JOIN states o ON o.directory = ? AND o.name = s.name AND o.content IS NOT NULL AND o.counted > ${UNCOUNTED}
       WHERE ${RANGE} AND s.counted = ${UNCOUNTED}`,
      from,
      to,
      first,
      last,
    );
  }

  /** The device has left what it had, and has what was made of it. */
  #hand(device: number, { from, to, first, last }: Stretch, lsn: Lsn): void {
    const hold = (flags: number, directory: number, which: string) =>
      this.#db.run(
        `INSERT INTO holds (state, device, lsn, flags) SELECT s.id, ?, ?, ? FROM states s WHERE ${RANGE} AND ${which}`,
        device,
        lsn,
        flags,
        directory,
        first,
        last,
      );
    hold(OFFERED, from, "s.kind = 0");
    hold(OFFERED | HELD, to, "s.kind <> 0");
    if (device === SELF) {
      // The files are the same ones, untouched, whatever they are called.
      this.#db.run(
        `UPDATE OR REPLACE prints SET state = (SELECT c.id FROM states s CROSS JOIN states c ON c.directory = ? AND c.name = s.name
         WHERE s.id = prints.state) WHERE state IN (SELECT s.id FROM states s WHERE ${RANGE} AND s.kind <> 0)`,
        to,
        from,
        first,
        last,
      );
    }
    this.#db.run(
      `DELETE FROM holds WHERE device = ? AND state IN (SELECT s.id FROM states s WHERE ${RANGE} AND s.kind <> 0)`,
      device,
      from,
      first,
      last,
    );
    this.#db.run(
      `DELETE FROM states AS s WHERE ${RANGE} AND s.kind <> 0 AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.state = s.id)`,
      from,
      first,
      last,
    );
  }

  #dropNeeds(folder: number, { from, to, first, last }: Stretch): void {
    for (const directory of [from, to]) {
      this.#db.run(
        "DELETE FROM needs WHERE folder = ? AND directory = ? AND name >= ? AND name <= ?",
        folder,
        directory,
        first,
        last,
      );
    }
  }

  /** We are to become what the other device is. What was taken within the brake's hour already counts once (R38). */
  #addNeeds(folder: number, { from, to, first, last }: Stretch): void {
    const { path } = this.#ids.directoryOf(from);
    this.#db.run(
      `INSERT INTO needs (folder, directory, name, deletes, bytes) SELECT ?, s.directory, s.name, 0, s.size FROM states s
       WHERE ${RANGE} AND s.kind <> 0 ON CONFLICT DO NOTHING`,
      folder,
      to,
      first,
      last,
    );
    this.#db.run(
      `INSERT INTO needs (folder, directory, name, deletes, bytes, mark) SELECT ?1, s.directory, s.name, 1, 0,
         s.kind <> 2 AND s.content IS NOT ?2 AND NOT EXISTS (SELECT 1 FROM losses l WHERE l.folder = ?1 AND l.path = ?3 || s.name)
       FROM states s WHERE s.directory = ?4 AND s.name >= ?5 AND s.name <= ?6 AND s.kind <> 0 ON CONFLICT DO NOTHING`,
      folder,
      fromHex(EMPTY_CONTENT),
      childOf(path, ""),
      from,
      first,
      last,
    );
  }
}

/** A counter of our time takes this much in MessagePack: the mark of a 64-bit integer, and eight bytes, the highest first. */
const UINT64 = 0xcf;
const COUNTER_BYTES = 9;

function note(survey: Survey, row: readonly unknown[], isAlive: boolean): void {
  const [, device, count, withdrawn, missing, lsn] = row.map(Number);
  survey.add(device!, count!, lsn!);
  if (withdrawn! > 0 || (isAlive && missing! > 0)) survey.isOffered = false;
}
