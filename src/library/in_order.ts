/** Values that are read, changed and written back: one after the other, so that none of two changes at a time is lost. */
import type { Ledger } from "../journal/ledger.ts";

const TAILS = new WeakMap<Ledger, Promise<unknown>>();

/** Runs `work` when all that was begun before it for this ledger is durable, or has failed. */
export function inOrder<T>(ledger: Ledger, work: () => Promise<T>): Promise<T> {
  const result = (TAILS.get(ledger) ?? Promise.resolve()).then(work);
  TAILS.set(ledger, result.catch(() => {}));
  return result;
}
