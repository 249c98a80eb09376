/**
 * Troubles of the home's disk that pass: it is full or broken under the journal or the catalogue, nothing was changed, and it is tried again.
 * Who works for somebody passes such an error on. What nobody waits for (a timer, an event, a promise that is let go) would end the
 * program with it, and comes back to its work later instead.
 */
import { CairnError } from "./errors.ts";

/** What was refused is tried again after this. */
export const AGAIN_MS = 10_000;

/** True for what the home's disk refused: nothing was recorded. */
export function isPassing(error: unknown): error is CairnError {
  return error instanceof CairnError &&
    (error.code === "journal-broken" || error.code === "catalogue-broken");
}

/** For promises that nobody waits for: lets a refusal pass, and nothing else. */
export function letPass(error: unknown): void {
  if (!isPassing(error)) throw error;
}

/** Runs what nobody waits for; false when the home's disk refused. */
export function orPass(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    letPass(error);
    return false;
  }
}
