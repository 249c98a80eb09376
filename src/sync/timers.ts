/** Timers that end together: what a folder still wants to do later ends with it. */
import type { Clock } from "../platform/ports.ts";

export class Timers {
  readonly #clock: Clock;
  readonly #cancels = new Set<() => void>();
  #isStopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(delayMs: number, run: () => void): void {
    if (this.#isStopped) return;
    const cancel = this.#clock.after(delayMs, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
  }

  every(delayMs: number, run: () => unknown): void {
    this.after(delayMs, () => {
      void run();
      this.every(delayMs, run);
    });
  }

  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}
