/** What a power cut leaves of bytes that were written and not synced. */
import type { Bytes, Inode } from "./inode.ts";
import type { Rng } from "./rng.ts";

const PAGE_BYTES = 4096;

export interface Torn {
  readonly bytes: Bytes;
  /** Nothing of the new state is there, so the times are the old ones too. */
  readonly isOld: boolean;
}

/** The bytes of a file that is not synced, as the disk may hold them after a cut. */
export function tornBytes(inode: Inode, rng: Rng): Torn {
  const old = inode.durableBuf.subarray(0, inode.durableSize);
  // What a failed sync dropped is on nobody's list any more; but the disk may have it in spite of the error.
  if (!inode.dirty) return rng.chance(0.2) ? kept(inode) : { bytes: old, isOld: false };
  const cut = old.subarray(0, Math.min(inode.low, old.length)); // a truncation is an operation of its own
  switch (rng.below(8)) {
    case 0:
    case 1:
      return { bytes: old, isOld: true };
    case 2:
      return { bytes: cut, isOld: false };
    case 3:
    case 4:
      return kept(inode);
    case 5:
      return { bytes: zeroed(inode, cut), isOld: false };
    case 6:
      return { bytes: prefix(inode, cut, rng), isOld: false };
    default:
      return { bytes: pages(inode, cut, rng), isOld: false };
  }
}

function kept(inode: Inode): Torn {
  return { bytes: inode.bytes, isOld: false };
}

/** The size is the new one; what was not there before is zeros (delayed allocation). */
function zeroed({ size }: Inode, old: Bytes): Bytes {
  const bytes = new Uint8Array(size);
  bytes.set(old.subarray(0, size));
  return bytes;
}

/** New up to somewhere, old behind it. */
function prefix(inode: Inode, old: Bytes, rng: Rng): Bytes {
  const from = Math.min(inode.dirtyFrom, inode.size);
  const end = rng.between(from, Math.max(from, Math.min(inode.dirtyTo, inode.size)));
  const bytes = new Uint8Array(Math.max(end, Math.min(old.length, inode.size)));
  bytes.set(old.subarray(0, bytes.length));
  bytes.set(inode.buf.subarray(0, end));
  return bytes;
}

/** Each page is new, or old (zeros where there was nothing). */
function pages(inode: Inode, old: Bytes, rng: Rng): Bytes {
  const bytes = zeroed(inode, old);
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    if (rng.chance(0.5)) bytes.set(inode.buf.subarray(at, Math.min(at + PAGE_BYTES, inode.size)), at);
  }
  return bytes;
}
