/**
 * Pages as they go over the wire: a row of a file is some 90 bytes, of which 34 are its content and most others say what the row before it said.
 * Packed by raw deflate, as fast as that can be, it is some 60; that costs a third of what it costs to make the page.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { CairnError, messageOf } from "../core/errors.ts";
import { HEADER_BYTES } from "../core/limits.ts";
import { decodeHeader, encodeHeader } from "../peer/header.ts";
import type { Session } from "../peer/session.ts";
import { encodePage, MESSAGE, PACKED_PAGES, read, type SentPage } from "./messages.ts";

/** A page of a few rows is told at once, and little would be saved. */
const LEAST_BYTES = 1_024;
/** What is left of it at most, or it is not worth the work of two devices. */
const WORTH_SHARE = 7 / 8;

export function sendPage(session: Session, page: SentPage): void {
  const header = encodePage(page);
  if (session.agreement.capabilities.has(PACKED_PAGES)) {
    const bytes = encodeHeader(header);
    const packed = bytes.length < LEAST_BYTES ? null : deflateRawSync(bytes, { level: 1 });
    if (packed !== null && packed.length <= bytes.length * WORTH_SHARE) {
      return session.send("index", MESSAGE.packedPage, [bytes.length], new Uint8Array(packed));
    }
  }
  session.send("index", MESSAGE.page, header);
}

/**
 * The header of the page that was packed; no more is made of it than a header may have. It can be a thousand times as large: to be called when it is
 * taken in and not before (invariant 10). Throws CairnError "message-invalid".
 */
export function openPage(header: unknown, raw: Uint8Array): unknown {
  const [length] = read("packedPage", header);
  if (length > HEADER_BYTES) invalid(`it says that it has ${length} bytes`);
  const opened = decodeHeader(inflated(raw, length));
  return opened instanceof Error ? invalid(opened.message) : opened.header;
}

function inflated(raw: Uint8Array, length: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = inflateRawSync(raw, { maxOutputLength: Math.max(1, length) });
  } catch (error) {
    return invalid(messageOf(error));
  }
  return bytes.length === length ? bytes : invalid("it is of another length than it says");
}

function invalid(why: string): never {
  throw new CairnError("message-invalid", `A packed page is malformed: ${why}`);
}
