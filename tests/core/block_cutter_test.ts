import assert from "node:assert/strict";
import fc from "fast-check";
import { BlockCutter } from "../../src/core/block_cutter.ts";
import { type ChunkParams, chunkParams } from "../../src/core/chunker.ts";
import { chunkLengths } from "../support/chunk_lengths.ts";
import { sampleBytes } from "../support/sample_bytes.ts";
import golden from "../fixtures/chunker.json" with { type: "json" };

const MIB = 2 ** 20;

/** Masks of few bits, so that there are cuts in each lane and several in one. */
const SMALL: ChunkParams = {
  minBytes: 256,
  averageBytes: 6000,
  maxBytes: 20_000,
  hardMask: -1 << 20,
  easyMask: -1 << 21,
};

/** The lengths of the chunks of `bytes`, which come in blocks of the given lengths in turn. */
function cutInBlocks(cutter: BlockCutter, bytes: Uint8Array, blocks: readonly number[]): number[] {
  const lengths: number[] = [];
  let open = 0;
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const part = bytes.subarray(at, at + blocks[i % blocks.length]!);
    cutter.room.set(part);
    for (let from = 0; from < part.length;) {
      const cut = cutter.next(part.length, from);
      const end = cut < 0 ? part.length : cut;
      open += end - from;
      if (cut >= 0) {
        lengths.push(open);
        open = 0;
      }
      from = end;
    }
    at += part.length;
  }
  return open > 0 ? [...lengths, open] : lengths;
}

for (const { seed, bytes, fileSize, lengths } of golden.cases) {
  Deno.test(`BlockCutter cuts a file of ${fileSize} bytes where the golden vector of seed ${seed} says`, () => {
    const cutter = new BlockCutter(MIB, chunkParams(fileSize));
    assert.deepEqual(cutInBlocks(cutter, sampleBytes(seed, bytes), [MIB]), lengths);
  });
}

Deno.test("BlockCutter cuts where Cutter does, whatever the bytes and however they come", () => {
  const cutter = new BlockCutter(40_000, SMALL);
  const stretch = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    length: fc.integer({ min: 1, max: 30_000 }),
    // Zeros have no cut point; a short period has none, or the same one over and over.
    period: fc.constantFrom(0, 1, 7, 32, 1000, Infinity),
  });
  fc.assert(
    fc.property(
      fc.array(stretch, { minLength: 1, maxLength: 6 }),
      fc.array(fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 40_000 })), {
        minLength: 1,
        maxLength: 5,
      }),
      (stretches, blocks) => {
        const parts = stretches.map(({ seed, length, period }) => {
          const random = sampleBytes(seed, length);
          return random.map((_, i) => period === 0 ? 0 : random[i % period]!);
        });
        const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
        let at = 0;
        for (const part of parts) {
          bytes.set(part, at);
          at += part.length;
        }
        cutter.begin(SMALL); // after another stream, of which nothing may be left
        assert.deepEqual(cutInBlocks(cutter, bytes, blocks), chunkLengths(SMALL, bytes));
      },
    ),
    { numRuns: 500 },
  );
});
