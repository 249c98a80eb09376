/**
 * How this device takes part in one folder, and its change (R9, R11).
 *
 * 1. The new mode is durable before anything is done by it, and nothing is recorded in between by the old one.
 * 2. Then the rows follow (mode_change.ts). Stopped in the middle, the next start knows that they have not all followed, and goes on.
 * 3. A change waits for the end of the one before.
 */
import { AGAIN_MS, letPass } from "../core/passing.ts";
import { type Mode, tracksNeeds } from "../core/mode.ts";
import { FsError } from "../platform/ports.ts";
import { fitRows } from "./mode_change.ts";
import type { Replica } from "./replica.ts";

export interface ModeEvents {
  /** Makes durable that the mode is this one, and whether all rows follow it. */
  record(mode: Mode, isSettled: boolean): Promise<void>;
  /** The root is what it was: what is ignored in it can be told. */
  mayWork(): boolean;
  /** The mode has changed, or all follows it now: whoever looks at disk or needs looks again. */
  changed(): void;
}

export class ModeKeeper {
  readonly #replica: Replica;
  readonly #events: ModeEvents;
  #isSettled: boolean;
  #isStopped = false;
  #isCounting = false;
  #tail: Promise<unknown> = Promise.resolve();
  #cancelAgain: (() => void) | null = null;

  constructor(replica: Replica, isSettled: boolean, events: ModeEvents) {
    this.#replica = replica;
    this.#isSettled = isSettled;
    this.#events = events;
  }

  /** All rows are as the mode has them. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Paths that were changed here and are not given; null while nobody knows how many. */
  get localChanges(): number | null {
    return this.#replica.mode === "receive" ? this.#replica.catalogue.rows.local.of(this.#replica.number) : 0;
  }

  /** Goes on where a former run was stopped. */
  async start(): Promise<void> {
    void this.count();
    if (!this.#isSettled) await this.#inTurn(() => this.#settle());
  }

  /** Changes the mode; resolves when it holds, and all rows follow it. Rejects when the journal refuses: then it is as it was, or goes on by itself. */
  change(mode: Mode): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isSettled && !await this.#settle()) return;
      const replica = this.#replica;
      await replica.exclusive(async () => {
        if (replica.mode === mode || replica.isClosed) return;
        await this.#events.record(mode, false);
        const { catalogue, folder, deps: { clock } } = replica;
        const isTracked = catalogue.isWanted(folder);
        // A folder may need a million paths: others have their turns in between. Whoever is stopped here drops the rest at the next start.
        while (
          isTracked && !tracksNeeds(mode) && !replica.isClosed && catalogue.needs.dropSome(replica.number)
        ) {
          await new Promise<void>((resolve) => clock.after(0, resolve));
        }
        replica.mode = mode;
        this.#isSettled = false;
        if (isTracked !== tracksNeeds(mode)) catalogue.setWanted(folder, !isTracked);
      });
      if (!this.#isSettled) await this.#settle();
      void this.count();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => {});
    return done;
  }

  /** False when it could not be done now: it is tried again. */
  async #settle(): Promise<boolean> {
    this.#cancelAgain?.();
    try {
      if (this.#isStopped || !this.#events.mayWork()) throw new FsError("not-found", this.#replica.root);
      if (await fitRows(this.#replica, () => this.#isStopped) < 0) return false;
      await this.#events.record(this.#replica.mode, true);
      this.#isSettled = true;
    } catch (error) {
      if (!(error instanceof FsError)) letPass(error);
      if (!this.#isStopped) {
        const again = () => void this.#inTurn(() => this.#isSettled ? Promise.resolve(true) : this.#settle());
        this.#cancelAgain = this.#replica.deps.clock.after(AGAIN_MS, again);
      }
    }
    this.#events.changed();
    return this.#isSettled;
  }

  /** Counts what was changed here, and what is not kept, if that is not known. */
  async count(): Promise<void> {
    const { catalogue: { rows: { local } }, number, deps: { clock } } = this.#replica;
    if (this.#isCounting || local.of(number) !== null) return;
    this.#isCounting = true;
    try {
      while (!this.#isStopped && local.countSome(number)) {
        await new Promise<void>((resolve) => clock.after(0, resolve));
      }
    } finally {
      this.#isCounting = false;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelAgain?.();
  }
}
