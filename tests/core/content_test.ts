import assert from "node:assert/strict";
import {
  checkChunkList,
  CHUNK_RECORD_BYTES,
  chunkCount,
  chunkDigest,
  chunkLength,
  type ChunkList,
  chunkOffsets,
  contentId,
  DIGEST_BYTES,
  digestsOf,
  EMPTY_CONTENT,
  isKnownAlgorithm,
  sha256,
} from "../../src/core/content.ts";
import { type ContentId, isId } from "../../src/core/ids.ts";
import { CHUNK_LIST_CHUNKS, FILE_BYTES } from "../../src/core/limits.ts";
import { chunkListOf } from "../support/chunk_list.ts";
import { sampleBytes } from "../support/sample_bytes.ts";

const SAMPLE = sampleBytes(21, 1_000_000);
const LIST = chunkListOf(SAMPLE);
const ID = contentId(SAMPLE.length, digestsOf(LIST));

Deno.test("the empty file has the golden content id (R31)", () => {
  assert.equal(EMPTY_CONTENT, "01f983dcad21bab05f6ba2eec8eaecfce201ec635237f244a50e921f818282cc94");
});

Deno.test("a file of one chunk has the golden content id (R31)", () => {
  const bytes = new TextEncoder().encode("cairn");
  assert.equal(
    contentId(bytes.length, sha256(bytes)),
    "01c86b7094ab76d382ea1b295a0ca7405edb850e025e858f2142bafd1e5bf7c6eb",
  );
});

Deno.test("a file of many chunks has the golden content id (R31)", () => {
  assert.equal(chunkCount(LIST), 14);
  assert.equal(ID, "015ad79e9aea3844c8dcff38591721b1004d8ea5323a075d4ca266549863ddd00d");
});

Deno.test("a file made of another file's digests has another id (R31)", () => {
  const digests = digestsOf(LIST);
  assert.notEqual(contentId(digests.length, sha256(digests)), ID);
  assert.notEqual(contentId(SAMPLE.length + 1, digests), ID);
});

Deno.test("isKnownAlgorithm() is false of an id with another algorithm byte", () => {
  assert.ok(isId("content", ID) && isKnownAlgorithm(ID));
  assert.ok(!isKnownAlgorithm(("02" + ID.slice(2)) as ContentId));
});

Deno.test("a chunk list tells digests, lengths and offsets", () => {
  const offsets = chunkOffsets(LIST);
  assert.equal(offsets.at(-1), SAMPLE.length);
  for (let i = 0; i < chunkCount(LIST); i++) {
    const part = SAMPLE.subarray(offsets[i]!, offsets[i]! + chunkLength(LIST, i));
    assert.deepEqual(chunkDigest(LIST, i), sha256(part));
  }
});

Deno.test("checkChunkList() takes the true list of a content", () => {
  assert.equal(checkChunkList(LIST, ID, SAMPLE.length), null);
});

const REJECTED: readonly (readonly [string, ChunkList, number, RegExp])[] = [
  ["an empty list", new Uint8Array(0), 0, /torn/],
  ["a torn record", LIST.slice(0, -1), SAMPLE.length, /torn/],
  ["another size", LIST, SAMPLE.length - 1, /add up/],
  ["a chunk too few", LIST.slice(0, -CHUNK_RECORD_BYTES), SAMPLE.length, /add up/],
  ["a chunk of no bytes", withLength(LIST, 0, 0), SAMPLE.length, /length/],
  [
    "a chunk shorter than the tier allows, and not the last",
    withLength(LIST, 0, 16_383),
    SAMPLE.length,
    /length/,
  ],
  ["a chunk longer than the tier allows", withLength(LIST, 0, 262_145), SAMPLE.length, /length/],
  ["another digest", withFlippedBit(LIST), SAMPLE.length, /content id/],
  ["a byte more in a chunk and in the size", shifted(LIST), SAMPLE.length + 1, /content id/],
  ["a file larger than the limit", LIST, FILE_BYTES + 1, /too long/],
  [
    "more chunks than the limit",
    new Uint8Array((CHUNK_LIST_CHUNKS + 1) * CHUNK_RECORD_BYTES),
    FILE_BYTES,
    /too long/,
  ],
  [
    "more chunks than a file of this size can have",
    new Uint8Array(63 * CHUNK_RECORD_BYTES),
    SAMPLE.length,
    /too long/,
  ],
];
for (const [what, list, size, why] of REJECTED) {
  Deno.test(`checkChunkList() rejects ${what}`, () => {
    assert.match(checkChunkList(list, ID, size) ?? "it was taken", why);
  });
}

function withLength(list: ChunkList, index: number, length: number): ChunkList {
  const copy = list.slice();
  new DataView(copy.buffer).setUint32(index * CHUNK_RECORD_BYTES + DIGEST_BYTES, length, true);
  return copy;
}

function withFlippedBit(list: ChunkList): ChunkList {
  const copy = list.slice();
  copy[5]! ^= 1;
  return copy;
}

/** One byte more in the first chunk: adds up to a size that is not the content's. */
function shifted(list: ChunkList): ChunkList {
  return withLength(list, 0, chunkLength(list, 0) + 1);
}
