/** Ids that nobody names any more go from the catalogue (invariant 10): after so many new ones, in slices, with turns for others between. */
import { letPass } from "../core/passing.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Clock } from "../platform/ports.ts";

export class Tidying {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  #isAtWork = false;
  #isStopped = false;

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** A page was taken in. */
  heard(): void {
    if (this.#ledger.catalogue.unnamed.isDue) void this.#sweep().catch(letPass); // the next page asks again
  }

  async #sweep(): Promise<void> {
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    try {
      for (const _ of this.#ledger.catalogue.unnamed.sweep()) {
        await new Promise<void>((resolve) => this.#clock.after(0, resolve));
        if (this.#isStopped) return;
      }
    } finally {
      this.#isAtWork = false;
    }
  }

  stop(): void {
    this.#isStopped = true;
  }
}
