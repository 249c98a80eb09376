/** What all folders of a device share in scrubbing: one file at a time, at a limited rate, none while the battery is used, and passes in their hours alone. */
import type { Clock } from "../platform/ports.ts";

/** Rests shorter than this are gathered: a small file is read in less. */
const LEAST_REST_MS = 50;

export class Scrubbing {
  readonly #clock: Pick<Clock, "after">;
  readonly #onBattery: () => boolean;
  readonly #isTime: () => boolean;
  #tail: Promise<unknown> = Promise.resolve();
  #owedMs = 0;

  constructor(clock: Pick<Clock, "after">, onBattery: () => boolean, isTime: () => boolean = () => true) {
    this.#clock = clock;
    this.#onBattery = onBattery;
    this.#isTime = isTime;
  }

  get onBattery(): boolean {
    return this.#onBattery();
  }

  /** Whether files may be begun that nobody suspects. */
  get isTime(): boolean {
    return this.#isTime();
  }

  /** Runs `work` when no other folder reads. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => {});
    return result;
  }

  /** Rests for as long as so many bytes may take. */
  async spend(bytes: number, bytesPerSecond: number): Promise<void> {
    this.#owedMs += bytes / bytesPerSecond * 1000;
    if (this.#owedMs < LEAST_REST_MS) return;
    const restMs = this.#owedMs;
    this.#owedMs = 0;
    await new Promise<void>((resolve) => void this.#clock.after(restMs, resolve));
  }
}
