/**
 * Waiting for a moment without disturbing what is waited for: the rest between two looks grows with the time that has passed, so that
 * the moment is known to some percent and the looks cost next to nothing.
 */

export interface Pace {
  /** The rest before a look, as a share of the time waited so far. */
  readonly share: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

/** For looks at a few names on disk, some microseconds each. */
export const QUICK: Pace = { share: 0.01, leastMs: 2, mostMs: 20 };
/** For questions to a device, which take a millisecond or two of its time. */
export const ASKING: Pace = { share: 0.02, leastMs: 15, mostMs: 500 };

/** The rest after so much waiting, in milliseconds. */
export function restMs(pace: Pace, waitedMs: number): number {
  return Math.min(pace.mostMs, Math.max(pace.leastMs, waitedMs * pace.share));
}

/** Returns once `condition` holds. Throws, saying `what` was waited for, when it does not within the limit. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  pace: Pace,
  limitS: number,
): Promise<void> {
  const startMs = performance.now();
  while (!await condition()) {
    const waitedMs = performance.now() - startMs;
    if (waitedMs > limitS * 1000) throw new Error(`Waited ${limitS} s in vain: ${what}`);
    await sleep(restMs(pace, waitedMs));
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
