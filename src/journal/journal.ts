/**
 * The write-ahead log: append-only segments, each append durable before it is answered (invariant 1).
 *
 * 1. Appends that arrive together share one write and one fdatasync (group commit).
 * 2. `onDurable` is told of records in the order of their lsns, before their appends are answered.
 * 3. A write or sync that failed poisons its segment (R27): the segment is cut to its last durable frame,
 *    all that waited is refused, and the next append opens a new segment.
 */
import { assert, CairnError, messageOf } from "../core/errors.ts";
import type { Lsn } from "../core/ids.ts";
import { RECORD_BYTES, SEGMENT_BYTES } from "../core/limits.ts";
import type { FileHandle, Fs } from "../platform/ports.ts";
import { encodeFrame, encodeHeader, FRAME_HEAD_BYTES, HEADER_BYTES } from "./frame.ts";
import { type Segment, segmentPath } from "./segments.ts";

/** Bytes that one group commit gathers at most. */
const GROUP_BYTES = 16 * 2 ** 20;

interface Waiting {
  readonly payload: Uint8Array;
  readonly tag: unknown;
  readonly resolve: (lsn: Lsn) => void;
  readonly reject: (error: unknown) => void;
}

/** A record that is on stable storage. `tag` is what its append passed along. */
export interface Durable {
  readonly lsn: Lsn;
  readonly tag: unknown;
}

export class Journal {
  readonly #fs: Fs;
  readonly #dir: string;
  readonly #onDurable: (records: readonly Durable[]) => void;
  readonly #segments: Segment[];
  #lastLsn: Lsn;
  #file: FileHandle | null = null;
  #fileBytes = 0;
  #queue: Waiting[] = [];
  #flushing: Promise<void> | null = null;
  #failure: string | null = null;
  #closed = false;

  /** `segments` and `lastLsn` come from `openSegments`, which has cut the torn tail. Appends go to a new segment. */
  constructor(
    fs: Fs,
    dir: string,
    segments: readonly Segment[],
    lastLsn: Lsn,
    onDurable: (records: readonly Durable[]) => void,
  ) {
    this.#fs = fs;
    this.#dir = dir;
    this.#segments = [...segments];
    this.#lastLsn = lastLsn;
    this.#onDurable = onDurable;
  }

  get lastLsn(): Lsn {
    return this.#lastLsn;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Why the last append failed; null while all is well. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Resolves with the record's lsn once it is on stable storage. */
  append(payload: Uint8Array, tag: unknown): Promise<Lsn> {
    assert(!this.#closed, "a closed journal takes no appends");
    assert(payload.length > 0 && payload.length <= RECORD_BYTES, "a record is within RECORD_BYTES");
    return new Promise((resolve, reject) => {
      this.#queue.push({ payload, tag, resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  async #flush(): Promise<void> {
    await Promise.resolve(); // whoever appends in this turn joins the group
    try {
      while (this.#queue.length > 0) {
        const group = this.#takeGroup();
        try {
          await this.#writeGroup(group);
        } catch (error) {
          await this.#poison(error, group);
        }
      }
    } finally {
      // In the very turn of the last look at the queue: who appends a turn later must find nobody at work.
      this.#flushing = null;
    }
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (
      count < this.#queue.length && (count === 0 || bytes + this.#queue[count]!.payload.length < GROUP_BYTES)
    ) {
      bytes += this.#queue[count++]!.payload.length + FRAME_HEAD_BYTES;
    }
    return this.#queue.splice(0, count);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    if (this.#file === null || this.#fileBytes >= SEGMENT_BYTES) await this.#roll();
    const bytes = new Uint8Array(
      group.reduce((sum, { payload }) => sum + payload.length + FRAME_HEAD_BYTES, 0),
    );
    let at = 0;
    let lsn = this.#lastLsn;
    for (const { payload } of group) at = encodeFrame(bytes, at, lsn = lsn + 1 as Lsn, payload);
    await this.#file!.write(bytes, this.#fileBytes);
    await this.#file!.syncData();
    const first = this.#lastLsn + 1;
    // Before the ends move: what cannot be applied is cut off again, as if it had never been written.
    this.#onDurable(group.map(({ tag }, i) => ({ lsn: first + i as Lsn, tag })));
    this.#fileBytes += bytes.length;
    this.#segments.at(-1)!.bytes = this.#fileBytes;
    this.#lastLsn = lsn;
    this.#failure = null;
    group.forEach(({ resolve }, i) => resolve(first + i as Lsn));
  }

  async #roll(): Promise<void> {
    this.#file?.close();
    this.#file = null;
    const firstLsn = this.#lastLsn + 1 as Lsn;
    const path = segmentPath(this.#dir, firstLsn);
    // A segment of this name holds nothing durable: it was made by a roll that failed.
    if (this.#fs.lstat(path) !== null) this.#fs.unlink(path);
    const file = this.#fs.open(path, "create");
    try {
      await file.write(encodeHeader(firstLsn), 0);
      await file.syncData();
      await this.#fs.syncDirectory(this.#dir);
    } catch (error) {
      file.close();
      throw error;
    }
    if (this.#segments.at(-1)?.firstLsn === firstLsn) this.#segments.pop();
    this.#segments.push({ path, firstLsn, bytes: HEADER_BYTES });
    this.#file = file;
    this.#fileBytes = HEADER_BYTES;
  }

  async #poison(cause: unknown, group: readonly Waiting[]): Promise<void> {
    this.#failure = messageOf(cause);
    const error = new CairnError(
      "journal-broken",
      `Cannot write the journal in ${this.#dir}: ${this.#failure}`,
      "Nothing was lost or announced. Free space or mend the disk; Cairn goes on by itself.",
      cause,
    );
    const file = this.#file;
    this.#file = null;
    if (file !== null) {
      try {
        file.truncate(this.#fileBytes);
        await file.syncData();
      } catch {
        // The cut is made again at the next open: what lies behind the last good frame is a torn tail.
      }
      file.close();
    }
    for (const { reject } of [...group, ...this.#queue.splice(0)]) reject(error);
  }

  /** Forgets segments that `prune` removed. */
  forget(firstLsns: ReadonlySet<Lsn>): void {
    const kept = this.#segments.filter(({ firstLsn }) => !firstLsns.has(firstLsn));
    this.#segments.splice(0, this.#segments.length, ...kept);
  }

  /** Waits for what is under way; nothing may be appended any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flushing;
    this.#file?.close();
    this.#file = null;
  }
}
