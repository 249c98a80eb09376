/**
 * How long questions are answered without holding anything up: each is a generator that yields after every step of bounded work, and all
 * of them together have one slice of QUESTION_SLICE_MS between two turns of the event loop.
 *
 * 1. No step reads more than QUESTION_ROWS rows, or what costs as much.
 * 2. A question that is done within the first slice is answered at once, with no turn in between.
 * 3. Between two steps the catalogue may change. What a question has counted stays counted; it goes on behind the last key it read.
 */
import { CairnError } from "../core/errors.ts";
import { QUESTION_SLICE_MS, QUESTIONS_OPEN } from "../core/limits.ts";
import type { Clock } from "../platform/ports.ts";

/** Work in steps, and what it comes to. */
export type Work<T> = Generator<void, T>;

interface Asked {
  /** Does a step; true when it was the last. */
  step(): boolean;
  refuse(error: unknown): void;
}

export class Questions {
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  /** In the order of their turns. */
  readonly #open: Asked[] = [];
  #cancel: (() => void) | null = null;
  #isStopped = false;

  constructor(clock: Pick<Clock, "monotonic" | "after">) {
    this.#clock = clock;
  }

  /** Throws what the work throws, and CairnError "busy" where too many wait. */
  ask<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#isStopped || this.#open.length >= QUESTIONS_OPEN) {
        throw new CairnError(
          "busy",
          this.#isStopped ? "This device is stopping" : `${QUESTIONS_OPEN} questions wait for their answers`,
          "Ask again in a moment.",
        );
      }
      this.#open.push({
        step() {
          const { done, value } = work.next();
          if (done) resolve(value);
          return done === true;
        },
        refuse: reject,
      });
      if (this.#cancel === null) this.#slice();
    });
  }

  #slice(): void {
    this.#cancel = null;
    const endMs = this.#clock.monotonic() + QUESTION_SLICE_MS;
    do {
      const asked = this.#open.shift();
      if (asked === undefined) return;
      try {
        if (!asked.step()) this.#open.push(asked);
      } catch (error) {
        asked.refuse(error);
      }
    } while (this.#clock.monotonic() < endMs);
    if (this.#open.length > 0) this.#cancel = this.#clock.after(0, () => this.#slice());
  }

  /** Whoever still waits is told so. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    for (const asked of this.#open.splice(0)) {
      asked.refuse(new CairnError("busy", "This device is stopping", "Ask again when it runs."));
    }
  }
}

/** All of the work at once, where nobody waits for anything else. */
export function answerNow<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
