/**
 * Renamed directories in the catalogue (R29). A move says what became of many rows of one device, and is applied to what is known of
 * these: every row comes and goes as if it had been told by itself.
 *
 * 1. It takes the rows that are older than itself: when the journal is played again, some may say by then what came after it.
 * 2. Of another device it has to find as many as it says, all offered and held. Else what is known of the device is not what it was when
 *    it told, and nothing follows from it: in its next session the device tells single rows.
 * 3. Our own moves of this run are kept for those who have followed us up to the rows that they move (sync/announce.ts).
 */
import type { Entry, Row } from "../core/entry.ts";
import { CairnError } from "../core/errors.ts";
import type { Lsn } from "../core/ids.ts";
import { RECORD_WEIGHT } from "../core/limits.ts";
import { leftBy, type Move, type MovedPart, movedRows } from "../core/move.ts";
import { checkPath } from "../core/path.ts";
import { rowWeight } from "../core/row_codec.ts";
import { BulkMoves, PLAIN_WEIGHT } from "./bulk_moves.ts";
import type { Database } from "./database.ts";
import { type Interning, SELF } from "./interning.ts";
import type { Prints } from "./prints.ts";
import { IN_PATH_ORDER, readRow } from "./row_sql.ts";
import { type HeldRow, isSameState, type Rows } from "./rows.ts";

/** One entry that moves: its row, and what follows from it. */
interface MovedEntry {
  readonly former: HeldRow;
  readonly left: Row;
  readonly come: Row;
}

/** A move that a device has told, and where. */
export interface ToldMove {
  readonly device: number;
  readonly folder: number;
  readonly lsn: Lsn;
  readonly move: Move;
}

/** A move of our own. */
export interface OwnMove extends ToldMove {
  /** The greatest lsn of our rows where it found its entries: who has us up to there exactly can make of it what we made. */
  readonly base: Lsn;
}

/** Beyond every lsn. */
const BEYOND = Number.MAX_SAFE_INTEGER as Lsn;
/** Own moves that are kept: those of some two million entries. */
const MOST_OWN = 10_000;

export class Moves {
  readonly #db: Database;
  readonly #ids: Interning;
  readonly #rows: Rows;
  readonly #prints: Prints;
  readonly #bulk: BulkMoves;
  /** By lsn, oldest first. */
  readonly #own: OwnMove[] = [];
  readonly #listeners = new Set<(told: ToldMove) => void>();

  /** How many of our own were applied in this run. */
  applied = 0;

