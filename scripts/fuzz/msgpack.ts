/** MessagePack that no honest encoder writes, as bytes. */
import { encode } from "@msgpack/msgpack";
import type { Seeded } from "./seeded.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

function repeated(unit: readonly number[], times: number, tail: readonly number[] = [0xc0]): Uint8Array {
  const out = new Uint8Array(unit.length * times + tail.length);
  for (let i = 0; i < times; i++) out.set(unit, i * unit.length);
  out.set(tail, unit.length * times);
  return out;
}

/** An array32 of `count` values of one byte each. */
export function manyOf(value: number, count: number): Uint8Array {
  const out = new Uint8Array(5 + count).fill(value);
  out[0] = 0xdd;
  new DataView(out.buffer).setUint32(1, count);
  return out;
}

/** A header that is wrong as MessagePack, or monstrous. At most `most` bytes. */
export function hostileHeader(random: Seeded, most: number): Uint8Array {
  const room = Math.max(16, most - 16);
  const kinds: (() => Uint8Array)[] = [
    () => random.bytes(random.between(1, Math.min(room, 400))),
    () => repeated([0x91], Math.min(room, random.pick([31, 32, 33, 1_000, 1_000_000]))), // nested arrays
    () => repeated([0x81, 0xa1, 0x61], Math.min(room / 3 | 0, random.pick([33, 100_000]))), // nested maps
    () => bytes(0xdd, 0xff, 0xff, 0xff, 0xff), // an array of 2^32 - 1
    () => bytes(0xdf, 0x7f, 0xff, 0xff, 0xff), // a map of 2^31 - 1
    () => bytes(0xc6, 0xff, 0xff, 0xff, 0xff, 1, 2, 3), // bytes of 4 GiB
    () => bytes(0xdb, 0xff, 0xff, 0xff, 0xff, 0x61), // text of 4 GiB
    () => manyOf(0x90, random.between(1, room)), // empty arrays
    () => manyOf(0x80, random.between(1, room)), // empty maps
    () => manyOf(0xc0, random.between(1, room)),
    () => repeated([0xdc, 0, 1], Math.min(room / 3 | 0, 40)),
    () => bytes(0xc7, 4, 1, 1, 2, 3, 4), // ext 8
    () => bytes(0xd6, 0xff, 0, 0, 0, 1), // timestamp
    () => bytes(0xc9, 0xff, 0xff, 0xff, 0xff, 5), // ext of 4 GiB
    () => bytes(0xc1), // never used
    () => bytes(0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2), // one key twice
    () => bytes(0x81, 0xa9, ...new TextEncoder().encode("__proto__"), 0x81, 0xa1, 0x61, 1),
    () => bytes(0x81, 0xab, ...new TextEncoder().encode("constructor"), 0xc0),
    () => bytes(0x81, 0x01, 0x02), // a number for a key
    () => bytes(0x81, 0x90, 0x02), // an array for a key
    () => bytes(0xa4, 0xff, 0xfe, 0xc3, 0x28), // text that is no UTF-8
    () => new Uint8Array([...encode([1, 2, 3]), 0xc0]), // bytes behind the end
    () => encode([1, 2, "cut off here"]).subarray(0, 6),
    () => encode(hostileValue(random, 4)),
  ];
  return random.pick(kinds)().subarray(0, Math.max(1, most));
}

/** A value that is well-formed as MessagePack and makes no sense. */
export function hostileValue(random: Seeded, depth = 3): unknown {
  const leaves: readonly unknown[] = [
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    0.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 31,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 60,
    -(2 ** 53),
    2n ** 63n - 1n,
    2n ** 64n - 1n,
    "",
    "..",
    "a/b",
    "\0",
    "\ufffd",
    "\u202egpj.exe",
    "\u001b]0;owned\u0007",
    "__proto__",
    new Uint8Array(0),
    new Uint8Array(8),
    new Uint8Array(16),
    new Uint8Array(32),
    new Uint8Array(33),
    new Uint8Array(4096),
  ];
  if (depth === 0 || random.chance(0.6)) {
    const leaf = random.pick(leaves);
    return typeof leaf === "bigint" ? Number(leaf) : leaf;
  }
  if (random.chance(0.7)) {
    return Array.from({ length: random.below(8) }, () => hostileValue(random, depth - 1));
  }
  return Object.fromEntries(
    Array.from({ length: random.below(4) }, () => [
      random.pick(["a", "versions", "extra", "bulk", "code", "mac", "nonce", "reason"]),
      hostileValue(random, depth - 1),
    ]),
  );
}

/** `good` with some parts, at any depth, replaced, dropped, doubled or swapped. */
export function damage(good: unknown, random: Seeded, times = random.between(1, 3)): unknown {
  const places: [unknown[], number][] = [];
  const copy = copyOf(good, places);
  for (let i = 0; i < times && places.length > 0; i++) {
    const [list, index] = random.pick(places);
    switch (random.below(4)) {
      case 0:
        list[index] = hostileValue(random);
        break;
      case 1:
        list.splice(index, 1);
        break;
      case 2:
        list.splice(index, 0, list[index]);
        break;
      default: {
        const other = random.below(list.length);
        [list[index], list[other]] = [list[other], list[index]];
      }
    }
  }
  return copy;
}

function copyOf(value: unknown, places: [unknown[], number][]): unknown {
  if (!Array.isArray(value)) return value;
  const out: unknown[] = [];
  value.forEach((part, i) => {
    out.push(copyOf(part, places));
    places.push([out, i]);
  });
  return out;
}
