/**
 * From a version store's index to the catalogue's table of it, some lines at a time and never while a batch is placed: the
 * table lags, so that placing costs no row. And the index's own upkeep. All of it runs within `Replica.exclusive`.
 */
import { decodeKept, isNamedAfterPath, roomOf } from "../core/kept.ts";
import { storedAt } from "../folder/versions.ts";
import type { Replica } from "./replica.ts";

/** Bytes of the index taken in at once: some hundred lines, so many milliseconds. */
const READ_BYTES = 256 * 2 ** 10;

export interface TakenIn {
  /** Nothing of the index is left to be taken in. */
  readonly isAll: boolean;
  /** What the new versions count for. */
  readonly bytes: number;
}

/** Takes in the next stretch of the index. Throws FsError. */
export async function takeIn(replica: Replica): Promise<TakenIn> {
  const { versions, number, catalogue: { kept: table, db } } = replica;
  const known = table.segments(number);
  const segments = versions.index.segments();
  for (const segment of known.keys()) {
    if (!segments.some((one) => one.number === segment)) table.dropSegment(number, segment);
  }
  for (const segment of segments) {
    let { readBytes, lines: linesBefore } = known.get(segment.number) ?? { readBytes: 0, lines: 0 };
    // Shorter than it was: another one, put back from somewhere.
    if (readBytes > segment.bytes) [readBytes, linesBefore] = [0, 0];
    if (readBytes === segment.bytes) continue;
    const { lines, next } = await versions.index.read(segment.number, readBytes, READ_BYTES);
    if (next === readBytes) continue; // a torn end
    let bytes = 0;
    db.transaction(() => {
      for (const line of lines) {
        const kept = decodeKept(line);
        if (kept === null || !isNamedAfterPath(kept)) continue;
        // What was announced and did not happen has no file.
        if (replica.deps.fs.lstat(storedAt(versions, kept)) === null) continue;
        if (table.put(number, segment.number, kept)) bytes += roomOf(kept);
      }
      table.setSegment(number, segment.number, next, linesBefore + lines.length);
    });
    // Counted in one place or the other: what counts twice makes the oldest go for nothing.
    versions.fresh.bytes = Math.max(0, versions.fresh.bytes - bytes);
    return { isAll: false, bytes };
  }
  versions.fresh.bytes = 0;
  return { isAll: true, bytes: 0 };
}

/**
 * Rewrites one segment of the index of which less than half still stands for something: its living lines go to the present
 * one, then it goes. False when there is none. Throws FsError.
 */
export async function cleanSegment(replica: Replica): Promise<boolean> {
  const { versions, number, catalogue: { kept: table }, deps: { fs } } = replica;
  const segments = versions.index.segments();
  const newest = segments.at(-1)?.number;
  for (const [segment, { lines, readBytes }] of table.segments(number)) {
    const onDisk = segments.find((one) => one.number === segment);
    if (onDisk === undefined || segment === newest || segment === versions.index.current) continue;
    if (readBytes < onDisk.bytes || table.countInSegment(number, segment) * 2 > lines) continue;
    const living = table.inSegment(number, segment);
    if (living.length > 0) {
      await fs.syncFile(await versions.index.write(living.map(({ kept }) => kept)));
      while (!(await takeIn(replica)).isAll);
      if (table.countInSegment(number, segment) > 0) return false;
    }
    versions.index.remove(segment);
    table.dropSegment(number, segment);
    return true;
  }
  return false;
}
