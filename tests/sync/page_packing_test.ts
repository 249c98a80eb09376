/** Pages that are packed on their way: the same pages, smaller, and opened within bounds. */
import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { CairnError } from "../../src/core/errors.ts";
import { HEADER_BYTES } from "../../src/core/limits.ts";
import { encodeHeader } from "../../src/peer/header.ts";
import type { Session } from "../../src/peer/session.ts";
import { decodePage, encodePage, MESSAGE, PACKED_PAGES, type SentPage } from "../../src/sync/messages.ts";
import { openPage, sendPage } from "../../src/sync/page_packing.ts";
import { deviceOf, dot, entryOf, folderOf, lsnOf, rowOf } from "../support/entries.ts";
import { SAMPLE_PAGE } from "../support/sample_records.ts";

function pageOf(rows: number): SentPage {
  const placed = Array.from({ length: rows }, (_, i) => ({
    lsn: lsnOf(i + 1),
    row: rowOf(`photos/2024/${i}.jpg`, entryOf({ text: `bytes ${i}`, dots: [dot(1, 2 ** 40 + i)] })),
  }));
  return {
    ...SAMPLE_PAGE,
    origin: deviceOf(1),
    from: { ...SAMPLE_PAGE.from, lsn: lsnOf(0) },
    to: { ...SAMPLE_PAGE.to, lsn: lsnOf(rows) },
    folders: [{ folder: folderOf(1), rows: placed }],
    facts: [],
  };
}

/** What goes out for a page to a peer that can these. */
function sent(page: SentPage, ...can: string[]): [type: number, header: unknown, raw?: Uint8Array] {
  const out: [number, unknown, Uint8Array?][] = [];
  const session = {
    agreement: { capabilities: new Set(can) },
    send(lane: string, ...content: [number, unknown, Uint8Array?]) {
      assert.equal(lane, "index");
      out.push(content);
    },
  } as unknown as Session;
  sendPage(session, page);
  assert.equal(out.length, 1);
  return out[0]!;
}

function refuses(header: unknown, raw: Uint8Array): void {
  assert.throws(
    () => openPage(header, raw),
    (error) => error instanceof CairnError && error.code === "message-invalid",
  );
}

Deno.test("who can take pages packed gets a large one so, a third smaller; it is the same when it is opened", () => {
  const page = pageOf(500);
  const [type, header, raw] = sent(page, PACKED_PAGES);
  assert.equal(type, MESSAGE.packedPage);
  const plainBytes = encodeHeader(encodePage(page)).length;
  assert.deepEqual(header, [plainBytes]);
  assert.ok(raw!.length < plainBytes * 2 / 3, `${raw!.length} of ${plainBytes} bytes`);
  assert.deepEqual(decodePage(openPage(header, raw!)), page);
});

Deno.test("who cannot gets it as it is, and so does everybody a small one", () => {
  assert.equal(sent(pageOf(500))[0], MESSAGE.page);
  const [type, header, raw] = sent(pageOf(2), PACKED_PAGES);
  assert.deepEqual([type, header, raw], [MESSAGE.page, encodePage(pageOf(2)), undefined]);
});

Deno.test("what is no packed page, or more than it says, or than a page may be, is refused (invariant 10)", () => {
  const bytes = encodeHeader(encodePage(pageOf(100)));
  const packed = deflateRawSync(bytes);
  assert.deepEqual(decodePage(openPage([bytes.length], packed)), pageOf(100));
  refuses([bytes.length - 1], packed);
  refuses([bytes.length + 1], packed);
  refuses([0], packed);
  refuses([bytes.length], packed.subarray(0, packed.length / 2));
  refuses([bytes.length], new Uint8Array(100).fill(0xff));
  refuses([3], new Uint8Array());
  for (const header of [[], ["x"], [-1], [1.5], null]) refuses(header, packed);
  const bomb = new Uint8Array(HEADER_BYTES + 1);
  refuses([bomb.length], deflateRawSync(bomb));
  refuses([HEADER_BYTES], deflateRawSync(bomb));
  // Of the right length, and no MessagePack.
  refuses([1_000], deflateRawSync(new Uint8Array(1_000).fill(0xc1)));
});
