/**
 * Finding files by what they are called, what is in them, and what is known of them, on all devices, also those that are off. Names and
 * texts are sources whose hits are united by path; who has the words in both is ranked above who has them in one.
 */
import type { Conditions, Sifted, StateHit } from "../catalogue/hits.ts";
import { formatAddress } from "../core/address.ts";
import { type FileKind, fileKindOf } from "../core/file_kinds.ts";
import type { ContentId } from "../core/ids.ts";
import { FIND_RANKED, FIND_TAIL, QUESTION_ROWS } from "../core/limits.ts";
import { isPassing } from "../core/passing.ts";
import type { Problem, Query, Word } from "../core/query.ts";
import { candidatesOf, catchUp, conditionsOf, mostExamined, type Order, orderOf } from "./find_candidates.ts";
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
  /** More than `found` has answer, and there may be better ones: only the newest were ranked. */
  readonly isCut: boolean;
  /** So many names and texts are not in the indexes yet and were not looked at. */
  readonly behind: number;
  readonly problems: readonly Problem[];
}

/** What a text with all words counts beside names, of which one with all words as whole words counts 3. */
const TEXT_WEIGHT = 2.5;
/** Paths that are looked at in one step, and those that are told. */
const LOOKED = 50;
const TOLD = 20;

/** A state that fits, before its path was looked at. */
interface Fitting extends Sifted {
  score: number;
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
  const finding = new Finding(asking, new Sieve(asking, query, filters, sources.tags), order, limit);
  let behind = Math.max(0, asking.catalogue.views.names.behind - FIND_TAIL);
  const conditions = conditionsOf(query, filters);
  const most = mostExamined(query);
  let examined = 0;
  for (const states of candidatesOf(asking, query, filters, sources.tags)) {
    examined += states.length;
    finding.sift(states, conditions);
    // In the order of time or size what comes first is what is wanted; names are ranked first.
    if (order !== "name") yield* finding.look();
    if (finding.hasEnough || examined >= most) break;
    yield;
  }
  const isCut = finding.hasEnough || examined >= most;
  const wanted = query.words.filter(({ isNot }) => !isNot);
  if (sources.texts !== null && wanted.length > 0) {
    const texts = yield* sources.texts.search(query.words, FIND_RANKED);
    for (const hit of texts.hits) yield* finding.byText(hit);
    behind += texts.behind;
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
  readonly #seen = new Set<string>();
  readonly #found: { readonly hit: StateHit; readonly snippet: TextHit["snippet"] | null }[] = [];

  constructor(asking: Asking, sieve: Sieve, order: Order, limit: number) {
    this.#asking = asking;
    this.#sieve = sieve;
    this.#order = order;
    this.#limit = limit;
  }

  get hasEnough(): boolean {
    return this.#order === "name" ? this.#fitting.size >= FIND_RANKED : this.#found.length > this.#limit;
  }

  /** Takes those of some states whose names fit. */
  sift(states: readonly number[], conditions: Conditions): void {
    for (const sifted of this.#asking.catalogue.views.hits.sift(states, conditions)) {
      const score = this.#sieve.fit(sifted.name);
      if (score === 0 || !this.#sieve.letsThrough(sifted)) continue;
      this.#fitting.set(sifted.state, { ...sifted, score, snippet: null });
    }
  }

  /** Those that have all words in their texts. */
  *byText({ content, score, snippet }: TextHit): Work<void> {
    const { copies, hits } = this.#asking.catalogue.views;
    const states = copies.places(content, 0, QUESTION_ROWS).map(({ state }) => state);
    for (const sifted of hits.sift(states, {})) {
      if (this.#sieve.isUnwanted(sifted.name) || !this.#sieve.letsThrough(sifted)) continue;
      const weight = TEXT_WEIGHT * score;
      const known = this.#fitting.get(sifted.state);
      // Who has the words in its name as well counts for both.
      if (known === undefined) this.#fitting.set(sifted.state, { ...sifted, score: weight, snippet });
      else Object.assign(known, { score: known.score + weight, snippet });
    }
    yield;
  }

  /** Looks at the paths of what fits, the best first, until there are enough. A path counts once, by the best of its states. */
  *look(): Work<void> {
    const some = [...this.#fitting.values()].sort(this.#compare);
    this.#fitting.clear();
    for (let at = 0; at < some.length && this.#found.length <= this.#limit; at += LOOKED) {
      const few = some.slice(at, at + LOOKED);
      const hits = this.#asking.catalogue.views.hits.of(few.map(({ state }) => state));
      const snippets = new Map(few.map(({ state, snippet }) => [state, snippet]));
      for (const hit of hits) yield* this.#add(hit, snippets.get(hit.state) ?? null);
      yield;
    }
  }

  readonly #compare = (a: Fitting, b: Fitting): number =>
    (this.#order === "name" ? b.score - a.score : this.#order === "size" ? b.size - a.size : 0) ||
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
    return { found, isMore: this.#found.length > this.#limit };
  }
}
