/** Files that changed while they were read: tried again with growing pauses, and told of when that takes long (R17). */
import type { RelPath } from "../core/ids.ts";
import { STILL_WRITING_MS } from "../core/limits.ts";

const BACKOFF_MS = 200;
const MOST_BACKOFF_MS = 10_000;

interface Busy {
  readonly sinceMs: number;
  readonly tries: number;
  /** Its next try is still to come. */
  readonly waits: boolean;
}

export class StillWriting {
  readonly #busy = new Map<RelPath, Busy>();

  /** Some file is to be read again. */
  get isWaiting(): boolean {
    for (const { waits } of this.#busy.values()) if (waits) return true;
    return false;
  }

  /** It changed again, by the monotone clock at `nowMs`: when to try next, and whether that has gone on for long. */
  add(path: RelPath, nowMs: number): { readonly delayMs: number; readonly isLong: boolean } {
    const { sinceMs, tries } = this.#busy.get(path) ?? { sinceMs: nowMs, tries: 0 };
    this.#busy.set(path, { sinceMs, tries: tries + 1, waits: true });
    return {
      delayMs: Math.min(BACKOFF_MS * 2 ** tries, MOST_BACKOFF_MS),
      isLong: nowMs - sinceMs > STILL_WRITING_MS,
    };
  }

  /** Its time has come. */
  tried(path: RelPath): void {
    const busy = this.#busy.get(path);
    if (busy !== undefined) this.#busy.set(path, { ...busy, waits: false });
  }

  delete(path: RelPath): void {
    this.#busy.delete(path);
  }

  /** A full scan looks at all of them anew. */
  forgetTried(): void {
    for (const [path, { waits }] of this.#busy) if (!waits) this.#busy.delete(path);
  }
}
