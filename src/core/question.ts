/**
 * Plain questions: "videos over 1 GB on the nas", "tax documents from last year". A small grammar that knows its own bounds: what it
 * reads becomes filters of `core/query.ts`, what it does not stays a word, and how it was understood is told. Pure.
 *
 *   sizes    over 1 GB, under 10 MB, between 1 and 2 GB           copies   with only one copy, with fewer than 2 copies, duplicates
 *   dates    from last year, since March, before 2020, yesterday  devices  on the nas, only on the laptop, not on the phone
 *   not      -draft, -"first draft"
 *   kinds    photos, videos, documents, PDFs, zip files           places   in Documents, in the Photos folder, tagged work
 */
import {
  ASKED_KINDS,
  type AskedKind,
  type Filter,
  type ParsedQuery,
  type Problem,
  type Range,
  sizeOf,
  type Word,
} from "./query.ts";
import { extensionsOfKind, FILE_KINDS } from "./file_kinds.ts";
import { QUERY_CHARACTERS, QUERY_PARTS } from "./limits.ts";
import { findPeriods, type FoundPeriod } from "./periods.ts";

/** Names that a question may use. */
export interface KnownNames {
  readonly devices: readonly string[];
  readonly folders: readonly string[];
}

const KIND_WORDS: Readonly<Record<AskedKind, string>> = {
  image: "photos?|pictures?|images?|pics?|photographs?|screenshots?",
  video: "videos?|movies?|films?|clips?",
  audio: "audio|music|songs?|tracks?|recordings?",
  document: "documents?|docs?|papers?|spreadsheets?|presentations?|ebooks?",
  code: "code|source code|sources?|scripts?",
  archive: "archives?|zips?",
  folder: "folders?|directory|directories",
  file: "files?",
};
const SIZE = "\\d+(?:\\.\\d+)?\\s*(?:[kmgt]i?b?|bytes?|kilobytes?|megabytes?|gigabytes?|terabytes?)";
const MORE = "(?:over|above|(?:larger|bigger|greater|more) than|at least)";
const LESS = "(?:under|below|(?:smaller|less) than|at most|up to)";
const NUMBER = "one|two|three|four|five|\\d{1,4}";
/** What a stretch of time stands behind where it says when something was written. */
const WHEN =
  /(?:^|[\s\0])(since|before|after|until|till|from|in|during|of|on|at|between|and|to)\s+(?:the\s+)?(?:year\s+)?$/i;
const CHANGED = "changed|modified|edited|written|created|added|updated|taken|shot|made|saved|new";
const FILLERS = new Set(
  ("a all an and any are at been by called do does did exist exists find for from get give had has have i in is it its kept list me my " +
    "named of on only or our please search show stored that the there these they this those to was were what when where which with")
    .split(" "),
);
const ONE_DEVICE: Filter = { key: "devices", isNot: false, range: { min: 1, max: 2 } };
/** Stands where something was read, so that words before and behind do not meet. */
const READ = "\0";
const BEGIN = "(?<![\\p{L}\\p{N}])";
const END = "(?![\\p{L}\\p{N}])";

/** Reads a question that has no filter in it. Never fails: in the worst case all of it is words. */
export function readQuestion(text: string, nowMs: number, known: KnownNames): ParsedQuery {
  const reader = new Reader(text.slice(0, QUERY_CHARACTERS).normalize("NFC"));
  reader.negations();
  reader.quotes();
  // One word alone is a word, whatever else it could mean.
  if (reader.isOneWord()) return reader.asWords(text);
  reader.sizes();
  reader.copies();
  reader.places(known);
  reader.tags();
  reader.dates(nowMs);
  reader.kinds();
  return reader.answer(text);
}

class Reader {
  #rest: string;
  readonly #words: Word[] = [];
  readonly #filters: Filter[] = [];
  readonly #problems: Problem[] = [];

  constructor(text: string) {
    this.#rest = text;
  }

  isOneWord(): boolean {
    return this.#words.length === 0 && wordsIn(this.#rest).length <= 1;
  }

  /** Takes what the pattern finds out of the text, unless `read` answers false. */
  #take(pattern: string, read: (match: RegExpExecArray) => boolean | void): void {
    const everywhere = new RegExp(`${BEGIN}${pattern}${END}`, "giu");
    for (let match = everywhere.exec(this.#rest); match !== null; match = everywhere.exec(this.#rest)) {
      if (read(match) === false) continue;
      this.#blank(match.index, match[0].length);
    }
  }

