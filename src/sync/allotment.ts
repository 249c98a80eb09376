/** So many of something in a row, and one more for each stretch of time (invariant 10). */
import type { Clock } from "../platform/ports.ts";

export class Allotment {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #everyMs: number;
  #left: number;
  #sinceMs: number;

  constructor(clock: Clock, most: number, everyMs: number) {
    this.#clock = clock;
    this.#most = most;
    this.#everyMs = everyMs;
    this.#left = most;
    this.#sinceMs = clock.monotonic();
  }

  /** False when there is none left. */
  take(): boolean {
    const earned = Math.floor((this.#clock.monotonic() - this.#sinceMs) / this.#everyMs);
    this.#sinceMs += earned * this.#everyMs;
    this.#left = Math.min(this.#most, this.#left + earned);
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}
