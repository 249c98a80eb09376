/**
 * What becomes of a need: done and counted, or tried again, when, and told how. A need that cannot be done stays a need with
 * its cause and remedy (invariant 11); what passes by itself is not told at once.
 */
import type { RelPath } from "../core/ids.ts";
import { NOBODY } from "./fetch_small.ts";
import type { Replica } from "./replica.ts";
import type { RoomWait } from "./room_wait.ts";
import type { Outcome } from "./step.ts";

export const RETRY_MS = 1_000;
export const MOST_RETRY_MS = 60_000;
/** What waits for what is above or below it does so this long at first and at most: who has that may be away for days. */
const WAIT_MS = 50;
const MOST_WAIT_MS = 5_000;
/** Waits of a moment, after which it is told. */
export const QUIET_WAITS = 6;
/** Tries of a passing trouble before it is told. */
const QUIET_TRIES = 3;
const WAITS_FOR_OTHERS = [
  "what is above or below it has to come or go first",
  "See what is said of that; it may be on a device that is away.",
] as const;
/** Looks at a disk that is not as expected before that is told. */
const LOOKS = 20;

export interface Done {
  readonly files: number;
  readonly bytes: number;
  /** All since the start. */
  readonly ever: { readonly files: number; readonly bytes: number };
}

const NOTHING = { files: 0, bytes: 0 };

export class NeedOutcomes {
  readonly #replica: Replica;
  readonly #room: RoomWait;
  readonly #lookAgain: (paths: readonly RelPath[]) => void;
  /** Needs done since there were none. */
  #done = NOTHING;
  #ever = NOTHING;

  constructor(replica: Replica, room: RoomWait, lookAgain: (paths: readonly RelPath[]) => void) {
    this.#replica = replica;
    this.#room = room;
    this.#lookAgain = lookAgain;
  }

  get done(): Done {
    return { ...this.#done, ever: this.#ever };
  }

  /** Nothing is needed any more: the next need is the first one. */
  startOver(): void {
    this.#done = NOTHING;
  }

  /** Where the home's disk refuses that, the need stays as it was, and is tried again when that has passed. */
  note(path: RelPath, outcome: Outcome, bytes: number): void {
    this.#room.noting(() => this.#note(path, outcome, bytes));
  }

  #note(path: RelPath, outcome: Outcome, bytes: number): void {
    switch (outcome.kind) {
      case "done":
        this.#done = { files: this.#done.files + 1, bytes: this.#done.bytes + bytes };
        this.#ever = { files: this.#ever.files + 1, bytes: this.#ever.bytes + bytes };
        return;
      case "look":
        this.#lookAgain(outcome.paths);
        this.#postponeLook(path);
        return;
      case "again":
      case "full":
        return;
      case "wait": {
        const tries = this.#tries(path);
        const delayMs = Math.min(WAIT_MS * 2 ** Math.min(tries, 10), MOST_WAIT_MS);
        this.#postpone(path, delayMs, ...tries < QUIET_WAITS ? [] : WAITS_FOR_OTHERS);
        return;
      }
      case "blocked": {
        const tries = this.#tries(path);
        // What passes by itself is not worth a word.
        if (outcome.cause === "" || (tries < QUIET_TRIES && outcome.isPassing)) {
          this.#postpone(path, RETRY_MS / 4);
        } else {
          this.#postpone(path, backoffMs(tries), outcome.cause, outcome.remedy);
        }
      }
    }
  }

  /** Nobody who has these is connected: there may be tens of thousands, so they are postponed in one write. */
  noteAbsent(paths: readonly RelPath[]): void {
    if (paths.length === 0) return;
    const { catalogue, number, deps: { clock } } = this.#replica;
    const nowMs = clock.now();
    this.#room.noting(() =>
      catalogue.db.transaction(() => {
        for (const path of paths) {
          const retryMs = nowMs + backoffMs(this.#tries(path));
          catalogue.needs.postpone(number, path, retryMs, NOBODY.cause, NOBODY.remedy);
        }
      })
    );
  }

  /** For counting what was done: nothing hangs on it. */
  sizeOf(path: RelPath): number {
    let size = 0;
    this.#room.noting(() => size = this.#replica.own(path)?.row.entry.size ?? 0);
    return size;
  }

  /** These wait so many milliseconds, and nothing is wrong with them. */
  putOff(delaysMs: ReadonlyMap<RelPath, number>): void {
    if (delaysMs.size === 0) return;
    const { catalogue, number, deps: { clock } } = this.#replica;
    const nowMs = clock.now();
    const times = new Map(
      [...delaysMs].map(([path, delayMs]) => [path, nowMs + Math.min(Math.ceil(delayMs), MOST_RETRY_MS)]),
    );
    catalogue.needs.putOff(number, times);
  }

  /** What was put off need not wait any more. */
  resume(): void {
    this.#room.noting(() => this.#replica.catalogue.needs.resume(this.#replica.number));
  }

  /** The disk was not as expected. That passes with the next look, and is told when it does not. */
  #postponeLook(path: RelPath): void {
    if (this.#tries(path) < LOOKS) return this.#postpone(path, RETRY_MS / 4);
    this.#postpone(
      path,
      MOST_RETRY_MS,
      "what is on this disk keeps changing or cannot be read",
      "Cairn tries again; see what uses the file.",
    );
  }

  #tries(path: RelPath): number {
    return this.#replica.catalogue.needs.attempts(this.#replica.number, path);
  }

  #postpone(path: RelPath, delayMs: number, cause = "", remedy = ""): void {
    const { catalogue, number, deps: { clock } } = this.#replica;
    catalogue.needs.postpone(number, path, clock.now() + delayMs, cause, remedy);
  }
}

/** The time until the next try, after so many in vain. */
function backoffMs(tries: number): number {
  return Math.min(RETRY_MS * 2 ** Math.min(tries, 10), MOST_RETRY_MS);
}
