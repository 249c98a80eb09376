/** Copying a file so that the copy is known to have a content: what is restored is never a second name of what is kept (R21). */
import { chunkCount, chunkLength } from "../core/content.ts";
import type { ContentId } from "../core/ids.ts";
import { SMALL_FILE_BYTES } from "../core/limits.ts";
import { type Fs, FsError, type HashPool } from "../platform/ports.ts";
import { piecesOf } from "./serve.ts";

export interface CopyWant {
  readonly content: ContentId;
  readonly size: number;
  readonly mode: number;
  readonly mtimeMs: number;
}

/** Bytes that one job of the pool copies. */
const JOB_BYTES = 8 * 2 ** 20;

/**
 * Makes `to` a copy of `from`, with mode and time, not yet durable. False when `from` has another content by now: then
 * there is nothing at `to`. Throws FsError when the disk refuses.
 */
export async function copyVerified(
  { fs, pool }: { readonly fs: Fs; readonly pool: HashPool },
  from: string,
  to: string,
  want: CopyWant,
): Promise<boolean> {
  const { content, size, mode, mtimeMs } = want;
  if (size > SMALL_FILE_BYTES) {
    const [hashed] = await pool.hash([from]);
    if (hashed instanceof FsError) throw hashed;
    if (hashed?.content !== content) return false;
    if (hashed.chunks !== null) {
      const isCopied = await copyChunks({ fs, pool }, from, to, size, hashed.chunks);
      if (!isCopied) fs.unlink(to);
      else {
        fs.chmod(to, mode);
        fs.setMtime(to, mtimeMs);
      }
      return isCopied;
    }
  }
  const [bytes] = await pool.readSmall([{ path: from, content }]);
  if (bytes === null || bytes === undefined) return false;
  const [written] = await pool.writeSmall([{
    path: to,
    offset: 0,
    length: bytes.length,
    content,
    mode,
    mtimeMs,
  }], bytes);
  if (written instanceof FsError) throw written;
  return written === true;
}

async function copyChunks(
  { fs, pool }: { readonly fs: Fs; readonly pool: HashPool },
  from: string,
  to: string,
  size: number,
  chunks: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const file = fs.open(to, "create");
  try {
    file.truncate(size);
  } finally {
    file.close();
  }
  try {
    for (let first = 0; first < chunkCount(chunks);) {
      let count = 0;
      for (let bytes = 0; first + count < chunkCount(chunks) && bytes < JOB_BYTES; count++) {
        bytes += chunkLength(chunks, first + count);
      }
      const pieces = piecesOf(chunks, first, count).map((piece) => ({
        ...piece,
        sourceOffset: piece.offset,
      }));
      if (!(await pool.copyPieces(from, to, pieces)).every(Boolean)) return false;
      first += count;
    }
    return true;
  } catch (error) {
    fs.unlink(to);
    throw error;
  }
}
