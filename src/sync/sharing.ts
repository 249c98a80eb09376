/**
 * Devices that fetch the same large content share it while it comes: each tells the others which chunks are in its stage, and answers
 * requests for them out of it.
 *
 * 1. Only chunks whose digest was checked are told of and given. Whoever gets them checks them again (R22): what was told is a hint, and a
 *    stage that is not there any more is answered "not here".
 * 2. Who fetches a content asks, and is told by those who fetch it too or have not placed it yet. All others keep silent and remember nothing.
 * 3. News are gathered for NEWS_MS. What is remembered of fetches that have ended is bounded (invariant 10).
 */
import { chunkCount, type ChunkList } from "../core/content.ts";
import { CairnError } from "../core/errors.ts";
import { type ContentId, fromHex } from "../core/ids.ts";
import type { Session } from "../peer/session.ts";
import { type Clock, type Fs, FsError } from "../platform/ports.ts";
import { MESSAGE, PART_RANGES, read } from "./messages.ts";
import { Partial, type Range, type Staged } from "./partial.ts";

/** What has come is told so often: much less than a large file takes, much more than a message costs. */
export const NEWS_MS = 100;
/** A fetch that found nobody who has more is begun anew so long after somebody tells of more. */
const AGAIN_MS = 5_000;
/** Chunks of all contents whose fetch has ended before all was here: some 25 MB of lists in memory. */
const IDLE_CHUNKS = 2 ** 19;
/** Contents of which others tell at a time, and that may be needed here: who tells of more waits for his turn like all. */
const HEARD_OF = 64;
/** Contents that are whole and may not be placed yet. */
const WHOLE_PARTIALS = 256;
/** Ranges that a peer is told of at once: of a stage that is full of holes it hears a part. */
const MOST_RANGES = 16 * PART_RANGES;

export interface SharingDeps {
  readonly fs: Fs;
  readonly clock: Pick<Clock, "after">;
  /** A number of this device's own, of 32 bits: in which order it fetches. */
  readonly order: number;
  /** Others have, or fetch, what no fetch goes on for here; it may be needed. */
  wanted(contents: readonly ContentId[]): void;
}

export class Sharing {
  readonly #deps: SharingDeps;
  readonly #sessions = new Map<Session, number>();
  readonly #partials = new Map<ContentId, Partial>();
  /** What others fetch, and nothing is known of here. */
  readonly #heardOf = new Set<ContentId>();
  #isDue = false;

  constructor(deps: SharingDeps) {
    this.#deps = deps;
  }

  // -------------------------------------------------------------------------------- the fetch

