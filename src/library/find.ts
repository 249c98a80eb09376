/**
 * Finding files by what they are called, what is in them, and what is known of them, on all devices, also those that are off. Names and
 * texts are sources whose hits are united by path; who has the words in both is ranked above who has them in one.
 */
import type { Conditions, Sifted, StateHit } from "../catalogue/hits.ts";
import { formatAddress } from "../core/address.ts";
import { type FileKind, fileKindOf } from "../core/file_kinds.ts";
import type { ContentId } from "../core/ids.ts";
import {
  FIND_ENOUGH_EACH,
  FIND_ENOUGH_EXAMINED,
  FIND_RANKED,
  FIND_RANKED_EACH,
  FIND_RANKED_LEAST,
} from "../core/limits.ts";
import { isPassing } from "../core/passing.ts";
import type { Problem, Query, Word } from "../core/query.ts";
import { candidatesAbove } from "./find_above.ts";
import {
  behindOf,
  type Candidates,
  candidatesOf,
  catchUp,
  conditionsOf,
  isInIndex,
  mostExamined,
  type Order,
  orderOf,
} from "./find_candidates.ts";
import { resolveFilters, Sieve, type TagSource } from "./find_filters.ts";
import { foldersOf } from "./folders.ts";
import type { Work } from "./questions.ts";
import { type Asking, countingHolders, devicesOf } from "./resolve.ts";
import { type DeviceSeen, seen } from "./whereabouts.ts";

/** A content with all words in its text. */
export interface TextHit {
  readonly content: ContentId;
  /** 0 to 1, the best is 1. */
  readonly score: number;
  /** Some words around the first that was found: the text is unpacked for it, so only what is shown is asked for. */
  snippet(): string | null;
}

/** What is in texts: the best `limit` contents, and how many contents are not in its index yet. */
export interface TextSource {
  search(
    words: readonly Word[],
    limit: number,
  ): Work<{ readonly hits: readonly TextHit[]; readonly behind: number }>;
}

export interface FindSources {
  readonly tags: TagSource | null;
  readonly texts: TextSource | null;
}

export interface FoundPath {
  readonly address: string;
  readonly folder: string;
  readonly path: string;
  readonly kind: FileKind;
  readonly size: number;
  readonly mtimeMs: number;
  readonly content: ContentId | null;
  /** Devices that hold it, in whatever version. */
  readonly devices: readonly DeviceSeen[];
  /** What of its text was found; null where its name was. */
  readonly snippet: string | null;
}

export interface FoundFiles {
  /** One for each path, the best first. */
  readonly found: readonly FoundPath[];
  /** More than `found` has answer, or may; and there may be better ones: only the newest were ranked. */
  readonly isCut: boolean;
  /** So many names and texts are not in the indexes yet and were not looked at. */
  readonly behind: number;
  readonly problems: readonly Problem[];
}

/** What a text with all words counts beside names, of which one with all words as whole words counts 3. */
const TEXT_WEIGHT = 2.5;
/** Paths that are looked at in one step, and those that are told. */
const LOOKED = 50;
/** Texts that are looked at for each path that was asked for, where all fit: of one content there may be several. */
const TEXTS_EACH = 5;
/** Texts whose files are looked up in one step, and files that are of each. */
const TEXTS_LOOKED = 20;
const TEXT_PLACES = 50;
const TOLD = 20;

/** A state that fits, before its path was looked at. */
interface Fitting extends Sifted {
  /** How well its name fits, or that and what is above; 0 where its text alone does. */
  named: number;
  text: number;
  snippet: TextHit["snippet"] | null;
}

/** The `limit` best paths that answer a query. An index that shows to be damaged was begun anew: it is asked once more, as far as it goes. */
export function* findFiles(
  asking: Asking,
  query: Query,
  limit: number,
  sources: FindSources,
): Work<FoundFiles> {
  try {
    return yield* findOnce(asking, query, limit, sources);
  } catch (error) {
    if (!isPassing(error)) throw error;
    return yield* findOnce(asking, query, limit, sources);
  }
}

