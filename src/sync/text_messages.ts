/**
 * What devices say to each other about texts (docs/protocol.md), to who can "texts". Checked here, before anything else sees it.
 *
 *   type  message   lane      header
 *   40    texts     control   [index: bin8, last]            the sender's index holds records up to this number
 *   41    heads     request   [index, after]                 answer 42 (bulk)  [index, up to, is last, [head, …]]
 *   43    text      request   [content: bin33, …]            answer 44 (bulk)  [length | -1, …], packed texts one behind the other
 *
 *   head = [content: bin33, origin: bin32, version, note | nil, packed length]
 */
import * as v from "valibot";
import type { NumberedHead } from "../catalogue/text_index.ts";
import { CairnError } from "../core/errors.ts";
import { type ContentId, type DeviceId, fromHex, idOf, toHex } from "../core/ids.ts";
import {
  TEXT_HEADS,
  TEXT_NOTE_CHARACTERS,
  TEXT_PACKED_BYTES,
  TEXTS_AT_ONCE,
  TEXTS_AT_ONCE_BYTES,
} from "../core/limits.ts";
import { normalNote, TEXT_VERSIONS, type TextHead } from "../core/text_record.ts";

export const TEXT_MESSAGE = { texts: 40, heads: 41, headsAnswer: 42, text: 43, textAnswer: 44 } as const;
/** The capability of those who exchange texts. */
export const TEXTS = "texts";

const number = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const index = v.pipe(
  v.instance(Uint8Array),
  v.check((bytes) => bytes.length === 8),
  v.transform((bytes) => toHex(bytes)),
);
function id<K extends "content" | "device">(kind: K) {
  return v.pipe(
    v.instance(Uint8Array),
    v.check((bytes) => idOf(kind, bytes) !== null),
    v.transform((bytes) => idOf(kind, bytes)!),
  );
}
const note = v.pipe(
  v.string(),
  v.maxLength(TEXT_NOTE_CHARACTERS),
  v.check((text) => text !== "" && normalNote(text) === text),
);
const packedLength = v.pipe(number, v.maxValue(TEXT_PACKED_BYTES));

const schemas = {
  texts: v.tuple([index, number]),
  heads: v.tuple([index, number]),
  headsAnswer: v.tuple([
    index,
    number,
    v.boolean(),
    v.pipe(
      v.array(v.tuple([
        id("content"),
        id("device"),
        v.pipe(number, v.minValue(1), v.maxValue(TEXT_VERSIONS)),
        v.nullable(note),
        packedLength,
      ])),
      v.maxLength(TEXT_HEADS),
    ),
  ]),
  text: v.pipe(v.array(id("content")), v.minLength(1), v.maxLength(TEXTS_AT_ONCE)),
  textAnswer: v.pipe(
    v.array(v.union([v.literal(-1), packedLength])),
    v.maxLength(TEXTS_AT_ONCE),
  ),
} as const;

/** A header of a message of the named kind. Throws CairnError "message-invalid". */
export function readText<K extends keyof typeof schemas>(
  kind: K,
  header: unknown,
): v.InferOutput<(typeof schemas)[K]> {
  const result = v.safeParse(schemas[kind], header);
  if (!result.success) throw new CairnError("message-invalid", `A "${kind}" message of texts is malformed`);
  return result.output as v.InferOutput<(typeof schemas)[K]>;
}

export interface HeadsPage {
  readonly index: string;
  /** All records up to this number were looked at. */
  readonly upTo: number;
  readonly isLast: boolean;
  readonly heads: readonly (TextHead & { readonly packedBytes: number })[];
}

export function encodeHeads(
  page: Omit<HeadsPage, "heads"> & { readonly heads: readonly NumberedHead[] },
): unknown {
  const heads = page.heads.map(({ content, origin, version, note, packedBytes }) => [
    fromHex(content),
    fromHex(origin),
    version,
    note,
    packedBytes,
  ]);
  return [fromHex(page.index), page.upTo, page.isLast, heads];
}

/** Throws CairnError "message-invalid"; also for a page that would never come to an end. */
export function decodeHeads(header: unknown, after: number): HeadsPage {
  const [index, upTo, isLast, heads] = readText("headsAnswer", header);
  if (!isLast && upTo <= after) throw new CairnError("message-invalid", "A list of texts does not go on");
  return {
    index,
    upTo,
    isLast,
    heads: heads.map(([content, origin, version, note, packedBytes]) => {
      if (note !== null && packedBytes > 0) {
        throw new CairnError("message-invalid", "A noted content has a text");
      }
      return { content: content as ContentId, origin: origin as DeviceId, version, note, packedBytes };
    }),
  };
}

/** The packed texts of an answer, null for those that it does not have. Throws CairnError "message-invalid". */
export function decodePacked(header: unknown, raw: Uint8Array, asked: number): (Uint8Array | null)[] {
  const lengths = readText("textAnswer", header);
  const sum = lengths.reduce((total: number, length) => total + Math.max(0, length), 0);
  if (lengths.length !== asked || sum !== raw.length || sum > TEXTS_AT_ONCE_BYTES + TEXT_PACKED_BYTES) {
    throw new CairnError("message-invalid", "An answer with texts is not what was asked for");
  }
  let at = 0;
  return lengths.map((length) => {
    if (length < 0) return null;
    at += length;
    return raw.subarray(at - length, at);
  });
}
