/** Texts go when no living row names their content any more, or who gave them is no member (R39): in slices, when nothing else is to be done. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Texts } from "../catalogue/texts.ts";
import type { DeviceId } from "../core/ids.ts";
import { letPass } from "../core/passing.ts";
import type { Clock } from "../platform/ports.ts";
import { Timers } from "./timers.ts";

export interface TextSweepDeps {
  readonly texts: Texts;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  mayWork(): boolean;
  isMember(device: DeviceId): boolean;
  off(): ReadonlySet<number>;
}

/** Records looked at in one go: some milliseconds. */
const SLICE = 100;
const SWEEP_MS = 3_600_000;
/** A content must have been unnamed for this long: rows are fetched anew where a catalogue was lost, and files are put back. */
const GRACE_MS = 3_600_000;
const BUSY_MS = 1_000;

export class TextSweep {
  readonly #deps: TextSweepDeps;
  readonly #timers: Timers;
  #last: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(deps: TextSweepDeps) {
    this.#deps = deps;
    this.#timers = new Timers(deps.clock);
  }

  start(): void {
    this.#timers.every(SWEEP_MS, () => this.sweep().catch(letPass)); // the next one does it
  }

  /** Looks at all records once. */
  sweep(graceMs = GRACE_MS): Promise<void> {
    const done = this.#last.then(() => this.#sweep(graceMs));
    this.#last = done.catch(() => {});
    return done;
  }

  async #sweep(graceMs: number): Promise<void> {
    const { texts: { index }, catalogue, clock, mayWork, isMember, off } = this.#deps;
    for (let after: number | null = 0; after !== null;) {
      await this.#pause(0);
      while (!this.#isStopped && !mayWork()) await this.#pause(BUSY_MS);
      if (this.#isStopped) return;
      after = index.sweep(after, SLICE, clock.now(), graceMs, (records) => {
        const named = catalogue.textSources.named(records.map(({ content }) => content), off());
        return records.map(({ content, giver }) => named.get(content) === true && isMember(giver));
      });
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#deps.clock.after(ms, resolve));
  }

  stop(): void {
    this.#isStopped = true;
    this.#timers.stop();
  }
}
