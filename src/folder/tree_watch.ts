/**
 * Keeps looking at a tree: events where they work, polling where they do not (with a note). A canary file, written now and
 * then, proves that events still come, and tells the file system's own time (R14).
 */
import { messageOf } from "../core/errors.ts";
import { type Clock, type Fs, FsError, type Watcher } from "../platform/ports.ts";
import { CANARY_HINT, layoutOf } from "./layout.ts";
import { RESERVED_TOP } from "../core/path.ts";

/** How often the canary is written while events come. */
const CANARY_MS = 60_000;
/** An event that takes longer than this is lost. */
const CANARY_PATIENCE_MS = 5_000;
/** Canaries lost in a row that end the trust in events. */
const LOST_CANARIES = 2;
/** Polling: at least this apart, and never more than a twentieth of the time. */
const POLL_MS = 10_000;
const POLL_SHARE = 20;
const MOST_POLL_MS = 10 * 60_000;

export interface TreeWatchEvents {
  /** Something at this path may have changed. */
  hint(path: string): void;
  /** Everything may have changed; resolves when it has been looked at, with the milliseconds that it took. */
  poll(): Promise<number>;
  /** The root cannot be written to or is gone. */
  rootTrouble(error: FsError): void;
  /** It could be. */
  rootFine(): void;
}

export class TreeWatch {
  readonly #fs: Fs;
  readonly #watcher: Watcher;
  readonly #clock: Clock;
  readonly #root: string;
  readonly #events: TreeWatchEvents;
  #end: (() => void) | null = null;
  #cancel: () => void = () => {};
  #waitingForCanary = false;
  #lost = 0;
  #pollingReason: string | null = null;
  #stopped = false;
  #fsTimeMs = 0;
  #fsTimeAt = 0;

  constructor(fs: Fs, watcher: Watcher, clock: Clock, root: string, events: TreeWatchEvents) {
    this.#fs = fs;
    this.#watcher = watcher;
    this.#clock = clock;
    this.#root = root;
    this.#events = events;
    this.#fsTimeMs = clock.now();
    this.#fsTimeAt = clock.now();
  }

  /** Why the tree is polled; null while events are trusted. */
  get pollingReason(): string | null {
    return this.#pollingReason;
  }

  /** The file system's own time now. When the machine's clock jumps, that of its disks does too. */
  fsNowMs(): number {
    return this.#fsTimeMs + this.#clock.now() - this.#fsTimeAt;
  }

  start(): void {
    try {
      this.#end = this.#watcher.watch(this.#root, RESERVED_TOP, {
        hint: (path) => path === CANARY_HINT ? this.#canarySeen() : this.#events.hint(path),
        gone: (reason) => this.#pollFrom(reason),
      });
    } catch (error) {
      this.#pollFrom(messageOf(error));
      return;
    }
    void this.#canary();
  }

  /** The root was away and is back: events are tried anew. */
  restart(): void {
    if (this.#stopped) return;
    this.#cancel();
    this.#end?.();
    this.#end = null;
    this.#pollingReason = null;
    this.#lost = 0;
    this.start();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#end?.();
    this.#end = null;
  }

  /** Writes the canary, and looks after a while whether its event came. */
  async #canary(): Promise<void> {
    if (this.#stopped) return;
    if (!await this.#touch()) return;
    this.#waitingForCanary = true;
    this.#cancel = this.#clock.after(CANARY_PATIENCE_MS, () => {
      this.#lost = this.#waitingForCanary ? this.#lost + 1 : 0;
      if (this.#lost >= LOST_CANARIES) {
        this.#pollFrom("file events stopped coming");
        return;
      }
      this.#cancel = this.#clock.after(this.#lost > 0 ? 0 : CANARY_MS, () => void this.#canary());
    });
  }

  /** Sets the file system's time; false when the root could not be written to. */
  async #touch(): Promise<boolean> {
    const { canary } = layoutOf(this.#root);
    try {
      const file = this.#fs.lstat(canary) === null
        ? this.#fs.open(canary, "create")
        : this.#fs.open(canary, "write");
      try {
        await file.write(new Uint8Array([this.#clock.now() & 0xff]), 0);
        this.#fsTimeAt = this.#clock.now();
        this.#fsTimeMs = file.stat().mtimeMs;
      } finally {
        file.close();
      }
      this.#events.rootFine();
      return true;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      this.#events.rootTrouble(error);
      this.#cancel = this.#clock.after(CANARY_MS, () => void this.#canary());
      return false;
    }
  }

  #canarySeen(): void {
    this.#waitingForCanary = false;
  }

  #pollFrom(reason: string): void {
    if (this.#stopped || this.#pollingReason !== null) return;
    this.#pollingReason = reason;
    this.#cancel();
    this.#end?.();
    this.#end = null;
    void this.#poll();
  }

  async #poll(): Promise<void> {
    if (this.#stopped) return;
    const reason = this.#pollingReason;
    await this.#touch();
    const tookMs = await this.#events.poll();
    if (this.#stopped || this.#pollingReason !== reason || reason === null) return;
    const delayMs = Math.min(Math.max(POLL_MS, POLL_SHARE * tookMs), MOST_POLL_MS);
    this.#cancel = this.#clock.after(delayMs, () => void this.#poll());
  }
}
