/**
 * The directories that a round looks at. Those that were hinted come first, parents before what is in them, so that what has left any of
 * them is known before anything that has come is read: a file that moved is recorded beside the path that it left (R29).
 * None is listed whole twice, unless all below it turns out to be wanted as well.
 */
import type { RelPath } from "../core/ids.ts";
import { childOf } from "../core/path.ts";

/** A directory, and the names in it that are to be looked at; null for all. */
export type Stop = readonly [RelPath, ReadonlySet<string> | null];

export class Itinerary {
  readonly #hinted: Map<RelPath, ReadonlySet<string> | null>;
  readonly #found: Stop[] = [];
  readonly #whole = new Set<RelPath>();
  /** Of these all that is below them is listed too. */
  readonly #deep = new Set<RelPath>();
  /** Paths that were hinted in directories that are listed whole by now. */
  readonly #named = new Set<RelPath>();

  constructor(hinted: Iterable<Stop>) {
    this.#hinted = new Map([...hinted].sort(([a], [b]) => a.length - b.length));
  }

  /** The next of those that were hinted. */
  nextHinted(): Stop | null {
    for (const [directory, names] of this.#hinted) {
      this.#hinted.delete(directory);
      if (names === null) this.#whole.add(directory);
      return [directory, names];
    }
    return null;
  }

  /** The next of those that were found on the way. */
  nextFound(): Stop | null {
    return this.#found.pop() ?? null;
  }

  /** One is listed, or will be, with all that is below it. */
  deepen(directory: RelPath): void {
    this.#deep.add(directory);
  }

  isDeep(directory: RelPath): boolean {
    return this.#deep.has(directory);
  }

  /** One was found that is to be listed. */
  list(directory: RelPath, deep = false): void {
    const isMore = deep && !this.#deep.has(directory);
    if (isMore) this.#deep.add(directory);
    // Its own turn is still to come: it lists the names that were hinted in it, and all others.
    const names = this.#hinted.get(directory);
    if (names !== undefined) {
      for (const name of names ?? []) this.#named.add(childOf(directory, name));
      this.#hinted.set(directory, null);
    } else if (isMore || !this.#whole.has(directory)) {
      this.#whole.add(directory);
      this.#found.push([directory, null]);
    }
  }

  /** A name turned out to be worth a look. */
  look(directory: RelPath, name: string): void {
    this.#found.push([directory, new Set([name])]);
  }

  /** Whether a path was hinted itself, though its directory is listed whole. */
  isNamed(path: RelPath): boolean {
    return this.#named.has(path);
  }

  /** Whether a directory is, or will be, listed whole. */
  lists(directory: RelPath): boolean {
    return this.#whole.has(directory);
  }
}
