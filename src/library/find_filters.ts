/** Which hits a query lets through: its words against names, its filters against what is said of a path. */
import type { Sifted, StateHit } from "../catalogue/hits.ts";
import { type ContentId, type FolderId, fromHex, type RelPath } from "../core/ids.ts";
import { extensionOf, fileKindOf } from "../core/file_kinds.ts";
import { QUESTION_ROWS } from "../core/limits.ts";
import type { Filter, Problem, Query, Range } from "../core/query.ts";
import { fitOf, foldForSearch } from "../core/search_text.ts";
import { holdsFor, isOfSpread, type Spread, spreadOf, standingsFor } from "./find_standings.ts";
import { Scene } from "./guardian.ts";
import type { Work } from "./questions.ts";
import { type Asking, countingHolders, deviceCalled, folderCalled } from "./resolve.ts";

/** What carries tags: a content wherever it is, or one path. */
export type Tagged = { readonly content: ContentId } | { readonly folder: FolderId; readonly path: RelPath };

/** Tags as `find` asks for them. */
export interface TagSource {
  has(
    tag: string,
    of: { readonly content: ContentId | null; readonly folder: FolderId; readonly path: RelPath },
  ): boolean;
  /** All that carries a tag: where nothing else narrows a query. */
  all(tag: string): Work<readonly Tagged[]>;
}

/** Filters whose names were looked up. */
export type Resolved =
  | Exclude<Filter, { readonly key: "ext" | "device" | "folder" | "tag" }>
  | { readonly isNot: boolean; readonly key: "ext" | "tag"; readonly names: readonly string[] }
  | { readonly isNot: boolean; readonly key: "device" | "folder"; readonly numbers: ReadonlySet<number> };

/** Looks up devices and folders. A filter that names what is not there is told and left out. */
export function resolveFilters(
  asking: Asking,
  { filters }: Query,
  tags: TagSource | null,
  problems: Problem[],
): Resolved[] {
  return filters.flatMap((filter): Resolved[] => {
    if (filter.key === "tag" && tags === null) {
      problems.push({ part: `tag:${filter.names.join(",")}`, why: "nothing is tagged in this library" });
      return [];
    }
    if (filter.key !== "device" && filter.key !== "folder") return [filter as Resolved];
    const { key, isNot, names } = filter;
    try {
      const numbers = names.map((name) =>
        (key === "device" ? deviceCalled(asking, name) : folderCalled(asking, name)).number
      );
      return [{ key, isNot, numbers: new Set(numbers) }];
    } catch (error) {
      const { message, hint } = error as { message: string; hint?: string };
      problems.push({ part: `${key}:${names.join(",")}`, why: `${message}${hint ? ` (${hint})` : ""}` });
      return [];
    }
  });
}

type Named = Pick<Sifted, "name" | "within">;

/** What a word in a directory counts of what it would in the name. */
const ABOVE_WEIGHT = 2 / 3;
/** Paths of directories that one question keeps. */
const PATHS_KEPT = 2_000;

/** Checks hits for one question. */
export class Sieve {
  readonly #asking: Asking;
  readonly #tags: TagSource | null;
  readonly #filters: readonly Resolved[];
  readonly #wanted: readonly string[];
  readonly #unwanted: readonly string[];
  readonly #copies = new Map<ContentId, Spread>();
  readonly #paths = new Map<number, string>();
  #scene: Scene | null = null;

  constructor(asking: Asking, { words }: Query, filters: readonly Resolved[], tags: TagSource | null) {
    this.#asking = asking;
    this.#tags = tags;
    this.#filters = filters;
    this.#wanted = words.filter(({ isNot }) => !isNot).map(({ text }) => foldForSearch(text));
    this.#unwanted = words.filter(({ isNot }) => isNot).map(({ text }) => foldForSearch(text));
  }

  /** The words that have to be there, folded. */
  get wanted(): readonly string[] {
    return this.#wanted;
  }

  /** How well a name fits all words, 0 where one is missing. Without words every name fits a little. */
  fit(hit: Named): number {
    if (this.isUnwanted(hit)) return 0;
    return this.#wanted.length === 0 ? 1 : this.#fit(foldForSearch(hit.name), "");
  }

  /** The same of what is above together with the name. */
  fitAbove(hit: Named): number {
    return this.isUnwanted(hit) ? 0 : this.#fit(foldForSearch(hit.name), this.#pathOf(hit.within));
  }

  #fit(name: string, above: string): number {
    let [sum, isAllNamed] = [0, true];
    for (const word of this.#wanted) {
      const named = fitOf(name, word);
      const fit = named || ABOVE_WEIGHT * fitOf(above, word);
      if (fit === 0) return 0;
      sum += fit;
      isAllNamed &&= named > 0;
    }
    const stem = name.slice(0, name.lastIndexOf(".") <= 0 ? name.length : name.lastIndexOf("."));
    const isName = isAllNamed && (this.#wanted.includes(stem) || this.#wanted.includes(name));
    return sum / this.#wanted.length + (isName ? 1 : 0);
  }

