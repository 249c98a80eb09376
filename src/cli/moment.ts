/**
 * A moment as a person types it: `2h ago`, `14:30`, `yesterday 9:00`, `2026-11-20`, `2026-11-20T14:30Z`. Local time, unless a
 * zone is given. What is not understood is said so, never guessed at.
 */
import { CairnError } from "../core/errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};
const UNIT_NAMES: Readonly<Record<string, string>> = {
  s: "s|sec|secs|second|seconds",
  m: "m|min|mins|minute|minutes",
  h: "h|hr|hrs|hour|hours",
  d: "d|day|days",
  w: "w|week|weeks",
};
const HINT =
  'Such as: "2h ago", "14:30", "yesterday 9:00", "2026-11-20", "2026-11-20T14:30" or "2026-11-20T13:30Z".';

/** Milliseconds since 1970. Throws CairnError "usage" for what is no moment, is ambiguous, or is still to come. */
export function parseMoment(text: string, nowMs: number): number {
  const given = text.trim().toLowerCase().replace(/\s+/g, " ");
  const ms = ago(given, nowMs) ?? clockTime(given, nowMs) ?? date(text.trim());
  if (ms === null) throw new CairnError("usage", `"${text}" is no time that Cairn understands`, HINT);
  if (ms > nowMs) throw new CairnError("usage", `"${text}" is still to come`, HINT);
  return ms;
}

/** `now`, `90 min ago`, `2h ago`, `1 day 6 hours ago`. */
function ago(text: string, nowMs: number): number | null {
  if (text === "now") return nowMs;
  const match = /^((?:\d+(?:\.\d+)? ?[a-z]+ ?)+) ?ago$/.exec(text);
  if (match === null) return null;
  let ms = 0;
  for (const [, count, name] of match[1]!.matchAll(/(\d+(?:\.\d+)?) ?([a-z]+)/g)) {
    const unit = Object.keys(UNIT_NAMES).find((one) => UNIT_NAMES[one]!.split("|").includes(name!));
    if (unit === undefined) return null;
    ms += Number(count) * UNIT_MS[unit]!;
  }
  return nowMs - ms;
}

/** `14:30` is the last time that the clock showed it; `today`, `yesterday`, each with or without a time. */
function clockTime(text: string, nowMs: number): number | null {
  const match = /^(?:(today|yesterday)(?: |$))?(?:(?:at )?(\d{1,2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
  if (match === null || text === "") return null;
  const [, day, hours = "0", minutes = "0", seconds = "0"] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  const at = new Date(nowMs);
  at.setHours(Number(hours), Number(minutes), Number(seconds), 0);
  const isBack = day === "yesterday" || (day === undefined && at.getTime() > nowMs);
  if (isBack) at.setDate(at.getDate() - 1);
  return at.getTime();
}

/** A date, with or without a time and a zone; a date alone is its beginning. */
function date(text: string): number | null {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i
      .exec(text);
  if (match === null) return null;
  const [, year, month, day, hours, minutes = "0", seconds = "0", fraction = "0", zone] = match;
  if (zone !== undefined && hours === undefined) return null;
  const parts = [year, month, day, hours ?? "0", minutes, seconds].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [y, mo, d, h, mi, s] = parts;
  const ms = Number(fraction.padEnd(3, "0"));
  if (mo < 1 || mo > 12 || d < 1 || h > 23 || mi > 59 || s > 59) return null;
  // A day that the month does not have would quietly become one of the next.
  if (new Date(Date.UTC(y, mo - 1, d)).getUTCDate() !== d) return null;
  if (zone === undefined) return new Date(y, mo - 1, d, h, mi, s, ms).getTime();
  return Date.UTC(y, mo - 1, d, h, mi, s, ms) - offsetMs(zone);
}

function offsetMs(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone)!;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
