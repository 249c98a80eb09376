/** Bytes packed for a slow wire, and what a peer may send instead. */
import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { pack, unpack } from "../../src/platform/real/packing.ts";
import { sampleBytes } from "../support/sample_bytes.ts";

const text = new TextEncoder().encode("what is said again and again. ".repeat(5_000));

Deno.test("what becomes smaller is packed, and comes out as it was", () => {
  const packed = pack(text)!;
  assert.ok(packed.length < text.length / 4);
  assert.deepEqual(unpack(packed, text.length), text);
});

Deno.test("what does not become smaller is not packed, whatever stands behind its beginning", () => {
  const noise = sampleBytes(3, 100_000);
  assert.equal(pack(noise), null);
  const both = new Uint8Array(noise.length + text.length);
  both.set(noise);
  both.set(text, noise.length);
  assert.equal(pack(both), null);
});

Deno.test("of more or less than it is said to be nothing is made (invariant 10)", () => {
  const packed = pack(text)!;
  assert.equal(unpack(packed, text.length - 1), null);
  assert.equal(unpack(packed, text.length + 1), null);
  assert.equal(unpack(packed.subarray(0, -1), text.length), null);
  const bomb = deflateRawSync(new Uint8Array(64 * 2 ** 20));
  assert.equal(unpack(bomb, 1000), null);
});

Deno.test("any bytes are what was packed, or nothing", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(1000), (bytes, length) => {
    const out = unpack(bytes, length);
    assert.ok(out === null || out.length === length);
  }));
});
