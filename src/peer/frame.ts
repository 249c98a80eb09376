/**
 * The wire format below every message, of sessions and of pairing. All integers are little endian.
 *
 *   offset  size  field
 *   0       4     length of what follows this field: 9 + header + raw
 *   4       1     type of the message
 *   5       4     tag: request id, lane and whether it is an answer; its meaning is the session's
 *   9       4     length of the header
 *   13      n     header, MessagePack (header.ts)
 *   13+n    m     raw bytes; content is never inside MessagePack
 */
import { decodeHeader, encodeHeader } from "./header.ts";

export interface Frame {
  readonly type: number;
  readonly tag: number;
  readonly header: unknown;
  /** Raw bytes behind the header. Nothing else uses their buffer, so they can be given away. */
  readonly raw: Uint8Array<ArrayBuffer>;
  /** Bytes of the whole frame on the wire. */
  readonly size: number;
}

/** What a peer sent is no frame. The link is of no use any more. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

const FIXED_BYTES = 13;
/** The part of the fixed bytes that `length` counts. */
const COUNTED_BYTES = 9;
const NOTHING = new Uint8Array(0);
/** Raw bytes up to this are copied behind the header: one write is cheaper than two then. */
const COPY_BYTES = 16 * 1024;

/** A frame as one or two byte arrays to be written one behind the other. `raw` is not copied when it is large. */
export function encodeFrame(
  type: number,
  tag: number,
  header: unknown,
  raw: Uint8Array = NOTHING,
): { readonly parts: readonly Uint8Array[]; readonly size: number } {
  const encoded = encodeHeader(header);
  const size = FIXED_BYTES + encoded.length + raw.length;
  const apart = raw.length > COPY_BYTES;
  const head = new Uint8Array(apart ? size - raw.length : size);
  const view = new DataView(head.buffer);
  view.setUint32(0, size - 4, true);
  view.setUint8(4, type);
  view.setUint32(5, tag, true);
  view.setUint32(9, encoded.length, true);
  head.set(encoded, FIXED_BYTES);
  if (apart) return { parts: [head, raw], size };
  head.set(raw, FIXED_BYTES + encoded.length);
  return { parts: [head], size };
}

/**
 * Cuts a stream of bytes into frames. It holds at most one unfinished frame of `maxBytes`, and
 * the memory of that one is asked for only when its length is known to be within the limit.
 */
export class FrameDecoder {
  #maxBytes: number;
  readonly #length = new Uint8Array(4);
  /** The frame that is being received, its length field left out; null while the length field is. */
  #body: Uint8Array<ArrayBuffer> | null = null;
  /** Bytes received of the body, or of the length field. */
  #filled = 0;
  #broken = false;

  /** `maxBytes` bounds a whole frame on the wire. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Changes the limit, from the next length field on. */
  set maxBytes(bytes: number) {
    this.#maxBytes = bytes;
  }

  /** True while a frame has begun and not ended. */
  get isMidFrame(): boolean {
    return this.#body !== null || this.#filled > 0;
  }

  /**
   * Takes what came and calls `deliver` for each whole frame; `deliver` may answer false to stop for good. Throws FrameError
   * on bytes that are none, and again at every later call.
   */
  push(bytes: Uint8Array, deliver: (frame: Frame) => boolean | void): void {
    if (this.#broken) throw new FrameError("Cannot read on: the stream is broken");
    let rest = bytes;
    while (rest.length > 0) {
      const target = this.#body ?? this.#length;
      const part = rest.subarray(0, target.length - this.#filled);
      target.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled < target.length) return;
      this.#filled = 0;
      if (this.#body === null) {
        this.#body = new Uint8Array(this.#checkedLength());
        continue;
      }
      const body = this.#body;
      this.#body = null;
      if (deliver(this.#parse(body)) === false) {
        this.#broken = true;
        return;
      }
    }
  }

  #checkedLength(): number {
    const length = new DataView(this.#length.buffer).getUint32(0, true);
    if (length <= COUNTED_BYTES) this.#fail(`its length is ${length}`);
    if (length + 4 > this.#maxBytes) this.#fail(`it has ${length + 4} bytes, of at most ${this.#maxBytes}`);
    return length;
  }

  #parse(body: Uint8Array<ArrayBuffer>): Frame {
    const view = new DataView(body.buffer);
    const headerEnd = COUNTED_BYTES + view.getUint32(5, true);
    if (headerEnd > body.length) this.#fail("its header is longer than itself");
    const raw = body.subarray(headerEnd);
    // A header with raw bytes behind it gets a buffer of its own: its byte fields must outlive the raw bytes.
    const header = raw.length > 0 ? body.slice(COUNTED_BYTES, headerEnd) : body.subarray(COUNTED_BYTES);
    const decoded = decodeHeader(header);
    if (decoded instanceof Error) this.#fail(`its header is not valid: ${decoded.message}`);
    return {
      type: view.getUint8(0),
      tag: view.getUint32(1, true),
      header: decoded.header,
      raw: raw.length > 0 ? raw : new Uint8Array(0),
      size: body.length + 4,
    };
  }

  #fail(what: string): never {
    this.#broken = true;
    throw new FrameError(`Cannot read a frame: ${what}`);
  }
}
