/**
 * A journal that begins somewhere: a snapshot without rows (R26), and the segment behind it. Its lsns go on far beyond any that were written
 * before, so that marks which others keep of the former journal are never taken for marks of this one.
 */
import type { ActorId, BootId, Lsn, Stamp } from "../core/ids.ts";
import { encodeRecord, type JournalRecord } from "../core/record.ts";
import type { Fs } from "../platform/ports.ts";
import { encodeFrame, encodeHeader, FRAME_HEAD_BYTES } from "./frame.ts";
import { segmentPath } from "./segments.ts";
import { snapshotPath } from "./snapshot.ts";

export interface Seed {
  /** The last lsn that the snapshot covers; beyond the number of records. */
  readonly lsn: Lsn;
  readonly epoch: number;
  readonly actor: ActorId;
  readonly boot: BootId;
  readonly counter: number;
  readonly stamp: Stamp;
  readonly timeMs: number;
  readonly records: readonly JournalRecord[];
}

/** Writes them durably into an empty directory. */
export async function writeSeed(fs: Fs, dir: string, seed: Seed): Promise<void> {
  const { lsn, epoch, actor, boot, counter, stamp, timeMs } = seed;
  const all: JournalRecord[] = [
    { type: "boot", boot, epoch, actor, timeMs, osBoot: "" },
    // Nothing was torn: there was nothing.
    { type: "stop", timeMs },
    ...seed.records,
    { type: "snapshot-end", lsn, counter, stamp },
  ];
  const payloads = all.map(encodeRecord);
  const header = encodeHeader(lsn);
  const bytes = new Uint8Array(
    payloads.reduce((sum, { length }) => sum + FRAME_HEAD_BYTES + length, header.length),
  );
  bytes.set(header);
  let at = header.length;
  // Each record has an lsn of its own: what has one is told in one page.
  payloads.forEach((payload, i) =>
    at = encodeFrame(bytes, at, lsn - payloads.length + 1 + i as Lsn, payload)
  );
  await fs.writeDurably(snapshotPath(dir, lsn), bytes);
  const next = lsn + 1 as Lsn;
  await fs.writeDurably(segmentPath(dir, next), encodeHeader(next));
}
