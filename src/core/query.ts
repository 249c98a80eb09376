/**
 * What `cairn find` is asked: words, of which each has to be there, and filters, of which each has to hold. One parser, one printer. Pure.
 *
 *   query   = *( ["-"] ( word / filter ) )
 *   word    = TEXT / DQUOTE TEXT DQUOTE               ; in the name of a file, or in its text
 *   filter  = "kind:" kinds / "ext:" names / "size:" bounds / "date:" bounds / "device:" names / "folder:" names / "tag:" names
 *           / "dup:" ( "yes" / "no" ) / "copies:" bounds / "devices:" bounds
 *   names   = TEXT *( "," TEXT )                      ; one of them
 *   bounds  = VALUE / ( ">" / ">=" / "<" / "<=" ) VALUE / VALUE ".." VALUE
 *
 * What cannot be read is told with its reason, and the rest is asked.
 */
import type { FileKind } from "./file_kinds.ts";
import { FILE_KINDS } from "./file_kinds.ts";
import { QUERY_CHARACTERS, QUERY_PARTS } from "./limits.ts";
import { foldForSearch } from "./search_text.ts";

/** From `min` on, below `max`; either may be infinite. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Word {
  readonly text: string;
  readonly isNot: boolean;
}

export type Filter =
  & { readonly isNot: boolean }
  & (
    | { readonly key: "kind"; readonly kinds: readonly AskedKind[] }
    | { readonly key: "ext" | "device" | "folder" | "tag"; readonly names: readonly string[] }
    /** Copies are on different disks; devices are those that have the content. */
    | { readonly key: "size" | "date" | "copies" | "devices"; readonly range: Range }
    /** Whether the content is at another place too. */
    | { readonly key: "dup" }
  );

/** "file" is whatever is no folder. */
export type AskedKind = Exclude<FileKind, "other" | "link"> | "file";
export const ASKED_KINDS: readonly AskedKind[] = [
  ...FILE_KINDS.filter((kind): kind is Exclude<FileKind, "other" | "link"> =>
    kind !== "other" && kind !== "link"
  ),
  "file",
];

export interface Query {
  readonly words: readonly Word[];
  readonly filters: readonly Filter[];
}

/** A part that was not understood, and why. */
export interface Problem {
  readonly part: string;
  readonly why: string;
}

export interface ParsedQuery {
  readonly query: Query;
  readonly problems: readonly Problem[];
}

/** Reads a stretch of time such as "2024", "2024-05-03" or "last week"; null where it is none. */
export type ReadPeriod = (text: string) => Range | null;

export const KEYS = [
  "kind",
  "ext",
  "size",
  "date",
  "device",
  "folder",
  "tag",
  "dup",
  "copies",
  "devices",
] as const;
type Key = typeof KEYS[number];

