import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { CairnError } from "../../src/core/errors.ts";
import { toHex } from "../../src/core/ids.ts";
import { CHUNK_LIST_CHUNKS } from "../../src/core/limits.ts";
import {
  decodeDirect,
  decodePage,
  decodeSubscribe,
  encodeContents,
  encodeDirect,
  encodePage,
  encodeSubscribe,
  MESSAGE,
  PART_RANGES,
  read,
  type SentPage,
  SMALL_BATCH,
  type Subscription,
} from "../../src/sync/messages.ts";
import { anyRow, anyStamp, bootOf, contentOf, deviceOf, folderOf, lsnOf } from "../support/entries.ts";
import { golden } from "../support/fixtures.ts";
import { anyValue, damaged } from "../support/garbage.ts";
import { SAMPLE_PAGE } from "../support/sample_records.ts";

const wire = (value: unknown) => decode(encode(value));
const anyBoot = fc.option(fc.nat(4).map(bootOf));
const LAST = 50;

const anyPage: fc.Arbitrary<SentPage> = fc.record({
  device: fc.nat(4),
  epoch: fc.nat(9),
  boot: anyBoot,
  complete: fc.boolean(),
  rows: fc.array(fc.tuple(fc.integer({ min: 1, max: LAST }), anyRow), { maxLength: 6 }),
  facts: fc.array(
    fc.record({
      key: fc.string(),
      value: fc.oneof(fc.string(), fc.constant(null)),
      lsn: fc.integer({ min: 1, max: LAST }).map(lsnOf),
    }, {
      noNullPrototype: true,
    }),
  ),
  shared: fc.array(
    fc.record({
      kind: fc.string(),
      key: fc.string(),
      field: fc.string(),
      value: fc.string(),
      stamp: anyStamp,
      writer: fc.nat(3).map(deviceOf),
    }, { noNullPrototype: true }),
    { maxLength: 3 },
  ),
}).map(({ device, epoch, boot, complete, rows, facts, shared }) => ({
  origin: deviceOf(device),
  from: { epoch, boot: null, lsn: lsnOf(0) },
  to: { epoch, boot, lsn: lsnOf(LAST) },
  complete,
  folders: [{ folder: folderOf(1), rows: rows.map(([lsn, row]) => ({ lsn: lsnOf(lsn), row })) }],
  facts,
  shared,
}));

const DECODERS: Readonly<Record<string, (header: unknown) => unknown>> = {
  page: decodePage,
  subscribe: decodeSubscribe,
  direct: decodeDirect,
  ...Object.fromEntries(
    (["progress", "small", "smallAnswer", "list", "listAnswer", "pieces", "piecesAnswer", "part"] as const)
      .map((kind) => [kind, (header: unknown) => read(kind, header)]),
  ),
};

function tryDecode(name: string, header: unknown): boolean {
  try {
    DECODERS[name]!(header);
    return true;
  } catch (error) {
    assert.ok(error instanceof CairnError && error.code === "message-invalid", `${name}: ${String(error)}`);
    return false;
  }
}

Deno.test("pages come out as they went in", () => {
  fc.assert(fc.property(anyPage, (page) => assert.deepEqual(decodePage(wire(encodePage(page))), page)));
});

Deno.test("subscriptions come out as they went in", () => {
  const cursor = fc.record({ epoch: fc.nat(), boot: anyBoot, lsn: fc.nat().map(lsnOf) }, {
    noNullPrototype: true,
  });
  const subscription = fc.array(fc.tuple(fc.nat(4).map(deviceOf), cursor)).map((pairs): Subscription =>
    new Map(pairs)
  );
  fc.assert(fc.property(subscription, (subscription) => {
    assert.deepEqual(decodeSubscribe(wire(encodeSubscribe(subscription))), subscription);
    const direct = { devices: new Set([deviceOf(7), deviceOf(8)]), left: subscription };
    assert.deepEqual(decodeDirect(wire(encodeDirect(direct))), direct);
  }));
});

Deno.test("page and subscribe have the bytes of the fixture", () => {
  assert.equal(toHex(encode(encodePage(SAMPLE_PAGE))), toHex(golden("page")));
  assert.deepEqual(decodePage(decode(golden("page"))), SAMPLE_PAGE);
  const subscription: Subscription = new Map([[deviceOf(1), SAMPLE_PAGE.to], [
    deviceOf(2),
    SAMPLE_PAGE.from,
  ]]);
  assert.equal(toHex(encode(encodeSubscribe(subscription))), toHex(golden("subscribe")));
  assert.deepEqual(decodeSubscribe(decode(golden("subscribe"))), subscription);
});

