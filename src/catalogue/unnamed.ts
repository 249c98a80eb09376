/**
 * Ids that have a number and that nothing names any more: actors, devices and directories of which somebody told once. Who announces the
 * same few paths again and again, each time in other names, would fill the disk of the home with them (invariant 10).
 *
 * 1. The first numbers stay in any case: a library comes by its members and their actors first, and a conflict copy may ask for an actor of
 *    which no row is left.
 * 2. What is named is found by reading the states in the order of their ids. A new state has a higher id than all others: once the reading
 *    has caught up, what it did not meet is named nowhere, and goes in the same turn.
 * 3. The number of a device is not given again while we run: who still has it in mind finds nobody, never somebody else.
 */
import type { ActorId } from "../core/ids.ts";
import { UNNAMED_IDS } from "../core/limits.ts";
import { decode } from "../core/msgpack.ts";
import { decodeVersion } from "../core/row_codec.ts";
import type { Database } from "./database.ts";
import type { Interning } from "./interning.ts";
import type { Rows } from "./rows.ts";

/** Numbers up to these stay. */
const FIRST_ACTORS = 10_000;
const FIRST_DEVICES = 1_000;
/** States read, or ids removed, in one turn: some milliseconds. */
const SLICE = 1_000;

export class Unnamed {
  readonly #db: Database;
  readonly #ids: Interning;
  readonly #rows: Rows;
  /** How many numbers had been given at the last sweep. */
  #swept = 0;

  constructor(db: Database, ids: Interning, rows: Rows) {
    this.#db = db;
    this.#ids = ids;
    this.#rows = rows;
  }

  /** So many numbers were given since the last sweep that some may be nobody's. */
  get isDue(): boolean {
    return this.#ids.given - this.#swept >= UNNAMED_IDS;
  }

  /** Removes them, in slices: whoever runs it gives others a turn between. */
  *sweep(): Generator<void> {
    const { given } = this.#ids;
    yield* this.#sweepDirectories();
    this.#sweepDevices();
    yield* this.#sweepActors();
    this.#swept = given;
  }

  *#sweepDirectories(): Generator<void> {
    const upTo = this.#most("directories");
    for (let after = 0; after < upTo; after += SLICE) {
      const gone = this.#db.run(
        `DELETE FROM directories WHERE id > ? AND id <= ? AND path <> '' AND mounted = 0
         AND NOT EXISTS (SELECT 1 FROM states s WHERE s.directory = directories.id)
         AND NOT EXISTS (SELECT 1 FROM needs n WHERE n.folder = directories.folder AND n.directory = directories.id)
         AND NOT EXISTS (SELECT 1 FROM kept k WHERE k.directory = directories.id)`,
        after,
        after + SLICE,
      );
      if (gone > 0) this.#forget();
      yield;
    }
  }

  /** Those with a cursor, rows, facts or a meeting are somebody; those that do not count at present may be again. */
  #sweepDevices(): void {
    if (this.#most("devices") <= FIRST_DEVICES) return;
    this.#db.transaction(() => {
      const nobody = this.#db.all(
        `SELECT id FROM devices d WHERE id > ? AND epoch = 0 AND told_epoch = 0 AND sweeping = 0 AND last_seen_ms = 0
         AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.device = d.id)
         AND NOT EXISTS (SELECT 1 FROM facts f WHERE f.device = d.id)
         AND id NOT IN (SELECT writer FROM states)`,
        FIRST_DEVICES,
      );
      for (const [id] of nobody) {
        if (!this.#rows.ignored.has(Number(id))) this.#db.run("DELETE FROM devices WHERE id = ?", id!);
      }
    });
    this.#forget();
  }

  *#sweepActors(): Generator<void> {
    const upTo = this.#most("actors");
    if (upTo <= FIRST_ACTORS) return;
    const named = new Uint8Array(Math.ceil((upTo + 1) / 8));
    let read = 0;
    for (let after = FIRST_ACTORS; after < upTo;) {
      const some = this.#db.all(
        "SELECT id, stamp, version FROM states WHERE id > ? ORDER BY id LIMIT ?",
        read,
        SLICE,
      );
      for (const [state, stamp, version] of some) {
        read = Number(state);
        decodeVersion(decode(version as Uint8Array), Number(stamp), (actor) => {
          if (actor <= upTo) named[actor >> 3]! |= 1 << (actor & 7);
          return String(actor) as ActorId;
        });
      }
      if (some.length < SLICE) after = this.#removeUnnamed(named, after, Math.min(after + SLICE, upTo));
      yield;
    }
  }

  #removeUnnamed(named: Uint8Array, after: number, upTo: number): number {
    this.#db.transaction(() => {
      for (let actor = after + 1; actor <= upTo; actor++) {
        if ((named[actor >> 3]! & 1 << (actor & 7)) === 0) {
          this.#db.run("DELETE FROM actors WHERE id = ?", actor);
        }
      }
    });
    this.#forget();
    return upTo;
  }

  #most(table: "actors" | "devices" | "directories"): number {
    return Number(this.#db.get(`SELECT coalesce(max(id), 0) FROM ${table}`)![0]);
  }

  /** What others have of these numbers in memory. */
  #forget(): void {
    this.#ids.forget();
    this.#rows.forgetRecent();
  }
}