const PART = /(-?)(?:([A-Za-z]+):)?(?:"([^"]*)("|$)|(\S*))/y;

export function parseQuery(text: string, readPeriod: ReadPeriod): ParsedQuery {
  const words: Word[] = [];
  const filters: Filter[] = [];
  const problems: Problem[] = [];
  const whole = text.slice(0, QUERY_CHARACTERS);
  if (whole.length < text.length) {
    problems.push({ part: "…", why: `what is behind the first ${QUERY_CHARACTERS} characters is left out` });
  }
  for (const part of partsOf(whole)) {
    if (words.length + filters.length >= QUERY_PARTS) {
      problems.push({ part: part.text, why: `a query has ${QUERY_PARTS} parts at most` });
      break;
    }
    if (!part.isClosed) problems.push({ part: part.text, why: "the quote is not closed" });
    const key = part.key?.toLowerCase() as Key | undefined;
    if (key === undefined || !KEYS.includes(key)) {
      // `12:30` and `c:` may be in names; a word of letters before a colon looks like a filter.
      if (key !== undefined && key.length > 1) {
        problems.push({
          part: part.text,
          why: `there is no filter ${key}: (there is ${KEYS.join(", ")}); taken as a word`,
        });
      }
      const word = key === undefined ? part.value : part.text.slice(part.isNot ? 1 : 0);
      if (foldForSearch(word) !== "") words.push({ text: word, isNot: part.isNot });
      continue;
    }
    const filter = filterOf(key, part.value, part.isNot, readPeriod);
    if (typeof filter === "string") problems.push({ part: part.text, why: filter });
    else filters.push(filter);
  }
  return { query: { words, filters }, problems };
}

/** True when a text has a filter in it, so that it is no plain question. */
export function hasFilter(text: string): boolean {
  return partsOf(text.slice(0, QUERY_CHARACTERS)).some(({ key }) => KEYS.includes(key?.toLowerCase() as Key));
}

interface Part {
  readonly text: string;
  readonly isNot: boolean;
  readonly key: string | undefined;
  readonly value: string;
  readonly isClosed: boolean;
}

function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    PART.lastIndex = at;
    const [part, minus, key, quoted, end, plain] = PART.exec(text)!;
    at += Math.max(1, part.length);
    const isQuoted = quoted !== undefined;
    // A minus alone is a word; so is `a-b`, which does not begin with one.
    const value = isQuoted ? quoted : plain ?? "";
    if (minus === "-" && key === undefined && value === "") {
      parts.push({ text: part, isNot: false, key: undefined, value: "-", isClosed: true });
      continue;
    }
    parts.push({ text: part, isNot: minus === "-", key, value, isClosed: !isQuoted || end === '"' });
  }
  return parts;
}

/** The filter, or why there is none. */
function filterOf(key: Key, value: string, isNot: boolean, readPeriod: ReadPeriod): Filter | string {
  switch (key) {
    case "kind": {
      const kinds = namesIn(value).map((name) => name.toLowerCase());
      const wrong = kinds.find((kind) => !ASKED_KINDS.includes(kind as AskedKind));
      if (wrong !== undefined) return `"${wrong}" is no kind: there is ${ASKED_KINDS.join(", ")}`;
      return kinds.length === 0 ? "no kind is named" : { key, isNot, kinds: kinds as AskedKind[] };
    }
    case "ext":
    case "device":
    case "folder":
    case "tag": {
      const names = namesIn(value).map((name) =>
        key === "ext" ? name.replace(/^\./, "").toLowerCase() : name
      );
      return names.length === 0 || names.includes("") ? "nothing is named" : { key, isNot, names };
    }
    case "size":
      return rangeFilter(
        key,
        isNot,
        boundsOf(value, sizeOf),
        "a size is a number with a unit, as in >1GB, <10MB or 1MB..2MB",
      );
    case "copies":
    case "devices":
      return rangeFilter(key, isNot, boundsOf(value, countOf), `${key} are counted, as in 1, <2 or 2..3`);
    case "date":
      return rangeFilter(
        key,
        isNot,
        boundsOf(value, readPeriod),
        'a date is such as 2024, 2024-05-03, >2023, 2022..2024 or "last week"',
      );
    case "dup": {
      const said = value.toLowerCase();
      if (said !== "yes" && said !== "no") return "it is dup:yes or dup:no";
      return { key, isNot: isNot !== (said === "no") };
    }
  }
}

