/**
 * Stretches of time as people say them, in the time zone of this computer. Years, months, days, weeks and seasons are read here, since a
 * stretch is meant and not a moment; all else by chrono. Pure: the present is given. Loaded when the first question is asked.
 */
import * as chrono from "chrono-node";
import type { Range } from "./query.ts";

export interface FoundPeriod {
  /** Where it stands in the text. */
  readonly at: number;
  readonly text: string;
  readonly range: Range;
}

const SEASONS: Readonly<Record<string, number>> = { spring: 2, summer: 5, autumn: 8, fall: 8, winter: 11 };
const SEASON_NAMES = Object.keys(SEASONS).join("|");
const LAST = "(?:last|past|previous)";
const UNITS = "day|week|month|quarter|year";
const NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split(" ");
const COUNT = `\\d{1,4}|${NUMBERS.join("|")}|a couple of|a few`;

type Read = (match: RegExpExecArray, now: Date) => Range | null;

/** The longer forms first. */
const FORMS: readonly (readonly [RegExp, Read])[] = [
  [/(\d{4})-(\d{2})-(\d{2})[tT](\d{2}):(\d{2})(?::(\d{2}))?/, (m) => {
    const at = new Date(+m[1]!, +m[2]! - 1, +m[3]!, +m[4]!, +m[5]!, +(m[6] ?? 0));
    return { min: +at, max: +at + (m[6] === undefined ? 60_000 : 1_000) };
  }],
  [/(\d{4})-(\d{2})-(\d{2})/, (m) => isDate(+m[2]!, +m[3]!) ? days(+m[1]!, +m[2]! - 1, +m[3]!, 1) : null],
  [/(\d{4})-(\d{2})/, (m) => isDate(+m[2]!, 1) ? months(+m[1]!, +m[2]! - 1, 1) : null],
  [
    new RegExp(`(this|${LAST}) (${SEASON_NAMES})`),
    (m, now) => m[1] === "this" ? season(m[2]!, now.getFullYear()) : lastSeason(m[2]!, now),
  ],
  [new RegExp(`(${SEASON_NAMES}) (?:of )?((?:19|20)\\d{2})`), (m) => season(m[1]!, +m[2]!)],
  [
    new RegExp(`(?:the )?${LAST} (${COUNT}) (${UNITS})s`),
    (m, now) => rolling(countOf(m[1]!), m[2]!, now),
  ],
  [new RegExp(`(?:the )?past (${UNITS})`), (m, now) => rolling(1, m[1]!, now)],
  [new RegExp(`(this|last|previous) (${UNITS})`), (m, now) => calendar(m[2]!, m[1] === "this" ? 0 : -1, now)],
  [/the day before yesterday/, (_, now) => days(now.getFullYear(), now.getMonth(), now.getDate() - 2, 1)],
  [/yesterday/, (_, now) => days(now.getFullYear(), now.getMonth(), now.getDate() - 1, 1)],
  [/today/, (_, now) => days(now.getFullYear(), now.getMonth(), now.getDate(), 1)],
];
const YEAR: readonly [RegExp, Read] = [/((?:19|20)\d{2})/, (m) => months(+m[1]!, 0, 12)];

/** The stretch that the whole text says; null for anything else. */
export function readPeriod(text: string, nowMs: number): Range | null {
  const wanted = text.trim().toLowerCase();
  for (const [form, read] of [...FORMS, YEAR]) {
    const match = new RegExp(`^${form.source}$`).exec(wanted);
    const range = match === null ? null : read(match, new Date(nowMs));
    if (range !== null) return range;
  }
  const [found, more] = byChrono(text.trim(), nowMs, () => true);
  return found !== undefined && more === undefined && found.at === 0 &&
      found.text.length === text.trim().length
    ? found.range
    : null;
}

