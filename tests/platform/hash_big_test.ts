import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CHUNK_RECORD_BYTES,
  chunkLength,
  type ChunkList,
  contentId,
  digestsOf,
} from "../../src/core/content.ts";
import { hashBig } from "../../src/platform/real/hash_big.ts";
import { chunkListOf } from "../support/chunk_list.ts";
import { sampleBytes } from "../support/sample_bytes.ts";

const MIB = 2 ** 20;

interface Part {
  readonly seed: number;
  readonly run: boolean;
  readonly length: number;
}

/** Random stretches and runs of one byte, in which cuttings meet late or never. */
const contents = fc.array(
  fc.record({
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
    run: fc.boolean(),
    length: fc.integer({ min: 1, max: MIB }),
  }),
  { minLength: 1, maxLength: 4 },
);

function bytesOf(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const { seed, run, length } of parts) {
    if (run) bytes.fill(seed & 255, at, at + length);
    else bytes.set(sampleBytes(seed, length), at);
    at += length;
  }
  return bytes;
}

/** A cutting of `bytes` in memory, as the workers do it to a file. */
function cutter(bytes: Uint8Array) {
  return (from: number, until: number): Promise<ChunkList> => {
    const all = chunkListOf(bytes.subarray(from));
    let end = 0;
    for (let at = from; at < until;) at += chunkLength(all, end++);
    return Promise.resolve(all.slice(0, end * CHUNK_RECORD_BYTES));
  };
}

Deno.test("a file cut in stretches side by side is the same as one cut from end to end", async () => {
  await fc.assert(
    fc.asyncProperty(
      contents,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 50_000, max: MIB }),
      async (parts, lanes, stretchBytes) => {
        const bytes = bytesOf(parts);
        const expected = chunkListOf(bytes);
        const hashed = await hashBig(bytes.length, lanes, cutter(bytes), stretchBytes);
        assert.equal(hashed.size, bytes.length);
        assert.equal(hashed.content, contentId(bytes.length, digestsOf(expected)));
        assert.deepEqual(hashed.chunks ?? expected, expected);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("the last stretch is cut to its end when its cutting never meets the true one", async () => {
  const bytes = bytesOf([{ seed: 1, run: true, length: 2 * 262_145 }]);
  const hashed = await hashBig(bytes.length, 2, cutter(bytes), 262_145);
  assert.equal(hashed.content, contentId(bytes.length, digestsOf(chunkListOf(bytes))));
});

Deno.test("stitching costs little where cuttings meet", async () => {
  const bytes = sampleBytes(99, 16 * MIB);
  let cut = 0;
  const hashed = await hashBig(bytes.length, 2, async (from, until) => {
    const list = await cutter(bytes)(from, until);
    for (let i = 0; i < list.length / CHUNK_RECORD_BYTES; i++) cut += chunkLength(list, i);
    return list;
  }, 4 * MIB);
  assert.equal(hashed.content, contentId(bytes.length, digestsOf(chunkListOf(bytes))));
  assert.ok(cut < 1.4 * bytes.length, `${cut} bytes were cut`);
});

Deno.test("a failing stretch fails the file once", async () => {
  const bytes = sampleBytes(98, 4 * MIB);
  const cut = cutter(bytes);
  await assert.rejects(
    hashBig(
      bytes.length,
      3,
      (from, until) => from > MIB ? Promise.reject(new Error("the disk")) : cut(from, until),
      MIB,
    ),
    /the disk/,
  );
});