  constructor(db: Database, ids: Interning, rows: Rows, prints: Prints) {
    this.#db = db;
    this.#ids = ids;
    this.#rows = rows;
    this.#prints = prints;
    this.#bulk = new BulkMoves(db, ids, rows);
    // What was not kept may never become durable: what is told of it then are rows.
    db.onRollback(() => this.#own.length = 0);
  }

  /** Applies a move of our own. Only within a transaction. */
  applyOwn(folder: number, lsn: Lsn, move: Move): void {
    const base = move.parts.reduce(
      (most, part) => Math.max(most, this.#bulk.lastLsn(folder, move, part)),
      0,
    ) as Lsn;
    for (const part of move.parts) {
      if (this.#bulk.put(SELF, folder, move, part, lsn)) continue;
      for (const { former, left, come } of this.#entriesIn(SELF, folder, move, part, lsn)) {
        this.#rows.put(SELF, folder, left, lsn);
        // The file is the same one, untouched, whatever it is called.
        this.#prints.move(former.state, this.#rows.put(SELF, folder, come, lsn).state);
      }
    }
    this.applied++;
    this.#own.push({ device: SELF, folder, lsn, move, base });
    if (this.#own.length > MOST_OWN) this.#own.shift();
  }

  /**
   * Applies a move that another device has told. Throws CairnError "message-invalid" where its rows are not those that it made the move
   * of. Only within a transaction.
   */
  apply({ device, folder, lsn, move }: ToldMove): void {
    let weight = 0;
    for (const part of move.parts) {
      const most = part.count * PLAIN_WEIGHT;
      if (weight + most <= RECORD_WEIGHT && this.#bulk.put(device, folder, move, part, lsn)) {
        weight += most;
        continue;
      }
      const entries = this.#entriesIn(device, folder, move, part, lsn);
      if (entries.length !== part.count) misfit(`${entries.length} entries and not ${part.count}`);
      for (const { former: { row }, left, come } of entries) {
        if (!row.offered || !row.held) misfit("an entry that its device does not have");
        if (checkPath(come.path) !== null) misfit("a path that cannot be");
        weight += rowWeight(left) + rowWeight(come);
        if (weight > RECORD_WEIGHT) misfit("more than a record holds");
        this.#rows.put(device, folder, left, lsn);
        this.#rows.put(device, folder, come, lsn);
      }
    }
  }

  /** Whether we have what a device had before its move, and would become at each path what it is, with nobody else having a say. */
  isAgreed({ device, folder, move }: Omit<ToldMove, "lsn">): boolean {
    return move.parts.every((part) => {
      if (this.#bulk.isAgreed(device, folder, move, part)) return true;
      const entries = this.#entriesIn(SELF, folder, move, part, BEYOND);
      return entries.length === part.count &&
        entries.every(({ former, left, come }) =>
          former.row.offered && former.row.held &&
          saysOnly(this.#rows.at(folder, left.path), device, former, left.entry) &&
          saysOnly(this.#rows.at(folder, come.path), device, null, come.entry)
        );
    });
  }

  /** What our move makes of our rows as they are: those that have not moved yet. */
  rowsOf(folder: number, move: Move): Row[] {
    return move.parts.flatMap((part) =>
      this.#entriesIn(SELF, folder, move, part, BEYOND).flatMap(({ left, come }) => [left, come])
    );
  }

  /** Entries of a part that are older than the move. */
  #entriesIn(device: number, folder: number, move: Move, part: MovedPart, lsn: Lsn): MovedEntry[] {
    const directory = this.#ids.findDirectory(folder, leftBy(move, part));
    if (directory === null) return [];
    return this.#db.all(
      `${IN_PATH_ORDER} WHERE s.directory = ? AND s.name >= ? AND s.name <= ? AND s.kind <> 0 AND h.device = ? AND h.lsn < ?
       ORDER BY s.name LIMIT ?`,
      directory,
      part.first,
      part.last,
      device,
      lsn,
      part.count + 1, // one too many is as bad as a million
    ).map((row) => readRow(this.#ids, row))
      .map((former) => {
        const [left, come] = movedRows(move, former.row);
        return { former, left, come };
      });
  }

  /** Our moves with an lsn beyond `after`, oldest first. */
  *ownAfter(after: Lsn): Generator<OwnMove> {
    let at = this.#own.length;
    while (at > 0 && this.#own[at - 1]!.lsn > after) at--;
    for (; at < this.#own.length; at++) yield this.#own[at]!;
  }

  /** Tells who listens that another device's move was applied. */
  tell(told: ToldMove): void {
    for (const listener of this.#listeners) listener(told);
  }

  /** Told of moves of other devices, once they are applied. Answers what ends it. */
  onTold(listener: (told: ToldMove) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The device says `entry`; whoever else says anything has `former` still, or says the same. We have not moved. */
function saysOnly(rows: readonly HeldRow[], device: number, former: HeldRow | null, entry: Entry): boolean {
  let isSaid = false;
  for (const held of rows) {
    if (former !== null && held.state === former.state) continue;
    if (held.device === SELF || !held.row.offered || !isSameState(held.row.entry, entry)) return false;
    isSaid ||= held.device === device;
  }
  return isSaid;
}

function misfit(what: string): never {
  throw new CairnError("message-invalid", `A renamed directory has ${what}`);
}