/** Stretches within a text, in their order. A bare year or month is one only where `isMeant` says so of what stands before it. */
export function findPeriods(
  text: string,
  nowMs: number,
  isMeant: (before: string) => boolean,
): FoundPeriod[] {
  const found: FoundPeriod[] = [];
  let rest = text.toLowerCase();
  const take = (at: number, length: number, range: Range) => {
    found.push({ at, text: text.slice(at, at + length), range });
    rest = rest.slice(0, at) + "\0".repeat(length) + rest.slice(at + length);
  };
  // A longer name of a month with its year is chrono's: years come last.
  const scan = ([form, read]: readonly [RegExp, Read], isGood: (at: number) => boolean) => {
    const everywhere = new RegExp(`(?<![\\p{L}\\p{N}])${form.source}(?![\\p{L}\\p{N}])`, "gu");
    for (let match = everywhere.exec(rest); match !== null; match = everywhere.exec(rest)) {
      const range = isGood(match.index) ? read(match, new Date(nowMs)) : null;
      if (range !== null) take(match.index, match[0].length, range);
    }
  };
  for (const form of FORMS) scan(form, () => true);
  const before = (at: number) => isMeant(rest.slice(0, at));
  for (const one of byChrono(rest, nowMs, before)) take(one.at, one.text.length, one.range);
  scan(YEAR, before);
  return found.sort((a, b) => a.at - b.at);
}

/** A month alone is a word as well, and counts where `isMeant`; a time of day alone is no stretch that files are asked by. */
function byChrono(text: string, nowMs: number, isMeant: (at: number) => boolean): FoundPeriod[] {
  const now = new Date(nowMs);
  return chrono.parse(text, now).flatMap(({ index, text, start, end }) => {
    const isBare = !start.isCertain("year") && !start.isCertain("day") && !start.isCertain("weekday");
    if (isBare && !(start.isCertain("month") && isMeant(index))) return [];
    const first = stretchOf(start, now);
    const last = end === null || end === undefined ? first : stretchOf(end, now);
    return first.min < last.max ? [{ at: index, text, range: { min: first.min, max: last.max } }] : [];
  });
}

type Parsed = ReturnType<typeof chrono.parse>[number]["start"];

/** As long as what was said: a day, a month, a year. Without a year it is the last one that has begun. */
function stretchOf(parsed: Parsed, now: Date): Range {
  const at = parsed.date();
  let [year, month, day] = [at.getFullYear(), at.getMonth(), at.getDate()];
  if (!parsed.isCertain("year") && at > now) {
    if (parsed.isCertain("weekday") && !parsed.isCertain("day")) day -= 7;
    else year--;
  }
  if (parsed.isCertain("day") || parsed.isCertain("weekday")) return days(year, month, day, 1);
  if (parsed.isCertain("month")) return months(year, month, 1);
  if (!parsed.isCertain("year")) return days(year, month, day, 1);
  [month, day] = [0, 1];
  return months(year, month, 12);
}

function isDate(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

function days(year: number, month: number, day: number, count: number): Range {
  return { min: +new Date(year, month, day), max: +new Date(year, month, day + count) };
}

function months(year: number, month: number, count: number): Range {
  return { min: +new Date(year, month, 1), max: +new Date(year, month + count, 1) };
}

/** Of the northern half of the world, by whole months; winter begins in the year that it is named by. */
function season(name: string, year: number): Range {
  return months(year, SEASONS[name]!, 3);
}

/** The last one that is over. */
function lastSeason(name: string, now: Date): Range {
  const ofThisYear = season(name, now.getFullYear());
  return ofThisYear.max <= +now ? ofThisYear : season(name, now.getFullYear() - 1);
}

/** So many units up to now. */
function rolling(count: number, unit: string, now: Date): Range {
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  const begin = unit === "day"
    ? new Date(year, month, day - count)
    : unit === "week"
    ? new Date(year, month, day - 7 * count)
    : unit === "year"
    ? new Date(year - count, month, day)
    : new Date(year, month - count * (unit === "quarter" ? 3 : 1), day);
  return { min: +begin, max: +new Date(year, month, day + 1) };
}

/** The unit of the calendar that is `offset` from the present one; weeks begin on Monday. */
function calendar(unit: string, offset: number, now: Date): Range {
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  switch (unit) {
    case "day":
      return days(year, month, day + offset, 1);
    case "week":
      return days(year, month, day - (now.getDay() + 6) % 7 + 7 * offset, 7);
    case "month":
      return months(year, month + offset, 1);
    case "quarter":
      return months(year, Math.floor(month / 3) * 3 + 3 * offset, 3);
    default:
      return months(year + offset, 0, 12);
  }
}

function countOf(text: string): number {
  if (text === "a couple of") return 2;
  if (text === "a few") return 3;
  const number = NUMBERS.indexOf(text);
  return number < 0 ? Number(text) : number + 1;
}
