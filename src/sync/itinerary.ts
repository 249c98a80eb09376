/**
 * The directories that a round looks at. Those that were hinted come first, parents before what is in them, so that what has left any of
 * them is known before anything that has come is read: a file that moved is recorded beside the path that it left (R29).
 * None is listed whole twice.
 */
import type { RelPath } from "../core/ids.ts";

/** A directory, and the names in it that are to be looked at; null for all. */
export type Stop = readonly [RelPath, ReadonlySet<string> | null];

export class Itinerary {
  readonly #hinted: Map<RelPath, ReadonlySet<string> | null>;
  readonly #found: Stop[] = [];
  readonly #whole = new Set<RelPath>();

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

  /** One was found that is to be listed. */
  list(directory: RelPath): void {
    // Its own turn is still to come: it lists the names that were hinted in it, and all others.
    if (this.#hinted.has(directory)) this.#hinted.set(directory, null);
    else if (!this.#whole.has(directory)) {
      this.#whole.add(directory);
      this.#found.push([directory, null]);
    }
  }

  /** A name turned out to be worth a look. */
  look(directory: RelPath, name: string): void {
    this.#found.push([directory, new Set([name])]);
  }

  /** Whether a directory is, or will be, listed whole. */
  lists(directory: RelPath): boolean {
    return this.#whole.has(directory);
  }
}
