/**
 * Fetches one large file into its stage: the chunk list first, then what the stage already has (a resumed one is hashed again,
 * R22), then what this disk has elsewhere, and the rest from every peer that holds the content (fetch_pieces.ts).
 */
import {
  checkChunkList,
  CHUNK_RECORD_BYTES,
  chunkCount,
  chunkLength,
  type ChunkList,
  chunkOffsets,
  mostChunks,
} from "../core/content.ts";
import { fromHex, toHex } from "../core/ids.ts";
import { LIST_PAGE_CHUNKS } from "../core/limits.ts";
import { type Fs, FsError, type Piece } from "../platform/ports.ts";
import type { Session } from "../peer/session.ts";
import { fetchPieces, type PiecesDeps, type PiecesWant, runsOf } from "./fetch_pieces.ts";
import { diskTrouble, type Fetched, nobody, STALL_MS } from "./fetch_small.ts";
import { MESSAGE, read } from "./messages.ts";
import { piecesOf } from "./serve.ts";

export interface LargeWant extends PiecesWant {
  readonly size: number;
  /** Files of this disk that may share chunks, the likeliest first, with their lists. */
  readonly bases: (chunks: ChunkList) => readonly { readonly at: string; readonly chunks: ChunkList }[];
  /** The list, where this device has had the content before. */
  readonly chunks: ChunkList | null;
}

export interface LargeDeps extends PiecesDeps {
  readonly fs: Fs;
}

/** Bytes of local reuse that one job of the pool copies or checks. */
const LOCAL_JOB_BYTES = 8 * 2 ** 20;

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
    if (openStage(fs, want)) await checkStage(deps, want, chunks, offsets, have);
    await reuseLocal(deps, want, chunks, offsets, have);
    const fetched = await fetchPieces(deps, want, chunks, offsets, have);
    return { fetched, chunks };
  } catch (error) {
    if (error instanceof FsError) return { fetched: diskTrouble(error), chunks: null };
    throw error;
  }
}

/**
 * A file of the wanted size to write into; true when it may hold some of it already. What a crash behind an exchange left under its name
 * is the former file, which the version store has too: whoever wrote into it would change what is kept there.
 */
function openStage(fs: Fs, { stage, size }: LargeWant): boolean {
  const found = fs.lstat(stage);
  const isOurs = found?.kind === "file" && found.links === 1 && found.size === size;
  if (isOurs) return true;
  if (found !== null) fs.unlink(stage);
  const file = fs.open(stage, "create");
  try {
    file.truncate(size);
  } finally {
    file.close();
  }
  return false;
}

async function fetchList({ sources }: LargeDeps, want: LargeWant): Promise<ChunkList | null> {
  const avoid = new Set<Session>();
  for (;;) {
    const list = await sources.ask(want.devices, avoid, async (session) => {
      avoid.add(session);
      try {
        // Another one may have it too: nobody is waited for long then.
        const stallMs = sources.among(want.devices).length > 1 ? STALL_MS : undefined;
        return await fetchListFrom(session, want, stallMs);
      } catch {
        return undefined;
      }
    });
    if (list !== undefined) return list;
  }
}

/** The whole list, page by page; undefined when the peer does not have it, or says what cannot be. */
async function fetchListFrom(
  session: Session,
  want: LargeWant,
  stallMs: number | undefined,
): Promise<ChunkList | undefined> {
  let list: ChunkList | null = null;
  for (let have = 0; list === null || have < chunkCount(list);) {
    const answer = await session.request(MESSAGE.list, [fromHex(want.content), have], undefined, stallMs);
    session.consumed("bulk", answer.size);
    const [size, chunks] = read("listAnswer", answer.header);
    // A peer does not say one length and then another, and cannot draw a list out in crumbs.
    const isSame = list === null || chunkCount(list) === chunks;
    if (size !== want.size || chunks < 1 || chunks > mostChunks(size) || !isSame) return undefined;
    const page = Math.min(LIST_PAGE_CHUNKS, chunks - have);
    if (answer.raw.length !== page * CHUNK_RECORD_BYTES) return undefined;
    list ??= new Uint8Array(chunks * CHUNK_RECORD_BYTES);
    list.set(answer.raw, have * CHUNK_RECORD_BYTES);
    have += page;
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
