/**
 * Fetches the missing chunks of one large file from all peers that have it, in runs of at most a mebibyte. Every event only changes state and
 * calls `#evaluate`.
 *
 * 1. Several runs are under way at once, each asked of a peer that has room for it (ahead.ts); a fast peer so gets more of them than a
 *    slow one, and longer ones.
 * 2. A peer from which nothing at all has come nearer for a while has stalled: what was asked of it is asked of others too, and it gets
 *    nothing more of this file until it goes on. Its session stays.
 * 3. At the end of a file, when nothing is left to ask for, what a slow peer still owes is asked of a much faster one too.
 * 4. A chunk that comes twice is written once; nothing is written any more once the outcome is told.
 * 5. Who has not all of it yet is asked for what it told that it has (sharing.ts). When only such are left, and none has more, they are waited
 *    for a while: what one of them gets the others can have.
 */
import type { ChunkList } from "../core/content.ts";
import { type ContentId, fromHex } from "../core/ids.ts";
import { PIECE_BYTES } from "../core/limits.ts";
import { type Clock, FsError, type HashPool } from "../platform/ports.ts";
import type { Answer, Session } from "../peer/session.ts";
import { type Brought, diskTrouble, type Fetched, FULL, GIVEN_UP, nobody, STALL_MS } from "./fetch_small.ts";
import { MESSAGE, read } from "./messages.ts";
import { Missing, type Run } from "./missing.ts";
import type { Company, Partial, Range } from "./partial.ts";
import { opened } from "./packing.ts";
import { Parts } from "./parts.ts";
import { piecesOf } from "./serve.ts";
import type { Room } from "./room.ts";
import type { Sharing } from "./sharing.ts";
import { type Arrived, BULK_AT_ONCE, BULK_BYTES, type Sources } from "./sources.ts";

/** Runs asked for at once over all peers. Each may be a mebibyte in memory. */
const RUNS_AT_ONCE = 16;
/** A source whose pieces are wrong this often has changed. */
const WRONG_PIECES = 3;
/** How often that is looked at. */
export const LOOK_MS = 1_000;
/** A run is asked for again when another peer would bring it this many times in the time that it has taken. */
const MUCH_FASTER = 4;
export interface PiecesWant {
  readonly content: ContentId;
  /** The file, made at full length, that the chunks are written into. */
  readonly stage: string;
  /** Devices that hold the content. */
  readonly devices: readonly number[];
}

export interface PiecesDeps {
  readonly pool: HashPool;
  readonly sources: Sources;
  readonly clock: Pick<Clock, "monotonic" | "after">;
  /** Bytes that are now in the stage, from anywhere. */
  readonly gained: (bytes: number) => void;
  /** Room on the stage's disk. */
  readonly room: Pick<Room, "promise" | "fulfil">;
  readonly sharing: Pick<Sharing, "open" | "got" | "ended" | "orderOf">;
  /** Told of bytes that a peer brought. */
  readonly brought?: Brought;
  /** Nobody wants it any more. */
  readonly isOver?: () => boolean;
}

interface Asked {
  readonly run: Run;
  readonly session: Session;
  readonly sinceMs: number;
}

/** Resolves when all is in the stage, or when it cannot be. Rejects for what no answer may be. */
export async function fetchPieces(
  deps: PiecesDeps,
  want: PiecesWant,
  chunks: ChunkList,
  offsets: Float64Array,
  have: Uint8Array,
): Promise<Fetched> {
  const { sharing } = deps;
  const { content, stage } = want;
  const holders = new Set(want.devices);
  const size = offsets.at(-1)!;
  const partial = sharing.open({ content, size, chunks, offsets, have, stage, holders });
  let isWhole = false;
  try {
    const order = sharing.orderOf(content, holders);
    const fetched = await new PieceFetch(deps, want, chunks, offsets, have, order, partial).outcome;
    isWhole = fetched.ok;
    return fetched;
  } finally {
    if (partial !== null) sharing.ended(partial, isWhole);
  }
}

class PieceFetch implements Company {
  readonly outcome: Promise<Fetched>;
  readonly #deps: PiecesDeps;
  readonly #want: PiecesWant;
  readonly #chunks: ChunkList;
  readonly #offsets: Float64Array;
  readonly #have: Uint8Array;
  readonly #missing: Missing;
  /** What this device shares of it; null when it does not. */
  readonly #partial: Partial | null;
  /** Who has not all of it either. */
  readonly #parts: Parts;
  /** Runs that were asked for and are not in the stage. */
  readonly #asked = new Set<Asked>();
  /** Answers that are being written. */
  #writing = 0;
  /** Who does not have it, or something else. */
  readonly #avoid = new Set<Session>();
  readonly #wrong = new Map<Session, number>();
  /** Who has stalled, and when something last came from it. */
  readonly #stalled = new Map<Session, number>();
  #isWaiting = false;
  #result: Fetched | Error | null = null;
  #isTold = false;
  #cancelLook: () => void = () => {};
  #tell: (result: Fetched | Error) => void = () => {};

