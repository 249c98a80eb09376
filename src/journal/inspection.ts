/** Reads a whole journal and says what is wrong with it. Changes nothing: a start would cut and set aside what it finds damaged. */
import { CairnError, messageOf } from "../core/errors.ts";
import type { Lsn } from "../core/ids.ts";
import { decodeRecord } from "../core/record.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import { listSegments, readSegment, type Segment, withoutRefused } from "./segments.ts";
import { findSnapshot, readSnapshot } from "./snapshot.ts";

export type JournalTroubleCode =
  | "segment-damaged"
  | "segment-missing"
  /** Of what a snapshot covers: only `cairn log` lacks it. */
  | "history-damaged"
  | "record-unreadable"
  | "snapshot-damaged"
  | "newer"
  | "torn-tail";

export interface JournalTrouble {
  readonly code: JournalTroubleCode;
  /** The file's name in the journal. */
  readonly file: string;
  readonly says: string;
}

export interface JournalInspection {
  readonly segments: number;
  readonly bytes: number;
  readonly records: number;
  readonly lastLsn: Lsn;
  /** The newest snapshot's; null where there is none. */
  readonly snapshotLsn: Lsn | null;
  readonly troubles: readonly JournalTrouble[];
}

/** `isRunning`: a device appends to it, and may remove segments that a snapshot covers. */
export async function inspectJournal(fs: Fs, dir: string, isRunning: boolean): Promise<JournalInspection> {
  const troubles: JournalTrouble[] = [];
  const segments = listSegments(fs, dir);
  const snapshotLsn = await lookAtSnapshot(fs, dir, troubles, isRunning);
  let [records, bytes, lastLsn] = [0, 0, snapshotLsn ?? 0 as Lsn];
  let firstLsn: Lsn | null = null;
  for (const [i, segment] of segments.entries()) {
    const next = segments[i + 1];
    const seen = lookAt(fs, segment, next, isRunning);
    if (seen === null) continue;
    firstLsn ??= segment.firstLsn;
    // What a snapshot covers is history: nobody asks how it goes on.
    const isCovered = next !== undefined && next.firstLsn <= (snapshotLsn ?? 0) + 1;
    const { trouble } = seen;
    if (trouble !== null && !isCovered) troubles.push(trouble);
    if (trouble !== null && isCovered && trouble.code !== "segment-missing") {
      troubles.push({ ...trouble, code: "history-damaged" });
    }
    records += seen.records;
    bytes += segment.bytes;
    lastLsn = Math.max(lastLsn, seen.lastLsn) as Lsn;
  }
  if ((firstLsn ?? 1) > (snapshotLsn ?? 0) + 1) {
    troubles.push({ code: "segment-missing", file: "", says: `no records before ${firstLsn} are there` });
  }
  return { segments: segments.length, bytes, records, lastLsn, snapshotLsn, troubles };
}

interface Seen {
  readonly records: number;
  readonly lastLsn: Lsn;
  readonly trouble: JournalTrouble | null;
}

/** Null for one that the device removed meanwhile. */
function lookAt(fs: Fs, segment: Segment, next: Segment | undefined, isRunning: boolean): Seen | null {
  const told = (code: JournalTroubleCode, says: string): JournalTrouble => ({
    code,
    file: nameOf(segment),
    says,
  });
  const nothing = { records: 0, lastLsn: segment.firstLsn - 1 as Lsn };
  let content;
  try {
    content = withoutRefused(readSegment(fs, segment), next);
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    return { ...nothing, trouble: told("newer", "it was written by a newer Cairn") };
  }
  if (isRunning && fs.lstat(segment.path) === null) return null;
  if (content === null) return { ...nothing, trouble: told("segment-damaged", "its head is damaged") };
  const { frames, end } = content;
  const lastLsn = (frames.at(-1)?.lsn ?? segment.firstLsn - 1) as Lsn;
  const seen = { records: frames.length, lastLsn };
  for (const { lsn, payload } of frames) {
    try {
      decodeRecord(payload);
    } catch (error) {
      const says = `record ${lsn} cannot be read: ${messageOf(error)}`;
      return { ...seen, trouble: told("record-unreadable", says) };
    }
  }
  const behind = `behind record ${lastLsn}`;
  if (next === undefined) {
    if (end === "broken") return { ...seen, trouble: told("segment-damaged", `it is damaged ${behind}`) };
    // A device that runs is just writing it.
    const isHalf = end === "torn" && !isRunning;
    return { ...seen, trouble: isHalf ? told("torn-tail", `its end is half written, ${behind}`) : null };
  }
  // Where the next one goes on, whatever else is in this one was refused when it was written (R27).
  if (next.firstLsn === lastLsn + 1) return { ...seen, trouble: null };
  if (end !== "clean") return { ...seen, trouble: told("segment-damaged", `it is damaged ${behind}`) };
  return {
    ...seen,
    trouble: told("segment-missing", `the records ${behind} and before ${next.firstLsn} are missing`),
  };
}

async function lookAtSnapshot(
  fs: Fs,
  dir: string,
  troubles: JournalTrouble[],
  isRunning: boolean,
): Promise<Lsn | null> {
  for (let attempt = 0;; attempt++) {
    const snapshot = findSnapshot(fs, dir);
    if (snapshot === null) return null;
    const file = snapshot.path.split("/").at(-1)!;
    try {
      for await (const _record of readSnapshot(fs, snapshot.path));
      return snapshot.lsn;
    } catch (error) {
      // A newer one has taken its place.
      const isGone = error instanceof FsError && error.code === "not-found";
      if (isGone && isRunning && attempt === 0) continue;
      if (!(error instanceof CairnError || error instanceof FsError)) throw error;
      troubles.push({ code: "snapshot-damaged", file, says: `it cannot be read: ${messageOf(error)}` });
      return snapshot.lsn;
    }
  }
}

function nameOf({ path }: Segment): string {
  return path.split("/").at(-1)!;
}