  /** Whether each word that has to be there is in a name or above it. */
  hasAll(name: string, within: number): boolean {
    const above = this.#pathOf(within);
    const missing = this.#wanted.filter((word) => !above.includes(word));
    if (missing.length === 0) return true;
    const folded = foldForSearch(name);
    return missing.every((word) => folded.includes(word));
  }

  /** Whether a word that must not be there is in a name or above it. */
  isUnwanted({ name, within }: Named): boolean {
    if (this.#unwanted.length === 0) return false;
    const [folded, above] = [foldForSearch(name), this.#pathOf(within)];
    return this.#unwanted.some((word) => folded.includes(word) || above.includes(word));
  }

  /** The path of a directory in which something was just seen, folded. */
  #pathOf(directory: number): string {
    const known = this.#paths.get(directory);
    if (known !== undefined) return known;
    if (this.#paths.size >= PATHS_KEPT) this.#paths.clear();
    const path = foldForSearch(this.#asking.catalogue.ids.directoryOf(directory).path);
    this.#paths.set(directory, path);
    return path;
  }

  /** What is seen in the hit itself. */
  letsThrough(hit: Sifted): boolean {
    return this.#filters.every((filter) => this.#holds(filter, hit) !== filter.isNot);
  }

  #holds(filter: Resolved, hit: Sifted): boolean {
    switch (filter.key) {
      case "kind": {
        const kind = fileKindOf(hit.kind, hit.name);
        return filter.kinds.some((asked) => asked === "file" ? kind !== "folder" : asked === kind);
      }
      case "ext":
        return hit.kind !== "directory" && filter.names.includes(extensionOf(hit.name));
      case "size":
        return hit.kind === "file" && isWithin(hit.size, filter.range);
      case "date":
        return hit.kind !== "directory" && isWithin(hit.mtimeMs, filter.range);
      default:
        // Those that ask of other rows come later, for the few that are left.
        return !filter.isNot;
    }
  }

  /** What is asked of a path, and of its content. */
  *letsPathThrough(hit: StateHit, holding: () => ReadonlySet<number>): Work<boolean> {
    for (const filter of this.#filters) {
      if (filter.key === "folder") {
        if (filter.numbers.has(hit.folder) === filter.isNot) return false;
      } else if (filter.key === "tag") {
        const of = { ...hit, folder: this.#asking.catalogue.ids.folderOf(hit.folder) };
        if (filter.names.some((tag) => this.#tags!.has(tag, of)) === filter.isNot) return false;
      } else if (filter.key === "device") {
        const there = holding();
        if ([...filter.numbers].some((number) => there.has(number)) === filter.isNot) return false;
      } else if (isOfSpread(filter)) {
        // Of the empty file there is nothing to be lost, and nothing to gain.
        if (hit.content === null || hit.size === 0) return false;
        const spread = yield* this.#spreadOf(hit.content);
        if (holdsFor(filter, spread) === filter.isNot) return false;
      }
    }
    return true;
  }

  #theScene(): Scene {
    return this.#scene ??= new Scene(this.#asking, 0);
  }

  /** As what the contents of candidates may be counted, where that can be told. */
  counted(): { readonly counted?: readonly number[] } {
    const counted = standingsFor(this.#asking, this.#filters, () => this.#theScene());
    return counted === null ? {} : { counted };
  }

  *#spreadOf(content: ContentId): Work<Spread> {
    const known = this.#copies.get(content);
    if (known !== undefined) return known;
    const { rows, views, damaged } = this.#asking.catalogue;
    const stands = new Map<string, { folder: number; devices: [number]; paths: number }>();
    const paths = new Set<string>();
    for (let after = 0;;) {
      const some = views.copies.places(content, after, QUESTION_ROWS);
      for (const place of some) {
        const held = countingHolders(place, rows.ignored).filter((one) => one.held);
        for (const { device } of held) {
          const there = stands.get(`${place.folder}/${device}`) ??
            { folder: place.folder, devices: [device], paths: 0 };
          stands.set(`${place.folder}/${device}`, { ...there, paths: there.paths + 1 });
        }
        // More than two tell no more.
        if (held.length > 0 && paths.size < 2) paths.add(`${place.folder}/${place.path}`);
      }
      if (some.length < QUESTION_ROWS) break;
      after = some.at(-1)!.state;
      yield;
    }
    const spots = damaged.without(fromHex(content), [...stands.values()]);
    const spread = { ...spreadOf(this.#theScene(), spots, rows.ignored), paths: paths.size };
    this.#copies.set(content, spread);
    return spread;
  }
}

function isWithin(value: number, { min, max }: Range): boolean {
  return value >= min && value < max;
}
