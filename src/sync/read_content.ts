/**
 * Reads a content from wherever it is, in order, for who wants its bytes and not a file: this device's own copy first, then the connected
 * device that is likely to bring the next piece soonest.
 *
 * 1. No byte is given out before its chunk, or the whole small file, was checked against the content id (R22).
 * 2. Each piece is asked for anew: a source that goes, stalls or has something else is passed over from then on, and the next goes on
 *    where it stopped. Nothing is given out twice.
 * 3. At most READ_AHEAD pieces are in memory, and no more is asked for than whoever reads has room for.
 */
import {
  chunkCount,
  chunkDigest,
  chunkLength,
  type ChunkList,
  chunkOffsets,
  EMPTY_CONTENT,
  sha256,
} from "../core/content.ts";
import { contentOf } from "../core/content_of.ts";
import type { ContentId } from "../core/ids.ts";
import { fromHex } from "../core/ids.ts";
import { PIECE_BYTES, SMALL_FILE_BYTES } from "../core/limits.ts";
import { type Clock, FsError, type HashPool } from "../platform/ports.ts";
import type { Session } from "../peer/session.ts";
import { fetchList } from "./fetch_list.ts";
import { STALL_MS } from "./fetch_small.ts";
import { findLocal, isStill, type Local } from "./local_source.ts";
import { encodeContents, MESSAGE, read } from "./messages.ts";
import { runsOf } from "./missing.ts";
import { opened } from "./packing.ts";
import type { Sources } from "./sources.ts";

/** Pieces that are asked for before whoever reads has taken the one before: the wire is busy, and memory holds so many MiB. */
const READ_AHEAD = 4;
/** A device that was there a moment ago is waited for: a session that broke is back within seconds, if at all. */
const GRACE_MS = 5_000;

export interface Reading {
  readonly content: ContentId;
  readonly size: number;
  /** Devices that hold it, beside this one. */
  readonly devices: readonly number[];
  /** This device may have it. */
  readonly isLocal: boolean;
}

/** Where bytes come from: this device, or another one by its number. */
export type From = "here" | number;

export interface ReaderDeps extends Local {
  readonly pool: Pick<HashPool, "readStretch" | "readSmall" | "unpack">;
  readonly sources: Sources;
  readonly clock: Pick<Clock, "after" | "monotonic">;
}

/** The content cannot be completed: what came before `at` was good, and was given out. */
export class ReadingEnded extends Error {
  override readonly name = "ReadingEnded";
  constructor(readonly at: number, readonly why: string) {
    super(why);
  }
}

interface Piece {
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
}

/** The bytes in order. `told` hears whenever another source is turned to, and why. Throws ReadingEnded. */
export async function* readContent(
  deps: ReaderDeps,
  want: Reading,
  told: (from: From, why: string) => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (want.content === EMPTY_CONTENT) return;
  const reader = new Reader(deps, want, told);
  if (want.size <= SMALL_FILE_BYTES) {
    yield reader.orEnded(0, await reader.get((from) => reader.whole(from), want.size));
    return;
  }
  const chunks = deps.catalogue.contents.chunks(want.content) ??
    await fetchList(deps.sources, { ...want, former: null });
  if (chunks === null) throw new ReadingEnded(0, reader.whyNobody());
  const offsets = chunkOffsets(chunks);
  const pieces = runsOf(chunks, new Uint8Array(chunkCount(chunks)), PIECE_BYTES)
    .map(([first, count]): Piece => ({ first, count, bytes: offsets[first + count]! - offsets[first]! }));
  const ahead: Promise<Uint8Array<ArrayBuffer> | null>[] = [];
  try {
    for (let at = 0, next = 0; at < pieces.length; at++) {
      for (; next < Math.min(pieces.length, at + READ_AHEAD); next++) {
        const piece = pieces[next]!;
        ahead.push(handled(reader.get((from) => reader.piece(from, chunks, offsets, piece), piece.bytes)));
      }
      yield reader.orEnded(offsets[pieces[at]!.first]!, await ahead.shift()!);
    }
  } finally {
    // Whoever reads may have gone: what is under way ends by itself, and nothing more is asked for.
    reader.isOver = true;
  }
}