  constructor(
    deps: PiecesDeps,
    want: PiecesWant,
    chunks: ChunkList,
    offsets: Float64Array,
    have: Uint8Array,
    order: number | null,
    partial: Partial | null,
  ) {
    this.#deps = deps;
    this.#want = want;
    this.#chunks = chunks;
    this.#offsets = offsets;
    this.#have = have;
    this.#missing = new Missing(chunks, offsets, have, order);
    this.#partial = partial;
    const hasCompany = () => partial !== null && deps.sharing.orderOf(want.content, partial.holders) !== null;
    this.#parts = new Parts(this.#missing, deps.sources, deps.clock, hasCompany);
    this.outcome = new Promise((resolve, reject) => {
      this.#tell = (result) => result instanceof Error ? reject(result) : resolve(result);
    });
    if (partial !== null) partial.company = this;
    if (this.#missing.left > 0) this.#lookSoon();
    this.#evaluate();
  }

  /** A device that fetches it too tells what it has. */
  told(device: number, ranges: readonly Range[]): void {
    if (this.#result !== null || this.#want.devices.includes(device)) return;
    if (this.#parts.told(device, ranges)) this.#evaluate();
  }

  left(device: number): void {
    this.#parts.left(device);
    this.#evaluate();
  }

  #evaluate(): void {
    if (this.#missing.left === 0) this.#result ??= { ok: true, stage: this.#want.stage };
    if (this.#deps.isOver?.()) this.#result ??= GIVEN_UP;
    if (this.#result === null) this.#askMore();
    if (this.#result !== null) this.#end();
  }

  #askMore(): void {
    const { sources } = this.#deps;
    this.#goesOn();
    const sessions = this.#sessions();
    const most = Math.min(BULK_AT_ONCE, Math.max(1, Math.floor(RUNS_AT_ONCE / sessions.length)));
    for (const session of sessions) {
      if (this.#avoid.has(session) || this.#stalled.has(session) || this.#parts.rests(session)) continue;
      const held = this.#parts.heldBy(session);
      while (
        this.#missing.unasked > 0 && this.#askedOf(session) < most && sources.hasRoom(session, BULK_BYTES)
      ) {
        const run = this.#missing.next(Math.min(PIECE_BYTES, sources.shareOf(session)), held);
        if (run === null) break;
        void this.#fetch(session, run);
        if (this.#result !== null) return;
      }
    }
    if (this.#missing.unasked === 0) return;
    const isOver = this.#asked.size === 0 &&
      this.#holders().every((session) => this.#avoid.has(session)) && !this.#parts.mayCome(this.#avoid);
    if (isOver) this.#result = nobody(sources, this.#want.devices);
    else this.#waitForRoom();
  }

  /** Other files may take what room there is: whoever gives some back wakes us. */
  #waitForRoom(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#deps.sources.onRoom(() => {
      this.#isWaiting = false;
      this.#evaluate();
    });
  }

  /** Sessions with who has all of it. */
  #holders(): Session[] {
    return this.#deps.sources.among(this.#want.devices);
  }

  /** Sessions with who has any of it, the one that is likely to answer first at the head. */
  #sessions(): Session[] {
    return this.#deps.sources.among([...this.#want.devices, ...this.#parts.devices]);
  }

  #askedOf(session: Session): number {
    let count = 0;
    for (const asked of this.#asked) if (asked.session === session) count++;
    return count;
  }

  /** What is being written must be whole before the file is used. */
  #end(): void {
    if (this.#isTold || this.#writing > 0) return;
    this.#isTold = true;
    this.#cancelLook();
    this.#tell(this.#result!);
  }

  async #fetch(session: Session, run: Run): Promise<void> {
    const { clock, room, sources } = this.#deps;
    if (!room.promise(run.bytes)) {
      // What the stage has already stays, and is gone on with.
      this.#result ??= FULL;
      return this.#end();
    }
    const asked: Asked = { run, session, sinceMs: clock.monotonic() };
    this.#asked.add(asked);
    try {
      await sources.run(session, run.bytes, (arrived) => this.#request(asked, arrived));
    } catch (error) {
      this.#result ??= error instanceof FsError ? diskTrouble(error) : error as Error;
    } finally {
      room.fulfil(run.bytes);
      this.#asked.delete(asked);
      if (![...this.#asked].some((other) => other.run === run)) this.#missing.giveBack(run);
      this.#evaluate();
    }
  }

  /** Asks one peer, and writes what it answers. */
  async #request({ run, session }: Asked, arrived: Arrived): Promise<void> {
    let answer: Answer;
    try {
      answer = await session.request(MESSAGE.pieces, [fromHex(this.#want.content), run.first, run.count]);
    } catch {
      this.#avoid.add(session);
      return;
    }
    try {
      arrived(answer.size);
      await this.#take(session, run, answer);
    } finally {
      session.consumed("bulk", answer.size);
    }
  }

  async #take(session: Session, run: Run, answer: Answer): Promise<void> {
    // It came from another one meanwhile.
    if (this.#isHere(run) || this.#result !== null) return;
    const { pool, gained, sharing } = this.#deps;
    const { header, raw } = await opened(answer, pool, run.bytes);
    if (this.#result !== null) return;
    if (!hasPieces(header)) {
      if (this.#parts.denied(session)) this.#avoid.add(session);
      return;
    }
    const pieces = piecesOf(this.#chunks, run.first, run.count, this.#offsets);
    let isGood = raw.length === run.bytes;
    if (isGood) {
      this.#writing++;
      let written: boolean[];
      try {
        written = await pool.writePieces(this.#want.stage, pieces, raw);
      } finally {
        this.#writing--;
      }
      written.forEach((good, i) => {
        if (!good || !this.#missing.got(run.first + i)) return;
        if (this.#partial !== null) sharing.got(this.#partial, run.first + i);
        gained(pieces[i]!.length);
        this.#deps.brought?.(session, pieces[i]!.length);
      });
      isGood = written.every(Boolean);
    }
    if (isGood) return;
    const times = (this.#wrong.get(session) ?? 0) + 1;
    this.#wrong.set(session, times);
    if (times >= WRONG_PIECES) this.#avoid.add(session);
  }

  #isHere({ first, count }: Run): boolean {
    for (let i = first; i < first + count; i++) if (!this.#have[i]) return false;
    return true;
  }

  // -------------------------------------------------------------------------------- who keeps us waiting

  #lookSoon(): void {
    this.#cancelLook = this.#deps.clock.after(LOOK_MS, () => {
      if (this.#result !== null) return;
      this.#look();
      this.#lookSoon();
    });
  }

  /** Who had stalled and brings something again. */
  #goesOn(): void {
    for (const [session, answeredMs] of this.#stalled) {
      if (session.answeredMs > answeredMs) this.#stalled.delete(session);
    }
  }

  #look(): void {
    const nowMs = this.#deps.clock.monotonic();
    this.#goesOn();
    const again = new Set<Run>();
    for (const { run, session, sinceMs } of this.#asked) {
      const quietMs = nowMs - Math.max(sinceMs, session.answeredMs);
      if (quietMs >= STALL_MS) this.#stalled.set(session, session.answeredMs);
      const isOwed = this.#stalled.has(session) || this.#isOvertaken(run, session, nowMs - sinceMs);
      if (isOwed && !this.#isHere(run)) again.add(run);
    }
    // Beyond what may be under way otherwise: it stands in for what does not come.
    for (const run of again) {
      const [other] = this.#others(this.#askedFor(run)).filter((session) => this.#parts.hasAll(session, run));
      if (other !== undefined) void this.#fetch(other, run);
    }
    this.#evaluate();
  }

  #askedFor(run: Run): Set<Session> {
    return new Set([...this.#asked].filter((one) => one.run === run).map(({ session }) => session));
  }

  #others(than: ReadonlySet<Session>): Session[] {
    return this.#sessions().filter((session) =>
      !than.has(session) && !this.#avoid.has(session) && !this.#stalled.has(session)
    );
  }

  /** Nothing else is left to be asked for, and another would have brought it long ago. */
  #isOvertaken(run: Run, session: Session, elapsedMs: number): boolean {
    if (this.#missing.unasked > 0 || elapsedMs < LOOK_MS) return false;
    const speeds = this.#others(new Set([session])).map((other) => this.#deps.sources.speedOf(other) ?? 0);
    const best = Math.max(0, ...speeds);
    return best > 0 && elapsedMs > MUCH_FASTER * BULK_AT_ONCE * run.bytes / best;
  }
}

/** Whether an answer brings what was asked for; one that makes no sense does not. */
function hasPieces(header: unknown): boolean {
  try {
    return read("piecesAnswer", header)[0] === 1;
  } catch {
    return false;
  }
}