function* findOnce(
  asking: Asking,
  query: Query,
  limit: number,
  sources: FindSources,
): Work<FoundFiles> {
  const problems: Problem[] = [];
  const filters = resolveFilters(asking, query, sources.tags, problems);
  yield* catchUp(asking);
  const order = orderOf(query, filters);
  const sieve = new Sieve(asking, query, filters, sources.tags);
  const finding = new Finding(asking, sieve, order, limit);
  let behind = behindOf(asking);
  const conditions = { ...conditionsOf(query, filters), ...sieve.counted() };
  const wanted = query.words.filter(({ isNot }) => !isNot);
  if (sources.texts !== null && wanted.length > 0) {
    // Where nothing is filtered out, those behind would not be told of.
    const most = filters.length === 0 ? TEXTS_EACH * limit : FIND_RANKED;
    const texts = yield* sources.texts.search(query.words, most);
    for (let at = 0; at < texts.hits.length; at += TEXTS_LOOKED) {
      finding.byText(texts.hits.slice(at, at + TEXTS_LOOKED));
      yield;
    }
    behind += texts.behind;
  }
  const most = mostExamined(query);
  const ranked = Math.min(FIND_RANKED, Math.max(FIND_RANKED_LEAST, FIND_RANKED_EACH * limit));
  const byName = candidatesOf(asking, query, filters, sources.tags);
  let isCut = yield* finding.gather(byName, most, ranked, conditions, (sifted) => sieve.fit(sifted));
  // What is above is asked for only where names do not fill the answer.
  if (!isCut && !finding.isFull && isInIndex(query)) {
    const above = candidatesAbove(asking, sieve.wanted, (name, within) => sieve.hasAll(name, within));
    isCut = yield* finding.gather(
      above,
      most,
      FIND_ENOUGH_EACH * limit,
      conditions,
      (sifted) => sieve.fitAbove(sifted),
    );
  }
  yield* finding.look();
  const { found, isMore } = yield* finding.answer();
  return { found, isCut: isCut || isMore, behind, problems };
}

class Finding {
  readonly #asking: Asking;
  readonly #sieve: Sieve;
  readonly #order: Order;
  readonly #limit: number;
  /** By state. */
  #fitting = new Map<number, Fitting>();
  /** How many of them fit by name. */
  #pending = 0;
  readonly #seen = new Set<string>();
  readonly #found: { readonly hit: StateHit; readonly snippet: TextHit["snippet"] | null }[] = [];

  constructor(asking: Asking, sieve: Sieve, order: Order, limit: number) {
    this.#asking = asking;
    this.#sieve = sieve;
    this.#order = order;
    this.#limit = limit;
  }

  /** More than were asked for were found. */
  get isFull(): boolean {
    return this.#found.length > this.#limit;
  }

  /** Whether what fits is enough to be ranked: the newest of all that may. */
  #isEnough(examined: number, ranked: number): boolean {
    // In the order of time or size what comes first is what is wanted.
    if (this.#order !== "name") return true;
    return this.#pending >= ranked ||
      examined >= FIND_ENOUGH_EXAMINED && this.#pending >= FIND_ENOUGH_EACH * this.#limit;
  }

