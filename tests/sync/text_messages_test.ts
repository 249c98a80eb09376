import assert from "node:assert/strict";
import fc from "fast-check";
import { CairnError } from "../../src/core/errors.ts";
import { type DeviceId, fromHex, toHex } from "../../src/core/ids.ts";
import { TEXT_HEADS, TEXT_PACKED_BYTES, TEXTS_AT_ONCE } from "../../src/core/limits.ts";
import { decode, encode } from "../../src/core/msgpack.ts";
import { unpackText } from "../../src/catalogue/text_index.ts";
import {
  decodeHeads,
  decodePacked,
  encodeHeads,
  readText,
  TEXT_MESSAGE,
} from "../../src/sync/text_messages.ts";
import { FORMATS, golden } from "../support/fixtures.ts";
import { SAMPLE_HEADS, SAMPLE_TEXT, SAMPLE_TEXTS } from "../support/sample_records.ts";
import { contentOf } from "../support/entries.ts";
import { damagedBy, hostile } from "../support/hostile.ts";

const INDEX = "0102030405060708";
const ORIGIN = "ab".repeat(32) as DeviceId;
const HEAD = { id: 7, content: contentOf("a"), origin: ORIGIN, version: 1, note: null, packedBytes: 40 };
const PAGE = {
  index: INDEX,
  upTo: 9,
  isLast: true,
  heads: [HEAD, { ...HEAD, note: "could not be read: x", packedBytes: 0 }],
};

function refused(work: () => unknown): void {
  assert.throws(work, (error) => error instanceof CairnError && error.code === "message-invalid");
}

/** Either it is read, or it is refused in order. */
function survives(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof CairnError && error.code === "message-invalid", String(error));
  }
}

Deno.test("a page of heads is what it was", () => {
  const heads = PAGE.heads.map(({ id: _, ...head }) => head);
  assert.deepEqual(decodeHeads(encodeHeads(PAGE), 3), { ...PAGE, heads });
});

Deno.test("what is said about texts has the frozen bytes, and they say what they said (messages 40 to 44)", () => {
  assert.deepEqual(TEXT_MESSAGE, { texts: 40, heads: 41, headsAnswer: 42, text: 43, textAnswer: 44 });
  const said = new Map(Object.entries(FORMATS.texts).map(([kind, bytes]) => [kind, decode(fromHex(bytes))]));
  assert.deepEqual([...said.keys()], Object.keys(TEXT_MESSAGE));
  for (const [kind, header] of Object.entries(SAMPLE_TEXTS)) {
    assert.equal(toHex(encode(header)), FORMATS.texts[kind], kind);
  }
  const { index, heads } = SAMPLE_HEADS;
  assert.deepEqual(readText("texts", said.get("texts")), [index, 70_000]);
  assert.deepEqual(readText("heads", said.get("heads")), [index, 500]);
  assert.deepEqual(decodeHeads(said.get("headsAnswer"), 500), { ...SAMPLE_HEADS, heads: [...heads] });
  assert.deepEqual(readText("text", said.get("text")), [contentOf("hello"), contentOf("gone")]);
  const packed = golden("packedText");
  assert.deepEqual(decodePacked(said.get("textAnswer"), packed, 2), [packed, null]);
  assert.equal(unpackText(packed), SAMPLE_TEXT);
});

Deno.test("a page of heads that makes no sense is refused", () => {
  const page = (over: Partial<typeof PAGE>) => encodeHeads({ ...PAGE, ...over });
  const head = (over: Record<string, unknown>) => page({ heads: [{ ...HEAD, ...over }] as never });
  refused(() => decodeHeads(page({ isLast: false, upTo: 3 }), 3));
  refused(() => decodeHeads(page({ upTo: -1 }), 0));
  refused(() => decodeHeads(page({ index: "0102" }), 0));
  refused(() => decodeHeads(page({ heads: Array(TEXT_HEADS + 1).fill(HEAD) }), 0));
  refused(() => decodeHeads(head({ version: 0 }), 0));
  refused(() => decodeHeads(head({ version: 256 }), 0));
  refused(() => decodeHeads(head({ note: "" }), 0));
  refused(() => decodeHeads(head({ note: "two\nlines" }), 0));
  refused(() => decodeHeads(head({ note: "with a text" }), 0));
  refused(() => decodeHeads(head({ note: "x".repeat(201) }), 0));
  refused(() => decodeHeads(head({ packedBytes: TEXT_PACKED_BYTES + 1 }), 0));
});

Deno.test("an answer with texts has as many as were asked for, and all of its bytes are theirs", () => {
  const raw = Uint8Array.of(1, 2, 3);
  assert.deepEqual(decodePacked([1, -1, 2], raw, 3), [raw.subarray(0, 1), null, raw.subarray(1)]);
  refused(() => decodePacked([1, 2], raw, 3));
  refused(() => decodePacked([1, 1], raw, 2));
  refused(() => decodePacked([2, 2], raw, 2));
  refused(() => decodePacked([-2], raw, 1));
  refused(() => decodePacked([TEXT_PACKED_BYTES + 1], new Uint8Array(TEXT_PACKED_BYTES + 1), 1));
});

Deno.test("requests have their bounds", () => {
  const content = fromHex(HEAD.content);
  assert.equal(readText("text", [content]).length, 1);
  refused(() => readText("text", []));
  refused(() => readText("text", Array(TEXTS_AT_ONCE + 1).fill(content)));
  refused(() => readText("texts", [fromHex(INDEX), -1]));
  refused(() => readText("heads", [fromHex(INDEX)]));
});

Deno.test("whatever comes is read or refused, and nothing else happens", () => {
  fc.assert(fc.property(hostile, (value) => {
    survives(() => decodeHeads(value, 0));
    survives(() => decodePacked(value, new Uint8Array(8), 2));
    for (const kind of ["texts", "heads", "text"] as const) survives(() => readText(kind, value));
  }));
  fc.assert(
    fc.property(damagedBy(() => encodeHeads(PAGE)), (value) => survives(() => decodeHeads(value, 0))),
  );
});