  #blank(at: number, length: number): void {
    this.#rest = this.#rest.slice(0, at) + READ.repeat(length) + this.#rest.slice(at + length);
  }

  /** `-word` and `-"two words"`: what must not be there. */
  negations(): void {
    for (const match of this.#rest.matchAll(/(?<!\S)-(?:"([^"]+)"|([^\s"-]\S*))/g)) {
      this.#words.push({ text: match[1] ?? match[2]!, isNot: true });
      this.#blank(match.index, match[0].length);
    }
  }

  quotes(): void {
    for (const match of this.#rest.matchAll(/"([^"]+)"/g)) {
      this.#words.push({ text: match[1]!, isNot: false });
      this.#blank(match.index, match[0].length);
    }
  }

  sizes(): void {
    const range = (from: string | undefined, to: string | undefined): void => {
      const [min, max] = [
        from === undefined ? undefined : bytesOf(from),
        to === undefined ? undefined : bytesOf(to),
      ];
      this.#filters.push({
        key: "size",
        isNot: false,
        range: { min: min ?? -Infinity, max: max ?? Infinity },
      });
    };
    this.#take(`between (\\d+(?:\\.\\d+)?)\\s*([kmgt]i?b)? and (${SIZE})`, (match) => {
      const unit = match[2] ?? /[a-z]+$/i.exec(match[3]!)![0];
      range(`${match[1]}${unit}`, match[3]);
    });
    this.#take(`${MORE} (${SIZE})`, (match) => range(match[1], undefined));
    this.#take(`${LESS} (${SIZE})`, (match) => range(undefined, match[1]));
  }

  copies(): void {
    const range = (min: number, max: number): void => {
      this.#filters.push({ key: "copies", isNot: false, range: { min, max } });
    };
    const one = "(?:only|just)";
    this.#take(`(?:with|in) ${one} (?:one|a single|1) cop(?:y|ies)`, () => range(1, 2));
    this.#take(`(?:with|in) (?:${one} )?(?:a single|1|one) copy`, () => range(1, 2));
    this.#take(`on ${one} (?:one|a single|1) device`, () => void this.#filters.push(ONE_DEVICE));
    this.#take(`(?:with|in) (?:fewer|less) than (${NUMBER}) copies`, (m) => range(-Infinity, countOf(m[1]!)));
    this.#take(`(?:with|in) (?:more than) (${NUMBER}) copies`, (m) => range(countOf(m[1]!) + 1, Infinity));
    this.#take(`(?:with|in) (?:at least) (${NUMBER}) copies`, (m) => range(countOf(m[1]!), Infinity));
    this.#take(`(?:with|in) (${NUMBER}) copies`, (m) => range(countOf(m[1]!), countOf(m[1]!) + 1));
    this.#take("duplicated?|duplicates(?: of)?", () => void this.#filters.push({ key: "dup", isNot: false }));
  }

  places({ devices, folders }: KnownNames): void {
    const the = "(?:the |my |our )?";
    if (devices.length > 0) {
      const device = `(${anyOf(devices)})`;
      const named = (name: string) => devices.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name;
      const put = (name: string, isNot = false) =>
        void this.#filters.push({ key: "device", isNot, names: [named(name)] });
      this.#take(`(?:only|just) on ${the}${device}`, (m) => {
        put(m[1]!);
        this.#filters.push(ONE_DEVICE);
      });
      this.#take(`not on ${the}${device}`, (m) => put(m[1]!, true));
      this.#take(`(?:on|from|at) ${the}${device}`, (m) => put(m[1]!));
    }
    if (folders.length > 0) {
      const folder = `(${anyOf(folders)})`;
      const put = (name: string, isNot = false) => {
        const known = folders.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name;
        this.#filters.push({ key: "folder", isNot, names: [known] });
      };
      this.#take(`not in ${the}(?:folder )?${folder}(?: folder)?`, (m) => put(m[1]!, true));
      this.#take(`(?:in|from|of) ${the}(?:folder )?${folder}(?: folder)?`, (m) => put(m[1]!));
    }
  }

  tags(): void {
    this.#take("(?:tagged(?: with| as)?|with (?:the )?tag) ([\\p{L}\\p{N}_/-]+)", (match) => {
      this.#filters.push({ key: "tag", isNot: false, names: [match[1]!] });
    });
  }

  dates(nowMs: number): void {
    const found = findPeriods(this.#rest, nowMs, (before) => WHEN.test(before));
    for (let i = 0; i < found.length; i++) {
      const period = found[i]!;
      const said = this.#rest.slice(0, period.at);
      const when = WHEN.exec(said);
      const next = found[i + 1];
      const between = next === undefined ? "" : this.#rest.slice(period.at + period.text.length, next.at);
      const isPair = next !== undefined && /^\s+(?:and|to|until|till)\s+(?:the\s+)?$/i.test(between) &&
        /^(?:between|from)$/i.test(when?.[1] ?? "");
      const last = isPair ? next : period;
      const range = isPair ? { min: period.range.min, max: next.range.max } : rangeOf(when?.[1], period);
      const from = when === null ? period.at : when.index;
      this.#filters.push({ key: "date", isNot: false, range });
      this.#blank(from, last.at + last.text.length - from);
      if (isPair) i++;
    }
    // They say what the date is of, or ask for the latest.
    this.#take(`what(?:'s| is| has| was| were| have)?(?: been)? (?:${CHANGED})`, () => {});
    if (found.length > 0) this.#take(`(?:${CHANGED})`, () => {});
  }

  kinds(): void {
    const kinds = new Set<AskedKind>();
    const extensions = new Set<string>();
    const known = FILE_KINDS.flatMap(extensionsOfKind).sort((a, b) => b.length - a.length);
    this.#take(`(${known.join("|")})(?: files?|s)`, (match) => void extensions.add(match[1]!.toLowerCase()));
    for (const kind of ASKED_KINDS) {
      this.#take(`(?:${KIND_WORDS[kind]})`, (match) => {
        // "files" says nothing beside another kind, and "the file server" is no file.
        if (kind === "file" && (kinds.size > 0 || extensions.size > 0)) return true;
        if (kind === "file" && !/s$/i.test(match[0])) return false;
        kinds.add(kind);
        return true;
      });
    }
    if (extensions.size > 0) this.#filters.push({ key: "ext", isNot: false, names: [...extensions] });
    if (kinds.size > 0) this.#filters.push({ key: "kind", isNot: false, kinds: [...kinds] });
  }

  answer(text: string): ParsedQuery {
    const place = new RegExp(`${BEGIN}on (?:the |my )?([\\p{L}\\p{N}_-]+)\\s*$`, "iu").exec(
      this.#rest.replaceAll(READ, " "),
    );
    if (place !== null) {
      this.#problems.push({
        part: place[0].trim(),
        why: `no device is called "${place[1]}"; taken as a word`,
      });
    }
    const left = wordsIn(this.#rest).filter((word) => !FILLERS.has(word.toLowerCase()));
    if (left.length + this.#words.length + this.#filters.length === 0) return this.asWords(text);
    for (const word of left) this.#words.push({ text: word, isNot: false });
    const words = this.#words.slice(0, QUERY_PARTS);
    const filters = this.#filters.slice(0, QUERY_PARTS);
    return { query: { words, filters }, problems: this.#problems };
  }

  asWords(text: string): ParsedQuery {
    const words = this.#words.length > 0
      ? this.#words
      : wordsIn(text).map((word) => ({ text: word, isNot: false }));
    return { query: { words: words.slice(0, QUERY_PARTS), filters: [] }, problems: [] };
  }
}

/** Words without the marks of a sentence around them. */
function wordsIn(text: string): string[] {
  return text.split(/[\s\0]+/).map((word) => word.replace(/^[¿¡(,;]+|[?!.,;:)]+$/g, "")).filter((word) =>
    word !== ""
  );
}

function rangeOf(when: string | undefined, { range }: FoundPeriod): Range {
  switch (when?.toLowerCase()) {
    case "since":
      return { min: range.min, max: Infinity };
    case "before":
      return { min: -Infinity, max: range.min };
    case "after":
      return { min: range.max, max: Infinity };
    case "until":
    case "till":
      return { min: -Infinity, max: range.max };
    default:
      return range;
  }
}

/** The longest first, so that "nas 2" is not taken for "nas". */
function anyOf(names: readonly string[]): string {
  return [...names].sort((a, b) => b.length - a.length).map((name) => RegExp.escape(name)).join("|");
}

const COUNTS = ["zero", "one", "two", "three", "four", "five"];

function countOf(text: string): number {
  const word = COUNTS.indexOf(text.toLowerCase());
  return word < 0 ? Number(text) : word;
}

function bytesOf(text: string): number | undefined {
  const short = text.replace(/\s+/g, "").replace(/bytes?$/i, "").replace(
    /(kilo|mega|giga|tera)$/i,
    (word) => word[0]!,
  );
  return sizeOf(short)?.min;
}
