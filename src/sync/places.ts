/**
 * Paths, each standing for itself and all below it: where a scan of everything could not look. What the last stop left there
 * (damage, R16; what was placed and not recorded, R19) is settled by a later scan.
 */
import type { RelPath } from "../core/ids.ts";
import { isBelow, parentOf, ROOT } from "../core/path.ts";

/** More than these are told less exactly, by the directories that they are in: each is asked about each path. */
const MOST_PLACES = 256;

export class Places {
  readonly paths: readonly RelPath[];

  constructor(paths: Iterable<RelPath>) {
    let places = new Set(paths);
    while (places.size > MOST_PLACES) places = new Set([...places].map(parentOf));
    this.paths = [...places];
  }

  get isEmpty(): boolean {
    return this.paths.length === 0;
  }

  isSame({ paths }: Places): boolean {
    return paths.length === this.paths.length && paths.every((path) => this.paths.includes(path));
  }

  has(path: RelPath): boolean {
    return this.paths.some((place) => path === place || isBelow(path, place));
  }

  /** What is in both. */
  within(others: Places): Places {
    return new Places([
      ...this.paths.filter((path) => others.has(path)),
      ...others.paths.filter((path) => this.has(path)),
    ]);
  }
}

export const NOWHERE = new Places([]);
export const EVERYWHERE = new Places([ROOT]);
