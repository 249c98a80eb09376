/** Directories held open for a piece of work (R23), each opened once however many names in it are touched. */
import type { RelPath } from "../core/ids.ts";
import { isBelow, nameOf, parentOf } from "../core/path.ts";
import type { Fs, PinnedDir } from "../platform/ports.ts";

/** Handles held at once; a batch touches fewer directories than this at a time, as a rule. */
const MOST_PINS = 256;

export class Pins {
  readonly #fs: Fs;
  readonly #root: string;
  /** In the order in which they were last asked for: what was asked for just now is not closed for what comes next. */
  readonly #open = new Map<RelPath, PinnedDir>();

  constructor(fs: Fs, root: string) {
    this.#fs = fs;
    this.#root = root;
  }

  /** The directory, followed by no symlink below the root. Throws FsError "not-found" or "not-directory". */
  directory(directory: RelPath): PinnedDir {
    const pin = this.#open.get(directory) ?? this.#fs.pin(this.#root, directory);
    this.#open.delete(directory);
    this.#open.set(directory, pin);
    if (this.#open.size > MOST_PINS) this.#closeOldest();
    return pin;
  }

  /** A path for the calls of `Fs` that names `path` in its held parent. */
  at(path: RelPath): string {
    return this.directory(parentOf(path)).at(nameOf(path));
  }

  has(directory: RelPath): boolean {
    return this.#open.has(directory);
  }

  /** What is at the path is another directory now, or none. */
  forget(path: RelPath): void {
    for (const [directory, pin] of this.#open) {
      if (directory !== path && !isBelow(directory, path)) continue;
      pin.close();
      this.#open.delete(directory);
    }
  }

  #closeOldest(): void {
    const [directory, pin] = this.#open.entries().next().value!;
    pin.close();
    this.#open.delete(directory);
  }

  close(): void {
    for (const pin of this.#open.values()) pin.close();
    this.#open.clear();
  }
}
