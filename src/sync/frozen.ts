/**
 * Directories of which nothing can be concluded at present (R13): a disk that was mounted there is not, or their listing failed. No event
 * tells when that is over, so they are looked at again and again.
 */
import type { RelPath } from "../core/ids.ts";
import type { Clock } from "../platform/ports.ts";

/** A disk that is mounted again is noticed within this. */
const LOOK_MS = 10_000;

export class Frozen {
  readonly #clock: Clock;
  readonly #look: (directory: RelPath) => void;
  readonly #waiting = new Map<RelPath, () => void>();

  constructor(clock: Clock, look: (directory: RelPath) => void) {
    this.#clock = clock;
    this.#look = look;
  }

  /** A comparison of the directory came to nothing. */
  add(directory: RelPath): void {
    if (this.#waiting.has(directory)) return;
    const cancel = this.#clock.after(LOOK_MS, () => {
      this.#waiting.delete(directory);
      this.#look(directory);
    });
    this.#waiting.set(directory, cancel);
  }

  stop(): void {
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }
}
