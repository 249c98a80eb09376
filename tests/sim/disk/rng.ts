/**
 * The one source of chance of the simulated world: sfc32, seeded. `fork(label)` gives a stream of its own, so that
 * what one part draws never moves what another gets.
 */
export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `seed` may be any number or text. */
  constructor(seed: number | string) {
    const text = String(seed);
    this.#a = hashText(text, 0x9e3779b9);
    this.#b = hashText(text, 0x243f6a88);
    this.#c = hashText(text, 0xb7e15162);
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21 | this.#c >>> 11) + sum) | 0;
    return sum >>> 0;
  }

  /** A number from 0 up to, not including, 1. */
  next(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A whole number from 0 to `count - 1`; 0 for a `count` of 0. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** A whole number from `low` to `high`, both possible. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True with probability `p`. Draws nothing for 0 and 1. */
  chance(p: number): boolean {
    return p > 0 && (p >= 1 || this.next() < p);
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Puts a list into an order by chance, in place. */
  shuffle<T>(list: T[]): T[] {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = list[i]!;
      list[i] = list[j]!;
      list[j] = kept;
    }
    return list;
  }

  /** Bytes by chance. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const words = new Uint32Array((length + 3) >>> 2);
    for (let i = 0; i < words.length; i++) words[i] = this.uint32();
    return new Uint8Array(words.buffer, 0, length);
  }

  /** A stream of its own. The same label from the same state gives the same stream. */
  fork(label: string): Rng {
    return new Rng(`${this.uint32()}/${label}`);
  }
}

function hashText(text: string, start: number): number {
  let hash = start | 0;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
    hash ^= hash >>> 15;
  }
  return hash | 0;
}
