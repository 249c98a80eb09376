/**
 * Short byte strings side by side in one buffer. A buffer of its own for each costs several times as much, and as much again when the
 * garbage collector takes it away. For what is used up soon: one that is kept keeps its neighbours.
 */
const SLAB_BYTES = 8192;
/** What is longer has a buffer of its own. */
const SHORT_BYTES = 256;

let slab = new Uint8Array(SLAB_BYTES);
let used = 0;

/** So many bytes, that nobody else has or will get. */
function roomFor(length: number): Uint8Array<ArrayBuffer> {
  if (length > SHORT_BYTES) return new Uint8Array(length);
  if (used + length > SLAB_BYTES) [slab, used] = [new Uint8Array(SLAB_BYTES), 0];
  used += length;
  return slab.subarray(used - length, used);
}

/** Bytes of a hex string; the caller has checked that it is one. */
export function shortFromHex(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = roomFor(hex.length / 2);
  bytes.setFromHex(hex);
  return bytes;
}

/** The same bytes, wherever these came from. */
export function shortCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = roomFor(bytes.length);
  copy.set(bytes);
  return copy;
}
