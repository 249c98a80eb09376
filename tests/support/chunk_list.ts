import { CHUNK_RECORD_BYTES, type ChunkList, DIGEST_BYTES, sha256 } from "../../src/core/content.ts";
import { chunkParams } from "../../src/core/chunker.ts";
import { chunkLengths } from "./chunk_lengths.ts";

/** The chunk list of bytes, cut end to end in the plainest way: what every other way must give. */
export function chunkListOf(bytes: Uint8Array): ChunkList {
  const lengths = chunkLengths(chunkParams(bytes.length), bytes);
  const list = new Uint8Array(lengths.length * CHUNK_RECORD_BYTES);
  const view = new DataView(list.buffer);
  let at = 0;
  lengths.forEach((length, i) => {
    list.set(sha256(bytes.subarray(at, at += length)), i * CHUNK_RECORD_BYTES);
    view.setUint32(i * CHUNK_RECORD_BYTES + DIGEST_BYTES, length, true);
  });
  return list;
}
