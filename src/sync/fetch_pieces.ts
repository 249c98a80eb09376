/**
 * Fetches the missing chunks of one large file from all peers that have it, in runs of about a mebibyte. Every event only changes state and
 * calls `#evaluate`.
 *
 * 1. Several runs are under way at once, with whoever is likely to answer first; a fast peer so gets more of them than a slow one.
 * 2. A peer from which nothing at all has come nearer for a while has stalled: what was asked of it is asked of others too, and it gets
 *    nothing more of this file until it goes on. Its session stays.
 * 3. At the end of a file, when nothing is left to ask for, what a slow peer still owes is asked of a much faster one too.
 * 4. A run that comes twice is written once; nothing is written any more once the outcome is told.
 */
import type { ChunkList } from "../core/content.ts";
import { chunkLength } from "../core/content.ts";
import { type ContentId, fromHex } from "../core/ids.ts";
import { PIECE_BYTES } from "../core/limits.ts";
import { type Clock, FsError, type HashPool } from "../platform/ports.ts";
import type { Answer, Session } from "../peer/session.ts";
import { diskTrouble, type Fetched, FULL, nobody, STALL_MS } from "./fetch_small.ts";
import { MESSAGE, read } from "./messages.ts";
import { piecesOf } from "./serve.ts";
import type { Room } from "./room.ts";
import type { Sources } from "./sources.ts";

/** Runs asked for at once: of one peer, and over all. Each may be a mebibyte in memory. */
const RUNS_PER_PEER = 6;
const RUNS_AT_ONCE = 12;
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
}

interface Run {
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
  isDone: boolean;
  /** Times that it waits for a peer that has time for it. */
  waiting: number;
}

