/** Waiting for conditions in tests with real processes: generous limits, never fixed sleeps. */

/** Time between two looks at a condition. */
const LOOK_EVERY_MS = 25;
const MOST_REST_MS = 500;

/** What a condition throws when waiting on makes no sense. */
export class GaveUp extends Error {
  override readonly name = "GaveUp";
}

/** Resolves once `condition` holds; throws, saying `what` was waited for, when it does not within the limit. */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 60_000,
  lookEveryMs = LOOK_EVERY_MS,
): Promise<void> {
  const startMs = performance.now();
  let trouble: unknown = null;
  while (true) {
    const lookedMs = performance.now();
    try {
      if (await condition()) return;
      trouble = null;
    } catch (error) {
      if (error instanceof GaveUp) throw error;
      // A device that just starts refuses; a file that just moves is not found. What stays wrong is told at the end.
      trouble = error;
    }
    if (performance.now() - startMs > limitMs) {
      const last = trouble instanceof Error ? ` (last: ${trouble.message})` : "";
      throw new Error(`Waited ${limitMs / 1000} s in vain: ${what}${last}`);
    }
    // A look that runs a command takes half a core from what is waited for: it gets as much time as the look took.
    const restMs = Math.max(lookEveryMs, Math.min(performance.now() - lookedMs, MOST_REST_MS));
    await new Promise((resolve) => setTimeout(resolve, restMs));
  }
}
