/**
 * Files that could have changed within the clock's grain when they were read are read once more when that has passed (R14). As long as
 * other devices wait for something of ours, or we for theirs, that can wait: what is written meanwhile is told by its event.
 */
import type { RelPath } from "../core/ids.ts";
import { RACY_MS } from "../core/limits.ts";
import type { Timers } from "./timers.ts";

/** Beyond the grain, with something to spare. */
const SETTLE_MS = RACY_MS + 500;
/** Reading a large file again just to be sure can wait until nothing else is going on. */
const LARGE_BYTES = 32 * 2 ** 20;
const LARGE_SETTLE_MS = 120_000;
/** While there is other work it is looked this often whether that is done, and no longer than that. */
const BUSY_MS = 500;
const MOST_WAIT_MS = 60_000;

export interface SettlingEvents {
  /** There is more urgent work for disk and processor. */
  isBusy(): boolean;
  lookAgain(paths: readonly RelPath[]): void;
}

export class Settling {
  readonly #timers: Timers;
  readonly #events: SettlingEvents;

  constructor(timers: Timers, events: SettlingEvents) {
    this.#timers = timers;
    this.#events = events;
  }

  /** Files that were just read or compared; `largest` is the size of the largest. */
  later(paths: readonly RelPath[], largest: number): void {
    if (paths.length === 0) return;
    const isLarge = largest > LARGE_BYTES;
    this.#after(paths, isLarge ? LARGE_SETTLE_MS : SETTLE_MS, MOST_WAIT_MS);
  }

  #after(paths: readonly RelPath[], delayMs: number, leftMs: number): void {
    this.#timers.after(delayMs, () => {
      if (leftMs > 0 && this.#events.isBusy()) this.#after(paths, BUSY_MS, leftMs - BUSY_MS);
      else this.#events.lookAgain(paths);
    });
  }
}
