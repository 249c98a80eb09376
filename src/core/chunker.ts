/**
 * Content-defined chunking: FastCDC's gear hash with normalized chunking (a harder mask before the average
 * size, an easier one behind it), frozen by `tests/fixtures/chunker.json` (R31).
 *
 * The hash is 32 bits wide and moves left one bit a byte, so it depends on the last 32 bytes alone. It is
 * warmed on the 31 bytes before the first possible cut, hence whether a position may be a cut is a function of
 * the 32 bytes before it, and where the next chunk ends is a function of where this one begins and the bytes
 * behind. Two cuttings of the same bytes that meet in one cut point agree from there on.
 *
 * Chunks grow with the file, in tiers. A mask is a run of top bits, longer in a larger tier: each cut that the mask of a
 * larger tier allows is one that the smaller tier's mask allows, so a file that crosses a tier keeps many cut points.
 */
import { createHash } from "node:crypto";

export interface ChunkParams {
  readonly minBytes: number;
  readonly averageBytes: number;
  readonly maxBytes: number;
  /** Mask from the shortest chunk to the average: `averageBytes` and `NORMALIZATION` bits more. */
  readonly hardMask: number;
  /** Mask from the average to the longest chunk. */
  readonly easyMask: number;
}

/** Bits by which the masks differ from the average's: FastCDC's level 2. */
const NORMALIZATION = 2;
/** Bytes that the hash remembers: it has 32 bits and moves one bit a byte. */
export const WINDOW_BYTES = 32;

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const TIERS = [
  { below: 512 * MIB, params: paramsOf(16) },
  { below: 8 * GIB, params: paramsOf(17) },
  { below: 64 * GIB, params: paramsOf(19) },
  { below: Infinity, params: paramsOf(20) },
] as const;

function paramsOf(averageBits: number): ChunkParams {
  return {
    minBytes: 2 ** (averageBits - 2),
    averageBytes: 2 ** averageBits,
    maxBytes: 2 ** (averageBits + 2),
    hardMask: topBits(averageBits + NORMALIZATION),
    easyMask: topBits(averageBits - NORMALIZATION),
  };
}

/** The `count` highest of 32 bits: those that most bytes of the window have a say in. */
function topBits(count: number): number {
  return -1 << (32 - count);
}

/** How a file of `fileSize` bytes is cut. */
export function chunkParams(fileSize: number): ChunkParams {
  return TIERS.find((tier) => fileSize < tier.below)!.params;
}

/** The longest chunk that a file of `fileSize` bytes can have. */
export function maxChunkBytes(fileSize: number): number {
  return chunkParams(fileSize).maxBytes;
}

/** One 32-bit number for each byte: the first four bytes (little endian) of SHA-256("cairn-gear-1" ‖ byte). */
export const GEAR: Int32Array = Int32Array.from({ length: 256 }, (_, byte) => {
  const digest = createHash("sha256").update("cairn-gear-1").update(new Uint8Array([byte])).digest();
  return digest.readInt32LE(0);
});

/**
 * Cuts a stream that comes in blocks of any sizes. The cut points depend on the bytes alone, never on how
 * they were divided into blocks. The end of the stream ends the last chunk; that is the caller's to see.
 */
export class Cutter {
  readonly #params: ChunkParams;
  #length = 0;
  #hash = 0;

  constructor(params: ChunkParams) {
    this.#params = params;
  }

  /** Bytes of the chunk that is not closed yet. */
  get open(): number {
    return this.#length;
  }

  /**
   * Takes `block` from `from` on. Answers where in `block` the open chunk ends, or -1 when it goes on behind
   * the block. Call again from the answer for the chunks that follow.
   */
  next(block: Uint8Array, from: number): number {
    const { minBytes, averageBytes, maxBytes, hardMask, easyMask } = this.#params;
    const start = from - this.#length; // where the open chunk begins; negative when in an earlier block
    const end = block.length;
    const firstTest = start + minBytes - 1; // the byte that makes the chunk `minBytes` long
    let at = Math.max(from, firstTest + 1 - WINDOW_BYTES);
    if (at < firstTest) at = this.#warm(block, at, Math.min(end, firstTest));
    const hardEnd = start + averageBytes - 1;
    const easyEnd = start + maxBytes - 1;
    let cut = this.#scan(block, at, Math.min(end, hardEnd), hardMask);
    if (cut < 0) cut = this.#scan(block, Math.max(at, hardEnd), Math.min(end, easyEnd), easyMask);
    if (cut < 0 && end > easyEnd) cut = easyEnd + 1;
    this.#length = cut < 0 ? end - start : 0;
    if (cut >= 0) this.#hash = 0;
    return cut;
  }

  /** Hashes from `from` to `to` without looking for a cut. Answers where to go on. */
  #warm(block: Uint8Array, from: number, to: number): number {
    let hash = this.#hash;
    for (let at = from; at < to; at++) hash = (hash << 1) + GEAR[block[at]!]! | 0;
    this.#hash = hash;
    return Math.max(from, to);
  }

  /** Hashes from `from` to `to`. Answers the position behind the first byte that makes a cut, or -1. */
  #scan(block: Uint8Array, from: number, to: number, mask: number): number {
    const gear = GEAR;
    let hash = this.#hash;
    for (let at = from; at < to; at++) {
      hash = (hash << 1) + gear[block[at]!]! | 0;
      if ((hash & mask) === 0) return at + 1;
    }
    this.#hash = hash;
    return -1;
  }
}
