/**
 * What this device has of one large content in a stage, and to whom that was told. It outlives the fetch: whoever fetches the same may need
 * it while we wait for what we lack, or for the file's turn to be placed.
 */
import { chunkCount, type ChunkList } from "../core/content.ts";
import type { ContentId } from "../core/ids.ts";
import type { Session } from "../peer/session.ts";

/** Chunks that stand one behind the other. */
export type Range = readonly [first: number, count: number];

/** A fetch that goes on, and is told what others have. */
export interface Company {
  told(device: number, ranges: readonly Range[]): void;
  /** A device is not there any more. */
  left(device: number): void;
}

export interface Staged {
  readonly content: ContentId;
  readonly size: number;
  readonly chunks: ChunkList;
  readonly offsets: Float64Array;
  /** 1 for each chunk that is in the stage and good. */
  readonly have: Uint8Array;
  readonly stage: string;
  /** Devices that have all of it: they need not be told. */
  readonly holders: ReadonlySet<number>;
}

export class Partial {
  readonly content: ContentId;
  readonly stage: string;
  readonly size: number;
  readonly count: number;
  readonly holders: ReadonlySet<number>;
  /** What tells the stage from another file of its name. */
  readonly ino: number;
  /** The fetch; null when none goes on. */
  company: Company | null = null;
  /** Others have what is not here, and no fetch goes on. */
  isWanted = false;
  /** Sessions that know what is here, but for the news. */
  readonly told = new Set<Session>();
  /** Sessions that were asked to tell what they have. */
  readonly asked = new Set<Session>();
  /** Null when all is here: then the catalogue has the list. */
  #staged: Staged | null;
  #news: [first: number, count: number][] = [];

  constructor(staged: Staged, ino: number) {
    this.content = staged.content;
    this.stage = staged.stage;
    this.size = staged.size;
    this.count = chunkCount(staged.chunks);
    this.holders = staged.holders;
    this.ino = ino;
    this.#staged = staged;
  }

  get isWhole(): boolean {
    return this.#staged === null;
  }

  get hasNews(): boolean {
    return this.#news.length > 0;
  }

  /** The list, as long as it is in memory. */
  get chunks(): ChunkList | null {
    return this.#staged?.chunks ?? null;
  }

  /** A chunk is in the stage. */
  got(chunk: number): void {
    const last = this.#news.at(-1);
    if (last !== undefined && last[0] + last[1] === chunk) last[1]++;
    else this.#news.push([chunk, 1]);
  }

  /** All is in the stage. */
  completed(): void {
    this.#staged = null;
  }

  /** What came since this was asked last. */
  takeNews(): readonly Range[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  /** Whether all of these chunks are here. */
  has(first: number, count: number): boolean {
    if (first + count > this.count) return false;
    for (let i = first; this.#staged !== null && i < first + count; i++) {
      if (!this.#staged.have[i]) return false;
    }
    return true;
  }

  /** Where chunks stand in the stage; null when its list is not in memory. */
  offsets(): Float64Array | null {
    return this.#staged?.offsets ?? null;
  }

  /** All that is here. */
  ranges(): Range[] {
    if (this.#staged === null) return [[0, this.count]];
    const ranges: [number, number][] = [];
    this.#staged.have.forEach((isHere, i) => {
      if (!isHere) return;
      const last = ranges.at(-1);
      if (last !== undefined && last[0] + last[1] === i) last[1]++;
      else ranges.push([i, 1]);
    });
    return ranges;
  }
}
