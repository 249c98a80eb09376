/**
 * Fetches one large file into its stage: the chunk list first, then what the stage already has (a resumed one is hashed again,
 * R22), then what this disk has elsewhere, and the rest from every peer that holds the content, several pieces at a time.
 */
import {
  checkChunkList,
  CHUNK_RECORD_BYTES,
  chunkCount,
  chunkLength,
  type ChunkList,
  chunkOffsets,
} from "../core/content.ts";
import { type ContentId, fromHex, toHex } from "../core/ids.ts";
import { CHUNK_LIST_CHUNKS, PIECE_BYTES } from "../core/limits.ts";
import { type Fs, FsError, type HashPool, type Piece } from "../platform/ports.ts";
import type { Session } from "../peer/session.ts";
import { diskTrouble, type Fetched, FULL, nobody } from "./fetch_small.ts";
import { MESSAGE, read } from "./messages.ts";
import { piecesOf } from "./serve.ts";
import type { Room } from "./room.ts";
import type { Sources } from "./sources.ts";

export interface LargeWant {
  readonly content: ContentId;
  readonly size: number;
  readonly stage: string;
  readonly devices: readonly number[];
  /** Files of this disk that may share chunks, the likeliest first, with their lists. */
  readonly bases: (chunks: ChunkList) => readonly { readonly at: string; readonly chunks: ChunkList }[];
  /** The list, where this device has had the content before. */
  readonly chunks: ChunkList | null;
}

export interface LargeDeps {
  readonly fs: Fs;
  readonly pool: HashPool;
  readonly sources: Sources;
  /** Bytes that are now in the stage, from anywhere. */
  readonly gained: (bytes: number) => void;
  /** Room on the stage's disk. */
  readonly room: Pick<Room, "promise" | "fulfil">;
}

/** Bytes of local reuse that one job of the pool copies or checks. */
const LOCAL_JOB_BYTES = 8 * 2 ** 20;
/** Runs of missing chunks asked for at once, over all peers. */
const RUNS_AT_ONCE = 6;
/** A source whose pieces are wrong this often has changed. */
const WRONG_PIECES = 3;

/** Stages the content. The stage stays for the next try when this one cannot finish. */
export async function fetchLarge(
  deps: LargeDeps,
  want: LargeWant,
): Promise<{ fetched: Fetched; chunks: ChunkList | null }> {
  const { fs } = deps;
  try {
    const chunks = want.chunks ?? await fetchList(deps, want);
    if (chunks === null) return { fetched: nobody(deps.sources, want.devices), chunks: null };
    const have = new Uint8Array(chunkCount(chunks));
    const offsets = chunkOffsets(chunks);
    if (fs.lstat(want.stage) === null) createStage(fs, want);
    else await checkStage(deps, want, chunks, offsets, have);
    await reuseLocal(deps, want, chunks, offsets, have);
    const fetched = await fetchMissing(deps, want, chunks, offsets, have);
    return { fetched, chunks };
  } catch (error) {
    if (error instanceof FsError) return { fetched: diskTrouble(error), chunks: null };
    throw error;
  }
}

function createStage(fs: Fs, { stage, size }: LargeWant): void {
  const file = fs.open(stage, "create");
  try {
    file.truncate(size);
  } finally {
    file.close();
  }
}

async function fetchList({ sources }: LargeDeps, want: LargeWant): Promise<ChunkList | null> {
  const avoid = new Set<Session>();
  for (;;) {
    const list = await sources.ask(want.devices, avoid, async (session) => {
      avoid.add(session);
      try {
        return await fetchListFrom(session, want);
      } catch {
        return undefined;
      }
    });
    if (list !== undefined) return list;
  }
}

/** The whole list, page by page; undefined when the peer does not have it, or says what cannot be. */
async function fetchListFrom(session: Session, want: LargeWant): Promise<ChunkList | undefined> {
  const pages: Uint8Array[] = [];
  for (let have = 0, total = 1; have < total;) {
    const answer = await session.request(MESSAGE.list, [fromHex(want.content), have]);
    session.consumed("bulk", answer.size);
    const [size, chunks] = read("listAnswer", answer.header);
    if (size !== want.size || chunks > CHUNK_LIST_CHUNKS || answer.raw.length === 0) return undefined;
    pages.push(answer.raw);
    total = chunks;
    have += answer.raw.length / CHUNK_RECORD_BYTES;
  }
  const list = new Uint8Array(pages.reduce((sum, page) => sum + page.length, 0));
  let at = 0;
  for (const page of pages) {
    list.set(page, at);
    at += page.length;
  }
  return checkChunkList(list, want.content, want.size) === null ? list : undefined;
}