function namesIn(value: string): string[] {
  return value.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

function rangeFilter(
  key: "size" | "date" | "copies" | "devices",
  isNot: boolean,
  range: Range | null,
  why: string,
): Filter | string {
  return range === null ? why : { key, isNot, range };
}

/** Bounds over values that are themselves stretches: a size is one byte long, a year is a year. */
function boundsOf(text: string, read: (text: string) => Range | null): Range | null {
  const [, sign, rest] = /^\s*(>=|<=|>|<|=)?\s*([^]*?)\s*$/.exec(text)!;
  if (rest === "") return null;
  const dots = sign === undefined ? rest!.indexOf("..") : -1;
  if (dots >= 0) {
    const [from, to] = [read(rest!.slice(0, dots).trim()), read(rest!.slice(dots + 2).trim())];
    return from === null || to === null || to.max <= from.min ? null : { min: from.min, max: to.max };
  }
  const value = read(rest!);
  if (value === null) return null;
  switch (sign) {
    case ">":
      return { min: value.max, max: Infinity };
    case ">=":
      return { min: value.min, max: Infinity };
    case "<":
      return { min: -Infinity, max: value.min };
    case "<=":
      return { min: -Infinity, max: value.max };
    default:
      return value;
  }
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
const BINARY: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `1GB`, `1.5 MiB`, `100k`, `7`: decimal units as `cairn` prints them, binary ones with an i. */
export function sizeOf(text: string): Range | null {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i.exec(text);
  if (match === null || (match[3] !== "" && match[2] === "")) return null;
  const bytes = Number(match[1]) * (match[3] === "" ? UNITS : BINARY)[match[2]!.toLowerCase()]!;
  return Number.isFinite(bytes) ? { min: Math.round(bytes), max: Math.round(bytes) + 1 } : null;
}

function countOf(text: string): Range | null {
  return /^\d{1,6}$/.test(text) ? { min: Number(text), max: Number(text) + 1 } : null;
}

// -------------------------------------------------------------------------------- printing

/** The query as it can be typed again. Times are to the day where they are whole days. */
export function formatQuery({ words, filters }: Query): string {
  return [
    ...words.map(({ text, isNot }) => `${isNot ? "-" : ""}${quotedWord(text)}`),
    ...filters.map(formatFilter),
  ].join(" ");
}

function formatFilter(filter: Filter): string {
  const minus = filter.isNot ? "-" : "";
  switch (filter.key) {
    case "kind":
      return `${minus}kind:${filter.kinds.join(",")}`;
    case "dup":
      return `dup:${filter.isNot ? "no" : "yes"}`;
    case "size":
    case "copies":
    case "devices":
      return `${minus}${filter.key}:${formatRange(filter.range, (value) => String(value), 1)}`;
    case "date":
      return `${minus}date:${quotedValue(formatDates(filter.range))}`;
    default:
      return `${minus}${filter.key}:${quotedValue(filter.names.join(","))}`;
  }
}

function formatRange({ min, max }: Range, print: (value: number) => string, step: number): string {
  if (min === -Infinity) return `<${print(max)}`;
  if (max === Infinity) return `>=${print(min)}`;
  return max - min === step ? print(min) : `${print(min)}..${print(max - step)}`;
}

/** Ends are told by the last day or moment that is within. */
function formatDates({ min, max }: Range): string {
  if (min === -Infinity) return `<${moment(max)}`;
  if (max === Infinity) return `>=${moment(min)}`;
  const last = isMidnight(max) ? day(new Date(max - 1)) : moment(max - 1000);
  const first = moment(min);
  const [year, month] = [first.slice(0, 4), first.slice(0, 7)];
  if (first === `${year}-01-01` && last === `${year}-12-31`) return year;
  if (first === `${month}-01` && isMonthEnd(max) && last.startsWith(month)) return month;
  return first === last ? first : `${first}..${last}`;
}

function moment(ms: number): string {
  const at = new Date(ms);
  return isMidnight(ms)
    ? day(at)
    : `${day(at)}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function day(at: Date): string {
  return `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function isMidnight(ms: number): boolean {
  const at = new Date(ms);
  return at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0 && at.getMilliseconds() === 0;
}

function isMonthEnd(ms: number): boolean {
  return isMidnight(ms) && new Date(ms).getDate() === 1;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Quoted where it would be read as something else. */
function quotedWord(text: string): string {
  return /^-|^[A-Za-z]+:|\s|^$/.test(text) ? `"${text}"` : text;
}

function quotedValue(text: string): string {
  return /\s/.test(text) ? `"${text}"` : text;
}
