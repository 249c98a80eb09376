import assert from "node:assert/strict";
import { type CatFrame, catFramesOf, encodeCatFrame, HEAD_BYTES } from "../../src/daemon/cat_frames.ts";

const FRAMES: readonly CatFrame[] = [
  { kind: "news", news: { name: "é", size: 5, device: "nas", at: 0, because: "", copies: [] } },
  { kind: "bytes", bytes: Uint8Array.of(1, 2, 3, 0xff) },
  { kind: "bytes", bytes: Uint8Array.of(7) },
  { kind: "end", end: { bytes: 5, error: null, copies: [] } },
];

async function* cut(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function framesOf(stream: AsyncIterable<Uint8Array>): Promise<CatFrame[]> {
  const out: CatFrame[] = [];
  for await (const frame of catFramesOf(stream)) out.push(frame);
  return out;
}

Deno.test("catFramesOf() reads what encodeCatFrame() wrote, wherever the stream is cut", async () => {
  const bytes = new Uint8Array(FRAMES.flatMap((frame) => encodeCatFrame(frame).flatMap((part) => [...part])));
  for (const length of [1, 2, 3, 7, bytes.length]) {
    assert.deepEqual(await framesOf(cut(bytes, length)), FRAMES, `in parts of ${length}`);
  }
});

Deno.test("catFramesOf() ends without an end where the stream was cut off", async () => {
  const bytes = new Uint8Array(encodeCatFrame(FRAMES[1]!).flatMap((part) => [...part]));
  assert.deepEqual(await framesOf(cut(bytes.subarray(0, HEAD_BYTES + 2), 3)), []);
});

Deno.test("catFramesOf() refuses what is no frame, and one that is too long for memory", async () => {
  await assert.rejects(framesOf(cut(Uint8Array.of(9, 1, 0, 0, 0, 1), 6)), { code: "message-invalid" });
  await assert.rejects(framesOf(cut(Uint8Array.of(1, 0, 0, 0, 0x7f, 1), 6)), { code: "message-invalid" });
});
