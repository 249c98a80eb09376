/**
 * MessagePack with one encoder and one decoder for all small values: a new one for each, with a buffer of its own, costs more than
 * what it does for a row. Of what is large nothing is kept.
 */
import { Decoder, Encoder } from "@msgpack/msgpack";
import { shortCopy } from "./slab.ts";

/** An encoder whose buffer has grown beyond this is not used again. */
const KEPT_BYTES = 64 * 1024;

let encoder = new Encoder();
const decoder = new Decoder();

/** The bytes of a small value that are used up soon. */
export function encodeShort(value: unknown): Uint8Array<ArrayBuffer> {
  return shortCopy(encoder.encodeSharedRef(value));
}

/** The value's bytes, in a buffer of their own. */
export function encode(value: unknown): Uint8Array<ArrayBuffer> {
  const bytes = encoder.encode(value);
  if (bytes.length > KEPT_BYTES) encoder = new Encoder();
  return bytes;
}

/** The value of bytes of ours. Throws RangeError, or DecodeError of the library, where they are none. */
export function decode(bytes: Uint8Array): unknown {
  return decoder.decode(bytes);
}
