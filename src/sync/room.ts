/** Room on the disk that holds a path: how much may still be written, with some left free for all else. */
import { sizeInWords } from "../core/bytes.ts";
import {
  DISK_RESERVE_BYTES,
  DISK_RESERVE_SHARE,
  HOME_RESERVE_BYTES,
  HOME_RESERVE_SHARE,
} from "../core/limits.ts";
import { type Clock, type DiskSpace, type Fs, FsError } from "../platform/ports.ts";

/** A full disk is asked again this often. */
export const ROOM_CHECK_MS = 10_000;

export interface Reserve {
  readonly bytes: number;
  readonly share: number;
}

export const FOLDER_RESERVE: Reserve = { bytes: DISK_RESERVE_BYTES, share: DISK_RESERVE_SHARE };
export const HOME_RESERVE: Reserve = { bytes: HOME_RESERVE_BYTES, share: HOME_RESERVE_SHARE };

/** What is kept free of a disk of `total` bytes. */
export function keptFree({ bytes, share }: Reserve, total: number): number {
  return Math.floor(Math.min(bytes, share * total));
}

export class Room {
  readonly #fs: Fs;
  readonly #clock: Clock;
  readonly #path: string;
  readonly #reserve: Reserve;
  /** The disk said that it is full, whatever it says of its room (a quota, no inodes): believed until then, by the monotone clock. */
  #refusedUntilMs = -Infinity;
  #wasShort = false;
  /** Bytes that are being written: the disk does not know yet that they come. */
  #promised = 0;
  #waiting = 0;

  constructor(fs: Fs, clock: Clock, path: string, reserve: Reserve) {
    this.#fs = fs;
    this.#clock = clock;
    this.#path = path;
    this.#reserve = reserve;
  }

  /** The disk refused a write for want of room. */
  refused(): void {
    this.#refusedUntilMs = this.#clock.monotonic() + ROOM_CHECK_MS;
    this.#wasShort = this.isShort;
  }

  /** Sets bytes aside for a write that begins now; false when there is no room. `fulfil` gives them back when it has ended. */
  promise(bytes: number): boolean {
    if (this.left() - this.#promised < bytes) return false;
    this.#promised += bytes;
    return true;
  }

  fulfil(bytes: number): void {
    this.#promised -= bytes;
  }

  get isRefusing(): boolean {
    return this.#clock.monotonic() < this.#refusedUntilMs;
  }

  /** True when the disk says itself that it has no room left. */
  get isShort(): boolean {
    const space = this.#space();
    return space !== null && space.free <= keptFree(this.#reserve, space.total);
  }

  /** Bytes that may be written now; 0 or less when none, Infinity where the disk does not tell. */
  left(): number {
    if (this.isRefusing) return 0;
    const space = this.#space();
    return space === null ? Infinity : space.free - keptFree(this.#reserve, space.total);
  }

  /** How it stands: `full: 0.3 GiB free, 1.0 GiB kept free`. */
  words(): string {
    const space = this.#space();
    if (space === null) return "full";
    const kept = keptFree(this.#reserve, space.total);
    if (this.isRefusing && space.free > kept) {
      if (this.#wasShort) {
        return `full until now, with ${sizeInWords(space.free)} free; it is tried again in seconds`;
      }
      return `full: the disk takes no more (a quota, or too many files), with ${
        sizeInWords(space.free)
      } free`;
    }
    return `full: ${sizeInWords(space.free)} free, ${sizeInWords(kept)} kept free`;
  }

  get remedy(): string {
    return `Free some space on the disk of ${this.#path}; Cairn goes on by itself within a minute.`;
  }

  /** Somebody waits for room: what others have told is not all taken in (invariant 11). */
  get isAwaited(): boolean {
    return this.#waiting > 0;
  }

  /** Resolves when there is room, or `isOver` says that nobody waits any more. */
  async whenThere(isOver: () => boolean): Promise<void> {
    if (this.left() > 0) return;
    this.#waiting++;
    while (this.left() <= 0 && !isOver()) {
      await new Promise<void>((resolve) => this.#clock.after(ROOM_CHECK_MS, resolve));
    }
    this.#waiting--;
  }

  #space(): DiskSpace | null {
    try {
      return this.#fs.freeSpace(this.#path);
    } catch (error) {
      // It is gone or broken: that is told by whoever needs it.
      if (error instanceof FsError) return null;
      throw error;
    }
  }
}
