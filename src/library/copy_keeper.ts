/**
 * Keeps the figures of copies up to date while nothing else is to be done (catalogue/copies.ts): some milliseconds at a time, and four times as long
 * for all else in between. A device that is never quiet counts a little now and then, so that what is to be counted does not grow without end.
 */
import { AGAIN_MS, orPass } from "../core/passing.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Clock } from "../platform/ports.ts";

/** Nothing was recorded or heard for this long: the device is quiet. */
const QUIET_MS = 1_000;
/** A device that is not quiet counts once in so long. */
const BUSY_MS = 5_000;
const SLICE_MS = 4;
const REST = 4;

export class CopyKeeper {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #endListening: () => void;
  #cancel: (() => void) | null = null;
  #lastNewsMs = -Infinity;
  #lastCountMs = -Infinity;
  #isStopped = false;

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#endListening = ledger.onApplied(() => this.heard());
    this.#later(QUIET_MS);
  }

  /** Something was recorded, or a page was taken in. */
  heard(): void {
    this.#lastNewsMs = this.#clock.monotonic();
    this.#later(QUIET_MS);
  }

  #later(ms: number): void {
    if (this.#isStopped) return;
    this.#cancel ??= this.#clock.after(ms, () => {
      this.#cancel = null;
      this.#turn();
    });
  }

  #turn(): void {
    const nowMs = this.#clock.monotonic();
    const isQuiet = nowMs - this.#lastNewsMs >= QUIET_MS;
    if (!isQuiet && nowMs - this.#lastCountMs < BUSY_MS) return this.#later(QUIET_MS);
    this.#lastCountMs = nowMs;
    let isMore = false;
    const isDone = orPass(() => {
      do isMore = this.#ledger.catalogue.copies.countSome(); while (
        isMore && this.#clock.monotonic() - nowMs < SLICE_MS
      );
    });
    if (!isDone) return this.#later(AGAIN_MS);
    if (isMore) this.#later(isQuiet ? REST * Math.max(1, this.#clock.monotonic() - nowMs) : QUIET_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#endListening();
    this.#cancel?.();
  }
}
