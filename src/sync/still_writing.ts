/**
 * Files that changed while they were read: tried again with growing pauses, and told of when that takes long (R17). What is
 * written for a moment only is not made to wait: its events are heeded. What goes on for longer is not read for every event.
 */
import type { RelPath } from "../core/ids.ts";
import { STILL_WRITING_MS } from "../core/limits.ts";

const BACKOFF_MS = 200;
const MOST_BACKOFF_MS = 10_000;
/** For so long each event leads to another reading. */
const HEEDED_MS = 10_000;

/** What `status` says of one that has been written to for long. */
export const WRITTEN_ALL_THE_TIME = {
  cause: "is written to all the time",
  remedy: "It is taken as soon as it is still for a moment.",
};

interface Busy {
  readonly sinceMs: number;
  /** Which of its tries is the next. */
  readonly turn: number;
  /** It is still to come. */
  readonly waits: boolean;
}

export class StillWriting {
  readonly #busy = new Map<RelPath, Busy>();

  /** Some file is to be read again. */
  get isWaiting(): boolean {
    for (const { waits } of this.#busy.values()) if (waits) return true;
    return false;
  }

  get paths(): Iterable<RelPath> {
    return this.#busy.keys();
  }

  /** It changed again, by the monotone clock at `nowMs`: when to try next, and whether that has gone on for long. */
  add(
    path: RelPath,
    nowMs: number,
  ): { readonly turn: number; readonly delayMs: number; readonly isLong: boolean } {
    const { sinceMs, turn: last } = this.#busy.get(path) ?? { sinceMs: nowMs, turn: 0 };
    const turn = last + 1;
    this.#busy.set(path, { sinceMs, turn, waits: true });
    const ageMs = nowMs - sinceMs;
    // A quarter of what it has waited already: whoever is done is not kept waiting for long in comparison.
    const delayMs = Math.min(Math.max(BACKOFF_MS, ageMs / 4), MOST_BACKOFF_MS);
    return { turn, delayMs, isLong: ageMs > STILL_WRITING_MS };
  }

  /** It is not to be read before its next try; null: it may be. */
  waitOf(path: RelPath, nowMs: number): { readonly isLong: boolean } | null {
    const busy = this.#busy.get(path);
    if (busy === undefined || !busy.waits || nowMs - busy.sinceMs <= HEEDED_MS) return null;
    return { isLong: nowMs - busy.sinceMs > STILL_WRITING_MS };
  }

  /** The time of a try has come: what is to be read. Nothing when another one has been put in its place. */
  due(path: RelPath, turn: number): RelPath[] {
    const busy = this.#busy.get(path);
    if (busy?.turn !== turn) return [];
    this.#busy.set(path, { ...busy, waits: false });
    return [path];
  }

  delete(path: RelPath): void {
    this.#busy.delete(path);
  }

  /** A full scan looks at all of them anew. */
  forgetTried(): void {
    for (const [path, { waits }] of this.#busy) if (!waits) this.#busy.delete(path);
  }
}
