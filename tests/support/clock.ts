/** A clock that moves only by hand. */
import type { Clock } from "../../src/platform/ports.ts";

export interface ManualClock extends Clock {
  /** Moves time on and runs what falls due, in order, letting promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Time passes in which nothing else has a turn: the work of whoever calls. */
  hold(ms: number): void;
  /** Timers that wait. */
  readonly waiting: number;
}

export function manualClock(startMs = 1_750_000_000_000): ManualClock {
  let nowMs = 0;
  let order = 0;
  const timers = new Map<number, { dueMs: number; run: () => void }>();
  function nextDue(untilMs: number): number | null {
    let best: number | null = null;
    for (const [id, { dueMs }] of timers) {
      if (dueMs <= untilMs && (best === null || dueMs < timers.get(best)!.dueMs)) best = id;
    }
    return best;
  }
  return {
    now: () => startMs + nowMs,
    monotonic: () => nowMs,
    after(delayMs, run) {
      const id = order++;
      timers.set(id, { dueMs: nowMs + Math.max(0, delayMs), run });
      return () => timers.delete(id);
    },
    hold(ms) {
      nowMs += ms;
    },
    get waiting() {
      return timers.size;
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (let id = nextDue(untilMs); id !== null; id = nextDue(untilMs)) {
        const { dueMs, run } = timers.get(id)!;
        timers.delete(id);
        nowMs = Math.max(nowMs, dueMs);
        run();
        await settle();
      }
      nowMs = Math.max(nowMs, untilMs);
      await settle();
    },
  };
}

/** Lets promises and microtasks run until nothing is likely to be left: one turn of the event loop. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
