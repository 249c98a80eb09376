/** What tells without reading a file whether it is still the one that was read (R14). */
import { RACY_MS } from "./limits.ts";

export interface Fingerprint {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthMs: number;
  readonly ino: number;
  readonly dev: number;
  readonly mode: number;
  /** False while a change within the clock's grain could hide: then the file is read again. */
  readonly settled: boolean;
}

/** The part of a `Stat` that a fingerprint is made of. */
export type PrintedStat = Omit<Fingerprint, "settled">;

/**
 * The fingerprint of what was looked at when the file system's own clock said `fsNowMs`: settled when the last change
 * lies further back than the coarsest clock grain.
 */
export function printOf(stat: PrintedStat, fsNowMs: number): Fingerprint {
  const { size, mtimeMs, ctimeMs, birthMs, ino, dev, mode } = stat;
  const settled = isPast(mtimeMs, fsNowMs) && isPast(ctimeMs, fsNowMs);
  return { size, mtimeMs, ctimeMs, birthMs, ino, dev, mode, settled };
}

/**
 * The fingerprint of what Cairn itself has just placed, its mtime set by us: any later write moves mtime to the present,
 * so it is settled unless that mtime is the present.
 */
export function printOfPlaced(stat: PrintedStat, fsNowMs: number): Fingerprint {
  return { ...printOf(stat, fsNowMs), settled: isPast(stat.mtimeMs, fsNowMs) };
}

/** No change that comes now can have that time: nor one that lies ahead, as what was written before a clock went back. */
function isPast(ms: number, fsNowMs: number): boolean {
  return Math.abs(ms - fsNowMs) > RACY_MS;
}

/** Everything agrees: the bytes were not touched (unless the print is not settled). */
export function samePrint(a: PrintedStat, b: PrintedStat): boolean {
  return a.dev === b.dev && samePrintButDev(a, b);
}

/** The same, for who has compared the device numbers by itself. */
export function samePrintButDev(a: Omit<PrintedStat, "dev">, b: Omit<PrintedStat, "dev">): boolean {
  return a.ino === b.ino && a.birthMs === b.birthMs && a.size === b.size && a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs && a.mode === b.mode;
}

/**
 * The same file under another name, its bytes untouched: a rename moves ctime alone. Birth time must agree, since
 * a removed file's inode is given out again at once.
 */
export function sameMovedFile(a: PrintedStat, b: PrintedStat): boolean {
  return isSameInode(a, b) && a.size === b.size && a.mtimeMs === b.mtimeMs && a.birthMs !== 0;
}

/** The same file or directory as before, whatever happened to what is in it. */
export function isSameInode(a: PrintedStat, b: PrintedStat): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.birthMs === b.birthMs;
}
