/** What a peer may send that wants to do harm: bytes and values, chosen by fast-check, made by the fuzzer's own hands. */
import fc from "fast-check";
import { damage, hostileHeader, hostileValue } from "../../scripts/fuzz/msgpack.ts";
import { Seeded } from "../../scripts/fuzz/seeded.ts";

const seed = fc.nat(2 ** 31 - 1);

/** Bytes of a header: broken, monstrous, or well-formed and senseless; at most `most` of them. */
export function anyHeader(most = 4096): fc.Arbitrary<Uint8Array> {
  return seed.map((from) => hostileHeader(new Seeded(from), most));
}

/** Any value, more of those that break things than chance would give. */
export const hostile: fc.Arbitrary<unknown> = seed.map((from) => hostileValue(new Seeded(from), 5));

/** `good` with some parts of it replaced, dropped, doubled or swapped. */
export function damagedBy(good: () => unknown): fc.Arbitrary<unknown> {
  return seed.map((from) => damage(good(), new Seeded(from)));
}

/** `good` bytes with some flipped, cut or doubled. */
export function damagedBytes(good: () => Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.tuple(seed, fc.nat(6), fc.boolean()).map(([from, flips, cut]) => {
    const random = new Seeded(from);
    const bytes = good().slice();
    for (let i = 0; i < flips && bytes.length > 0; i++) bytes[random.below(bytes.length)] = random.below(256);
    return cut ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
  });
}
