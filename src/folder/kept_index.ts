/**
 * The index of a version store: which path, content and time each of its files stands for, on the same disk as the files, so
 * that neither a lost catalogue nor a lost home makes them nameless.
 *
 * 1. A line is written, and durable with its batch's intent, before its file is in the store. A line without its file
 *    stands for something that did not happen, or is gone; a file is never without its line. Where only placing shows that
 *    something has to be kept, the line is written behind it, before the batch's record.
 * 2. Segments are only appended to, or removed whole. A line that lives on is appended again before its segment goes.
 * 3. A torn or damaged line costs itself alone: each run, and each segment after a failed write, begins on a new line.
 * 4. No file is held open between batches: a disk that holds the root can be unmounted.
 */
import { encodeKept, type Kept } from "../core/kept.ts";
import { KEPT_SEGMENT_BYTES } from "../core/limits.ts";
import { type Fs, FsError } from "../platform/ports.ts";

const NAME = /^(\d{8})\.jsonl$/;
const NEWLINE = 0x0a;
/** A line with the longest path, and a symlink's longest target, all of it escaped. */
const LINE_BYTES = 64 * 2 ** 10;

export interface Segment {
  readonly number: number;
  readonly bytes: number;
}

export class KeptIndex {
  readonly #fs: Fs;
  readonly #dir: string;
  /** Where the next line goes; null until the first of this run, and after a failure. */
  #current: Segment | null = null;
  #isSpoiled = false;

  constructor(fs: Fs, dir: string) {
    this.#fs = fs;
    this.#dir = dir;
    fs.makeDirectories(dir);
  }

  /** Another directory may stand where the store was, with another index or none. Throws FsError. */
  remake(): void {
    this.#fs.makeDirectories(this.#dir);
    this.distrust();
  }

  path(segment: number): string {
    return `${this.#dir}/${String(segment).padStart(8, "0")}.jsonl`;
  }

  /** All segments, oldest first. Throws FsError. */
  segments(): Segment[] {
    return this.#fs.list(this.#dir).flatMap(({ name }) => {
      const number = Number(NAME.exec(name)?.[1] ?? 0);
      const stat = number === 0 ? null : this.#fs.lstat(this.path(number));
      return stat?.kind === "file" ? [{ number, bytes: stat.size }] : [];
    }).sort((a, b) => a.number - b.number);
  }

  /** The segment that is written to; 0 before the first line of this run. */
  get current(): number {
    return this.#current?.number ?? 0;
  }

  /** Writes lines, and answers the file to be synced before they count. Throws FsError; then none of them counts. */
  async write(versions: readonly Kept[]): Promise<string> {
    const text = versions.map((kept) => encodeKept(kept) + "\n").join("");
    let isNew = false;
    try {
      let at = this.#current ?? this.#lastOf(this.segments());
      const goesOn = at !== null && !this.#isSpoiled && at.bytes < KEPT_SEGMENT_BYTES;
      if (!goesOn) at = { number: (at?.number ?? 0) + 1, bytes: 0 };
      isNew = !goesOn;
      const begins = this.#current === null && at!.bytes > 0 ? "\n" : "";
      const bytes = new TextEncoder().encode(begins + text);
      const path = this.path(at!.number);
      const file = this.#fs.open(path, isNew ? "create" : "write");
      try {
        await file.write(bytes, at!.bytes);
      } finally {
        file.close();
      }
      if (isNew) await this.#fs.syncDirectory(this.#dir);
      this.#current = { number: at!.number, bytes: at!.bytes + bytes.length };
      this.#isSpoiled = false;
      return path;
    } catch (error) {
      this.distrust();
      throw error;
    }
  }

  #lastOf(segments: readonly Segment[]): Segment | null {
    return segments.at(-1) ?? null;
  }

  /** A write or sync failed: nobody knows what the disk has of the segment, so the next line begins another. */
  distrust(): void {
    this.#current = null;
    this.#isSpoiled = true;
  }

  /**
   * Whole lines of a segment from `from` on, about `most` bytes of them; `next` is where to go on. A last line without its
   * end is not among them: it is torn, or still to be ended.
   */
  async read(
    segment: number,
    from: number,
    most: number,
  ): Promise<{ readonly lines: string[]; readonly next: number }> {
    const room = new Uint8Array(Math.max(most, LINE_BYTES));
    const file = this.#fs.open(this.path(segment), "read");
    try {
      const got = await file.read(room, from);
      const end = room.subarray(0, got).lastIndexOf(NEWLINE) + 1;
      // What is longer than any line is none: it is passed over.
      if (end === 0) return { lines: [], next: got === room.length ? from + got : from };
      const text = new TextDecoder().decode(room.subarray(0, end));
      return { lines: text.split("\n").filter((line) => line !== ""), next: from + end };
    } finally {
      file.close();
    }
  }

  /** Removes a segment whose living lines stand in another, durably. */
  remove(segment: number): void {
    try {
      this.#fs.unlink(this.path(segment));
    } catch (error) {
      if (!(error instanceof FsError) || error.code !== "not-found") throw error;
    }
  }
}
