/** Whatever bytes come from the network: what decodes them says yes or no, within bounds, and throws nothing else (invariant 10). */
import assert from "node:assert/strict";
import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { HEADER_BYTES, HELLO_BYTES } from "../../src/core/limits.ts";
import { BEACON_BYTES, decodeBeacon, encodeBeacon } from "../../src/peer/beacon.ts";
import { encodeFrame, type Frame, FrameDecoder, FrameError } from "../../src/peer/frame.ts";
import { decodeHeader, encodeHeader, HEADER_VALUES } from "../../src/peer/header.ts";
import { checkCertificate, createIdentity, verify } from "../../src/peer/identity.ts";
import {
  decodeTag,
  encodeTag,
  readClose,
  readCredit,
  readHello,
  readRefusal,
} from "../../src/peer/messages.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { deviceOf } from "../support/entries.ts";
import { anyHeader, damagedBytes, hostile } from "../support/hostile.ts";

const identity = await createIdentity(realRandom());
const manyRuns = { numRuns: 2_000 };

Deno.test("any bytes are a header, or an Error that says why not", () => {
  fc.assert(
    fc.property(fc.oneof(anyHeader(), fc.uint8Array({ maxLength: 300 })), (bytes) => {
      const decoded = decodeHeader(bytes);
      // What was taken can be said again, and means the same.
      if (!(decoded instanceof Error)) {
        assert.deepEqual(decodeHeader(encodeHeader(decoded.header)), decoded);
      }
    }),
    manyRuns,
  );
});

Deno.test("a header that claims gigabytes in a few bytes is refused before anything is made of it", () => {
  const claims = [
    [0xdd, 0xff, 0xff, 0xff, 0xff],
    [0xdf, 0xff, 0xff, 0xff, 0xff],
    [0xdb, 0xff, 0xff, 0xff, 0xff],
    [0xc6, 0xff, 0xff, 0xff, 0xff],
    [0xc9, 0xff, 0xff, 0xff, 0xff, 1],
    [0x91, 0xdd, 0x7f, 0xff, 0xff, 0xff, 0xc0],
    [0xdc, 0xff, 0xff, ...Array(200).fill(0xdd)],
  ];
  for (const claim of claims) assert.ok(decodeHeader(new Uint8Array(claim)) instanceof Error, String(claim));
});

Deno.test("a header has its bounds in bytes and in values, whatever the frame may have", () => {
  const text = (bytes: number) => {
    const out = new Uint8Array(5 + bytes).fill(0x61);
    out.set([0xdb, bytes >>> 24, bytes >>> 16 & 255, bytes >>> 8 & 255, bytes & 255]);
    return out;
  };
  assert.ok(!(decodeHeader(text(HEADER_BYTES - 5)) instanceof Error));
  assert.ok(decodeHeader(text(HEADER_BYTES - 4)) instanceof Error);
  const maps = new Uint8Array(5 + HEADER_VALUES).fill(0x80);
  maps.set([
    0xdd,
    HEADER_VALUES >>> 24,
    HEADER_VALUES >>> 16 & 255,
    HEADER_VALUES >>> 8 & 255,
    HEADER_VALUES & 255,
  ]);
  assert.ok(decodeHeader(maps) instanceof Error);
});

Deno.test("any stream gives frames, a wait or a FrameError, however it is cut", () => {
  const good = () => encodeFrame(16, 7, { a: [1, "b", new Uint8Array(9)] }, new Uint8Array(50)).parts[0]!;
  fc.assert(
    fc.property(damagedBytes(good), fc.array(fc.nat(100), { maxLength: 5 }), (bytes, cuts) => {
      const decoder = new FrameDecoder(HELLO_BYTES);
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      try {
        for (let i = 1; i < places.length; i++) {
          decoder.push(bytes.subarray(places[i - 1], places[i]), () => {});
        }
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error));
      }
    }),
    manyRuns,
  );
});

Deno.test("a frame with any header is delivered or refused, and nothing behind a refused one", () => {
  fc.assert(
    fc.property(
      anyHeader(60_000),
      fc.nat(2 ** 32 - 1),
      fc.option(fc.nat(2 ** 32 - 1)),
      (header, tag, lie) => {
        const bytes = new Uint8Array(13 + header.length);
        const view = new DataView(bytes.buffer);
        view.setUint32(0, 9 + header.length, true);
        bytes[4] = 17;
        view.setUint32(5, tag, true);
        view.setUint32(9, lie ?? header.length, true);
        bytes.set(header, 13);
        const frames: Frame[] = [];
        const decoder = new FrameDecoder(HELLO_BYTES + 13);
        try {
          decoder.push(bytes, (frame) => void frames.push(frame));
        } catch (error) {
          assert.ok(error instanceof FrameError, String(error));
          assert.equal(frames.length, 0);
          assert.throws(() => decoder.push(bytes, () => {}), FrameError);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("a claimed length beyond the limit is refused by its four bytes alone", () => {
  for (const length of [HELLO_BYTES - 3, 2 ** 24, 2 ** 31, 2 ** 32 - 1]) {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, length, true);
    assert.throws(() => new FrameDecoder(HELLO_BYTES).push(bytes, () => {}), FrameError);
  }
});

Deno.test("any datagram is a beacon or none", () => {
  const good = () =>
    encodeBeacon({ device: deviceOf(7), port: 22077, instance: 5, inviting: true, answerPlease: false });
  fc.assert(
    fc.property(fc.oneof(damagedBytes(good), fc.uint8Array({ maxLength: 100 })), (bytes) => {
      const beacon = decodeBeacon(bytes);
      if (beacon === null) return;
      assert.equal(bytes.length, BEACON_BYTES);
      assert.ok(beacon.port > 0);
      assert.deepEqual(decodeBeacon(encodeBeacon(beacon)), beacon);
    }),
    manyRuns,
  );
});

for (const [name, read] of Object.entries({ readHello, readRefusal, readCredit, readClose })) {
  Deno.test(`${name}() takes any value or leaves it`, () => {
    fc.assert(fc.property(hostile, (value) => void read(value)), manyRuns);
    for (const value of [{ reason: "\u001b[2J\u202e\n".repeat(1e5) }, { __proto__: null }, [], 7, "x"]) {
      read(value);
    }
  });
}

Deno.test("what a peer says for people to read is short and moves nothing on a terminal", () => {
  const text = "\u001b[2J\u0007\u202e\u2066\r\n\u0085".repeat(1_000);
  const shown = [
    readClose({ reason: text })!.reason,
    readRefusal({ code: "x", message: text, hint: text })!.message,
  ];
  for (const line of shown) {
    assert.ok(line.length <= 400 && !/[\p{Cc}\u202e\u2066]/u.test(line));
  }
});

Deno.test("any tag is one of ours or none", () => {
  fc.assert(fc.property(fc.nat(2 ** 32 - 1), (bits) => {
    const tag = decodeTag(bits);
    if (tag !== null) assert.equal(encodeTag(tag), bits);
  }));
});

Deno.test("any bytes are a certificate of a device or are not, and verify nothing", () => {
  const bytes = fc.oneof(damagedBytes(() => identity.certificateDer), fc.uint8Array({ maxLength: 600 }));
  fc.assert(
    fc.property(bytes, fc.uint8Array({ maxLength: 80 }), (der, signature) => {
      const trouble = checkCertificate(der);
      assert.ok(trouble === null || typeof trouble === "string");
      assert.equal(verify(der, encode("a statement"), signature), false);
    }),
    { numRuns: 1_000 },
  );
});
