/** One of everything that is stored or sent, for golden bytes. Never change one: add others. */
import type { Row } from "../../src/core/entry.ts";
import { fromHex } from "../../src/core/ids.ts";
import type { RelPath } from "../../src/core/ids.ts";
import type { JournalRecord, SharedField } from "../../src/core/record.ts";
import { stampAt } from "../../src/core/stamp.ts";
import type { SentPage } from "../../src/sync/messages.ts";
import { encodeHeads } from "../../src/sync/text_messages.ts";
import {
  actorOf,
  bootOf,
  contentOf,
  deviceOf,
  dot,
  entryOf,
  folderOf,
  lsnOf,
  rowOf,
  stampOf,
} from "./entries.ts";

const TIME_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const stamp = stampAt(TIME_MS);

/** Every kind, a version in the short and in the long form, names in several scripts, all flags. */
export const SAMPLE_ROWS: readonly Row[] = [
  rowOf("a.txt", entryOf({ text: "hello", dots: [dot(1, TIME_MS)], stamp, mtimeMs: TIME_MS })),
  rowOf("b", entryOf({ kind: "directory", dots: [dot(1, TIME_MS + 1)], stamp, mode: 0o755 })),
  rowOf(
    "b/größe \u{1f600}",
    entryOf({ kind: "symlink", text: "../a.txt", dots: [dot(2, 7)], stamp, mode: 0o777 }),
  ),
  rowOf("b/gone", entryOf({ kind: "deleted", dots: [dot(2, 8)], seen: [dot(1, 5)], stamp, writer: 2 })),
  rowOf(
    "b/merged",
    entryOf({
      text: "x",
      dots: [dot(1, 5), dot(2, 6)],
      meta: dot(3, 9),
      metaStamp: stamp + 3,
      seen: [dot(4, 2)],
      stamp: stamp + 1,
      mode: 0o600,
      mtimeMs: -1,
      writer: 3,
    }),
    { offered: false, held: false },
  ),
];

const FIELD: SharedField = {
  kind: "folder",
  key: folderOf(5),
  field: "name",
  value: "Notes",
  stamp,
  writer: deviceOf(1),
};

export const SAMPLE_RECORDS: Readonly<Record<JournalRecord["type"], JournalRecord>> = {
  "boot": { type: "boot", boot: bootOf(3), epoch: 2, actor: actorOf(1), timeMs: TIME_MS, osBoot: "os-1" },
  "stop": { type: "stop", timeMs: TIME_MS },
  "rows": {
    type: "rows",
    folder: folderOf(5),
    cause: "local",
    timeMs: TIME_MS,
    closes: lsnOf(41),
    rows: SAMPLE_ROWS,
    fresh: [0, 2],
  },
  "intent": { type: "intent", folder: folderOf(5), rows: SAMPLE_ROWS.slice(0, 2) },
  "shared": {
    type: "shared",
    fields: [FIELD, { ...FIELD, field: "picture", value: new Uint8Array([1, 2, 3]) }],
  },
  "fact": { type: "fact", key: `replica/${folderOf(5)}`, value: { mode: "sync" } },
  "local": { type: "local", key: "library", value: null },
  "kept": { type: "kept", folder: folderOf(5), lsns: [3, 3, 9, 10, 10].map(lsnOf), rows: SAMPLE_ROWS },
  "forgot": { type: "forgot", folder: folderOf(5), paths: SAMPLE_ROWS.map(({ path }) => path) },
  "moved": {
    type: "moved",
    folder: folderOf(5),
    cause: "received",
    timeMs: TIME_MS,
    closes: lsnOf(41),
    move: {
      top: "Photos/2024" as RelPath,
      now: "Bilder" as RelPath,
      total: 4,
      dot: { actor: actorOf(1), counter: TIME_MS },
      stamp: stampOf(stamp),
      writer: deviceOf(1),
      parts: [
        { below: null, first: "2024", last: "2024", count: 1 },
        { below: "" as RelPath, first: "a.jpg", last: "b", count: 2 },
        { below: "b" as RelPath, first: "ü.jpg", last: "ü.jpg", count: 1 },
      ],
    },
  },
  "snapshot-end": { type: "snapshot-end", lsn: lsnOf(77), counter: TIME_MS + 1, stamp: stampOf(stamp + 1) },
};

export const SAMPLE_PAGE: SentPage = {
  origin: deviceOf(1),
  from: { epoch: 2, boot: null, lsn: lsnOf(2) },
  to: { epoch: 2, boot: bootOf(3), lsn: lsnOf(12) },
  complete: true,
  folders: [{ folder: folderOf(5), rows: SAMPLE_ROWS.map((row, i) => ({ lsn: lsnOf(3 + i), row })) }],
  facts: [{ key: "name", value: "laptop", lsn: lsnOf(4) }],
  shared: [FIELD],
};

/** What is said about texts (40 to 44), by the names of `readText`: headers as they are sent; of the last, the packed texts behind it, too. */
const TEXTS_INDEX = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
export const SAMPLE_HEADS = {
  index: "0102030405060708",
  upTo: 501,
  isLast: false,
  heads: [
    { content: contentOf("hello"), origin: deviceOf(1), version: 1, note: null, packedBytes: 15 },
    {
      content: contentOf("x"),
      origin: deviceOf(2),
      version: 255,
      note: "could not be read: it is no PDF",
      packedBytes: 0,
    },
    { content: contentOf("none"), origin: deviceOf(1), version: 2, note: null, packedBytes: 0 },
  ],
} as const;
export const SAMPLE_TEXTS = {
  texts: [TEXTS_INDEX, 70_000],
  heads: [TEXTS_INDEX, 500],
  headsAnswer: encodeHeads({
    ...SAMPLE_HEADS,
    heads: SAMPLE_HEADS.heads.map((head, i) => ({ ...head, id: i })),
  }),
  text: [fromHex(contentOf("hello")), fromHex(contentOf("gone"))],
  textAnswer: [15, -1],
} as const;
/** "größe hallo" as raw deflate. */
export const SAMPLE_TEXT = "größe hallo";
export const SAMPLE_PACKED = fromHex("4b2f3abcedf0fc54858cc49c9c7c00");
