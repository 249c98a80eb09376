import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { toHex } from "../../src/core/ids.ts";
import { RECORD_BYTES } from "../../src/core/limits.ts";
import {
  checkHeader,
  decodeSegment,
  encodeFrame,
  encodeHeader,
  type Frame,
  FRAME_HEAD_BYTES,
  HEADER_BYTES,
} from "../../src/journal/frame.ts";
import { lsnOf } from "../support/entries.ts";
import { golden } from "../support/fixtures.ts";
import { sampleSegment } from "../support/make_format_fixture.ts";

const payload = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 60 }),
  fc.integer({ min: 1, max: 300 }).map((length) => new Uint8Array(length)),
);
const payloads = fc.array(payload, { minLength: 1, maxLength: 6 });
const FIRST = 1_000;

function segmentOf(payloads: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = payloads.reduce((sum, { length }) => sum + FRAME_HEAD_BYTES + length, HEADER_BYTES);
  const out = new Uint8Array(size);
  out.set(encodeHeader(lsnOf(FIRST)));
  let at = HEADER_BYTES;
  payloads.forEach((one, i) => at = encodeFrame(out, at, lsnOf(FIRST + i), one));
  assert.equal(at, size);
  return out;
}

/** Where each frame ends, the header's end first. */
function endsOf(payloads: readonly Uint8Array[]): number[] {
  const ends = [HEADER_BYTES];
  for (const { length } of payloads) ends.push(ends.at(-1)! + FRAME_HEAD_BYTES + length);
  return ends;
}

function assertPrefix(frames: readonly Frame[], payloads: readonly Uint8Array[]): void {
  assert.ok(frames.length <= payloads.length);
  frames.forEach((frame, i) => {
    assert.equal(frame.lsn, FIRST + i);
    assert.deepEqual(new Uint8Array(frame.payload), payloads[i]);
  });
}

Deno.test("frames come out of a segment as they went in", () => {
  fc.assert(fc.property(payloads, (payloads) => {
    const bytes = segmentOf(payloads);
    const content = decodeSegment(bytes);
    assertPrefix(content.frames, payloads);
    assert.equal(content.frames.length, payloads.length);
    assert.deepEqual([content.end, content.goodBytes, content.firstLsn], ["clean", bytes.length, FIRST]);
  }));
});

Deno.test("a segment has the bytes of the fixture", () => {
  assert.equal(toHex(sampleSegment()), toHex(golden("segment")));
});

Deno.test("a segment that was cut anywhere gives its whole frames and is torn, never anything else", () => {
  fc.assert(fc.property(payloads, fc.nat(), (payloads, at) => {
    const bytes = segmentOf(payloads);
    const cut = HEADER_BYTES + at % (bytes.length - HEADER_BYTES + 1);
    const content = decodeSegment(bytes.slice(0, cut));
    const whole = endsOf(payloads).filter((end) => end <= cut);
    assertPrefix(content.frames, payloads);
    assert.equal(content.frames.length, whole.length - 1);
    assert.equal(content.goodBytes, whole.at(-1));
    assert.equal(content.end, whole.at(-1) === cut ? "clean" : "torn");
  }));
});

Deno.test("a tail of zeros, as a crash leaves it behind a grown file, is torn", () => {
  const bytes = segmentOf([new Uint8Array(5).fill(1)]);
  const grown = new Uint8Array(bytes.length + 4096);
  grown.set(bytes);
  assert.deepEqual([decodeSegment(grown).end, decodeSegment(grown).goodBytes], ["torn", bytes.length]);
});

Deno.test("a flipped bit never yields a frame that was not written", () => {
  fc.assert(
    fc.property(payloads, fc.nat(), (payloads, flip) => {
      const bytes = segmentOf(payloads);
      const bit = flip % ((bytes.length - HEADER_BYTES) * 8);
      const at = HEADER_BYTES + (bit >> 3);
      bytes[at]! ^= 1 << (bit & 7);
      const content = decodeSegment(bytes);
      assertPrefix(content.frames, payloads);
      const damaged = endsOf(payloads).findIndex((end) => end > at);
      assert.equal(content.frames.length, damaged - 1);
      assert.notEqual(content.end, "clean");
    }),
    { numRuns: 1000 },
  );
});

Deno.test("damage in the middle, with good frames behind it, is broken and not torn (R27)", () => {
  fc.assert(fc.property(fc.array(payload, { minLength: 2, maxLength: 5 }), fc.nat(), (payloads, flip) => {
    const bytes = segmentOf(payloads);
    const ends = endsOf(payloads);
    const lastStart = ends.at(-2)!;
    // Any byte of a frame but those of its length, which would make the search begin inside it all the same.
    bytes[HEADER_BYTES + flip % (lastStart - HEADER_BYTES)]! ^= 0x10;
    assert.equal(decodeSegment(bytes).end, "broken");
  }));
});

Deno.test("any bytes behind a good header give frames or an end, and never a throw", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (tail) => {
    const content = decodeSegment(new Uint8Array([...encodeHeader(lsnOf(1)), ...tail]));
    assert.equal(content.frames.length, 0);
    assert.equal(content.end, tail.length === 0 ? "clean" : "torn");
  }));
});

Deno.test("a frame of the limit is read, one that claims more is not (invariant 10)", () => {
  const bytes = segmentOf([new Uint8Array(RECORD_BYTES)]);
  assert.equal(decodeSegment(bytes).frames.length, 1);
  const larger = segmentOf([new Uint8Array(RECORD_BYTES + 1)]);
  assert.equal(decodeSegment(larger).frames.length, 0);
});

Deno.test("checkHeader() tells a segment from a short, a foreign and a newer file", () => {
  const header = encodeHeader(lsnOf(1));
  assert.equal(checkHeader(header), "ok");
  assert.equal(checkHeader(header.slice(0, HEADER_BYTES - 1)), "short");
  assert.equal(checkHeader(new Uint8Array(0)), "short");
  assert.equal(checkHeader(new TextEncoder().encode("SQLite format 3\0 and more")), "foreign");
  const newer = header.slice();
  newer[6] = 2;
  assert.equal(checkHeader(newer), "foreign", "a flipped bit is no newer format");
  new DataView(newer.buffer).setUint32(16, crc32(newer.subarray(0, 16)), true);
  assert.equal(checkHeader(newer), "newer");
});
