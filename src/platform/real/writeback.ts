/**
 * Starting early what a sync has to wait for: the disk writes what has come of a large file while the rest is still coming, and the sync at
 * its end finds little left. It promises nothing; only the sync does, and it also tells what failed before it: Linux keeps a failed
 * write in mind until a sync has told of it, as long as somebody has the file open.
 *
 * What was written a while ago is on the disk, and its memory is given back to be used for what comes next. Else a large file goes through as
 * much memory as it is long: it drives out what others have in the cache, and new memory costs more than the copying (a GiB on a virtual
 * machine 1.2 to 3 s of processor time, against 0.2 s). The system keeps what it has not written yet.
 */
import { libc } from "./libc.ts";

/** SYNC_FILE_RANGE_WRITE: neither waits for what is being written nor commits the file system's journal. */
const WRITE = 2;
/** POSIX_FADV_DONTNEED: pages that are written are given back. */
const DONTNEED = 4;
/** Less is not worth a write of its own: what is next to it is to follow at once. */
const LEAST_BYTES = 256 * 1024;
/** What this thread has written behind a stretch, after which the disk has that stretch. Whoever shares it meanwhile finds it in memory. */
const TRAIL_BYTES = 32 * 2 ** 20;

/**
 * Asks the system to forget its copies of a stretch, so that reading it reads the disk, or leaves nothing behind. What is not written yet
 * stays.
 */
export function forgetCached(fd: number, offset: number, length: number): void {
  libc()?.posix_fadvise?.(fd, BigInt(offset), BigInt(length), DONTNEED);
}

interface Stretch {
  readonly offset: number;
  readonly length: number;
}

/** What this thread has written last to one file. */
let trail: { readonly path: string; readonly stretches: Stretch[]; bytes: number } | null = null;

/**
 * Asks the system to begin writing a stretch of the open file at `path` to the disk, and to give the memory back that an earlier one has;
 * nothing happens where there are no such calls.
 */
export function startWriteback(fd: number, path: string, offset: number, length: number): void {
  const c = libc();
  if (length < LEAST_BYTES || c === null) return;
  c.sync_file_range?.(fd, BigInt(offset), BigInt(length), WRITE);
  if (trail?.path !== path) trail = { path, stretches: [], bytes: 0 };
  trail.stretches.push({ offset, length });
  trail.bytes += length;
  while (trail.bytes > TRAIL_BYTES) {
    const written = trail.stretches.shift()!;
    trail.bytes -= written.length;
    c.posix_fadvise?.(fd, BigInt(written.offset), BigInt(written.length), DONTNEED);
  }
}
