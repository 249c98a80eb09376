/**
 * The journal's framing (docs/storage.md). A segment file is
 *
 *   header  "CAIRNJ" (6)  format u16 LE  first lsn u64 LE  CRC-32 of all this u32 LE
 *   frame   payload length u32 LE  CRC-32 of lsn and payload u32 LE  lsn u64 LE  payload
 *   …
 */
import { crc32 } from "node:zlib";
import type { Lsn } from "../core/ids.ts";
import { RECORD_BYTES } from "../core/limits.ts";

export const HEADER_BYTES = 20;
export const FRAME_HEAD_BYTES = 16;
const MAGIC = new TextEncoder().encode("CAIRNJ");
const FORMAT = 1;

export interface Frame {
  readonly lsn: Lsn;
  readonly payload: Uint8Array;
}

/** What a segment's bytes hold: its good frames, and where and how they end. */
export interface SegmentContent {
  readonly firstLsn: Lsn;
  readonly frames: readonly Frame[];
  /** Bytes from the start that are good. */
  readonly goodBytes: number;
  /**
   * "clean": the frames end with the bytes. "torn": what follows is no frame, and nothing behind it is.
   * "broken": what follows is no frame, but good ones stand behind it: the middle was damaged.
   */
  readonly end: "clean" | "torn" | "broken";
}

export function encodeHeader(firstLsn: Lsn): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(HEADER_BYTES);
  out.set(MAGIC);
  const view = new DataView(out.buffer);
  view.setUint16(6, FORMAT, true);
  view.setBigUint64(8, BigInt(firstLsn), true);
  view.setUint32(16, crc32(out.subarray(0, 16)), true);
  return out;
}

/** Writes a frame at `at`; answers where the next one goes. `into` has room for it. */
export function encodeFrame(
  into: Uint8Array<ArrayBuffer>,
  at: number,
  lsn: Lsn,
  payload: Uint8Array,
): number {
  const view = new DataView(into.buffer, into.byteOffset);
  view.setUint32(at, payload.length, true);
  view.setBigUint64(at + 8, BigInt(lsn), true);
  into.set(payload, at + FRAME_HEAD_BYTES);
  const end = at + FRAME_HEAD_BYTES + payload.length;
  view.setUint32(at + 4, crc32(into.subarray(at + 8, end)), true);
  return end;
}

/** Whether the bytes are a segment that this program reads. A damaged header is foreign: a flipped bit must not look like a newer format. */
export function checkHeader(bytes: Uint8Array): "ok" | "short" | "foreign" | "newer" {
  if (bytes.length < HEADER_BYTES) return "short";
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const isWhole = view.getUint32(16, true) === crc32(bytes.subarray(0, 16));
  if (!isWhole || !MAGIC.every((byte, i) => byte === bytes[i])) return "foreign";
  return view.getUint16(6, true) === FORMAT ? "ok" : "newer";
}

/** Reads a segment whose header is "ok". */
export function decodeSegment(bytes: Uint8Array): SegmentContent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const firstLsn = Number(view.getBigUint64(8, true)) as Lsn;
  const frames: Frame[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const frame = frameAt(bytes, view, at);
    if (frame === null) break;
    frames.push(frame);
    at += FRAME_HEAD_BYTES + frame.payload.length;
  }
  const end = at === bytes.length ? "clean" : anyFrameBehind(bytes, view, at + 1) ? "broken" : "torn";
  return { firstLsn, frames, goodBytes: at, end };
}

function frameAt(bytes: Uint8Array, view: DataView, at: number): Frame | null {
  if (at + FRAME_HEAD_BYTES > bytes.length) return null;
  const length = view.getUint32(at, true);
  const end = at + FRAME_HEAD_BYTES + length;
  if (length === 0 || length > RECORD_BYTES || end > bytes.length) return null;
  if (view.getUint32(at + 4, true) !== crc32(bytes.subarray(at + 8, end))) return null;
  return {
    lsn: Number(view.getBigUint64(at + 8, true)) as Lsn,
    payload: bytes.subarray(at + FRAME_HEAD_BYTES, end),
  };
}

function anyFrameBehind(bytes: Uint8Array, view: DataView, from: number): boolean {
  for (let at = from; at + FRAME_HEAD_BYTES < bytes.length; at++) {
    // An lsn's upper bytes are zero: this rules out nearly every place before a checksum is computed.
    if (bytes[at + 15] !== 0 || bytes[at + 14] !== 0) continue;
    if (frameAt(bytes, view, at) !== null) return true;
  }
  return false;
}
