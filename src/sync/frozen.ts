/**
 * What cannot be looked at present: directories of which nothing can be concluded (R13), since a disk that was mounted there is not or
 * their listing failed, and files that cannot be read. No event tells when that is over, so they are looked at again and
 * again, ever less often.
 */
import type { RelPath } from "../core/ids.ts";
import type { FrozenBy } from "../folder/scan.ts";
import type { Clock } from "../platform/ports.ts";

/** The first look comes after this, and each next one after twice the time. */
const LOOK_MS = 2_000;
/** A disk that is mounted again is noticed within this. */
const MOST_LOOK_MS = 10_000;
/** Of what passes by itself, so many looks are part of the work; then it is a trouble like another. */
const PASSING_LOOKS = 10;
/** What stays until a person does something about it. */
const LASTING: readonly FrozenBy[] = ["mount", "permission", "unsupported", "name-too-long", "read-only"];

interface Waiting {
  looks: number;
  isPassing: boolean;
  /** Null while the look is under way. */
  cancel: (() => void) | null;
}

export class Frozen {
  readonly #clock: Clock;
  readonly #look: (path: RelPath) => void;
  readonly #waiting = new Map<RelPath, Waiting>();

  constructor(clock: Clock, look: (path: RelPath) => void) {
    this.#clock = clock;
    this.#look = look;
  }

  /** A look came to nothing. */
  add(path: RelPath, by: FrozenBy): void {
    const waiting = this.#waiting.get(path) ?? { looks: 0, isPassing: false, cancel: null };
    waiting.isPassing = !LASTING.includes(by);
    this.#waiting.set(path, waiting);
    if (waiting.cancel !== null) return;
    waiting.cancel = this.#clock.after(Math.min(LOOK_MS * 2 ** waiting.looks++, MOST_LOOK_MS), () => {
      waiting.cancel = null;
      waiting.isPassing = false;
      this.#look(path);
    });
  }

  /** It could be looked at. False when it always could. */
  delete(path: RelPath): boolean {
    this.#waiting.get(path)?.cancel?.();
    return this.#waiting.delete(path);
  }

  has(path: RelPath): boolean {
    return this.#waiting.has(path);
  }

  get paths(): Iterable<RelPath> {
    return this.#waiting.keys();
  }

  /** Something is expected to be over by itself soon. */
  get isPassing(): boolean {
    for (const { looks, isPassing } of this.#waiting.values()) {
      if (isPassing && looks <= PASSING_LOOKS) return true;
    }
    return false;
  }

  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel?.();
    this.#waiting.clear();
  }
}
