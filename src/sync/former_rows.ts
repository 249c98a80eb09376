/**
 * What this device said before its home was lost, asked of who heard it (R26). Only to who can "former".
 *
 *   type  message  lane
 *   32    former   request [after | nil]      answer 33 (bulk)  [epoch, lsn, whole, next | nil, [[folder: bin16, block], …]]
 *
 * The rows are those of the asker, in the order of their lsns; 0 stands for one of an epoch that was never told to its end.
 */
import * as v from "valibot";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { CairnError } from "../core/errors.ts";
import { type FolderId, fromHex, idOf, type Lsn } from "../core/ids.ts";
import { DEVICE_ROWS, FOLDERS, PAGE_ROWS, PAGE_WEIGHT, RECORD_ROWS, RECORD_WEIGHT } from "../core/limits.ts";
import { decodeRows, encodeRows, type PlacedRow, rowWeight } from "../core/row_codec.ts";
import type { Message, Session } from "../peer/session.ts";

export const FORMER_MESSAGE = { former: 32, formerAnswer: 33 } as const;
/** The capability of those who tell a device what it said itself. */
export const FORMER = "former";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const place = v.nullable(v.pipe(v.number(), v.safeInteger()));
const folder = v.pipe(
  v.instance(Uint8Array),
  v.check((bytes) => idOf("folder", bytes) !== null),
  v.transform((bytes) => idOf("folder", bytes)!),
);
const requestSchema = v.tuple([place]);
const answerSchema = v.tuple([
  count,
  count,
  v.boolean(),
  place,
  v.pipe(v.array(v.tuple([folder, v.unknown()])), v.maxLength(FOLDERS)),
]);

/** How well somebody knows what this device said. Epoch 0: not at all. */
export interface FormerKnown {
  readonly epoch: number;
  readonly lsn: number;
  /** All that was said in that epoch, and nothing older. */
  readonly whole: boolean;
}

export interface FormerPage extends FormerKnown {
  readonly folders: readonly { readonly folder: FolderId; readonly rows: readonly PlacedRow[] }[];
}

/** Throws CairnError "message-invalid" for a malformed request. */
export function serveFormer(catalogue: Catalogue, session: Session, message: Message): void {
  const read = v.safeParse(requestSchema, message.header);
  if (!read.success) throw new CairnError("message-invalid", 'A "former" message is malformed');
  const { ids, cursors, rows } = catalogue;
  const device = ids.device(session.peer);
  const { epoch, lsn } = cursors.of(device);
  const say = (header: unknown) =>
    session.answer(message.requestId, "bulk", FORMER_MESSAGE.formerAnswer, header);
  // What we doubt ourselves is told to nobody (R28, R32).
  if (epoch === 0 || rows.ignored.has(device)) return say([0, 0, true, null, []]);
  const after = (read.output[0] ?? Number.MIN_SAFE_INTEGER) as Lsn;
  const page = rows.page(device, after, Number.MAX_SAFE_INTEGER as Lsn, PAGE_ROWS);
  const folders = new Map<number, PlacedRow[]>();
  for (const { folder, placed } of page) {
    const row = { lsn: Math.max(0, placed.lsn) as Lsn, row: placed.row };
    const some = folders.get(folder);
    if (some === undefined) folders.set(folder, [row]);
    else some.push(row);
  }
  say([
    epoch,
    lsn,
    !cursors.isSweeping(device),
    page.at(-1)?.placed.lsn ?? null,
    [...folders].map(([number, some]) => [fromHex(ids.folderOf(number)), encodeRows(some)]),
  ]);
}

/**
 * What the peer heard of us, page by page; the first says how well it knows us, and comes even where it does not. Throws CairnError "network"
 * when the session ends, and "message-invalid".
 */
export async function* formerPages(session: Session): AsyncGenerator<FormerPage> {
  let all = 0;
  for (let after: number | null = null;;) {
    const answer = await session.request(FORMER_MESSAGE.former, [after]);
    session.consumed("bulk", answer.size);
    const read = v.safeParse(answerSchema, answer.header);
    if (answer.type !== FORMER_MESSAGE.formerAnswer || !read.success) throw malformed();
    const [epoch, lsn, whole, next, blocks] = read.output;
    let room = PAGE_ROWS + RECORD_ROWS;
    let weight = PAGE_WEIGHT + RECORD_WEIGHT;
    const folders = blocks.map(([folder, block]) => {
      const rows = decodeRows(block, room, weight);
      room -= rows.length;
      weight -= rows.reduce((sum, { row }) => sum + rowWeight(row), 0);
      return { folder, rows };
    });
    const told = folders.reduce((sum, { rows }) => sum + rows.length, 0);
    // Whoever tells nothing and has more to tell, or more than a device may have, would never end.
    if ((told === 0 && next !== null) || (all += told) > DEVICE_ROWS) throw malformed();
    yield { epoch, lsn, whole, folders };
    if (next === null) return;
    // Whoever goes round in circles would never end.
    if (after !== null && next <= after) throw malformed();
    after = next;
  }
}

function malformed(): CairnError {
  return new CairnError("message-invalid", 'The answer to a "former" message is malformed');
}
