/** The identity of bytes in memory, cut and hashed as the real pool does: both go through `core/`. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { chunkParams, Cutter } from "../../../src/core/chunker.ts";
import {
  CHUNK_RECORD_BYTES,
  type ChunkList,
  contentId,
  DIGEST_BYTES,
  EMPTY_CONTENT,
} from "../../../src/core/content.ts";
import { SMALL_FILE_BYTES } from "../../../src/core/limits.ts";
import type { HashedFile } from "../../../src/platform/ports.ts";

export function identify(bytes: Uint8Array): HashedFile {
  const size = bytes.length;
  if (size === 0) return { size, content: EMPTY_CONTENT, chunks: null };
  const digests: Uint8Array[] = [];
  const lengths: number[] = [];
  const params = chunkParams(size);
  const cutter = new Cutter(params);
  for (let start = 0; start < size;) {
    const cut = size - start <= params.minBytes ? size : cutter.next(bytes, start); // no cut can come before
    const end = cut < 0 ? size : cut;
    digests.push(createHash("sha256").update(bytes.subarray(start, end)).digest());
    lengths.push(end - start);
    start = end;
  }
  const all = new Uint8Array(digests.length * DIGEST_BYTES);
  digests.forEach((digest, i) => all.set(digest, i * DIGEST_BYTES));
  const chunks = size > SMALL_FILE_BYTES ? chunkList(digests, lengths) : null;
  return { size, content: contentId(size, all), chunks };
}

function chunkList(digests: readonly Uint8Array[], lengths: readonly number[]): ChunkList {
  const list = new Uint8Array(digests.length * CHUNK_RECORD_BYTES);
  const view = new DataView(list.buffer);
  digests.forEach((digest, i) => {
    list.set(digest, i * CHUNK_RECORD_BYTES);
    view.setUint32(i * CHUNK_RECORD_BYTES + DIGEST_BYTES, lengths[i]!, true);
  });
  return list;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
