/**
 * What a replica's receiving does without room on a disk: it says so once for the folder, waits, and looks again every few seconds.
 * Two disks count: the folder's, and that of the home, where every change is written too.
 */
import type { CairnError } from "../core/errors.ts";
import { isPassing } from "../core/passing.ts";
import type { Clock } from "../platform/ports.ts";
import { type Room, ROOM_CHECK_MS } from "./room.ts";
import type { Trouble } from "./troubles.ts";

export class RoomWait {
  readonly #clock: Clock;
  readonly #folder: Room;
  readonly #home: Room;
  readonly #lookAgain: () => void;
  #full: Trouble | null = null;
  #cancel: (() => void) | null = null;
  #isStopped = false;

  constructor(clock: Clock, folder: Room, home: Room, lookAgain: () => void) {
    this.#clock = clock;
    this.#folder = folder;
    this.#home = home;
    this.#lookAgain = lookAgain;
  }

  /** Why something waits; null while there is room for all. */
  get full(): Trouble | null {
    return this.#full;
  }

  /** A disk has just refused: nothing is tried before the next look. */
  get isRefusing(): boolean {
    return this.#folder.isRefusing || this.#home.isRefusing;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** Begins a look at what there is to do. Answers the bytes that may be received, null when not even a record fits. */
  begin(): number | null {
    if (!this.isRefusing) this.#full = null;
    if (this.#home.left() > 0) return this.#folder.left();
    this.#wait(this.#home, "");
    return null;
  }

  /** A file does not fit; others may. */
  doesNotFit(words: string): void {
    this.#wait(this.#folder, words);
  }

  /** The folder's disk refused a write, whatever it said of its room. */
  refused(): void {
    this.#folder.refused();
    this.#wait(this.#folder, "");
  }

  /** Runs what writes into the catalogue or the journal; false when their disk refuses, which is told, and passes. */
  noting(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (!this.isRefusal(error)) throw error;
      return false;
    }
  }

  /** True for what the home's disk refused: nothing was recorded, and it may be tried again later. */
  isRefusal(error: unknown): boolean {
    if (!isPassing(error)) return false;
    this.#home.refused();
    this.#wait(this.#home, "", error);
    return true;
  }

  #wait(room: Room, words: string, error: CairnError | null = null): void {
    // A disk that is broken, not full, says so itself.
    this.#full = error !== null && !room.isShort ? { cause: error.message, remedy: error.hint } : {
      cause: (room === this.#home ? "the disk of Cairn's home is " : "") + room.words() + words,
      remedy: room.remedy,
    };
    if (this.#isStopped) return;
    this.#cancel ??= this.#clock.after(ROOM_CHECK_MS, () => {
      this.#cancel = null;
      this.#lookAgain();
    });
  }
}
