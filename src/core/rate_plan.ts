/** How many bytes a second, and when: `1M`, `08:00-18:00 mon-fri 1MB/s; 5M`. The first part whose hours hold decides; none is no limit. Pure. */
import { bytesFrom, shownBytes } from "./setting.ts";
import { isWithin, readWeekHours, showWeekHours, type WeekHours } from "./week_hours.ts";

/** With less, an answer of a MiB would take so long that others are asked for it, and it comes in vain. */
export const LEAST_RATE = 128 * 2 ** 10;
/** Parts of a plan: what anybody says of a week. */
const MOST_PARTS = 16;

interface Part {
  readonly hours: WeekHours | null;
  /** Null: no limit. */
  readonly rate: number | null;
}

export type RatePlan = readonly Part[];

const readRate = bytesFrom(LEAST_RATE);

export function readRatePlan(text: string): RatePlan | null {
  const parts = text.split(";").map(readPart);
  return parts.length > MOST_PARTS || parts.includes(null) ? null : parts as Part[];
}

function readPart(text: string): Part | null {
  const words = text.trim().split(/\s+/);
  const last = words.pop()!;
  const rate = last.toLowerCase() === "off" ? null : readRate(last.replace(/\/s$/i, ""));
  if (rate === null && last.toLowerCase() !== "off") return null;
  if (words.length === 0) return { hours: null, rate };
  const hours = readWeekHours(words.join(" "));
  return hours === null ? null : { hours, rate };
}

export function showRatePlan(plan: RatePlan): string {
  return plan.map(({ hours, rate }) =>
    `${hours === null ? "" : `${showWeekHours(hours)} `}${rate === null ? "off" : `${shownBytes(rate)}B/s`}`
  ).join("; ");
}

/** Bytes a second that hold now; null for no limit. */
export function rateAt(plan: RatePlan, nowMs: number): number | null {
  return plan.find(({ hours }) => hours === null || isWithin(hours, nowMs))?.rate ?? null;
}
