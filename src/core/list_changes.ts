/**
 * A chunk list told as changes of another one that both sides have: of a large file that changed in one place, nearly all chunks are
 * those of its former version. Stretches, one behind the other: where in the other list (u32), how many chunks are taken from there (u32),
 * how many records follow (u32, all LE), and those records.
 */
import { CHUNK_RECORD_BYTES, chunkCount, type ChunkList } from "./content.ts";
import { LIST_PAGE_CHUNKS } from "./limits.ts";

const HEAD_BYTES = 12;

/** Longer lists are told in pages, whole: comparing them would hold everybody up. */
export function areComparable(base: ChunkList, list: ChunkList): boolean {
  return chunkCount(base) <= LIST_PAGE_CHUNKS && chunkCount(list) <= LIST_PAGE_CHUNKS;
}

/** What makes `base` into `list`; null where that would be as long as half of the list. */
export function changesOf(base: ChunkList, list: ChunkList): Uint8Array<ArrayBuffer> | null {
  const places = new Map<number, number>();
  for (let i = chunkCount(base) - 1; i >= 0; i--) places.set(sketch(base, i), i);
  const count = chunkCount(list);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (let i = 0; i < count;) {
    const from = places.get(sketch(list, i)) ?? 0;
    let same = 0;
    while (i + same < count && isSameChunk(base, from + same, list, i + same)) same++;
    i += same;
    const first = i;
    while (i < count && !isSameChunk(base, places.get(sketch(list, i)) ?? 0, list, i)) i++;
    const head = new Uint8Array(HEAD_BYTES);
    const view = new DataView(head.buffer);
    view.setUint32(0, from, true);
    view.setUint32(4, same, true);
    view.setUint32(8, i - first, true);
    parts.push(head, list.subarray(first * CHUNK_RECORD_BYTES, i * CHUNK_RECORD_BYTES));
    bytes += HEAD_BYTES + (i - first) * CHUNK_RECORD_BYTES;
    if (bytes > list.length / 2) return null;
  }
  const out = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The list of `count` chunks that the changes make of `base`; null where they make none. Whether it is the right one, its content id tells. */
export function withChanges(base: ChunkList, changes: Uint8Array, count: number): ChunkList | null {
  const list = new Uint8Array(count * CHUNK_RECORD_BYTES);
  const view = new DataView(changes.buffer, changes.byteOffset, changes.length);
  let at = 0;
  let end = 0;
  while (at < changes.length) {
    if (at + HEAD_BYTES > changes.length) return null;
    const start = view.getUint32(at, true) * CHUNK_RECORD_BYTES;
    const same = view.getUint32(at + 4, true) * CHUNK_RECORD_BYTES;
    const fresh = view.getUint32(at + 8, true) * CHUNK_RECORD_BYTES;
    at += HEAD_BYTES;
    const fits = start + same <= base.length && at + fresh <= changes.length &&
      end + same + fresh <= list.length;
    if (!fits || same + fresh === 0) return null;
    list.set(base.subarray(start, start + same), end);
    list.set(changes.subarray(at, at + fresh), end + same);
    end += same + fresh;
    at += fresh;
  }
  return end === list.length ? list : null;
}

/** Six bytes of a chunk's digest as a number: enough to find it by. */
function sketch(list: ChunkList, index: number): number {
  const at = index * CHUNK_RECORD_BYTES;
  const high = list[at]! | list[at + 1]! << 8;
  const low = (list[at + 2]! | list[at + 3]! << 8 | list[at + 4]! << 16 | list[at + 5]! << 24) >>> 0;
  return high * 2 ** 32 + low;
}

function isSameChunk(a: ChunkList, i: number, b: ChunkList, j: number): boolean {
  const from = i * CHUNK_RECORD_BYTES;
  const to = j * CHUNK_RECORD_BYTES;
  if (from + CHUNK_RECORD_BYTES > a.length) return false;
  for (let k = 0; k < CHUNK_RECORD_BYTES; k++) if (a[from + k] !== b[to + k]) return false;
  return true;
}
