/** Scrubbing as this device's settings have it: its hours are looked up anew each time, so that a new setting holds at once. */
import { orPass } from "../core/passing.ts";
import { isWithin, readWeekHours } from "../core/week_hours.ts";
import type { Ledger } from "../journal/ledger.ts";
import { deviceSetting } from "../library/device_settings.ts";
import { SCRUB_HOURS } from "../library/settings_table.ts";
import type { Clock } from "../platform/ports.ts";
import { Scrubbing } from "../sync/scrubbing.ts";

/** Null where nothing is read again by itself. */
export function scrubbingOf(
  ledger: Ledger,
  clock: Clock,
  scrub: { onBattery(): boolean } | undefined,
): Scrubbing | null {
  if (scrub === undefined) return null;
  return new Scrubbing(clock, () => scrub.onBattery(), () => isScrubTime(ledger, clock.now()));
}

/** False while the home's disk refuses to say: nothing is lost by waiting. */
export function isScrubTime({ catalogue }: Ledger, nowMs: number): boolean {
  let isTime = false;
  orPass(() => {
    const text = deviceSetting(catalogue, SCRUB_HOURS);
    const hours = text === null ? null : readWeekHours(String(text));
    isTime = hours === null || isWithin(hours, nowMs);
  });
  return isTime;
}