/** Notes which pieces of a resumed stage are good. */
async function checkStage(
  { pool, gained }: LargeDeps,
  want: LargeWant,
  chunks: ChunkList,
  offsets: Float64Array,
  have: Uint8Array,
): Promise<void> {
  const jobs = runsOf(chunks, have, LOCAL_JOB_BYTES);
  await Promise.all(jobs.map(async ([first, count]) => {
    const good = await pool.checkPieces(want.stage, piecesOf(chunks, first, count, offsets));
    good.forEach((isGood, i) => {
      if (!isGood) return;
      have[first + i] = 1;
      gained(chunkLength(chunks, first + i));
    });
  }));
}

async function reuseLocal(
  { pool, gained }: LargeDeps,
  want: LargeWant,
  chunks: ChunkList,
  offsets: Float64Array,
  have: Uint8Array,
): Promise<void> {
  for (const base of want.bases(chunks)) {
    const where = new Map<string, number>();
    const baseOffsets = chunkOffsets(base.chunks);
    for (let i = 0; i < chunkCount(base.chunks); i++) where.set(digestKey(base.chunks, i), baseOffsets[i]!);
    const jobs: { index: number; piece: Piece & { sourceOffset: number } }[][] = [];
    let bytes = Infinity;
    for (let i = 0; i < chunkCount(chunks); i++) {
      const sourceOffset = have[i] ? undefined : where.get(digestKey(chunks, i));
      if (sourceOffset === undefined) continue;
      if (bytes >= LOCAL_JOB_BYTES) {
        jobs.push([]);
        bytes = 0;
      }
      const [piece] = piecesOf(chunks, i, 1, offsets);
      jobs.at(-1)!.push({ index: i, piece: { ...piece!, sourceOffset } });
      bytes += piece!.length;
    }
    await Promise.all(jobs.map(async (job) => {
      const copied = await pool.copyPieces(base.at, want.stage, job.map(({ piece }) => piece));
      copied.forEach((isThere, i) => {
        if (!isThere) return;
        have[job[i]!.index] = 1;
        gained(job[i]!.piece.length);
      });
    }));
  }
}

function digestKey(chunks: ChunkList, index: number): string {
  return toHex(chunks.subarray(index * 36, index * 36 + 16));
}

/** Runs of chunks that are missing, each of at most `bytes` (but at least one chunk): [first, count]. */
function runsOf(chunks: ChunkList, have: Uint8Array, bytes: number): [number, number][] {
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

async function fetchMissing(
  deps: LargeDeps,
  want: LargeWant,
  chunks: ChunkList,
  offsets: Float64Array,
  have: Uint8Array,
): Promise<Fetched> {
  const avoid = new Set<Session>();
  const wrong = new Map<Session, number>();
  const runs = runsOf(chunks, have, PIECE_BYTES).reverse();
  let failure: Fetched | null = null;
  const worker = async () => {
    while (failure === null) {
      const run = runs.pop();
      if (run === undefined) return;
      // What the stage has already stays, and is gone on with.
      if (!deps.room.promise(PIECE_BYTES)) {
        failure = FULL;
        return;
      }
      const done = await deps.sources.ask(want.devices, avoid, async (session) => {
        const result = await fetchRun(deps, want, session, run, chunks, offsets, have);
        if (result === "gone") avoid.add(session);
        if (result === "wrong") {
          wrong.set(session, (wrong.get(session) ?? 0) + 1);
          if (wrong.get(session)! >= WRONG_PIECES) avoid.add(session);
        }
        return result;
      }).finally(() => deps.room.fulfil(PIECE_BYTES));
      if (done === null) failure = nobody(deps.sources, want.devices);
      else if (done !== "done") runs.push(run);
    }
  };
  await Promise.all(Array.from({ length: RUNS_AT_ONCE }, worker));
  return failure ?? { ok: true, stage: want.stage };
}

async function fetchRun(
  { pool, gained }: LargeDeps,
  want: LargeWant,
  session: Session,
  [first, count]: readonly [number, number],
  chunks: ChunkList,
  offsets: Float64Array,
  have: Uint8Array,
): Promise<"done" | "gone" | "wrong"> {
  let answer;
  try {
    answer = await session.request(MESSAGE.pieces, [
      fromHex(want.content),
      first,
      count,
    ]);
  } catch {
    return "gone";
  }
  try {
    const pieces = piecesOf(chunks, first, count, offsets);
    const expected = pieces.reduce((sum, { length }) => sum + length, 0);
    if (read("piecesAnswer", answer.header)[0] !== 1) return "gone";
    if (answer.raw.length !== expected) return "wrong";
    const written = await pool.writePieces(want.stage, pieces, answer.raw);
    written.forEach((good, i) => {
      if (!good || have[first + i]) return;
      have[first + i] = 1;
      gained(pieces[i]!.length);
    });
    return written.every(Boolean) ? "done" : "wrong";
  } finally {
    session.consumed("bulk", answer.size);
  }
}
