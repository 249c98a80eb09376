/**
 * Keeps the index of names up to date, behind everything else: it works when nothing has changed for INDEX_QUIET_MS, a slice at a time,
 * and stops at once when something does. Three kinds of work, in this order: new directories and states are taken in, parts of the index are
 * merged, and, now and then, what is gone is removed.
 */
import type { Dated, Names } from "../catalogue/names.ts";
import { FILE_KINDS, type FileKind } from "../core/file_kinds.ts";
import {
  INDEX_NAMES,
  INDEX_QUIET_MS,
  INDEX_REST_MS,
  INDEX_SLICE_MS,
  INDEX_SWEEP_STATES,
} from "../core/limits.ts";
import { orPass } from "../core/passing.ts";
import type { Clock } from "../platform/ports.ts";
import type { Work } from "./questions.ts";

export class NameIndexer {
  readonly #names: Names;
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  #stirredMs = -Infinity;
  #cancel: (() => void) | null = null;
  #work: Work<void> | null = null;
  #isStopped = false;

  constructor(names: Names, clock: Pick<Clock, "monotonic" | "after">) {
    this.#names = names;
    this.#clock = clock;
    names.onBegunAnew(() => this.stir());
  }

  /** Something has changed, or may have: there may be names to take in, and they have time. */
  stir(): void {
    this.#stirredMs = this.#clock.monotonic();
    if (this.#cancel === null) this.#in(INDEX_QUIET_MS);
  }

  #in(ms: number): void {
    if (this.#isStopped) return;
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = null;
      const quietMs = this.#clock.monotonic() - this.#stirredMs;
      if (quietMs < INDEX_QUIET_MS) this.#in(INDEX_QUIET_MS - quietMs);
      else this.#slice();
    });
  }

  #slice(): void {
    const endMs = this.#clock.monotonic() + INDEX_SLICE_MS;
    let isDone = false;
    // What the disk refuses is tried again when the next thing changes.
    const isMade = orPass(() => {
      this.#work ??= indexNames(this.#names);
      do isDone = this.#work.next().done === true; while (!isDone && this.#clock.monotonic() < endMs);
    });
    if (isDone || !isMade) this.#work = null;
    else this.#in(INDEX_REST_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }
}

/** All there is to do, step by step. */
export function* indexNames(names: Names): Work<void> {
  const { directories } = names;
  for (let isMore = true; isMore; yield) {
    isMore = directories.takeSome(INDEX_NAMES);
    while (directories.mergeSome()) yield;
  }
  if (directories.beginWhole()) { while (directories.mergeSome()) yield; }
  for (;;) {
    const isMore = names.takeSome(INDEX_NAMES);
    yield;
    while (names.mergeSome()) yield;
    if (isMore) continue;
    if (names.beginWhole()) { while (names.mergeSome()) yield; }
    if (names.unswept < INDEX_SWEEP_STATES) return;
    yield* sweepNames(names);
  }
}

/** Removes what is in the index and nowhere else. */
export function* sweepNames(names: Names): Work<void> {
  names.noteSweep();
  for (let after: number | null = 0; after !== null; yield) after = names.sweepNames(after, INDEX_NAMES);
  for (let after: number | null = 0; after !== null; yield) {
    after = names.directories.sweep(after, INDEX_NAMES);
  }
  for (const kind of FILE_KINDS) yield* sweepKind(names, kind);
}

function* sweepKind(names: Names, kind: FileKind): Work<void> {
  let after: Dated | null = null;
  do {
    after = names.sweepDates(kind, after, INDEX_NAMES);
    yield;
  } while (after !== null);
}
