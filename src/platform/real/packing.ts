/** Bytes made smaller for a slow wire: raw deflate. Plain synchronous functions, for a worker. */
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** So much is tried first: what does not become smaller there seldom does behind. */
const SAMPLE_BYTES = 32 * 1024;
/** What is left of it at most, or it is not worth the work of two devices. */
const WORTH_SHARE = 7 / 8;

/** The bytes packed; null where that saves less than an eighth. */
export function pack(bytes: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  if (sample.length < bytes.length && deflateRawSync(sample).length > sample.length * WORTH_SHARE) {
    return null;
  }
  const packed = deflateRawSync(bytes);
  return packed.length > bytes.length * WORTH_SHARE ? null : new Uint8Array(packed);
}

/** What was packed, `length` bytes; null where it is anything else. No more than that is ever made of it. */
export function unpack(packed: Uint8Array, length: number): Uint8Array<ArrayBuffer> | null {
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: length });
    return bytes.length === length ? new Uint8Array(bytes) : null;
  } catch {
    return null;
  }
}
