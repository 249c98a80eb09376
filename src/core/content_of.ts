/** The content id of bytes in memory (R31): of small files, which travel whole. Files on disk are cut by `block_cutter.ts`. */
import { createHash } from "node:crypto";
import { chunkParams, Cutter } from "./chunker.ts";
import { contentId } from "./content.ts";
import type { ContentId } from "./ids.ts";

export function contentOf(bytes: Uint8Array): ContentId {
  const cutter = new Cutter(chunkParams(bytes.length));
  const digests = [];
  for (let start = 0; start < bytes.length;) {
    const cut = cutter.next(bytes, start);
    const end = cut < 0 ? bytes.length : cut;
    digests.push(createHash("sha256").update(bytes.subarray(start, end)).digest());
    start = end;
  }
  return contentId(bytes.length, digests.length === 1 ? digests[0]! : concat(digests));
}

function concat(digests: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(digests.length * 32);
  digests.forEach((digest, i) => out.set(digest, i * 32));
  return out;
}