  /** Takes those of the candidates that fit, and looks at their paths when there are enough. True where it ended before the candidates did. */
  *gather(
    candidates: Candidates,
    most: number,
    ranked: number,
    conditions: Conditions,
    fit: (sifted: Sifted) => number,
  ): Work<boolean> {
    if (conditions.counted?.length === 0) return false;
    let examined = 0;
    for (;;) {
      const { done, value } = candidates.next();
      if (done) return value === "cut";
      if (value === "better") {
        if (this.#pending > this.#limit) yield* this.look();
      } else {
        examined += value.length;
        this.#sift(value, conditions, fit);
        if (this.#isEnough(examined, ranked)) yield* this.look();
      }
      if (this.isFull || examined >= most) return true;
      yield;
    }
  }

  #sift(states: readonly number[], conditions: Conditions, fit: (sifted: Sifted) => number): void {
    for (const sifted of this.#asking.catalogue.views.hits.sift(states, conditions)) {
      const named = fit(sifted);
      if (named === 0 || !this.#sieve.letsThrough(sifted)) continue;
      const known = this.#fitting.get(sifted.state);
      if (known === undefined) this.#fitting.set(sifted.state, { ...sifted, named, text: 0, snippet: null });
      // Who has the words in its name as well counts for both.
      else if (known.named === 0) known.named = named;
      else continue;
      this.#pending++;
    }
  }

  /** Those that have all words in their texts. */
  byText(hits: readonly TextHit[]): void {
    const contents = hits.map(({ content }) => content);
    for (const { at, sifted } of this.#asking.catalogue.views.hits.withContents(contents, TEXT_PLACES)) {
      if (this.#sieve.isUnwanted(sifted) || !this.#sieve.letsThrough(sifted)) continue;
      const { score, snippet } = hits[at]!;
      this.#fitting.set(sifted.state, { ...sifted, named: 0, text: TEXT_WEIGHT * score, snippet });
    }
  }

  /** Looks at the paths of what fits, the best first, until there are enough. A path counts once, by the best of its states. */
  *look(): Work<void> {
    const some = [...this.#fitting.values()].sort(this.#compare);
    this.#fitting.clear();
    this.#pending = 0;
    for (let at = 0; at < some.length && !this.isFull; at += LOOKED) {
      const few = some.slice(at, at + LOOKED);
      const hits = this.#asking.catalogue.views.hits.of(few.map(({ state }) => state));
      const snippets = new Map(few.map(({ state, snippet }) => [state, snippet]));
      for (const hit of hits) yield* this.#add(hit, snippets.get(hit.state) ?? null);
      yield;
    }
  }

  readonly #compare = (a: Fitting, b: Fitting): number =>
    (this.#order === "name" ? scoreOf(b) - scoreOf(a) : this.#order === "size" ? b.size - a.size : 0) ||
    b.mtimeMs - a.mtimeMs || b.state - a.state;

  *#add(hit: StateHit, snippet: TextHit["snippet"] | null): Work<void> {
    const key = `${hit.folder}/${hit.path}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (!countingHolders(hit, this.#asking.catalogue.rows.ignored).some(({ held }) => held)) return;
    const isIn = yield* this.#sieve.letsPathThrough(hit, () => this.#holding(hit));
    if (isIn) this.#found.push({ hit, snippet });
  }

  /** Who holds anything at the path: other devices may have said something else of it. */
  #holding({ folder, directory, name }: StateHit): Set<number> {
    const { rows, views } = this.#asking.catalogue;
    const holding = new Set<number>();
    for (const line of views.listings.at(folder, directory, name)) {
      if (line.kind === "deleted") continue;
      for (const { device, held } of countingHolders(line, rows.ignored)) if (held) holding.add(device);
    }
    return holding;
  }

  /** In their order; one more than was asked for says that there are more. */
  *answer(): Work<{ found: FoundPath[]; isMore: boolean }> {
    const { catalogue } = this.#asking;
    const folders = new Map(foldersOf(catalogue).map(({ id, name }) => [catalogue.ids.findFolder(id), name]));
    const devices = devicesOf(this.#asking);
    const found: FoundPath[] = [];
    for (const { hit, snippet } of this.#found.slice(0, this.#limit)) {
      const holding = this.#holding(hit);
      const folder = folders.get(hit.folder) ?? "folder";
      found.push({
        address: formatAddress({ kind: "place", device: null, folder, path: hit.path }),
        folder,
        path: hit.path,
        kind: fileKindOf(hit.kind, hit.name),
        size: hit.size,
        mtimeMs: hit.mtimeMs,
        content: hit.content,
        devices: devices.filter(({ number }) => holding.has(number)).map(seen),
        snippet: snippet?.() ?? null,
      });
      if (found.length % TOLD === 0) yield;
    }
    return { found, isMore: this.isFull };
  }
}

function scoreOf({ named, text }: Fitting): number {
  return named + text;
}
