/**
 * Which states a query looks at, the likeliest first: by the index of names where there are words, else by tag, by size, or by kind and
 * day. Each is cheap to begin and to end at any time.
 */
import type { Conditions } from "../catalogue/hits.ts";
import type { Dated } from "../catalogue/names.ts";
import { dayOf, LARGE_BYTES, matchOf, matchWithEnding } from "../catalogue/names.ts";
import { FILE_KINDS, type FileKind, fileKindOf } from "../core/file_kinds.ts";
import {
  FIND_CATCH_UP,
  FIND_EXAMINED,
  FIND_READ,
  FIND_TAIL,
  INDEX_NAMES,
  QUESTION_ROWS,
} from "../core/limits.ts";
import { orPass } from "../core/passing.ts";
import type { Query, Range } from "../core/query.ts";
import { foldForSearch } from "../core/search_text.ts";
import type { Resolved, Tagged, TagSource } from "./find_filters.ts";
import type { Work } from "./questions.ts";
import type { Asking } from "./resolve.ts";

/** Hits that one look into an index takes out of it, a millisecond or some. The first look takes fewer: mostly they are enough. */
export const LOOK_HITS = 5_000;
const FIRST_LOOK_HITS = 1_500;
/** Of these, so many are sifted in one step, each in two microseconds. */
export const SIFTED = 500;
/** What is taken of a kind at first. */
const FIRST_FEW = 64;
/** Endings by which a look is narrowed; many take longer than what they save. */
const FEW_ENDINGS = 3;

/** Candidates come a few at a time, an empty few now and then; "better": what came is better than what comes. "cut" where a bound ended them. */
export type Candidates = Generator<readonly number[] | "better", "cut" | void>;

/** Whether there is a word that the index of names may have: short ones are in no index. */
export function isInIndex(query: Query): boolean {
  return matchOf(needlesOf(query)) !== null;
}

/** How many candidates may be looked at: each name has to be read for words that are in no index. */
export function mostExamined(query: Query): number {
  return needlesOf(query).length > 0 && !isInIndex(query) ? FIND_READ : FIND_EXAMINED;
}

function needlesOf({ words }: Query): string[] {
  return words.filter(({ isNot }) => !isNot).map(({ text }) => foldForSearch(text));
}

/** What the candidates are in the order of. */
export type Order = "name" | "time" | "size";

export function orderOf(query: Query, filters: readonly Resolved[]): Order {
  if (query.words.some(({ isNot }) => !isNot)) return "name";
  return filters.some((filter) => filter.key === "tag" && !filter.isNot)
    ? "name"
    : largerThan(filters) === null
    ? "time"
    : "size";
}

/** Takes into the indexes what a question may wait for. What is left is looked through, as far as FIND_TAIL goes. */
export function* catchUp({ catalogue: { views: { names } } }: Asking): Work<void> {
  for (const index of [names.directories, names]) {
    for (let taken = 0; taken < FIND_CATCH_UP && index.behind > FIND_TAIL; taken += INDEX_NAMES) {
      // A full disk takes nothing in, and answers all the same.
      if (!orPass(() => index.takeSome(INDEX_NAMES))) return;
      yield;
    }
  }
}

/** How many names and directories will not be looked at. */
export function behindOf({ catalogue: { views: { names } } }: Asking): number {
  return [names.directories, names].reduce((sum, { behind }) => sum + Math.max(0, behind - FIND_TAIL), 0);
}

export function* candidatesOf(
  asking: Asking,
  query: Query,
  filters: readonly Resolved[],
  tags: TagSource | null,
): Candidates {
  const needles = needlesOf(query);
  const match = matchOf(needles);
  yield* tailOf(asking);
  if (match !== null) {
    const rarest = asking.catalogue.views.names.rarestOf(needles);
    const isAll = rarest !== null && (yield* byRarest(asking, narrowed(rarest, filters)));
    if (!isAll) yield* byName(asking, narrowed(match, filters));
    return yield "better";
  }
  const tag = filters.find((filter) => filter.key === "tag" && !filter.isNot);
  if (tag?.key === "tag" && tags !== null) return yield* byTag(asking, tag.names, tags);
  const bytes = needles.length > 0 ? null : largerThan(filters);
  if (bytes !== null) return yield* bySize(asking, bytes);
  yield* byTime(asking, kindsOf(filters), datesOf(filters));
}

