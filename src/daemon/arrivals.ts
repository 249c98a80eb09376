/**
 * A device that comes is asked at once for what it has and we need. One that comes and goes all the time is so at most every few seconds: to
 * look at tens of thousands of needs at each of its connections would leave no time for anybody else (invariant 10).
 */
import type { Clock } from "../platform/ports.ts";

const APART_MS = 10_000;

export class Arrivals {
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #retry: (device: number) => void;
  /** When each device was asked last, or is to be. */
  readonly #askedMs = new Map<number, number>();
  readonly #waiting = new Map<number, () => void>();

  constructor(clock: Pick<Clock, "monotonic" | "after">, retry: (device: number) => void) {
    this.#clock = clock;
    this.#retry = retry;
  }

  came(device: number): void {
    if (this.#waiting.has(device)) return;
    const nowMs = this.#clock.monotonic();
    const dueMs = (this.#askedMs.get(device) ?? -Infinity) + APART_MS;
    if (dueMs <= nowMs) return this.#ask(device);
    this.#waiting.set(
      device,
      this.#clock.after(dueMs - nowMs, () => {
        this.#waiting.delete(device);
        this.#ask(device);
      }),
    );
  }

  #ask(device: number): void {
    this.#askedMs.set(device, this.#clock.monotonic());
    this.#retry(device);
  }

  stop(): void {
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }
}
