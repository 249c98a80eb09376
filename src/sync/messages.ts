/**
 * What devices say to each other about folders (docs/protocol.md). Checked here, before anything else sees it.
 *
 *   type  message     lane     header
 *   16    subscribe   control  [[device: bin32, epoch, boot: bin8 | nil, lsn], …]      what the sender has
 *   17    page        index    [origin, epoch, from lsn, boot, to lsn, complete, [[folder: bin16, block], …],
 *                               [[key, value, lsn], …], shared fields,                  fields: only of the sender itself
 *                               [[folder, lsn, move], …]]                               only to who can "moves"; no rows then
 *   18    progress    control  [files, bytes]                                           what the sender still needs
 *   19    direct      control  [[device: bin32, …], [[device, epoch, boot, lsn], …]]    who tells the sender of itself; who does not any more
 *   20    small       request  [content: bin33, …]            answer 21  [length | -1, …], the bytes one behind the other
 *   22    list        request  [content, first]               answer 23  [size | -1, chunks], records from `first` on
 *   24    pieces      request  [content, first, count]        answer 25  [1 | 0], the bytes of those chunks
 *   26    changes     request  [content, base: bin33]         answer 27  [size | -1, chunks], what makes its list of the base's
 *   28    part        control  [content, asks, [first, count, …]]   chunks in the sender's stage; asks: tell me what is in yours
 *   29    slow        control  [boolean]                          answers to the sender are better packed
 *   30    packed      answer   [length, header]                   the bytes of the answer with this header, by raw deflate
 *   31    packed page index    [length]                           the header of a page, by raw deflate
 *   34    promise     request  [folder: bin16, [[path, content, lsn], …]]   do not drop these before I have: only to who can "promises-2"
 *   35    promised    answer   [code, …]                           what became of each (sync/promises.ts)
 *   36    standing    control  [lsn, [[folder, [path, …]], …]]     what the sender counts on still; else its promises are over, once its rows came up to lsn
 */
import * as v from "valibot";
import type { Page } from "../catalogue/catalogue.ts";
import type { Fact } from "../catalogue/values.ts";
import { CairnError } from "../core/errors.ts";
import type { Cursor } from "../core/cursor.ts";
import {
  type BootId,
  type ContentId,
  type DeviceId,
  type FolderId,
  fromHex,
  idOf,
  type Lsn,
} from "../core/ids.ts";
import {
  CHUNK_LIST_CHUNKS,
  FOLDERS,
  PAGE_ROWS,
  PAGE_WEIGHT,
  RECORD_ROWS,
  RECORD_WEIGHT,
} from "../core/limits.ts";
import { decodeMove, encodeMove } from "../core/move.ts";
import { relPath } from "../core/path.ts";
import { decodeSharedFields, encodeSharedFields, type SharedField } from "../core/record.ts";
import { decodeRows, encodeRows, rowWeight } from "../core/row_codec.ts";

export const MESSAGE = {
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
} as const;

/** Contents in one "small" request. */
export const SMALL_BATCH = 128;
/** The capability of those who can be told that a directory was renamed. */
export const MOVES = "moves";
/** The capability of those who relay nothing of devices that tell of themselves. */
export const DIRECT = "direct";
/** The capability of those who take pages packed. */
export const PACKED_PAGES = "packed-pages";
/** The capability of those who promise to keep what others drop. */
export const PROMISES = "promises-2";
/** Files in one "promise" request: what a device has promised another one at a time. */
export const PROMISED_FILES = 64;
/** Records of renamed directories in one page. */
export const PAGE_MOVES = 256;
/** Ranges of chunks in one "part" message: some 20 KB. */
export const PART_RANGES = 2048;
/** Devices in one subscription, and in one "direct". */
const SUBSCRIBED_DEVICES = 1024;

function bytesAs<K extends "device" | "boot" | "folder" | "content">(kind: K) {
  return v.pipe(
    v.instance(Uint8Array),
    v.check((bytes) => idOf(kind, bytes) !== null),
    v.transform((bytes) => idOf(kind, bytes)!),
  );
}
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const path = v.pipe(
  v.string(),
  v.check((text) => relPath(text) !== null),
  v.transform((text) => relPath(text)!),
);
const device = bytesAs("device");
const content = bytesAs("content");
const sizeAndChunks = v.tuple([v.pipe(v.number(), v.safeInteger(), v.minValue(-1)), count]);

