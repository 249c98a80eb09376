/**
 * How much of the time goes into what others tell: as long as their pages work, so long everything else has its turn, however many
 * peers tell at once (invariant 10). Who is alone with us waits less, and so do all while no folder has anything to do: a request of the local
 * API takes some turns of the event loop.
 */
import type { Clock } from "../platform/ports.ts";

/**
 * Of the time that a page took, this part is rest where little else wants the time. Who asks something has its turns between two pages, and gains
 * nothing by a longer rest: it would wait for that as well.
 */
const SHORT_REST = 1 / 16;

export class Turns {
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #restsShortly: () => boolean;
  #restUntilMs = -Infinity;
  /** The last of the works of each name. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(clock: Pick<Clock, "monotonic" | "after">, restsShortly: () => boolean) {
    this.#clock = clock;
    this.#restsShortly = restsShortly;
  }

  /** Resolves when the rest is over that others' work has earned. */
  async ready(): Promise<void> {
    for (let leftMs = this.#leftMs(); leftMs > 0; leftMs = this.#leftMs()) await this.#pause(leftMs);
  }

  /** Rests after work that took so long, at least for a turn of the event loop. */
  async rest(workMs: number): Promise<void> {
    const nowMs = this.#clock.monotonic();
    this.#restUntilMs = Math.max(nowMs, this.#restUntilMs) + workMs * (this.#restsShortly() ? SHORT_REST : 1);
    await this.#pause(this.#leftMs());
  }

  /** Runs `work` behind all of the same name that came before, however they ended. */
  alone(name: string, work: () => Promise<void>): Promise<void> {
    const done = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const last = done.catch(() => {}).then(() => {
      if (this.#last.get(name) === last) this.#last.delete(name);
    });
    this.#last.set(name, last);
    return done;
  }

  #leftMs(): number {
    return this.#restUntilMs - this.#clock.monotonic();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}
