import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { type ChunkParams, chunkParams, GEAR, maxChunkBytes } from "../../src/core/chunker.ts";
import { chunkLengths } from "../support/chunk_lengths.ts";
import { sampleBytes } from "../support/sample_bytes.ts";
import golden from "../fixtures/chunker.json" with { type: "json" };

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** The smallest tier's form at a hundredth of its size, so that a property sees many chunks in few bytes. */
const SMALL: ChunkParams = {
  minBytes: 256,
  averageBytes: 1024,
  maxBytes: 4096,
  hardMask: -1 << 20,
  easyMask: -1 << 24,
};

Deno.test("the gear table is the frozen one", () => {
  assert.equal(createHash("sha256").update(new Uint8Array(GEAR.buffer)).digest("hex"), golden.gearSha256);
  assert.equal(GEAR[0], createHash("sha256").update("cairn-gear-1\0").digest().readInt32LE(0));
});

for (const { seed, bytes, fileSize, lengths } of golden.cases) {
  Deno.test(`a file of ${fileSize} bytes is cut where the golden vector of seed ${seed} says`, () => {
    assert.deepEqual(chunkLengths(chunkParams(fileSize), sampleBytes(seed, bytes)), lengths);
  });
}

Deno.test("chunkParams() changes at the tiers' borders and nowhere else", () => {
  const averages = [
    0,
    512 * MIB - 1,
    512 * MIB,
    8 * GIB - 1,
    8 * GIB,
    64 * GIB - 1,
    64 * GIB,
    2 ** 40,
  ]
    .map((size) => chunkParams(size).averageBytes / KIB);
  assert.deepEqual(averages, [64, 64, 128, 128, 512, 512, 1024, 1024]);
});

Deno.test("a chunk is a quarter of the average at least, four times the average at most", () => {
  for (const size of [0, GIB, 10 * GIB, 100 * GIB, 2 ** 40]) {
    const { minBytes, averageBytes, maxBytes } = chunkParams(size);
    assert.deepEqual([minBytes, maxBytes], [averageBytes / 4, averageBytes * 4]);
    assert.equal(maxChunkBytes(size), maxBytes);
  }
});

Deno.test("the masks of a larger tier contain those of the smaller ones", () => {
  const tiers = [0, GIB, 10 * GIB, 100 * GIB].map(chunkParams);
  for (let i = 1; i < tiers.length; i++) {
    assert.equal(tiers[i]!.hardMask & tiers[i - 1]!.hardMask, tiers[i - 1]!.hardMask);
    assert.equal(tiers[i]!.easyMask & tiers[i - 1]!.easyMask, tiers[i - 1]!.easyMask);
    assert.equal(tiers[i]!.hardMask & tiers[i]!.easyMask, tiers[i]!.easyMask);
  }
});

Deno.test("a file that crosses into the next tier keeps many of its cut points", () => {
  const bytes = sampleBytes(11, 32 * MIB);
  const small = new Set(offsets(chunkLengths(chunkParams(0), bytes)));
  const large = offsets(chunkLengths(chunkParams(GIB), bytes));
  const kept = large.filter((at) => small.has(at)).length;
  assert.ok(kept > large.length / 3, `${kept} of ${large.length}`);
});

Deno.test("cut points do not depend on how the bytes were divided into blocks", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 2 ** 31 }),
    fc.integer({ min: 0, max: 40_000 }),
    fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 8 }),
    (seed, length, blockSizes) => {
      const bytes = sampleBytes(seed, length);
      assert.deepEqual(chunkLengths(SMALL, bytes, blockSizes), chunkLengths(SMALL, bytes));
    },
  ));
});

Deno.test("cut points do not depend on block borders in bytes with long runs either", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 6_000 })), { maxLength: 8 }),
    fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
    (runs, blockSizes) => {
      const bytes = Uint8Array.from(runs.flatMap(([byte, length]) => Array<number>(length).fill(byte)));
      const lengths = chunkLengths(SMALL, bytes, blockSizes);
      assert.deepEqual(lengths, chunkLengths(SMALL, bytes));
      assert.equal(lengths.reduce((sum, length) => sum + length, 0), bytes.length);
      for (const length of lengths.slice(0, -1)) {
        assert.ok(length >= SMALL.minBytes && length <= SMALL.maxBytes);
      }
    },
  ));
});

Deno.test("an insertion disturbs the chunks near it only", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 2 ** 31 }),
    fc.integer({ min: 0, max: 100_000 }),
    fc.uint8Array({ minLength: 1, maxLength: 500 }),
    (seed, at, inserted) => {
      const old = sampleBytes(seed, 200_000);
      const edited = new Uint8Array(old.length + inserted.length);
      edited.set(old.subarray(0, at));
      edited.set(inserted, at);
      edited.set(old.subarray(at), at + inserted.length);
      const before = offsets(chunkLengths(SMALL, old));
      const after = new Set(offsets(chunkLengths(SMALL, edited)));
      for (const cut of before) {
        if (cut <= at) assert.ok(after.has(cut), `the cut at ${cut} before the edit moved`);
      }
      // Behind the edit both cuttings meet again, and agree from there on.
      const meet = before.findIndex((cut) => cut > at && after.has(cut + inserted.length));
      assert.ok(
        meet >= 0 && before[meet]! - at < 40 * SMALL.averageBytes,
        "the cuttings did not meet again soon",
      );
      for (const cut of before.slice(meet)) assert.ok(after.has(cut + inserted.length));
    },
  ));
});

Deno.test("a cutting that starts at a cut point finds the cut points of the whole", () => {
  const bytes = sampleBytes(77, 100_000);
  const whole = chunkLengths(SMALL, bytes);
  const cuts = offsets(whole);
  for (let i = 0; i < cuts.length - 1; i++) {
    assert.deepEqual(chunkLengths(SMALL, bytes.subarray(cuts[i]!)), whole.slice(i + 1));
  }
});

function offsets(lengths: readonly number[]): number[] {
  let at = 0;
  return lengths.map((length) => at += length);
}
