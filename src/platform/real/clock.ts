/** The machine's clocks. */
import type { Clock } from "../ports.ts";

/** The longest delay that a timer takes: a larger one would fire at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export function realClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(delayMs, run) {
      let timer: ReturnType<typeof setTimeout>;
      const due = performance.now() + delayMs;
      const arm = () => {
        const left = Math.max(0, due - performance.now());
        timer = left > LONGEST_DELAY_MS ? setTimeout(arm, LONGEST_DELAY_MS) : setTimeout(run, left);
      };
      arm();
      return () => clearTimeout(timer);
    },
  };
}
