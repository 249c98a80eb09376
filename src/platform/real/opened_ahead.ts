/**
 * Files opened some turns before they are read, and announced to the kernel: it reads them from the disk while others are hashed. One after
 * the other, a disk has one small file to get at a time, and takes twice as long for all of them.
 */
import * as fs from "node:fs";
import { FsError } from "../ports.ts";
import { openRegular } from "./fs_handle.ts";
import { libc } from "./libc.ts";

/** Files that the kernel reads at once: what disks have in their queues. */
const AHEAD = 16;
/** Of each so many bytes: what comes behind them the kernel sees coming by itself. */
const AHEAD_BYTES = 1_048_576n;
const POSIX_FADV_WILLNEED = 3;

export class OpenedAhead {
  readonly #paths: readonly string[];
  /** Descriptors from `#taken` on, or why there is none. */
  readonly #opened: (number | FsError)[] = [];
  #taken = 0;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** The descriptor of the next path, which is the caller's from now on. Throws FsError like `openRegular`. */
  next(): number {
    const until = Math.min(this.#paths.length, this.#taken + AHEAD);
    while (this.#opened.length < until) this.#opened.push(openAhead(this.#paths[this.#opened.length]!));
    const opened = this.#opened[this.#taken++]!;
    if (opened instanceof FsError) throw opened;
    return opened;
  }

  /** Closes what was not taken. */
  close(): void {
    for (const opened of this.#opened.slice(this.#taken)) {
      if (!(opened instanceof FsError)) fs.closeSync(opened);
    }
    this.#taken = this.#opened.length;
  }
}

function openAhead(path: string): number | FsError {
  try {
    const fd = openRegular(path, "read");
    libc()?.posix_fadvise?.(fd, 0n, AHEAD_BYTES, POSIX_FADV_WILLNEED);
    return fd;
  } catch (error) {
    if (error instanceof FsError) return error;
    throw error;
  }
}
