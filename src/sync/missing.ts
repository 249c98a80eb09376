/**
 * The chunks of one content that are still to come, and which of them to ask a peer for next. Pure.
 *
 * 1. A chunk is missing, asked for, or here. What is asked for in vain is missing again, and comes first.
 * 2. Of a peer that has all of it, what nobody else is known to have is asked first: the others need it from that peer, too.
 * 3. Devices that fetch the same go through it in orders of their own, zone by zone: what each has is what the others still need.
 */
import { chunkCount, chunkLength, type ChunkList } from "../core/content.ts";
import { PIECE_BYTES } from "../core/limits.ts";

/** Ranges that a peer told of one by one, until they are put together. */
const RANGES = 4096;

const MISSING = 0, ASKED = 2;

/** Chunks that stand one behind the other. */
export interface Run {
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
}

/** Runs of chunks that are missing, each of at most `bytes` (but at least one chunk): [first, count]. */
export function runsOf(chunks: ChunkList, have: Uint8Array, bytes: number): [number, number][] {
  const runs: [number, number][] = [];
  let sum = 0;
  for (let i = 0; i < have.length; i++) {
    if (have[i]) continue;
    const length = chunkLength(chunks, i);
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === i && sum + length <= bytes) {
      last[1]++;
      sum += length;
    } else {
      runs.push([i, 1]);
      sum = length;
    }
  }
  return runs;
}

/** What a peer has that has not all: a byte for each chunk, and the ranges in which it told of it, the latest last. */
export class Held {
  readonly chunks: Uint8Array;
  ranges: [first: number, count: number][] = [];

  constructor(count: number) {
    this.chunks = new Uint8Array(count);
  }
}

export class Missing {
  /** 1 for each chunk that is here: the caller's, written by `got` alone from here on. */
  readonly #have: Uint8Array;
  readonly #offsets: Float64Array;
  readonly #asked: Uint8Array;
  /** How many peers that have not all have a chunk. */
  readonly #holders: Uint16Array;
  /** Zones in the order in which they come: the first chunk of each and the one behind its last. */
  readonly #zones: readonly (readonly [first: number, end: number])[];
  #again: Run[] = [];
  /** Where to go on: among what nobody else has, and among all. */
  readonly #rare = { zone: 0, at: 0 };
  readonly #any = { zone: 0, at: 0 };
  #left = 0;
  #unasked: number;

  /** `shuffle` is this device's own number, of 32 bits; null for the order of the file. */
  constructor(chunks: ChunkList, offsets: Float64Array, have: Uint8Array, shuffle: number | null) {
    const count = chunkCount(chunks);
    this.#have = have;
    this.#offsets = offsets;
    this.#asked = new Uint8Array(count);
    this.#holders = new Uint16Array(count);
    for (const here of have) if (!here) this.#left++;
    this.#unasked = this.#left;
    this.#zones = shuffle === null ? [[0, count]] : shuffled(zonesOf(offsets), shuffle);
  }

  /** Chunks of the content. */
  get count(): number {
    return this.#have.length;
  }

  /** Chunks that are not here. */
  get left(): number {
    return this.#left;
  }

  /** Chunks for which nobody is asked. */
  get unasked(): number {
    return this.#unasked;
  }

