/** How long to wait before a device that failed is started again. */
import { RESTART_PAUSE_MAX_MS, RESTART_PAUSE_MS } from "../core/limits.ts";

/** `failures` in a row before this one, in milliseconds: twice as long each time, up to a bound. */
export function restartPause(failures: number): number {
  return Math.min(RESTART_PAUSE_MS * 2 ** Math.min(failures, 30), RESTART_PAUSE_MAX_MS);
}
