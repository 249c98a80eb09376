import assert from "node:assert/strict";
import fc from "fast-check";
import { encode } from "@msgpack/msgpack";
import { encodeFrame, type Frame, FrameDecoder, FrameError } from "../../src/peer/frame.ts";
import {
  decodeHeader,
  encodeHeader,
  HEADER_DEPTH,
  HEADER_OBJECTS,
  HEADER_VALUES,
} from "../../src/peer/header.ts";
import { fromHex, toHex } from "../../src/core/ids.ts";

const LIMIT = 1 << 20;

interface Sent {
  type: number;
  tag: number;
  header: unknown;
  raw: Uint8Array;
}

const header = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).map((number) => number + 0), // no -0, which becomes 0
    fc.string(),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(fc.string().filter((key) => key !== "__proto__"), tie("value"), { noNullPrototype: true }),
  ),
})).value;
const sent: fc.Arbitrary<Sent> = fc.record({
  type: fc.nat(255),
  tag: fc.nat(2 ** 32 - 1),
  header,
  raw: fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.nat(40_000).map((size) => new Uint8Array(size).fill(7)),
  ),
}, { noNullPrototype: true });

function bytesOf(messages: readonly Sent[]): Uint8Array {
  const parts = messages.flatMap(({ type, tag, header, raw }) => encodeFrame(type, tag, header, raw).parts);
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** Pushes `bytes` in the given cuts. */
function decodeInCuts(
  bytes: Uint8Array,
  cuts: readonly number[],
  decoder = new FrameDecoder(LIMIT),
): Frame[] {
  const frames: Frame[] = [];
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  for (let i = 1; i < places.length; i++) {
    decoder.push(bytes.slice(places[i - 1], places[i]), (frame) => void frames.push(frame));
  }
  return frames;
}

Deno.test("frames come out as they went in, however the stream is cut", () => {
  fc.assert(fc.property(fc.array(sent, { maxLength: 5 }), fc.array(fc.nat()), (messages, cuts) => {
    const frames = decodeInCuts(bytesOf(messages), cuts);
    assert.deepEqual(frames.map(({ type, tag, header, raw }) => ({ type, tag, header, raw })), messages);
    assert.equal(frames.reduce((sum, { size }) => sum + size, 0), bytesOf(messages).length);
  }));
});

Deno.test("a flipped bit gives other frames, a FrameError or a wait, and nothing else", () => {
  fc.assert(
    fc.property(fc.array(sent, { minLength: 1, maxLength: 3 }), fc.nat(), (messages, flip) => {
      const bytes = bytesOf(messages);
      const bit = flip % (bytes.length * 8);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      try {
        decodeInCuts(bytes, []);
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("any bytes give frames, a FrameError or a wait", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    try {
      decodeInCuts(new Uint8Array([...new Uint8Array([bytes.length, 0, 0, 0]), ...bytes]), []);
    } catch (error) {
      assert.ok(error instanceof FrameError, String(error));
    }
  }));
});

Deno.test("a frame of the limit is taken, one byte more is not, before any of it came (invariant 10)", () => {
  const limit = 1000;
  const fitting = encodeFrame(20, 0, null, new Uint8Array(limit - 14));
  assert.equal(fitting.size, limit);
  assert.equal(decodeInCuts(fitting.parts[0]!, [], new FrameDecoder(limit)).length, 1);
  const larger = encodeFrame(20, 0, null, new Uint8Array(limit - 13)).parts[0]!;
  assert.throws(() => decodeInCuts(larger.subarray(0, 4), [], new FrameDecoder(limit)), FrameError);
});

Deno.test("a limit that is raised holds from the next frame on, also within one piece", () => {
  const decoder = new FrameDecoder(100);
  const bytes = bytesOf([
    { type: 1, tag: 0, header: null, raw: new Uint8Array(0) },
    { type: 2, tag: 0, header: null, raw: new Uint8Array(500) },
  ]);
  const types: number[] = [];
  decoder.push(bytes, ({ type }) => {
    types.push(type);
    decoder.maxBytes = 1000;
  });
  assert.deepEqual(types, [1, 2]);
});

Deno.test("a decoder that failed or was stopped takes nothing more", () => {
  const failed = new FrameDecoder(LIMIT);
  assert.throws(() => failed.push(new Uint8Array(4), () => {}), FrameError);
  assert.throws(() => failed.push(new Uint8Array(1), () => {}), FrameError);
  const stopped = new FrameDecoder(LIMIT);
  const two = bytesOf([1, 2].map((type) => ({ type, tag: 0, header: null, raw: new Uint8Array(0) })));
  let count = 0;
  stopped.push(two, () => ++count < 1);
  assert.equal(count, 1);
});

Deno.test("raw bytes and byte fields of the header have buffers of their own", () => {
  const bytes = encodeFrame(20, 0, { digest: new Uint8Array(32).fill(9) }, new Uint8Array(8).fill(1))
    .parts[0]!;
  const frame = decodeInCuts(bytes, [])[0]!;
  structuredClone(frame.raw, { transfer: [frame.raw.buffer] });
  bytes.fill(0);
  assert.deepEqual((frame.header as { digest: Uint8Array }).digest, new Uint8Array(32).fill(9));
});

Deno.test("frames have the bytes of the fixture", () => {
  const url = new URL("../fixtures/frames.json", import.meta.url);
  const fixture: { name: string; type: number; tag: number; header: unknown; raw: string; bytes: string }[] =
    JSON
      .parse(Deno.readTextFileSync(url));
  assert.ok(fixture.length >= 6);
  for (const { name, type, tag, header, raw, bytes } of fixture) {
    assert.equal(toHex(bytesOf([{ type, tag, header, raw: fromHex(raw) }])), bytes, name);
    const frame = decodeInCuts(fromHex(bytes), [])[0]!;
    assert.deepEqual({ type: frame.type, tag: frame.tag, header: frame.header, raw: toHex(frame.raw) }, {
      type,
      tag,
      header,
      raw,
    }, name);
  }
});

Deno.test("headers nest to the limit and not deeper (invariant 10)", () => {
  assert.ok("header" in decodeHeader(new Uint8Array([...new Array(HEADER_DEPTH).fill(0x91), 0xc0])));
  const deeper = decodeHeader(new Uint8Array([...new Array(HEADER_DEPTH + 1).fill(0x91), 0xc0]));
  assert.match((deeper as Error).message, /nested deeper/);
});

Deno.test("headers hold values to the limit and no more (invariant 10)", () => {
  function listOf(count: number, ...value: number[]): Uint8Array {
    const bytes = new Uint8Array(5 + count * value.length);
    for (let i = 0; i < count; i++) bytes.set(value, 5 + i * value.length);
    bytes[0] = 0xdd;
    new DataView(bytes.buffer).setUint32(1, count);
    return bytes;
  }
  const isGood = (bytes: Uint8Array) => "header" in decodeHeader(bytes);
  assert.ok(isGood(listOf(HEADER_VALUES - 1, 0xc0)) && !isGood(listOf(HEADER_VALUES, 0xc0)));
  assert.ok(isGood(listOf(HEADER_VALUES - 1, 0xa1, 0x61)));
  // Empty list, map, byte field: each is an object in memory.
  for (const object of [[0x90], [0x80], [0xc4, 0], [0xdc, 0, 0], [0xde, 0, 0]]) {
    assert.ok(isGood(listOf(HEADER_OBJECTS - 1, ...object)), `${object}`);
    assert.match(
      (decodeHeader(listOf(HEADER_OBJECTS, ...object)) as Error).message,
      new RegExp(`more than ${HEADER_OBJECTS} lists`),
    );
  }
});

Deno.test("headers with extensions, lengths beyond the end, a rest or __proto__ are refused", () => {
  const bad = [
    encode(new Date()),
    new Uint8Array([0xc7, 0, 1]),
    new Uint8Array([0xc1]),
    new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff]),
    new Uint8Array([0xc6, 0xff, 0xff, 0xff, 0xff]),
    new Uint8Array([0xc0, 0xc0]),
    new Uint8Array([0x81, 0xa9, ...new TextEncoder().encode("__proto__"), 0xc0]),
    new Uint8Array([0xd9]),
    new Uint8Array(0),
  ];
  for (const bytes of bad) assert.ok(decodeHeader(bytes) instanceof Error, toHex(bytes));
});

Deno.test("every header that can be encoded is decoded", () => {
  fc.assert(fc.property(header, (value) => {
    assert.deepEqual(decodeHeader(encodeHeader(value)), { header: value });
  }));
});
