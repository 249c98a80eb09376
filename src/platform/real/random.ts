/** The operating system's randomness, good for keys. */
import type { Random } from "../ports.ts";

/** What `getRandomValues` fills at most in one call. */
const CALL_BYTES = 65_536;

export function realRandom(): Random {
  return {
    bytes(length) {
      const out = new Uint8Array(length);
      for (let at = 0; at < length; at += CALL_BYTES) {
        crypto.getRandomValues(out.subarray(at, at + CALL_BYTES));
      }
      return out;
    },
  };
}
