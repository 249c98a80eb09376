/**
 * One big file on all workers. It is divided into stretches; each is cut as if its first byte were a cut point,
 * several at a time. Only the first one's cut points are true from the start. Where a stretch's true beginning is not
 * among its cuts, the true cutting goes on over it until it meets one of its cut points: from there on both agree
 * (`core/chunker.ts`), mostly within a few chunks. Where they never meet (long runs of equal bytes) the true
 * cutting goes on through the whole stretch. So the result is that of cutting from end to end, always.
 */
import { chunkParams } from "../../core/chunker.ts";
import { CHUNK_RECORD_BYTES, chunkCount, chunkLength, type ChunkList } from "../../core/content.ts";
import type { HashedFile } from "../ports.ts";
import { hashedFile } from "./content_hash.ts";

/** The chunks from cut point `from` to the first cut at or behind `until`. */
export type Cut = (from: number, until: number) => Promise<ChunkList>;

/** How far apart the workers read one file: near enough for read-ahead, far enough that stitching costs little. */
const STRETCH_BYTES = 32 * 2 ** 20;
/** What one job does of a stretch: small jobs, also waiting behind two of them, take less than a tenth of a second. */
const SLICE_BYTES = 8 * 2 ** 20;
/** A stretch has at least this many average chunks, so that the few that are cut twice do not matter. */
const STRETCH_CHUNKS = 32;

/** Identifies a file of `size` bytes. `lanes` says how many cuttings run side by side. */
export async function hashBig(
  size: number,
  lanes: number,
  cut: Cut,
  stretchBytes: number = Math.max(STRETCH_BYTES, STRETCH_CHUNKS * chunkParams(size).averageBytes),
): Promise<HashedFile> {
  const { maxBytes } = chunkParams(size);
  const sliceBytes = Math.max(SLICE_BYTES, 2 * maxBytes);
  const parts: ChunkList[] = [];
  let end = 0; // of what is truly cut

  if (lanes <= 1) {
    while (end < size) take(await cut(end, Math.min(size, end + sliceBytes)));
    return hashedFile(size, joined(parts));
  }

  const count = Math.ceil(size / stretchBytes);
  const running: Promise<ChunkList>[] = [];
  for (let i = 0; i < count; i++) {
    // One more than there are lanes: none waits while the oldest is being stitched.
    while (running.length < Math.min(count, i + lanes + 1)) running.push(started(running.length));
    const list = await running[i]!;
    running[i] = NOTHING; // a long file's lists are kept once
    let { index, at } = seek(list, 0, i * stretchBytes, end);
    while (at > end) { // not met yet; below `end`, the whole stretch was passed without meeting
      const bridge = await cut(end, Math.min(size, end + 4 * maxBytes));
      for (let k = 0; k < chunkCount(bridge) && at > end; k++) {
        take(bridge.subarray(k * CHUNK_RECORD_BYTES, (k + 1) * CHUNK_RECORD_BYTES));
        ({ index, at } = seek(list, index, at, end));
      }
    }
    if (at === end) take(list.subarray(index * CHUNK_RECORD_BYTES));
  }
  return hashedFile(size, joined(parts));

  function take(list: ChunkList): void {
    parts.push(list);
    for (let k = 0; k < chunkCount(list); k++) end += chunkLength(list, k);
  }

  function started(index: number): Promise<ChunkList> {
    const stretch = cutStretch(
      index * stretchBytes,
      Math.min(size, (index + 1) * stretchBytes),
      sliceBytes,
      cut,
    );
    stretch.catch(() => {}); // it is awaited in its turn; until then its failure is not unhandled
    return stretch;
  }
}

const NOTHING = Promise.resolve(new Uint8Array(0));

async function cutStretch(from: number, to: number, sliceBytes: number, cut: Cut): Promise<ChunkList> {
  const parts: ChunkList[] = [];
  for (let at = from; at < to;) {
    const part = await cut(at, Math.min(to, at + sliceBytes));
    parts.push(part);
    for (let k = 0; k < chunkCount(part); k++) at += chunkLength(part, k);
  }
  return joined(parts);
}

/** The first cut point at or behind `target`, from chunk `index` on, which begins at `at`; else the end of the list. */
function seek(list: ChunkList, index: number, at: number, target: number): { index: number; at: number } {
  const count = chunkCount(list);
  while (at < target && index < count) at += chunkLength(list, index++);
  return { index, at };
}

function joined(parts: readonly ChunkList[]): ChunkList {
  const list = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    list.set(part, at);
    at += part.length;
  }
  return list;
}
