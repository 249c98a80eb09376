/**
 * Content identity (R31): one algorithm byte, then SHA-256("cairn-content-1" ‖ size as u64 LE ‖ chunk digests).
 * A chunk list is `CHUNK_RECORD_BYTES` bytes a chunk: SHA-256 digest (32), length (u32 LE).
 */
import { createHash } from "node:crypto";
import { type ContentId, toHex } from "./ids.ts";
import { CHUNK_LIST_CHUNKS, FILE_BYTES } from "./limits.ts";
import { chunkParams } from "./chunker.ts";

export type ChunkList = Uint8Array<ArrayBuffer>;

export const DIGEST_BYTES = 32;
export const CHUNK_RECORD_BYTES = DIGEST_BYTES + 4;
/** The only algorithm so far: SHA-256 over gear chunks with the parameters of `core/chunker.ts`. */
export const ALGORITHM = 0x01;
const ALGORITHM_HEX = toHex(Uint8Array.of(ALGORITHM));
const DOMAIN = new TextEncoder().encode("cairn-content-1");
/** A u64. */
const SIZE_BYTES = 8;

/** SHA-256 of bytes. */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** The content id of a file of `size` bytes with the given digests, one behind the other (32 bytes each). */
export function contentId(size: number, digests: Uint8Array): ContentId {
  const named = new Uint8Array(DOMAIN.length + SIZE_BYTES + digests.length);
  named.set(DOMAIN);
  const view = new DataView(named.buffer, DOMAIN.length);
  view.setUint32(0, size, true);
  view.setUint32(4, Math.floor(size / 2 ** 32), true);
  named.set(digests, DOMAIN.length + SIZE_BYTES);
  // As hex: to make a Buffer of a digest takes longer than the digest.
  return ALGORITHM_HEX + createHash("sha256").update(named).digest("hex") as ContentId;
}

/** The id of the empty file, which has no chunk. */
export const EMPTY_CONTENT: ContentId = contentId(0, new Uint8Array(0));

/** True when the id was made by an algorithm that this program knows. An unknown one means "hash again" (R31). */
export function isKnownAlgorithm(id: ContentId): boolean {
  return id.startsWith("01");
}

export function chunkCount(list: ChunkList): number {
  return list.length / CHUNK_RECORD_BYTES;
}

/** Length in bytes of chunk `index`. */
export function chunkLength(list: ChunkList, index: number): number {
  const at = index * CHUNK_RECORD_BYTES + DIGEST_BYTES;
  return (list[at]! | list[at + 1]! << 8 | list[at + 2]! << 16 | list[at + 3]! << 24) >>> 0;
}

/** Digest of chunk `index`, a view into the list. */
export function chunkDigest(list: ChunkList, index: number): Uint8Array<ArrayBuffer> {
  const at = index * CHUNK_RECORD_BYTES;
  return list.subarray(at, at + DIGEST_BYTES);
}

/** All digests of a list, one behind the other. */
export function digestsOf(list: ChunkList): Uint8Array<ArrayBuffer> {
  const count = chunkCount(list);
  const out = new Uint8Array(count * DIGEST_BYTES);
  for (let i = 0; i < count; i++) out.set(chunkDigest(list, i), i * DIGEST_BYTES);
  return out;
}

/** Where each chunk starts, and behind the last the size of the file. */
export function chunkOffsets(list: ChunkList): Float64Array {
  const count = chunkCount(list);
  const out = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) out[i + 1] = out[i]! + chunkLength(list, i);
  return out;
}

/** The most chunks that a file of `size` bytes can have: all but the last have the least length. */
export function mostChunks(size: number): number {
  return Math.min(Math.floor(size / chunkParams(size).minBytes) + 1, CHUNK_LIST_CHUNKS);
}

/** Why a list that came from outside cannot be that of content `id` with `size` bytes, or null when it is. */
export function checkChunkList(list: Uint8Array, id: ContentId, size: number): string | null {
  if (list.length === 0 || list.length % CHUNK_RECORD_BYTES !== 0) return "a chunk list has a torn record";
  const count = list.length / CHUNK_RECORD_BYTES;
  if (size > FILE_BYTES || count > mostChunks(size)) return "a chunk list is too long";
  const { minBytes, maxBytes } = chunkParams(size);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const length = chunkLength(list as ChunkList, i);
    if (length < (i < count - 1 ? minBytes : 1) || length > maxBytes) {
      return "a chunk has an impossible length";
    }
    total += length;
  }
  if (total !== size) return "the chunks do not add up to the size";
  if (contentId(size, digestsOf(list as ChunkList)) !== id) return "the chunks do not have the content id";
  return null;
}
