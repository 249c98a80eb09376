/**
 * How the bytes of a content travel through the local API: a stream of HTTP cannot say that it ended badly, so each stretch says what it is.
 *
 *   frame   kind: u8, length: u32 LE, so many bytes
 *   kind 1  bytes of the content, in order
 *   kind 2  news, as JSON (`CatNews`)
 *   kind 3  the end, as JSON (`CatEnd`); a stream without it was cut off
 */
import { CairnError } from "../core/errors.ts";
import { FRAME_BYTES } from "../core/limits.ts";
import type { CatEnd, CatNews } from "./contents_types.ts";

export type CatFrame =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "news"; readonly news: CatNews }
  | { readonly kind: "end"; readonly end: CatEnd };

const KINDS = ["bytes", "news", "end"] as const;
export const HEAD_BYTES = 5;

/** What stands before the payload, and the payload. */
export function encodeCatFrame(frame: CatFrame): Uint8Array<ArrayBuffer>[] {
  const payload = frame.kind === "bytes"
    ? frame.bytes
    : new TextEncoder().encode(JSON.stringify(frame.kind === "news" ? frame.news : frame.end));
  const head = new Uint8Array(HEAD_BYTES);
  head[0] = KINDS.indexOf(frame.kind) + 1;
  new DataView(head.buffer).setUint32(1, payload.length, true);
  return [head, payload];
}

/** The frames of a stream. Throws CairnError "message-invalid" for what is none; a stream that is cut off just ends. */
export async function* catFramesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<CatFrame> {
  let head = new Uint8Array(0);
  let payload: Uint8Array<ArrayBuffer> | null = null;
  let filled = 0;
  let kind: (typeof KINDS)[number] = "bytes";
  for await (let part of stream) {
    while (part.length > 0) {
      if (payload === null) {
        const need = HEAD_BYTES - head.length;
        head = new Uint8Array([...head, ...part.subarray(0, need)]);
        part = part.subarray(Math.min(need, part.length));
        if (head.length < HEAD_BYTES) break;
        const length = new DataView(head.buffer).getUint32(1, true);
        kind = KINDS[head[0]! - 1] ?? invalid();
        if (length > MOST_BYTES) invalid();
        payload = new Uint8Array(length);
        head = new Uint8Array(0);
        filled = 0;
      }
      const some = part.subarray(0, payload.length - filled);
      payload.set(some, filled);
      filled += some.length;
      part = part.subarray(some.length);
      if (filled < payload.length) continue;
      yield frameOf(kind, payload);
      payload = null;
    }
  }
}

/** A chunk, or as many as one answer of a peer has. */
const MOST_BYTES = FRAME_BYTES;

function frameOf(kind: (typeof KINDS)[number], payload: Uint8Array<ArrayBuffer>): CatFrame {
  if (kind === "bytes") return { kind, bytes: payload };
  const value = JSON.parse(new TextDecoder().decode(payload));
  return kind === "news" ? { kind, news: value as CatNews } : { kind, end: value as CatEnd };
}

function invalid(): never {
  throw new CairnError(
    "message-invalid",
    "Cannot read the device's answer: it is no stream of frames",
    "Is it another version? Stop it and start it again: cairn up",
  );
}