/** A promise that is awaited later, or never, whose failure is nobody's fault until then. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

class Reader {
  isOver = false;
  readonly #deps: ReaderDeps;
  readonly #want: Reading;
  readonly #told: (from: From, why: string) => void;
  /** Who brought nothing, or something else. Another session with the same device is asked again. */
  readonly #avoid = new Set<Session>();
  #isHere: boolean;
  #last: From | null = null;
  #lastWhy = "";

  constructor(deps: ReaderDeps, want: Reading, told: (from: From, why: string) => void) {
    this.#deps = deps;
    this.#want = want;
    this.#told = told;
    this.#isHere = want.isLocal;
  }

  orEnded(at: number, bytes: Uint8Array<ArrayBuffer> | null): Uint8Array<ArrayBuffer> {
    if (bytes === null) throw new ReadingEnded(at, this.whyNobody());
    return bytes;
  }

  whyNobody(): string {
    if (this.#lastWhy !== "") return this.#lastWhy;
    return this.#deps.sources.isAny(this.#want.devices)
      ? "the devices that had it have something else by now"
      : "no connected device has it";
  }

  /** The first good answer of the sources, the best of them first; null when none is left. */
  async get(
    ask: (from: "here" | Session) => Promise<Uint8Array<ArrayBuffer> | null>,
    bytes: number,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    let hasWaited = false;
    while (!this.isOver) {
      if (this.#isHere) {
        const found = await ask("here");
        if (found !== null) return this.#from("here", found);
        this.#isHere = false;
        this.#failed("here", "the copy on this device is not what it was");
        continue;
      }
      const session = this.#best(bytes);
      if (session !== null) {
        const number = this.#deps.sources.deviceOf(session)!;
        const found = await ask(session);
        if (found !== null) return this.#from(number, found);
        this.#avoid.add(session);
        this.#failed(number, session.ending === null ? "it has something else by now" : "it went away");
      } else if (hasWaited) return null;
      else {
        // Others may be asked for pieces of their own: whoever comes back wakes all.
        hasWaited = true;
        await this.#whenSomebodyComes();
      }
    }
    return null;
  }

  #best(bytes: number): Session | null {
    const { sources } = this.#deps;
    const sessions = sources.quickest(this.#want.devices, bytes).filter((one) => !this.#avoid.has(one));
    return sessions[0] ?? null;
  }

  #failed(from: From, why: string): void {
    if (this.#last === from || this.#last === null) this.#lastWhy = why;
  }

  #from(from: From, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (this.#last !== from) {
      this.#told(from, this.#last === null ? "" : this.#lastWhy);
      this.#lastWhy = "";
    }
    this.#last = from;
    return bytes;
  }

  async #whenSomebodyComes(): Promise<void> {
    const { sources, clock } = this.#deps;
    const untilMs = clock.monotonic() + GRACE_MS;
    let isDue = false;
    while (!isDue && !this.isOver && this.#best(0) === null) {
      await new Promise<void>((resolve) => {
        const cancel = clock.after(Math.max(0, untilMs - clock.monotonic()), () => {
          isDue = true;
          resolve();
        });
        sources.onRoom(() => {
          cancel();
          resolve();
        });
      });
    }
  }

  /** Nobody is waited for long where another one has it too. */
  #stallMs(): number | undefined {
    const others = this.#deps.sources.quickest(this.#want.devices, 0).filter((one) => !this.#avoid.has(one));
    return others.length > 1 ? STALL_MS : undefined;
  }

  // -------------------------------------------------------------------------------- asking

  /** A small file as a whole. */
  async whole(from: "here" | Session): Promise<Uint8Array<ArrayBuffer> | null> {
    const { content, size } = this.#want;
    if (from === "here") {
      return await this.#here(async (at) =>
        (await this.#deps.pool.readSmall([{ path: at, content }]))[0] ?? null
      );
    }
    const bytes = await this.#peer(from, MESSAGE.small, encodeContents([content]), size, (header) => {
      const [length] = read("smallAnswer", header);
      return length === size;
    });
    return bytes !== null && contentOf(bytes) === content ? bytes : null;
  }

  /** Some chunks of a large one. */
  async piece(
    from: "here" | Session,
    chunks: ChunkList,
    offsets: Float64Array,
    { first, count, bytes: length }: Piece,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const { content } = this.#want;
    const isGood = (bytes: Uint8Array) => areChunks(bytes, chunks, first, count);
    if (from === "here") {
      return await this.#here(async (at) => {
        const bytes = await this.#deps.pool.readStretch(at, offsets[first]!, length);
        return bytes !== null && isGood(bytes) ? bytes : null;
      });
    }
    const bytes = await this.#peer(
      from,
      MESSAGE.pieces,
      [fromHex(content), first, count],
      length,
      (header) => read("piecesAnswer", header)[0] === 1,
    );
    return bytes !== null && isGood(bytes) ? bytes : null;
  }

  /** What this device's copy has; one that is not what its row says is looked at by whoever looks after it. */
  async #here(
    readAt: (at: string) => Promise<Uint8Array<ArrayBuffer> | null>,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const source = findLocal(this.#deps, this.#want.content);
    if (source === null) return null;
    try {
      const bytes = await readAt(source.at);
      if (bytes !== null && isStill(source)) return bytes;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
    } finally {
      source.pin.close();
    }
    this.#deps.changed(source.replica, source.path);
    return null;
  }

  async #peer(
    session: Session,
    type: number,
    header: unknown,
    length: number,
    isGood: (header: unknown) => boolean,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const { sources, pool } = this.#deps;
    try {
      return await sources.run(session, length, async (arrived) => {
        const answer = await session.request(type, header, undefined, this.#stallMs());
        arrived(answer.size);
        try {
          const { header, raw } = await opened(answer, pool, length);
          return isGood(header) && raw.length === length ? raw : null;
        } finally {
          session.consumed("bulk", answer.size);
        }
      });
    } catch {
      return null; // it went, stalled, or makes no sense: the next is asked
    }
  }
}

function areChunks(bytes: Uint8Array, chunks: ChunkList, first: number, count: number): boolean {
  let at = 0;
  for (let i = first; i < first + count; i++) {
    const end = at + chunkLength(chunks, i);
    const expected = chunkDigest(chunks, i);
    if (!sha256(bytes.subarray(at, end)).every((byte, k) => byte === expected[k])) return false;
    at = end;
  }
  return at === bytes.length;
}
