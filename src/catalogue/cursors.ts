/** How far we have each device's announcement, and which lsns of our own belong to which boot (R24). */
import { BEGINNING, type Cursor } from "../core/cursor.ts";
import { type BootId, fromHex, type Lsn, toHex } from "../core/ids.ts";
import type { Database } from "./database.ts";
import { SELF } from "./interning.ts";

/** What is known of a device; of one that is not in memory, nothing is. */
interface Known {
  readonly cursor: Cursor;
  readonly toldEpoch: number;
  readonly isSweeping: boolean;
}

interface Boot {
  readonly firstLsn: Lsn;
  readonly boot: BootId;
  readonly epoch: number;
}

const NOTHING: Known = { cursor: BEGINNING, toldEpoch: 0, isSweeping: false };

/** Both are asked with every message, and are small: they are kept in memory. */
export class Cursors {
  readonly #db: Database;
  /** By device, in the order of their numbers; null: not read yet. */
  #known: Map<number, Known> | null = null;
  /** Our own, oldest first; null: not read yet. */
  #boots: Boot[] | null = null;

  constructor(db: Database) {
    this.#db = db;
    db.onRollback(() => {
      this.#known = null;
      this.#boots = null;
    });
  }

  get #all(): Map<number, Known> {
    return this.#known ??= new Map(
      this.#db.all(
        "SELECT id, epoch, boot, lsn, told_epoch, sweeping FROM devices " +
          "WHERE epoch > 0 OR told_epoch > 0 OR sweeping ORDER BY id",
      ).map(([id, epoch, boot, lsn, toldEpoch, sweeping]) => [Number(id), {
        cursor: {
          epoch: Number(epoch),
          boot: boot === null ? null : toHex(boot as Uint8Array) as BootId,
          lsn: Number(lsn) as Lsn,
        },
        toldEpoch: Number(toldEpoch),
        isSweeping: sweeping === 1,
      }]),
    );
  }

  #of(device: number): Known {
    return this.#all.get(device) ?? NOTHING;
  }

  #change(device: number, change: Partial<Known>): void {
    const all = this.#all;
    const isNew = !all.has(device);
    all.set(device, { ...this.#of(device), ...change });
    if (isNew) this.#known = new Map([...all].sort(([a], [b]) => a - b));
  }

  /** What we have of a device. */
  of(device: number): Cursor {
    return this.#of(device).cursor;
  }

  set(device: number, cursor: Cursor): void {
    // Rows that are told anew are counted anew (catalogue/copies.ts).
    this.#db.run(
      `UPDATE devices SET epoch = ?1, boot = ?2, lsn = ?3, counted_lsn = iif(epoch = ?1 AND lsn <= ?3, counted_lsn, 0),
       counted_state = iif(epoch = ?1 AND lsn <= ?3, counted_state, 0) WHERE id = ?4`,
      cursor.epoch,
      cursor.boot === null ? null : fromHex(cursor.boot),
      cursor.lsn,
      device,
    );
    this.#change(device, { cursor });
  }

  /** The last epoch that a device named itself, not a relay of it. */
  toldEpoch(device: number): number {
    return this.#of(device).toldEpoch;
  }

  setToldEpoch(device: number, epoch: number): void {
    if (epoch === this.toldEpoch(device)) return;
    this.#db.run("UPDATE devices SET told_epoch = ? WHERE id = ?", epoch, device);
    this.#change(device, { toldEpoch: epoch });
  }

  /** Its present epoch has not come to its end here yet; rows of older ones stay until then, and some are swept after (R25). */
  isSweeping(device: number): boolean {
    return this.#of(device).isSweeping;
  }

  setSweeping(device: number, on: boolean): void {
    this.#db.run("UPDATE devices SET sweeping = ? WHERE id = ?", Number(on), device);
    this.#change(device, { isSweeping: on });
  }

  /** Every device but this one of which something was announced. */
  knownDevices(): number[] {
    const out: number[] = [];
    for (const [id, { cursor }] of this.#all) if (id !== SELF && cursor.epoch > 0) out.push(id);
    return out;
  }

  seen(device: number, lastSeenMs: number, address: string): void {
    this.#db.run(
      "UPDATE devices SET last_seen_ms = ?, address = ? WHERE id = ?",
      lastSeenMs,
      address,
      device,
    );
  }

  lastSeen(device: number): { readonly lastSeenMs: number; readonly address: string } {
    const row = this.#db.get("SELECT last_seen_ms, address FROM devices WHERE id = ?", device);
    return { lastSeenMs: Number(row?.[0] ?? 0), address: String(row?.[1] ?? "") };
  }

  // -------------------------------------------------------------------------------- our own boots

  addBoot(firstLsn: Lsn, boot: BootId, epoch: number): void {
    this.#db.run(
      "INSERT OR REPLACE INTO boots (first_lsn, boot, epoch) VALUES (?, ?, ?)",
      firstLsn,
      fromHex(boot),
      epoch,
    );
    this.#boots = null;
  }

  boots(): readonly Boot[] {
    return this.#boots ??= this.#db.all("SELECT first_lsn, boot, epoch FROM boots ORDER BY first_lsn").map((
      [firstLsn, boot, epoch],
    ) => ({
      firstLsn: Number(firstLsn) as Lsn,
      boot: toHex(boot as Uint8Array) as BootId,
      epoch: Number(epoch),
    }));
  }

  /** The boot that wrote one of our lsns; null before the first. */
  bootOf(lsn: Lsn): BootId | null {
    return this.boots().findLast(({ firstLsn }) => firstLsn <= lsn)?.boot ?? null;
  }

  /**
   * True when a cursor into our own journal comes from this journal and not from one that it is a copy of (R24): its boot is one of ours,
   * and the next had not begun at its lsn. The boot itself may have begun later: a journal that has it is ours up to there.
   */
  isOurs(cursor: Cursor, lastLsn: Lsn): boolean {
    if (cursor.lsn === 0) return true;
    const boots = this.boots();
    const at = boots.findIndex(({ boot }) => boot === cursor.boot);
    const next = boots[at + 1];
    return at >= 0 && cursor.lsn <= lastLsn && (next === undefined || cursor.lsn < next.firstLsn);
  }
}