interface Asked {
  readonly run: Run;
  readonly session: Session;
  readonly sinceMs: number;
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

/** Resolves when all is in the stage, or when it cannot be. Rejects for what no answer may be. */
export function fetchPieces(
  deps: PiecesDeps,
  want: PiecesWant,
  chunks: ChunkList,
  offsets: Float64Array,
  have: Uint8Array,
): Promise<Fetched> {
  return new PieceFetch(deps, want, chunks, offsets, have).outcome;
}

class PieceFetch {
  readonly outcome: Promise<Fetched>;
  readonly #deps: PiecesDeps;
  readonly #want: PiecesWant;
  readonly #chunks: ChunkList;
  readonly #offsets: Float64Array;
  readonly #have: Uint8Array;
  /** Runs to be asked for, the next one last. */
  readonly #queue: Run[];
  #left: number;
  readonly #asked = new Set<Asked>();
  /** Runs on their way to a session, and to their answer. */
  #underWay = 0;
  /** Answers that are being written. */
  #writing = 0;
  /** Who does not have it, or something else. */
  readonly #avoid = new Set<Session>();
  readonly #wrong = new Map<Session, number>();
  /** Who has stalled, and when something last came from it. */
  readonly #stalled = new Map<Session, number>();
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
  ) {
    this.#deps = deps;
    this.#want = want;
    this.#chunks = chunks;
    this.#offsets = offsets;
    this.#have = have;
    this.#queue = runsOf(chunks, have, PIECE_BYTES).reverse().map(([first, count]) => ({
      first,
      count,
      bytes: offsets[first + count]! - offsets[first]!,
      isDone: false,
      waiting: 0,
    }));
    this.#left = this.#queue.length;
    this.outcome = new Promise((resolve, reject) => {
      this.#tell = (result) => result instanceof Error ? reject(result) : resolve(result);
    });
    if (this.#left > 0) this.#lookSoon();
    this.#evaluate();
  }

  #evaluate(): void {
    if (this.#left === 0) this.#result ??= { ok: true, stage: this.#want.stage };
    if (this.#result !== null) return this.#end();
    const peers = this.#deps.sources.among(this.#want.devices).length;
    const most = Math.min(RUNS_PER_PEER * Math.max(1, peers), RUNS_AT_ONCE);
    // What a stalled peer owes stands in nobody's way.
    const owed = [...this.#asked].filter(({ session }) => this.#stalled.has(session)).length;
    while (this.#underWay - owed < most && this.#queue.length > 0) void this.#fetch(this.#queue.pop()!);
  }

  /** What is being written must be whole before the file is used. */
  #end(): void {
    if (this.#isTold || this.#writing > 0) return;
    this.#isTold = true;
    this.#cancelLook();
    this.#tell(this.#result!);
  }

  async #fetch(run: Run): Promise<void> {
    const { sources, room } = this.#deps;
    const { devices } = this.#want;
    if (!room.promise(run.bytes)) {
      // What the stage has already stays, and is gone on with.
      this.#result ??= FULL;
      return this.#end();
    }
    this.#underWay++;
    run.waiting++;
    let isWaiting = true;
    const found = () => {
      if (isWaiting) run.waiting--;
      isWaiting = false;
    };
    try {
      // Not of who is asked for it already, or has stalled, as long as there is somebody else.
      const busy = [...this.#asked].filter((asked) => asked.run === run).map(({ session }) => session);
      const request = (session: Session) => {
        found();
        return this.#request(session, run);
      };
      const rather = new Set([...this.#avoid, ...this.#stalled.keys(), ...busy]);
      let done = await sources.ask(devices, rather, request);
      if (done === null && busy.length === 0) done = await sources.ask(devices, this.#avoid, request);
      if (done === null && busy.length === 0) this.#result ??= nobody(sources, devices);
      if (done === false) this.#queue.push(run);
    } catch (error) {
      this.#result ??= error instanceof FsError ? diskTrouble(error) : error as Error;
    } finally {
      room.fulfil(run.bytes);
      found();
      this.#underWay--;
      this.#evaluate();
    }
  }

  /** Asks one peer; true when the run is in the stage then, or was already. */
  async #request(session: Session, run: Run): Promise<boolean> {
    if (run.isDone || this.#result !== null) return true;
    const { clock, sources } = this.#deps;
    const asked: Asked = { run, session, sinceMs: clock.monotonic() };
    this.#asked.add(asked);
    let answer: Answer;
    try {
      answer = await session.request(MESSAGE.pieces, [fromHex(this.#want.content), run.first, run.count]);
    } catch {
      this.#avoid.add(session);
      return run.isDone;
    } finally {
      this.#asked.delete(asked);
    }
    try {
      sources.gained(session, answer.size);
      return await this.#take(session, run, answer);
    } finally {
      session.consumed("bulk", answer.size);
    }
  }

  async #take(session: Session, run: Run, { header, raw }: Answer): Promise<boolean> {
    // It came from another one meanwhile.
    if (run.isDone || this.#result !== null) return true;
    if (!hasPieces(header)) {
      this.#avoid.add(session);
      return false;
    }
    const { pool, gained } = this.#deps;
    const pieces = piecesOf(this.#chunks, run.first, run.count, this.#offsets);
    let isGood = false;
    if (raw.length === run.bytes) {
      this.#writing++;
      let written: boolean[];
      try {
        written = await pool.writePieces(this.#want.stage, pieces, raw);
      } finally {
        this.#writing--;
      }
      written.forEach((good, i) => {
        if (!good || this.#have[run.first + i]) return;
        this.#have[run.first + i] = 1;
        gained(pieces[i]!.length);
      });
      isGood = written.every(Boolean);
    }
    if (isGood && !run.isDone) {
      run.isDone = true;
      this.#left--;
    }
    if (!isGood) {
      const times = (this.#wrong.get(session) ?? 0) + 1;
      this.#wrong.set(session, times);
      if (times >= WRONG_PIECES) this.#avoid.add(session);
    }
    return run.isDone;
  }

  // -------------------------------------------------------------------------------- who keeps us waiting

  #lookSoon(): void {
    this.#cancelLook = this.#deps.clock.after(LOOK_MS, () => {
      if (this.#result !== null) return;
      this.#look();
      this.#lookSoon();
    });
  }

  #look(): void {
    const nowMs = this.#deps.clock.monotonic();
    for (const [session, answeredMs] of this.#stalled) {
      if (session.answeredMs > answeredMs) this.#stalled.delete(session);
    }
    const again = new Set<Run>();
    for (const { run, session, sinceMs } of this.#asked) {
      const quietMs = nowMs - Math.max(sinceMs, session.answeredMs);
      if (quietMs >= STALL_MS) this.#stalled.set(session, session.answeredMs);
      const isOwed = this.#stalled.has(session) || this.#isOvertaken(run, session, nowMs - sinceMs);
      if (isOwed && !run.isDone && run.waiting === 0 && this.#hasOther(run)) again.add(run);
    }
    // Beyond what may be under way otherwise: it stands in for what does not come.
    for (const run of again) void this.#fetch(run);
  }

  /** Whether somebody else is there who is not asked for the run yet. */
  #hasOther(run: Run): boolean {
    const asked = new Set([...this.#asked].filter((one) => one.run === run).map(({ session }) => session));
    return this.#others(asked).length > 0;
  }

  #others(than: ReadonlySet<Session>): Session[] {
    return this.#deps.sources.among(this.#want.devices).filter((session) =>
      !than.has(session) && !this.#avoid.has(session) && !this.#stalled.has(session)
    );
  }

  /** Nothing else is left to be asked for, and another would have brought it long ago. */
  #isOvertaken(run: Run, session: Session, elapsedMs: number): boolean {
    if (this.#queue.length > 0 || elapsedMs < LOOK_MS) return false;
    const speeds = this.#others(new Set([session])).map((other) => this.#deps.sources.speedOf(other) ?? 0);
    const best = Math.max(0, ...speeds);
    return best > 0 && elapsedMs > MUCH_FASTER * RUNS_PER_PEER * run.bytes / best;
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
