import { type ChunkParams, Cutter } from "../../src/core/chunker.ts";

/** The lengths of the chunks of `bytes`, which come in blocks of the given sizes, one after the other, over and over. */
export function chunkLengths(
  params: ChunkParams,
  bytes: Uint8Array,
  blockSizes: readonly number[] = [bytes.length],
): number[] {
  const cutter = new Cutter(params);
  const lengths: number[] = [];
  let from = 0;
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const block = bytes.subarray(at, at + blockSizes[i % blockSizes.length]!);
    for (let cut = cutter.next(block, 0); cut >= 0; cut = cutter.next(block, cut)) {
      lengths.push(at + cut - from);
      from = at + cut;
    }
    at += block.length;
  }
  if (from < bytes.length) lengths.push(bytes.length - from);
  return lengths;
}
