/**
 * The first moments of a device that has just come and meets all others one behind the other: whom it met first would relay to it what those tell
 * themselves a moment later. Until they are over it takes every member for one that will; no longer, and not again soon: who comes and goes
 * all the time would never hear what only a relay knows.
 */
import type { Clock } from "../platform/ports.ts";

/** Beacons are answered and sessions opened in a fraction of it. What only a relay knows comes so much later. */
export const MEETING_MS = 2_000;
const APART_MS = 10_000;

export class Meeting {
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #over: () => void;
  #startedMs = -Infinity;
  /** Null while there is none. */
  #cancel: (() => void) | null = null;

  /** `over` is called at the end of each. */
  constructor(clock: Pick<Clock, "monotonic" | "after">, over: () => void) {
    this.#clock = clock;
    this.#over = over;
  }

  get isOn(): boolean {
    return this.#cancel !== null;
  }

  /** The first session of all was opened. */
  begin(): void {
    const nowMs = this.#clock.monotonic();
    if (this.isOn || nowMs - this.#startedMs < APART_MS) return;
    this.#startedMs = nowMs;
    this.#cancel = this.#clock.after(MEETING_MS, () => {
      this.#cancel = null;
      this.#over();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