Deno.test("message types are what docs/protocol.md says", () => {
  assert.deepEqual(MESSAGE, {
    subscribe: 16,
    page: 17,
    progress: 18,
    direct: 19,
    small: 20,
    smallAnswer: 21,
    list: 22,
    listAnswer: 23,
    pieces: 24,
    piecesAnswer: 25,
    changes: 26,
    changesAnswer: 27,
    part: 28,
    slow: 29,
    packed: 30,
    packedPage: 31,
    promise: 34,
    promised: 35,
    standing: 36,
  });
});

for (const name of Object.keys(DECODERS)) {
  Deno.test(`any MessagePack value is a "${name}" or message-invalid, and nothing else`, () => {
    fc.assert(fc.property(anyValue, (value) => void tryDecode(name, wire(value))), { numRuns: 300 });
  });
}

Deno.test("a page with one part replaced, dropped or doubled is well-formed or message-invalid", () => {
  fc.assert(
    fc.property(damaged(wire(encodePage(SAMPLE_PAGE))), (value) => {
      if (!tryDecode("page", wire(value))) return;
      const page = decodePage(wire(value));
      assert.deepEqual(decodePage(wire(encodePage(page))), page);
    }),
    { numRuns: 1500 },
  );
});

Deno.test("a subscription with one part replaced, dropped or doubled is well-formed or message-invalid", () => {
  const good = wire(
    encodeSubscribe(new Map([[deviceOf(1), SAMPLE_PAGE.to], [deviceOf(2), SAMPLE_PAGE.from]])),
  );
  fc.assert(fc.property(damaged(good), (value) => void tryDecode("subscribe", wire(value))), {
    numRuns: 500,
  });
});

Deno.test("a row outside a page's range is refused: cursors would pass what was never told (R29)", () => {
  const at = (lsn: number): SentPage => ({
    ...SAMPLE_PAGE,
    folders: [{ folder: folderOf(1), rows: [{ ...SAMPLE_PAGE.folders[0]!.rows[0]!, lsn: lsnOf(lsn) }] }],
  });
  const { from, to } = SAMPLE_PAGE;
  for (const lsn of [from.lsn + 1, to.lsn]) assert.ok(tryDecode("page", wire(encodePage(at(lsn)))));
  for (const lsn of [0, from.lsn, to.lsn + 1]) assert.ok(!tryDecode("page", wire(encodePage(at(lsn)))));
});

const content = encodeContents([contentOf("a")]) as unknown[];
const LIMITS: readonly (readonly [string, string, unknown, boolean])[] = [
  ["as many contents as fit", "small", Array(SMALL_BATCH).fill(content[0]), true],
  ["one content more", "small", Array(SMALL_BATCH + 1).fill(content[0]), false],
  ["no content", "small", [], true],
  ["a content of another length", "small", [new Uint8Array(32)], false],
  ["a length of -1, which is none", "smallAnswer", [5, -1], true],
  ["a length of -2", "smallAnswer", [-2], false],
  ["all chunks that a list has", "pieces", [content[0], 0, CHUNK_LIST_CHUNKS], true],
  ["one chunk more", "pieces", [content[0], 0, CHUNK_LIST_CHUNKS + 1], false],
  ["no chunk", "pieces", [content[0], 0, 0], false],
  ["a chunk before the first", "pieces", [content[0], -1, 1], false],
  ["an answer that is yes or no", "piecesAnswer", [1], true],
  ["an answer that is neither", "piecesAnswer", [2], false],
  ["a stage with nothing in it", "part", [content[0], true, []], true],
  ["as many ranges as fit", "part", [content[0], false, Array(2 * PART_RANGES).fill(1)], true],
  ["one range more", "part", [content[0], false, Array(2 * PART_RANGES + 2).fill(1)], false],
  ["half a range", "part", [content[0], false, [1]], false],
  ["a range before the first chunk", "part", [content[0], false, [-1, 2]], false],
  ["progress in whole numbers", "progress", [3, 4_000], true],
  ["progress below nothing", "progress", [-1, 0], false],
  [
    "a subscription for a library's devices",
    "subscribe",
    Array(1024).fill([new Uint8Array(32), 1, null, 0]),
    true,
  ],
  [
    "a subscription for one device more",
    "subscribe",
    Array(1025).fill([new Uint8Array(32), 1, null, 0]),
    false,
  ],
];
for (const [what, name, header, isGood] of LIMITS) {
  Deno.test(`"${name}" ${isGood ? "takes" : "refuses"} ${what} (invariant 10)`, () => {
    assert.equal(tryDecode(name, wire(header)), isGood);
  });
}
