/**
 * Whose rows count on this device. Every event only changes what is known and calls `refresh`.
 *
 * 1. Rows of who is no member, or suspended, count for nothing from the moment that this is known (R32). They are dropped in bounded
 *    steps, and all is fetched again should the device be confirmed.
 * 2. Of a device of which we have less than our own watermark says, our catalogue was lost or set back. What is left of it may be what
 *    others have forgotten meanwhile, so it goes too; and nothing counts before we have as much again (R28).
 * 3. In a new epoch of our own, a journal was lost or set back, and with it what we had published: all that we know of others goes (R24).
 * 4. A device that was removed itself hears nobody any more: what it has stays, and nothing more is to be taken.
 */
import { BEGINNING } from "../core/cursor.ts";
import type { DeviceId } from "../core/ids.ts";
import { RECORD_ROWS } from "../core/limits.ts";
import { AGAIN_MS, orPass } from "../core/passing.ts";
import { decodeWatermarks, isBehind, SEEN, type Watermarks } from "../core/watermark.ts";
import { SELF } from "../catalogue/interning.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Clock } from "../platform/ports.ts";
import { isMember, membershipOf } from "./members.ts";

/** The epoch of ours in which we heard what the catalogue knows of others. */
const HEARD_EPOCH = "heard_epoch";

export interface CountingDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly self: DeviceId;
  /** Rows that were fetched before are wanted again, from the beginning. */
  wanted(): void;
  /** Rows count that did not, or the other way round. */
  changed(): void;
}

export class Counting {
  readonly #deps: CountingDeps;
  /** Devices whose rows are being dropped. */
  readonly #sweeping = new Set<number>();
  #cancelStep: (() => void) | null = null;
  #isStopped = false;

  constructor(deps: CountingDeps) {
    this.#deps = deps;
    const { catalogue } = deps.ledger;
    for (const device of catalogue.leftovers.devices()) this.#sweeping.add(device);
    for (const [id, mark] of ownWatermarks(deps.ledger)) {
      const device = catalogue.ids.device(id);
      const cursor = catalogue.cursors.of(device);
      if (device !== SELF && cursor.epoch > 0 && isBehind(cursor, mark)) this.#forget(device);
    }
    this.refresh();
  }

  /** Whether what a device announces is taken in. */
  accepts(device: DeviceId): boolean {
    const { ledger: { catalogue } } = this.#deps;
    return this.#isCounted(device) && !this.#sweeping.has(catalogue.ids.device(device));
  }

  #isCounted(device: DeviceId): boolean {
    const { ledger: { catalogue }, self } = this.#deps;
    return membershipOf(catalogue).standing(self)?.kind !== "removed" && isMember(catalogue, device);
  }

  /** To be called when members came or went, when a page was taken in, and when the journal was opened anew. */
  refresh(): void {
    const { ledger, changed } = this.#deps;
    const { catalogue } = ledger;
    this.#followEpoch();
    for (const device of catalogue.cursors.knownDevices()) {
      if (!this.#isCounted(catalogue.ids.deviceOf(device)) && !this.#sweeping.has(device)) {
        this.#forget(device);
      }
    }
    const ignored = new Set(this.#sweeping);
    for (const [id, mark] of ownWatermarks(ledger)) {
      const device = catalogue.ids.device(id);
      if (device !== SELF && isBehind(catalogue.cursors.of(device), mark)) ignored.add(device);
    }
    // Also where nothing else changes: one that is known less well than before may have been ignored already.
    this.#stepSoon();
    const before = catalogue.rows.ignored;
    if (before.size === ignored.size && [...before].every((device) => ignored.has(device))) return;
    // First what may be refused: who comes again must find that there is something to do.
    for (const device of before) if (!ignored.has(device)) catalogue.leftovers.needAllOf(device);
    catalogue.rows.ignored = ignored;
    changed();
  }

  #followEpoch(): void {
    const { catalogue, epoch } = this.#deps.ledger;
    const { cursors, db, values } = catalogue;
    const heard = values.meta(HEARD_EPOCH);
    if (heard === epoch) return;
    db.transaction(() => {
      if (heard !== null) { for (const device of cursors.knownDevices()) this.#forget(device); }
      values.putMeta(HEARD_EPOCH, epoch);
    });
  }

  /** Begins to drop all that is known of a device. */
  #forget(device: number): void {
    const { catalogue } = this.#deps.ledger;
    catalogue.db.transaction(() => {
      catalogue.values.dropFacts(device);
      catalogue.cursors.setSweeping(device, false);
      catalogue.cursors.set(device, BEGINNING);
    });
    // Not before: rows must not go while a cursor says that they are here.
    this.#sweeping.add(device);
  }

  #stepSoon(delayMs = 0): void {
    if (this.#sweeping.size === 0 || this.#cancelStep !== null || this.#isStopped) return;
    this.#cancelStep = this.#deps.clock.after(delayMs, () => {
      this.#cancelStep = null;
      const startedMs = this.#deps.clock.monotonic();
      const isDone = orPass(() => this.#step());
      // What was refused half-way may have asked for the next step at once.
      if (!isDone) this.#endWaiting();
      // As long for others as it took.
      this.#stepSoon(isDone ? this.#deps.clock.monotonic() - startedMs : AGAIN_MS);
    });
  }

  #endWaiting(): void {
    this.#cancelStep?.();
    this.#cancelStep = null;
  }

  #step(): void {
    const { ledger: { catalogue }, wanted } = this.#deps;
    const [device] = this.#sweeping;
    const isDone = catalogue.db.transaction(() => {
      const some = catalogue.leftovers.rowsOf(device!, RECORD_ROWS);
      for (const { folder, path } of some) catalogue.rows.drop(device!, folder, path);
      return some.length < RECORD_ROWS;
    });
    if (!isDone) return;
    this.#sweeping.delete(device!);
    try {
      this.refresh();
      if (this.#isCounted(catalogue.ids.deviceOf(device!))) wanted();
    } catch (error) {
      // Nothing is left to be dropped of it, but nobody else would do the rest.
      this.#sweeping.add(device!);
      throw error;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#endWaiting();
  }
}

/** What this device has published last of how far it has others. */
export function ownWatermarks({ catalogue }: Ledger): Watermarks {
  return decodeWatermarks(catalogue.values.fact(SELF, SEEN));
}
