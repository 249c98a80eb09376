/**
 * Hybrid logical clock (R7): wall clock in milliseconds times 1024, plus a counter, in one safe integer
 * (good until the year 2248). Stamps break ties; they never decide whether something is lost.
 */
import type { Stamp } from "./ids.ts";
import { STAMP_AHEAD_MS } from "./limits.ts";

const UNITS_PER_MS = 1024;

/** The earliest stamp of a millisecond since 1970; what no stamp can say is cut to what it can. */
export function stampAt(ms: number): Stamp {
  return Math.min(Math.max(0, Math.floor(ms)) * UNITS_PER_MS, Number.MAX_SAFE_INTEGER - 1) as Stamp;
}

/** Milliseconds since 1970 of a stamp. */
export function stampMs(stamp: Stamp): number {
  return Math.floor(stamp / UNITS_PER_MS);
}

export function isStamp(value: unknown): value is Stamp {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The last stamp there is: a member that sends it must not make us mint one that nobody can read. */
const LAST = Number.MAX_SAFE_INTEGER;

/** A new stamp: later than `last` (the newest of this device) and than `replaced` (what it replaces), as long as there is one. */
export function nextStamp(last: Stamp, nowMs: number, replaced: Stamp = 0 as Stamp): Stamp {
  return Math.min(Math.max(last + 1, stampAt(nowMs), replaced + 1), LAST) as Stamp;
}

/** Our newest stamp after one was received: at most a day beyond our own wall clock. */
export function receiveStamp(last: Stamp, received: Stamp, nowMs: number): Stamp {
  return Math.max(last, Math.min(received, stampAt(nowMs + STAMP_AHEAD_MS))) as Stamp;
}

/** The UTC day of a wall clock's time, as people read it. */
export function dayOf(ms: number): string {
  // What lies beyond the years that a date can say is somebody's broken clock.
  return new Date(Math.min(ms, Date.UTC(9999, 11, 31))).toISOString().slice(0, 10);
}