const cursors = v.pipe(
  v.array(v.tuple([device, count, v.nullable(bytesAs("boot")), count])),
  v.maxLength(SUBSCRIBED_DEVICES),
);

const schemas = {
  subscribe: cursors,
  page: v.tuple([
    device,
    count,
    count,
    v.nullable(bytesAs("boot")),
    count,
    v.boolean(),
    v.pipe(v.array(v.tuple([bytesAs("folder"), v.unknown()])), v.maxLength(FOLDERS)),
    v.array(v.tuple([v.pipe(v.string(), v.maxLength(256)), v.unknown(), count])),
    v.unknown(),
    v.optional(
      v.pipe(v.array(v.tuple([bytesAs("folder"), count, v.unknown()])), v.maxLength(PAGE_MOVES)),
      [],
    ),
  ]),
  progress: v.tuple([count, count]),
  direct: v.tuple([v.pipe(v.array(device), v.maxLength(SUBSCRIBED_DEVICES)), cursors]),
  small: v.pipe(v.array(content), v.maxLength(SMALL_BATCH)),
  smallAnswer: v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(-1))),
  list: v.tuple([content, count]),
  listAnswer: sizeAndChunks,
  pieces: v.tuple([content, count, v.pipe(count, v.minValue(1), v.maxValue(CHUNK_LIST_CHUNKS))]),
  piecesAnswer: v.tuple([v.picklist([0, 1])]),
  slow: v.tuple([v.boolean()]),
  packed: v.tuple([count, v.unknown()]),
  packedPage: v.tuple([count]),
  promise: v.tuple([
    bytesAs("folder"),
    v.pipe(v.array(v.tuple([path, content, count])), v.minLength(1), v.maxLength(PROMISED_FILES)),
  ]),
  promised: v.pipe(v.array(v.pipe(count, v.maxValue(255))), v.maxLength(PROMISED_FILES)),
  standing: v.tuple([
    count,
    v.pipe(
      v.array(v.tuple([bytesAs("folder"), v.pipe(v.array(path), v.maxLength(PROMISED_FILES))])),
      v.maxLength(FOLDERS),
    ),
  ]),
  changes: v.tuple([content, content]),
  changesAnswer: sizeAndChunks,
  part: v.tuple([
    content,
    v.boolean(),
    v.pipe(v.array(count), v.maxLength(2 * PART_RANGES), v.check((numbers) => numbers.length % 2 === 0)),
  ]),
} as const;

/** A header of a message of the named kind. Throws CairnError "message-invalid". */
export function read<K extends keyof typeof schemas>(
  kind: K,
  header: unknown,
): v.InferOutput<(typeof schemas)[K]> {
  const result = v.safeParse(schemas[kind], header);
  if (!result.success) throw new CairnError("message-invalid", `A "${kind}" message is malformed`);
  return result.output as v.InferOutput<(typeof schemas)[K]>;
}

// ------------------------------------------------------------------------------------ subscribe

export type Subscription = ReadonlyMap<DeviceId, Cursor>;

export function encodeSubscribe(subscription: Subscription): unknown {
  return [...subscription].map(([id, { epoch, boot, lsn }]) => [
    fromHex(id),
    epoch,
    boot === null ? null : fromHex(boot),
    lsn,
  ]);
}

export function decodeSubscribe(header: unknown): Subscription {
  return subscriptionFrom(read("subscribe", header));
}

function subscriptionFrom(cursors: v.InferOutput<typeof schemas.subscribe>): Subscription {
  return new Map(
    cursors.map(([id, epoch, boot, lsn]) => [
      id as DeviceId,
      { epoch, boot: boot as BootId | null, lsn: lsn as Lsn },
    ]),
  );
}

/** Who tells the sender of itself, in a session of its own; and what it has of who did and does not any more. */
export interface Direct {
  readonly devices: ReadonlySet<DeviceId>;
  readonly left: Subscription;
}