  /** A fetch begins: what its stage had is looked at again, or the stage is another one from here on. */
  forget(content: ContentId): void {
    if (this.#partials.get(content)?.company === null) this.#partials.delete(content);
  }

  /** A fetch goes on with what is in its stage. Null where another folder fetches the same: one stage of a content is shared. */
  open(staged: Staged): Partial | null {
    const { content, stage } = staged;
    this.forget(content); // the latest is the last
    if (this.#partials.has(content)) return null;
    const partial = new Partial(staged, this.#deps.fs.lstat(stage)?.ino ?? 0);
    this.#partials.set(content, partial);
    this.#tellSoon();
    return partial;
  }

  /** A chunk is in the stage. */
  got(partial: Partial, chunk: number): void {
    partial.got(chunk);
    this.#tellSoon();
  }

  /** The fetch has ended; what it has stays on offer, as long as the stage does. */
  ended(partial: Partial, isWhole: boolean): void {
    partial.company = null;
    if (isWhole) partial.completed();
    let [chunks, whole] = [0, 0];
    for (const one of [...this.#partials.values()].reverse()) {
      if (one.company !== null) continue;
      if (one.isWhole) whole++;
      else chunks += one.count;
      if (chunks > IDLE_CHUNKS || whole > WHOLE_PARTIALS) this.#partials.delete(one.content);
    }
  }

  /** A number that puts the stretches of a content into an order of this device's own; null when nobody else may fetch it. */
  orderOf(content: ContentId, holders: ReadonlySet<number>): number | null {
    const isAlone = [...this.#sessions.values()].every((device) => holders.has(device));
    return isAlone ? null : this.#deps.order ^ parseInt(content.slice(-8), 16);
  }

  /**
   * Whether devices that have not all of a content may have what is missing here, though none that has all is connected. The stage is read
   * for that once; then again when one of them has told of more.
   */
  mayHelp(content: ContentId, chunks: ChunkList): boolean {
    if (this.#sessions.size === 0 || chunkCount(chunks) > IDLE_CHUNKS) return false;
    const partial = this.#partials.get(content);
    return partial === undefined || partial.isWanted || partial.isWhole;
  }

  // -------------------------------------------------------------------------------- others

  came(device: number, session: Session): void {
    this.#sessions.set(session, device);
    session.onClose(() => {
      this.#sessions.delete(session);
      for (const partial of this.#partials.values()) {
        partial.told.delete(session);
        partial.asked.delete(session);
        if (![...this.#sessions.values()].includes(device)) partial.company?.left(device);
      }
    });
    if (this.#partials.size > 0) this.#tellSoon();
  }

  /** What a peer told. Throws CairnError "message-invalid". */
  heard(session: Session, header: unknown): void {
    const [content, asks, numbers] = read("part", header) as [ContentId, boolean, number[]];
    const device = this.#sessions.get(session);
    if (device === undefined) return;
    const partial = this.#partials.get(content);
    if (partial === undefined) {
      if (asks && this.#heardOf.size < HEARD_OF) this.#heardOf.add(content);
      return asks ? this.#tellSoon() : undefined;
    }
    const ranges: Range[] = [];
    for (let i = 0; i < numbers.length; i += 2) {
      const [first, count] = [numbers[i]!, numbers[i + 1]!];
      if (first + count > partial.count) {
        throw new CairnError("message-invalid", "A device tells of chunks that a content does not have");
      }
      ranges.push([first, count]);
    }
    if (asks) {
      partial.told.delete(session);
      this.#tellSoon();
    }
    if (partial.company !== null) partial.company.told(device, ranges);
    else if (!partial.isWanted && ranges.some(([first, count]) => !partial.has(first, count))) {
      partial.isWanted = true;
      // Each try reads the stage.
      this.#deps.clock.after(AGAIN_MS, () => {
        if (partial.company === null && this.#partials.get(content) === partial) this.#deps.wanted([content]);
      });
    }
  }

  /** Chunks of a stage that is still there; null when it has not all of them. */
  stretch(content: ContentId, first: number, count: number, list: ChunkOffsets): Stretch | null {
    const partial = this.#partials.get(content);
    if (partial === undefined || !partial.has(first, count) || !this.#isThere(partial)) return null;
    const offsets = partial.offsets() ?? list();
    if (offsets === null) return null;
    const offset = offsets[first]!;
    return {
      at: partial.stage,
      offset,
      length: offsets[first + count]! - offset,
      isStill: () => this.#isThere(partial),
    };
  }

  /** Where a content is staged, or was. */
  stageOf(content: ContentId): string | null {
    return this.#partials.get(content)?.stage ?? null;
  }

  /** The list of a content that is being fetched. */
  list(content: ContentId): { size: number; chunks: ChunkList } | null {
    const partial = this.#partials.get(content);
    const chunks = partial?.chunks ?? null;
    return chunks === null ? null : { size: partial!.size, chunks };
  }

  /** Placed, or discarded: from then on it is a file like any other, or nothing. */
  #isThere(partial: Partial): boolean {
    try {
      if (this.#deps.fs.lstat(partial.stage)?.ino === partial.ino) return true;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
    }
    if (partial.company === null && this.#partials.get(partial.content) === partial) {
      this.#partials.delete(partial.content);
    }
    return false;
  }

  // -------------------------------------------------------------------------------- telling

  #tellSoon(): void {
    if (this.#isDue || this.#sessions.size === 0) return;
    this.#isDue = true;
    this.#deps.clock.after(NEWS_MS, () => {
      this.#isDue = false;
      if (this.#heardOf.size > 0) this.#deps.wanted([...this.#heardOf]);
      this.#heardOf.clear();
      for (const partial of this.#partials.values()) this.#tell(partial);
    });
  }

  #tell(partial: Partial): void {
    const news = partial.takeNews();
    let all: readonly Range[] | null = null;
    for (const [session, device] of this.#sessions) {
      if (partial.holders.has(device)) continue;
      if (!partial.told.has(session)) {
        const asks = !partial.isWhole && !partial.asked.has(session);
        say(session, partial.content, asks, all ??= partial.ranges());
        partial.told.add(session);
        partial.asked.add(session);
      } else if (news.length > 0) say(session, partial.content, false, news);
    }
  }
}

/** Where the chunks of a content begin, from its list in the catalogue; null when that is not known. */
export type ChunkOffsets = () => Float64Array | null;

/** Bytes of a stage. */
export interface Stretch {
  readonly at: string;
  readonly offset: number;
  readonly length: number;
  /** Whether the stage is what it was. */
  isStill(): boolean;
}

function say(session: Session, content: ContentId, asks: boolean, ranges: readonly Range[]): void {
  const end = Math.min(ranges.length, MOST_RANGES);
  for (let at = 0; at === 0 || at < end; at += PART_RANGES) {
    const numbers = ranges.slice(at, at + PART_RANGES).flat();
    session.send("control", MESSAGE.part, [fromHex(content), asks && at === 0, numbers]);
  }
}
