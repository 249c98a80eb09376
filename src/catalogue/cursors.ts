/** How far we have each device's announcement, and which lsns of our own belong to which boot (R24). */
import { BEGINNING, type Cursor } from "../core/cursor.ts";
import { type BootId, fromHex, type Lsn, toHex } from "../core/ids.ts";
import type { Database } from "./database.ts";
import { SELF } from "./interning.ts";

export class Cursors {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** What we have of a device. */
  of(device: number): Cursor {
    const row = this.#db.get("SELECT epoch, boot, lsn FROM devices WHERE id = ?", device);
    if (row === undefined) return BEGINNING;
    return {
      epoch: Number(row[0]),
      boot: row[1] === null ? null : toHex(row[1] as Uint8Array) as BootId,
      lsn: Number(row[2]) as Lsn,
    };
  }

  set(device: number, cursor: Cursor): void {
    this.#db.run(
      "UPDATE devices SET epoch = ?, boot = ?, lsn = ? WHERE id = ?",
      cursor.epoch,
      cursor.boot === null ? null : fromHex(cursor.boot),
      cursor.lsn,
      device,
    );
  }

  /** The last epoch that a device named itself, not a relay of it. */
  toldEpoch(device: number): number {
    return Number(this.#db.get("SELECT told_epoch FROM devices WHERE id = ?", device)?.[0] ?? 0);
  }

  setToldEpoch(device: number, epoch: number): void {
    this.#db.run("UPDATE devices SET told_epoch = ? WHERE id = ?", epoch, device);
  }

  isSweeping(device: number): boolean {
    return this.#db.get("SELECT sweeping FROM devices WHERE id = ?", device)?.[0] === 1;
  }

  setSweeping(device: number, on: boolean): void {
    this.#db.run("UPDATE devices SET sweeping = ? WHERE id = ?", Number(on), device);
  }

  /** Every device but this one of which something was announced. */
  knownDevices(): number[] {
    return this.#db.all("SELECT id FROM devices WHERE id <> ? AND epoch > 0", SELF).map(([id]) => Number(id));
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
  }

  boots(): { readonly firstLsn: Lsn; readonly boot: BootId; readonly epoch: number }[] {
    return this.#db.all("SELECT first_lsn, boot, epoch FROM boots ORDER BY first_lsn").map((
      [firstLsn, boot, epoch],
    ) => ({
      firstLsn: Number(firstLsn) as Lsn,
      boot: toHex(boot as Uint8Array) as BootId,
      epoch: Number(epoch),
    }));
  }

  /** The boot that wrote one of our lsns; null before the first. */
  bootOf(lsn: Lsn): BootId | null {
    const row = this.#db.get(
      "SELECT boot FROM boots WHERE first_lsn <= ? ORDER BY first_lsn DESC LIMIT 1",
      lsn,
    );
    return row === undefined ? null : toHex(row[0] as Uint8Array) as BootId;
  }

  /** True when a cursor into our own journal was given out by this journal and not by one that it is a copy of (R24). */
  isOurs(cursor: Cursor, lastLsn: Lsn): boolean {
    if (cursor.lsn === 0) return true;
    return cursor.lsn <= lastLsn && cursor.boot !== null && this.bootOf(cursor.lsn) === cursor.boot;
  }
}