  /**
   * A run of at most `bytes` (but at least one chunk) to ask a peer for that has what is in `held`, or all when that is null. It counts
   * as asked for from here on. Null when there is nothing for that peer.
   */
  next(bytes: number, held: Held | null): Run | null {
    return this.#fromAgain(bytes, held) ??
      (held === null
        ? this.#fromZones(bytes, this.#rare, true) ?? this.#fromZones(bytes, this.#any, false)
        : this.#fromHeld(bytes, held));
  }

  /** What was asked for has not come; nobody else is asked for it. */
  giveBack({ first, count }: Run): void {
    for (let i = first; i < first + count; i++) {
      if (this.#asked[i] !== ASKED) continue;
      this.#asked[i] = MISSING;
      this.#unasked++;
      const last = this.#again.at(-1);
      if (last !== undefined && last.first + last.count === i && i > first) {
        this.#again[this.#again.length - 1] = this.#run(last.first, last.count + 1);
      } else this.#again.push(this.#run(i, 1));
    }
  }

  /** A chunk is here; false when it was before. */
  got(chunk: number): boolean {
    if (this.#have[chunk]) return false;
    if (this.#asked[chunk] !== ASKED) this.#unasked--;
    this.#asked[chunk] = MISSING;
    this.#have[chunk] = 1;
    this.#left--;
    return true;
  }

  /** A peer tells that it has chunks. True when any of them is missing here. */
  told(held: Held, first: number, count: number): boolean {
    let isWanted = false;
    for (let i = first; i < first + count; i++) {
      if (held.chunks[i]) continue;
      held.chunks[i] = 1;
      this.#holders[i]!++;
      isWanted ||= !this.#have[i];
    }
    if (isWanted) held.ranges.push([first, count]);
    if (held.ranges.length > RANGES) held.ranges = this.#rangesOf(held.chunks);
    return isWanted;
  }

  /** A peer that had chunks is gone, or has them no more. */
  forget(held: Held): void {
    for (let i = 0; i < held.chunks.length; i++) if (held.chunks[i]) this.#holders[i]!--;
    held.chunks.fill(0);
    held.ranges.length = 0;
  }

  #isFree(chunk: number): boolean {
    return !this.#have[chunk] && this.#asked[chunk] !== ASKED;
  }

  #run(first: number, count: number): Run {
    return { first, count, bytes: this.#offsets[first + count]! - this.#offsets[first]! };
  }

  /** The run from a free chunk on: as far as `fits` says, and as many bytes as it may have. */
  #take(first: number, end: number, bytes: number, fits: (chunk: number) => boolean): Run {
    let count = 0;
    const mostEnd = this.#offsets[first]! + bytes;
    do {
      this.#asked[first + count] = ASKED;
      count++;
    } while (
      first + count < end && this.#offsets[first + count + 1]! <= mostEnd && this.#isFree(first + count) &&
      fits(first + count)
    );
    this.#unasked -= count;
    return this.#run(first, count);
  }

  #fromAgain(bytes: number, held: Held | null): Run | null {
    const has = (chunk: number) => held === null || held.chunks[chunk] === 1;
    this.#again = this.#again.filter(({ first, count }) => this.#someFree(first, first + count) >= 0);
    for (const { first, count } of this.#again) {
      for (let i = first; i < first + count; i++) {
        if (this.#isFree(i) && has(i)) return this.#take(i, first + count, bytes, has);
      }
    }
    return null;
  }

  #someFree(first: number, end: number): number {
    for (let i = first; i < end; i++) if (this.#isFree(i)) return i;
    return -1;
  }

  #fromZones(bytes: number, cursor: { zone: number; at: number }, isRare: boolean): Run | null {
    const fits = (chunk: number) => !isRare || this.#holders[chunk] === 0;
    for (; cursor.zone < this.#zones.length; cursor.zone++, cursor.at = 0) {
      const [first, end] = this.#zones[cursor.zone]!;
      for (let i = Math.max(first, cursor.at); i < end; i++) {
        cursor.at = i + 1;
        if (this.#isFree(i) && fits(i)) {
          const run = this.#take(i, end, bytes, fits);
          cursor.at = run.first + run.count;
          return run;
        }
      }
    }
    return null;
  }

  #fromHeld(bytes: number, held: Held): Run | null {
    for (let range = held.ranges.at(-1); range !== undefined; range = held.ranges.at(-1)) {
      const end = range[0] + range[1];
      const i = this.#someFree(range[0], end);
      if (i >= 0) {
        range[0] = i;
        range[1] = end - i;
        return this.#take(i, end, bytes, () => true);
      }
      held.ranges.pop();
    }
    return null;
  }

  #rangesOf(chunks: Uint8Array): [number, number][] {
    const ranges: [number, number][] = [];
    for (let i = 0; i < chunks.length; i++) {
      if (!chunks[i] || this.#have[i]) continue;
      const last = ranges.at(-1);
      if (last !== undefined && last[0] + last[1] === i) last[1]++;
      else ranges.push([i, 1]);
    }
    return ranges;
  }
}

/** As long as one request asks for at most: no piece of a zone is left over for a request of its own. */
function zonesOf(offsets: Float64Array): [number, number][] {
  const zones: [number, number][] = [];
  for (let i = 0; i < offsets.length - 1; i++) {
    const last = zones.at(-1);
    if (last !== undefined && offsets[i + 1]! - offsets[last[0]]! <= PIECE_BYTES) last[1] = i + 1;
    else zones.push([i, i + 1]);
  }
  return zones;
}

/** In an order that depends on the number alone (Fisher and Yates, by the generator mulberry32). */
function shuffled<T>(items: T[], seed: number): T[] {
  let state = seed | 0;
  const below = (limit: number) => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) % limit;
  };
  for (let i = items.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
