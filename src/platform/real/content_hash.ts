/** Identifying files: reading in blocks, cutting and hashing at once. Runs in a worker; plain synchronous functions. */
import * as fs from "node:fs";
import { createHash, type Hash } from "node:crypto";
import { BlockCutter } from "../../core/block_cutter.ts";
import { chunkParams } from "../../core/chunker.ts";
import {
  CHUNK_RECORD_BYTES,
  type ChunkList,
  contentId,
  DIGEST_BYTES,
  digestsOf,
  EMPTY_CONTENT,
} from "../../core/content.ts";
import { fromHex } from "../../core/ids.ts";
import { FILE_BYTES, SMALL_FILE_BYTES } from "../../core/limits.ts";
import { FsError, type HashedFile } from "../ports.ts";
import { fsError, guarded } from "./fs_errors.ts";
import { openRegular, readFullSync } from "./fs_handle.ts";
import { statOfOpen } from "./fs_stat.ts";
import { OpenedAhead } from "./opened_ahead.ts";

/** From here on a file is cut in slices, on all workers (`hash_big.ts`): below it a file takes a fifth of a second. */
export const BIG_FILE_BYTES = 64 * 2 ** 20;
/** What is read at once: enough to make system calls cheap, little enough to stay in the processor's cache. */
const BLOCK_BYTES = 2 ** 20;

/** A file too large for one job, and how to know that it is still the same. */
export interface BigFile {
  readonly path: string;
  readonly size: number;
  readonly ino: number;
  readonly dev: number;
}

let cutter: BlockCutter | undefined;
let kept: Uint8Array<ArrayBuffer> | undefined;

/** A small file with its bytes, when these were asked for and there was room. */
export interface KeptFile extends HashedFile {
  readonly bytes?: Uint8Array;
}

/**
 * Identifies files one after the other until `budgetBytes` are read, at least one. The answer stands for the
 * first paths only when it is shorter than `paths`: jobs stay short, however large the files are. With `keep`, small files come with
 * their bytes, views of one buffer of a block at most.
 */
export function hashSome(
  paths: readonly string[],
  budgetBytes: number,
  keep = false,
): (KeptFile | BigFile | FsError)[] {
  const answers: (KeptFile | BigFile | FsError)[] = [];
  const places: { index: number; offset: number }[] = [];
  const ahead = new OpenedAhead(paths);
  let left = budgetBytes;
  let used = 0;
  for (const path of paths) {
    if (answers.length > 0 && left <= 0) break;
    try {
      const answer = hashOpen(ahead.next(), path);
      const index = answers.push(answer) - 1;
      if ("path" in answer) continue;
      const { size } = answer;
      left -= size;
      if (!keep || size === 0 || size > SMALL_FILE_BYTES || used + size > BLOCK_BYTES) continue;
      kept ??= new Uint8Array(BLOCK_BYTES);
      kept.set(cutter!.room.subarray(0, size), used); // a small file is read in one go
      places.push({ index, offset: used });
      used += size;
    } catch (error) {
      answers.push(fsError(error, path));
    }
  }
  ahead.close();
  if (used === 0) return answers;
  const all = kept!.slice(0, used);
  for (const { index, offset } of places) {
    const file = answers[index] as HashedFile;
    answers[index] = { ...file, bytes: all.subarray(offset, offset + file.size) };
  }
  return answers;
}

/** Identifies the regular file at `path`, or says that it is a big one. What grows meanwhile is cut at its first size. */
export function hashFile(path: string): HashedFile | BigFile {
  return hashOpen(openRegular(path, "read"), path);
}

/** The same of a descriptor, which is closed. */
function hashOpen(fd: number, path: string): HashedFile | BigFile {
  return guarded(path, () => {
    try {
      const { size, ino, dev } = statOfOpen(fd);
      if (size > FILE_BYTES) {
        throw new FsError("unsupported", path, new Error("The file is larger than 8 TiB"));
      }
      if (size >= BIG_FILE_BYTES) return { path, size, ino, dev };
      return size === 0
        ? hashedFile(0, new Uint8Array(0))
        : hashedFile(size, cutOpen(fd, path, size, 0, size));
    } finally {
      fs.closeSync(fd);
    }
  });
}

/** What a file of `size` bytes with the chunks of `list` is. */
export function hashedFile(size: number, list: ChunkList): HashedFile {
  if (size === 0) return { size, content: EMPTY_CONTENT, chunks: null };
  return {
    size,
    content: contentId(size, digestsOf(list)),
    chunks: size > SMALL_FILE_BYTES ? list : null,
  };
}

/**
 * The chunks of a big file from the cut point `from` to the first cut point at or behind `until`, or to the end.
 * Whether `from` is a cut point of the whole file is the caller's to know.
 */
export function cutBig(file: BigFile, from: number, until: number): ChunkList {
  const fd = openRegular(file.path, "read");
  return guarded(file.path, () => {
    try {
      const { ino, dev } = statOfOpen(fd);
      if (ino !== file.ino || dev !== file.dev) throw changed(file.path);
      return cutOpen(fd, file.path, file.size, from, until);
    } finally {
      fs.closeSync(fd);
    }
  });
}

function cutOpen(fd: number, path: string, size: number, from: number, until: number): ChunkList {
  const params = chunkParams(size);
  cutter ??= new BlockCutter(BLOCK_BYTES, params);
  cutter.begin(params);
  const digests: string[] = [];
  const lengths: number[] = [];
  let hash: Hash | null = null;
  let length = 0;
  for (let position = from; position < size; position += BLOCK_BYTES) {
    const bytes = cutter.room.subarray(0, Math.min(BLOCK_BYTES, size - position));
    if (readFullSync(fd, bytes, position) < bytes.length) throw changed(path);
    for (let start = 0; start < bytes.length;) {
      const cut = cutter.next(bytes.length, start);
      const end = cut < 0 ? bytes.length : cut;
      hash ??= createHash("sha256");
      hash.update(bytes.subarray(start, end));
      length += end - start;
      if (cut >= 0 || position + end === size) {
        digests.push(hash.digest("hex"));
        lengths.push(length);
        if (position + end >= until) return chunkList(digests, lengths);
        hash = null;
        length = 0;
      }
      start = end;
    }
  }
  return chunkList(digests, lengths);
}

/** Digests in hex: to make a Buffer of each takes longer than what is done here. */
function chunkList(digests: readonly string[], lengths: readonly number[]): ChunkList {
  const list = new Uint8Array(digests.length * CHUNK_RECORD_BYTES);
  const view = new DataView(list.buffer);
  for (let i = 0; i < digests.length; i++) {
    list.set(fromHex(digests[i]!), i * CHUNK_RECORD_BYTES);
    view.setUint32(i * CHUNK_RECORD_BYTES + DIGEST_BYTES, lengths[i]!, true);
  }
  return list;
}

function changed(path: string): FsError {
  return new FsError("io", path, new Error("The file changed while it was read"));
}