export function encodeDirect({ devices, left }: Direct): unknown {
  return [[...devices].map(fromHex), encodeSubscribe(left)];
}

/** Throws CairnError "message-invalid". */
export function decodeDirect(header: unknown): Direct {
  const [devices, left] = read("direct", header);
  return { devices: new Set(devices as DeviceId[]), left: subscriptionFrom(left) };
}

// ------------------------------------------------------------------------------------ page

/** A page with the sender's own shared fields, which every receiver logs for itself (R25). */
export interface SentPage extends Page {
  readonly shared: readonly SharedField[];
}

export function encodePage(page: SentPage): unknown {
  return [
    fromHex(page.origin),
    page.to.epoch,
    page.from.lsn,
    page.to.boot === null ? null : fromHex(page.to.boot),
    page.to.lsn,
    page.complete,
    page.folders.map(({ folder, rows }) => [fromHex(folder), encodeRows(rows)]),
    page.facts.map(({ key, value, lsn }) => [key, value, lsn]),
    encodeSharedFields(page.shared),
    ...page.moves === undefined || page.moves.length === 0
      ? []
      : [page.moves.map(({ folder, lsn, move }) => [fromHex(folder), lsn, encodeMove(move)])],
  ];
}

/** Throws CairnError "message-invalid" for what is no page. */
export function decodePage(header: unknown): SentPage {
  const [origin, epoch, from, boot, to, complete, folders, facts, shared, moves] = read("page", header);
  let room = PAGE_ROWS + RECORD_ROWS;
  let weight = PAGE_WEIGHT + RECORD_WEIGHT;
  const page = {
    origin: origin as DeviceId,
    from: { epoch, boot: null, lsn: from as Lsn },
    to: { epoch, boot: boot as BootId | null, lsn: to as Lsn },
    complete,
    folders: folders.map(([folder, block]) => {
      const rows = decodeRows(block, room, weight);
      room -= rows.length;
      weight -= rows.reduce((sum, { row }) => sum + rowWeight(row), 0);
      return { folder: folder as FolderId, rows };
    }),
    facts: facts.map(([key, value, lsn]): Fact => ({ key, value, lsn: lsn as Lsn })),
    shared: decodeSharedFields(shared),
    ...moves.length === 0 ? {} : {
      moves: moves.map(([folder, lsn, move]) => (
        { folder: folder as FolderId, lsn: lsn as Lsn, move: decodeMove(move) }
      )),
    },
  };
  checkRecords(page);
  return page;
}

/**
 * Rows and facts lie within the page's range: cursors would pass what was never told (R29). And the rows of an lsn fit into one record, as
 * they did where they came from: else whoever relays them could make no page of them.
 */
function checkRecords({ from, to, folders, facts, moves = [] }: SentPage): void {
  const within = ({ lsn }: { readonly lsn: Lsn }) => lsn > from.lsn && lsn <= to.lsn;
  if (!facts.every(within)) invalidPage("A fact of a page lies outside its range");
  if (moves.length > 0 && folders.length > 0) invalidPage("A page has rows and renamed directories");
  if (!moves.every((move, i) => within(move) && (i === 0 || move.lsn > moves[i - 1]!.lsn))) {
    invalidPage("A renamed directory of a page lies outside its range");
  }
  const records = new Map<Lsn, { rows: number; weight: number }>();
  for (const { rows } of folders) {
    for (const placed of rows) {
      if (!within(placed)) invalidPage("A row of a page lies outside its range");
      const record = records.get(placed.lsn) ?? { rows: 0, weight: 0 };
      record.rows++;
      record.weight += rowWeight(placed.row);
      records.set(placed.lsn, record);
    }
  }
  for (const { rows, weight } of records.values()) {
    if (rows > RECORD_ROWS || (rows > 1 && weight > RECORD_WEIGHT)) {
      invalidPage("An lsn of a page has more rows than a record");
    }
  }
}

function invalidPage(what: string): never {
  throw new CairnError("message-invalid", what);
}

// ------------------------------------------------------------------------------------ content

export function encodeContents(contents: readonly ContentId[]): unknown {
  return contents.map(fromHex);
}
