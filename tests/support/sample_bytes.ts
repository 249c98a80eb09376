/**
 * Bytes that look random and are the same for ever: Marsaglia's xorshift32 (13, 17, 5) from `seed` (not 0), four
 * bytes a step, little endian. Golden vectors are made of these.
 */
export function sampleBytes(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let x = seed >>> 0;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer, 0, length);
}
