/** Answers over a slow wire: packed for who said so, and opened within bounds. */
import assert from "node:assert/strict";
import type { Answer, Session } from "../../src/peer/session.ts";
import { pack, unpack } from "../../src/platform/real/packing.ts";
import { MESSAGE } from "../../src/sync/messages.ts";
import { answerWith, opened } from "../../src/sync/packing.ts";

const pool = {
  pack: (bytes: Uint8Array) => Promise.resolve(pack(bytes)),
  unpack: (bytes: Uint8Array, length: number) => Promise.resolve(unpack(bytes, length)),
};
const text = new TextEncoder().encode("again and again ".repeat(1_000));

/** What goes out for an answer with these bytes. */
async function sent(raw: Uint8Array, packs: boolean): Promise<Answer> {
  let answer: Answer | null = null;
  const session = {
    answer: (requestId: number, lane: string, type: number, header: unknown, bytes: Uint8Array) => {
      assert.deepEqual([requestId, lane], [7, "bulk"]);
      answer = { type, lane: "bulk", header, raw: new Uint8Array(bytes), size: bytes.length };
    },
  } as unknown as Session;
  await answerWith({ session, packs }, pool, [7, MESSAGE.piecesAnswer, [1]], raw);
  return answer!;
}

Deno.test("who has a slow wire gets packed what becomes smaller so, and all others plain bytes", async () => {
  const packed = await sent(text, true);
  assert.deepEqual([packed.type, packed.header], [MESSAGE.packed, [text.length, [1]]]);
  assert.ok(packed.raw.length < text.length / 10);
  assert.deepEqual(await opened(packed, pool, text.length), { header: [1], raw: text });
  for (const [raw, packs] of [[text, false], [text.subarray(0, 500), true]] as const) {
    const plain = await sent(raw, packs);
    assert.deepEqual([plain.type, plain.header, plain.raw], [MESSAGE.piecesAnswer, [1], new Uint8Array(raw)]);
    assert.deepEqual(await opened(plain, pool, 0), { header: [1], raw: plain.raw });
  }
});

Deno.test("what is packed and makes no sense, or more than was asked for, is no answer (invariant 10)", async () => {
  const packed = await sent(text, true);
  const nothing = { header: null, raw: new Uint8Array(0) };
  assert.deepEqual(await opened(packed, pool, text.length - 1), nothing);
  for (const header of [null, [], [-1, [1]], [text.length - 1, [1]], ["1", [1]]]) {
    assert.deepEqual(await opened({ ...packed, header }, pool, 2 ** 20), nothing);
  }
});
