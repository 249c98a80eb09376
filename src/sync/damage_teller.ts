/**
 * Tells the other devices which contents are damaged here, so that nobody counts them as copies (core/damaged.ts). What is healed at once
 * is not told at all, and of many that are found one behind the other some at a time.
 */
import { SELF } from "../catalogue/interning.ts";
import { DAMAGED, damagedValue } from "../core/damaged.ts";
import type { FolderId } from "../core/ids.ts";
import { FACTS_BYTES } from "../core/limits.ts";
import { encode } from "../core/msgpack.ts";
import { AGAIN_MS, letPass } from "../core/passing.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Clock } from "../platform/ports.ts";
import type { Damages } from "./damages.ts";
import { Timers } from "./timers.ts";

/** A copy that is near has healed it by then. */
const TELL_MS = 2_000;
/** What such facts of all folders may take: whoever has more of them has disks that are failing, and the rest counts as before. */
const TOLD_BYTES = FACTS_BYTES / 2;
/** Bytes of one content in a fact at most. */
const CONTENT_BYTES = 48;

export class DamageTeller {
  readonly #ledger: Ledger;
  readonly #folder: FolderId;
  readonly #damages: Damages;
  readonly #timers: Timers;
  #isTelling = false;
  #isStopped = false;

  constructor(ledger: Ledger, clock: Clock, folder: FolderId, damages: Damages) {
    this.#ledger = ledger;
    this.#folder = folder;
    this.#damages = damages;
    this.#timers = new Timers(clock);
    damages.onChange = () => this.#later(TELL_MS);
    // The last stop may have come in between.
    damages.onChange();
  }

  #later(ms: number): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#timers.after(ms, () => {
      this.#isTelling = false;
      void this.#tell().catch((error) => {
        if (this.#isStopped) return;
        letPass(error);
        this.#later(AGAIN_MS);
      });
    });
  }

  async #tell(): Promise<void> {
    const { values } = this.#ledger.catalogue;
    const key = DAMAGED + this.#folder;
    const others = [...values.factSizes(SELF)].reduce(
      (sum, [one, bytes]) => one.startsWith(DAMAGED) && one !== key ? sum + bytes : sum,
      0,
    );
    const room = Math.max(0, Math.floor((TOLD_BYTES - others) / CONTENT_BYTES));
    const value = damagedValue(this.#damages.atRisk.slice(0, room).map(({ content }) => content));
    if (encode(value).toHex() === encode(values.fact(SELF, key)).toHex()) return;
    await this.#ledger.commit({ type: "fact", key, value });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timers.stop();
  }
}