/** What is not in the index yet, as much as is looked through. */
export function* tailOf({ catalogue: { views: { names } } }: Asking): Candidates {
  let looked = 0;
  for (let after: number | null = names.upto; after !== null && looked < FIND_TAIL;) {
    const { states, last }: { states: number[]; last: number | null } = names.notYetIn(after, QUESTION_ROWS);
    looked += QUESTION_ROWS;
    yield states;
    after = last;
  }
}

/**
 * All names with the rarest trigrams, where they are few; true where they were. With the others passed by they are what `byName` finds, and in
 * one step as there: what fits, and when there is enough of it, is the same.
 */
function* byRarest(
  { catalogue: { views: { names } } }: Asking,
  match: string,
): Generator<readonly number[] | "better", boolean> {
  const found = names.matching(match, names.upto + 1, SIFTED + 1);
  yield [];
  if (found.length > SIFTED) return false;
  yield* someAtATime(found);
  return true;
}

export function* byName({ catalogue: { views: { names } } }: Asking, match: string): Candidates {
  for (let [below, hits] = [names.upto + 1, FIRST_LOOK_HITS];; hits = LOOK_HITS) {
    const found = names.matching(match, below, hits);
    yield [];
    yield* someAtATime(found);
    if (found.length < hits) return;
    below = found.at(-1)!;
  }
}

export function* someAtATime(states: readonly number[]): Candidates {
  for (let at = 0; at < states.length; at += SIFTED) yield states.slice(at, at + SIFTED);
}

function* byTag({ catalogue }: Asking, wanted: readonly string[], tags: TagSource): Candidates {
  for (const tag of wanted) {
    let tagged: readonly Tagged[] = [];
    const work = tags.all(tag);
    for (;;) {
      const { done, value } = work.next();
      if (done) {
        tagged = value;
        break;
      }
      yield [];
    }
    for (const one of tagged) {
      if ("content" in one) {
        for (let after = 0;;) {
          const places = catalogue.views.copies.places(one.content, after, QUESTION_ROWS);
          yield places.map(({ state }) => state);
          if (places.length < QUESTION_ROWS) break;
          after = places.at(-1)!.state;
        }
      } else {
        const folder = catalogue.ids.findFolder(one.folder);
        if (folder !== null) yield catalogue.rows.at(folder, one.path).map(({ state }) => state);
      }
    }
  }
}

function* bySize({ catalogue: { views: { names } } }: Asking, minBytes: number): Candidates {
  for (let before = { size: Number.MAX_SAFE_INTEGER, state: 0 };;) {
    const some = names.large(minBytes, before.size, before.state, QUESTION_ROWS);
    yield some.map(({ state }) => state);
    if (some.length < QUESTION_ROWS) return;
    before = some.at(-1)!;
  }
}

