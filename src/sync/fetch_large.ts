/**
 * Fetches one large file into its stage: the chunk list first, then what the stage already has (a resumed one is hashed again,
 * R22), then what this disk has elsewhere, and the rest from every peer that holds the content (fetch_pieces.ts).
 */
import { chunkCount, chunkLength, type ChunkList, chunkOffsets } from "../core/content.ts";
import { toHex } from "../core/ids.ts";
import { type FileHandle, type Fs, FsError, type Piece } from "../platform/ports.ts";
import { fetchList, type ListWant } from "./fetch_list.ts";
import { fetchPieces, type PiecesDeps, type PiecesWant } from "./fetch_pieces.ts";
import { diskTrouble, type Fetched, nobody } from "./fetch_small.ts";
import { runsOf } from "./missing.ts";
import { piecesOf } from "./serve.ts";
import type { Sharing } from "./sharing.ts";

export interface LargeWant extends PiecesWant, ListWant {
  /** Files of this disk that may share chunks, the likeliest first, with their lists. */
  readonly bases: (chunks: ChunkList) => readonly { readonly at: string; readonly chunks: ChunkList }[];
  /** Takes the stage's open file, until it is synced: so the system forgets no write that failed meanwhile (R27). */
  readonly hold: (file: FileHandle) => void;
  /** The list, where this device knows it. */
  readonly chunks: ChunkList | null;
  /** A file of this device has the content. */
  readonly isLocal: boolean;
}

export interface LargeDeps extends PiecesDeps {
  readonly fs: Fs;
  readonly sharing: PiecesDeps["sharing"] & Pick<Sharing, "mayHelp" | "forget">;
  /** The list is known from here on: who comes back to the stage later needs it, whoever is there then. */
  listed(chunks: ChunkList): void;
}

/** Bytes of local reuse that one job of the pool copies or checks. */
const LOCAL_JOB_BYTES = 8 * 2 ** 20;

/** Stages the content. The stage stays for the next try when this one cannot finish. */
export async function fetchLarge(
  deps: LargeDeps,
  want: LargeWant,
): Promise<Fetched> {
  const { fs, sharing, sources } = deps;
  try {
    const chunks = want.chunks ?? await fetchList(sources, want);
    if (chunks === null || !mayCome(chunks)) return nobody(sources, want.devices);
    sharing.forget(want.content);
    const have = new Uint8Array(chunkCount(chunks));
    const offsets = chunkOffsets(chunks);
    const isBegun = openStage(fs, want);
    want.hold(fs.open(want.stage, "write"));
    if (isBegun) await checkStage(deps, want, chunks, offsets, have);
    await reuseLocal(deps, want, chunks, offsets, have);
    deps.listed(chunks);
    return await fetchPieces(deps, want, chunks, offsets, have);
  } catch (error) {
    if (error instanceof FsError) return diskTrouble(error);
    throw error;
  }

  /** Nobody hashes a stage again and again for want of a peer. */
  function mayCome(chunks: ChunkList): boolean {
    return want.isLocal || sources.isAny(want.devices) || sharing.mayHelp(want.content, chunks);
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
