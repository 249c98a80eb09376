/** The segment files of a journal: finding, checking, cutting, reading. */
import { CairnError } from "../core/errors.ts";
import type { Lsn } from "../core/ids.ts";
import { RECORD_BYTES, SEGMENT_BYTES } from "../core/limits.ts";
import type { Fs } from "../platform/ports.ts";
import {
  checkHeader,
  decodeSegment,
  type Frame,
  FRAME_HEAD_BYTES,
  HEADER_BYTES,
  type SegmentContent,
} from "./frame.ts";

/** A segment file. `bytes` is what of it is good. */
export interface Segment {
  readonly path: string;
  readonly firstLsn: Lsn;
  bytes: number;
}

export interface OpenedSegments {
  readonly segments: readonly Segment[];
  readonly lastLsn: Lsn;
  /** What is damaged beyond a torn tail; null when nothing is. Then a new epoch is due (R27). */
  readonly damage: string | null;
}

const NAME = /^(\d{16})\.seg$/;
/** A group commit may run over the size at which a segment is closed. */
const MOST_BYTES = SEGMENT_BYTES + 4 * RECORD_BYTES;

export function segmentPath(dir: string, firstLsn: Lsn): string {
  return `${dir}/${String(firstLsn).padStart(16, "0")}.seg`;
}

/**
 * Finds the segments, checks those that reach beyond `appliedLsn` and the last one, and cuts a torn tail. A damaged middle
 * is cut too, and reported: what stood behind it cannot be told from garbage with certainty.
 */
export function openSegments(fs: Fs, dir: string, appliedLsn: Lsn): OpenedSegments {
  const found = listSegments(fs, dir);
  let lastLsn = 0 as Lsn;
  let damage: string | null = null;
  const segments: Segment[] = [];
  for (let i = 0; i < found.length; i++) {
    const segment = found[i]!;
    const next = found[i + 1];
    if (next !== undefined && next.firstLsn <= appliedLsn + 1) {
      lastLsn = next.firstLsn - 1 as Lsn;
      segments.push(segment);
      continue;
    }
    const content = withoutRefused(readSegment(fs, segment), next);
    if (content !== null) lastLsn = (content.frames.at(-1)?.lsn ?? segment.firstLsn - 1) as Lsn;
    // Where the next segment goes on, whatever else is in this one was refused when it was written (R27).
    const isWhole = next === undefined ? content?.end !== "broken" : next.firstLsn === lastLsn + 1;
    if (content === null || !isWhole) {
      damage = `${segment.path} is damaged behind record ${lastLsn}`;
    }
    if (content === null) {
      fs.rename(segment.path, `${segment.path}.damaged`);
      break;
    }
    segments.push({ ...segment, bytes: content.goodBytes });
    if (content.end !== "clean") cut(fs, segment, content.goodBytes);
    if (damage !== null) {
      for (const later of found.slice(i + 1)) fs.rename(later.path, `${later.path}.damaged`);
      break;
    }
  }
  return { segments, lastLsn, damage };
}

/** Frames that the next segment has again were never durable: their segment was poisoned, and could not be cut (R27). */
export function withoutRefused(
  content: SegmentContent | null,
  next: Segment | undefined,
): SegmentContent | null {
  const refused = content?.frames.findIndex(({ lsn }) => next !== undefined && lsn >= next.firstLsn) ?? -1;
  if (content === null || refused < 0) return content;
  const frames = content.frames.slice(0, refused);
  const goodBytes = frames.reduce(
    (sum, { payload }) => sum + FRAME_HEAD_BYTES + payload.length,
    HEADER_BYTES,
  );
  return { ...content, frames, goodBytes, end: "torn" };
}

export function listSegments(fs: Fs, dir: string): Segment[] {
  return fs.list(dir).flatMap(({ name }) => {
    const match = NAME.exec(name);
    if (match === null) return [];
    const path = `${dir}/${name}`;
    return [{ path, firstLsn: Number(match[1]) as Lsn, bytes: fs.lstat(path)?.size ?? 0 }];
  }).sort((a, b) => a.firstLsn - b.firstLsn);
}

/** Null when the file is no segment; an empty or torn header is one without frames. */
export function readSegment(fs: Fs, segment: Segment): SegmentContent | null {
  const bytes = fs.readSmall(segment.path, MOST_BYTES) ?? new Uint8Array(0);
  switch (checkHeader(bytes)) {
    case "ok":
      return decodeSegment(bytes);
    case "short":
      return {
        firstLsn: segment.firstLsn,
        frames: [],
        goodBytes: 0,
        end: bytes.length === 0 ? "clean" : "torn",
      };
    case "newer":
      throw new CairnError(
        "journal-broken",
        `${segment.path} was written by a newer Cairn`,
        "Start the newer version; nothing has been changed.",
      );
    case "foreign":
      return null;
  }
}

function cut(fs: Fs, segment: Segment, bytes: number): void {
  const file = fs.open(segment.path, "write");
  try {
    file.truncate(bytes);
  } finally {
    file.close();
  }
}

/** The frames with an lsn of at least `from`, oldest first; segments are read one at a time. */
export function* readFrames(fs: Fs, segments: readonly Segment[], from: Lsn): Generator<Frame> {
  for (let i = 0; i < segments.length; i++) {
    const next = segments[i + 1];
    if (next !== undefined && next.firstLsn <= from) continue;
    const content = withoutRefused(readSegment(fs, segments[i]!), next);
    for (const frame of content?.frames ?? []) if (frame.lsn >= from) yield frame;
  }
}
