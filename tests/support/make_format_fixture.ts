/**
 * Writes tests/fixtures/formats.json: `deno run -A tests/support/make_format_fixture.ts`. The bytes that stand there freeze the
 * journal's and the wire's formats: after the first release run it only to add cases.
 */
import { encode } from "@msgpack/msgpack";
import { toHex } from "../../src/core/ids.ts";
import { encodeRecord } from "../../src/core/record.ts";
import { encodeRows } from "../../src/core/row_codec.ts";
import { encodeFrame, encodeHeader, FRAME_HEAD_BYTES, HEADER_BYTES } from "../../src/journal/frame.ts";
import { encodePage, encodeSubscribe } from "../../src/sync/messages.ts";
import { deviceOf, lsnOf } from "./entries.ts";
import { SAMPLE_PACKED, SAMPLE_PAGE, SAMPLE_RECORDS, SAMPLE_ROWS, SAMPLE_TEXTS } from "./sample_records.ts";

/** A journal segment of two records. */
export function sampleSegment(): Uint8Array {
  const payloads = [SAMPLE_RECORDS.stop, SAMPLE_RECORDS.local].map(encodeRecord);
  const out = new Uint8Array(
    payloads.reduce((sum, { length }) => sum + FRAME_HEAD_BYTES + length, HEADER_BYTES),
  );
  out.set(encodeHeader(lsnOf(40)));
  payloads.reduce((at, payload, i) => encodeFrame(out, at, lsnOf(40 + i), payload), HEADER_BYTES);
  return out;
}

if (import.meta.main) {
  const records = Object.entries(SAMPLE_RECORDS).map(([type, record]) => [type, toHex(encodeRecord(record))]);
  const subscription = new Map([[deviceOf(1), SAMPLE_PAGE.to], [deviceOf(2), SAMPLE_PAGE.from]]);
  const fixture = {
    samples: "tests/support/sample_records.ts",
    records: Object.fromEntries(records),
    rowBlock: toHex(encode(encodeRows(SAMPLE_ROWS.map((row, i) => ({ lsn: lsnOf(i), row }))))),
    page: toHex(encode(encodePage(SAMPLE_PAGE))),
    subscribe: toHex(encode(encodeSubscribe(subscription))),
    segment: toHex(sampleSegment()),
    texts: Object.fromEntries(
      Object.entries(SAMPLE_TEXTS).map(([kind, header]) => [kind, toHex(encode(header))]),
    ),
    packedText: toHex(SAMPLE_PACKED),
  };
  const file = new URL("../fixtures/formats.json", import.meta.url);
  Deno.writeTextFileSync(file, JSON.stringify(fixture, null, 2) + "\n");
}