/** The latest first, over several kinds: of each the next few are at hand. The first are soon there, for whoever wants no more. */
function* byTime(
  { catalogue: { views: { names } } }: Asking,
  kinds: readonly FileKind[],
  { min, max }: Range,
): Candidates {
  const fromDay = min === -Infinity ? Number.MIN_SAFE_INTEGER : dayOf(min);
  const before: Dated = { day: max === Infinity ? Number.MAX_SAFE_INTEGER : dayOf(max - 1) + 1, state: 0 };
  const ahead = kinds.map((kind) => ({
    kind,
    at: 0,
    few: FIRST_FEW,
    some: names.ofKind(kind, fromDay, before, FIRST_FEW),
  }));
  for (let wanted = FIRST_FEW;; wanted = Math.min(2 * wanted, SIFTED)) {
    const states: number[] = [];
    while (states.length < wanted) {
      let next: typeof ahead[number] | null = null;
      for (const one of ahead) {
        const dated = one.some[one.at];
        if (dated !== undefined && (next === null || isLater(dated, next.some[next.at]!))) next = one;
      }
      if (next === null) break;
      states.push(next.some[next.at++]!.state);
      if (next.at < next.few || next.some.length < next.few) continue;
      const few = Math.min(2 * next.few, SIFTED);
      Object.assign(next, { at: 0, few, some: names.ofKind(next.kind, fromDay, next.some.at(-1)!, few) });
    }
    if (states.length === 0) return;
    yield states;
  }
}

function isLater(a: Dated, b: Dated): boolean {
  return a.day !== b.day ? a.day > b.day : a.state > b.state;
}

/** With the endings that the filters ask for, where these are few, so that not every name with the words is looked at. */
function narrowed(match: string, filters: readonly Resolved[]): string {
  let narrow = match;
  for (const filter of filters) {
    if (filter.key !== "ext" || filter.isNot || filter.names.length > FEW_ENDINGS) continue;
    narrow = matchWithEnding(narrow, filter.names);
  }
  return narrow;
}

/** What can be told of a state without reading it: most candidates go no further. */
export function conditionsOf(query: Query, filters: readonly Resolved[]): Conditions {
  const needles = needlesOf(query);
  const named = (key: "device" | "folder") => {
    const found = filters.find((filter) => filter.key === key && !filter.isNot);
    return found?.key === key ? [...found.numbers] : undefined;
  };
  const [devices, folders] = [named("device"), named("folder")];
  const kinds = kindsOf(filters);
  const part = matchOf(needles) === null ? needles.find((needle) => /^[ -~]+$/.test(needle)) : undefined;
  const size = filters.find((filter) => filter.key === "size" && !filter.isNot);
  const { min, max } = datesOf(filters);
  return {
    ...size?.key === "size" ? { size: [size.range.min, size.range.max] } : {},
    ...min === -Infinity && max === Infinity ? {} : { mtimeMs: [min, max] },
    ...kinds.includes("folder") ? kinds.length === 1 ? { isFolder: true } : {} : { isFolder: false },
    ...devices === undefined ? {} : { devices },
    ...folders === undefined ? {} : { folders },
    ...part === undefined ? {} : { part },
  };
}

function largerThan(filters: readonly Resolved[]): number | null {
  const least = filters.flatMap((filter) => filter.key === "size" && !filter.isNot ? [filter.range.min] : []);
  const most = Math.max(...least, -Infinity);
  return most >= LARGE_BYTES ? most : null;
}

function kindsOf(filters: readonly Resolved[]): readonly FileKind[] {
  let kinds: readonly FileKind[] = FILE_KINDS;
  for (const filter of filters) {
    if (filter.isNot) continue;
    if (filter.key === "kind") {
      const { kinds: asked } = filter;
      kinds = kinds.filter((kind) => asked.some((one) => one === "file" ? kind !== "folder" : one === kind));
    }
    if (filter.key === "ext") {
      const of = new Set(filter.names.map((extension) => fileKindOf("file", `x.${extension}`)));
      // A symlink with the ending is one, too.
      kinds = kinds.filter((kind) => of.has(kind) || kind === "link");
    }
    if (filter.key === "size" || filter.key === "date") kinds = kinds.filter((kind) => kind !== "folder");
  }
  return kinds;
}

function datesOf(filters: readonly Resolved[]): Range {
  let [min, max] = [-Infinity, Infinity];
  for (const filter of filters) {
    if (filter.key !== "date" || filter.isNot) continue;
    min = Math.max(min, filter.range.min);
    max = Math.min(max, filter.range.max);
  }
  return { min, max };
}
