/**
 * Starting early what a sync has to wait for: the disk writes what has come of a large file while the rest is still coming, and the sync at
 * its end finds little left. It promises nothing; only the sync does, and it also tells what failed before it: Linux keeps a failed
 * write in mind until a sync has told of it, as long as somebody has the file open.
 */
import { libc } from "./libc.ts";

/** SYNC_FILE_RANGE_WRITE: neither waits for what is being written nor commits the file system's journal. */
const WRITE = 2;
/** Less is not worth a write of its own: what is next to it is to follow at once. */
const LEAST_BYTES = 256 * 1024;

/** Asks the system to begin writing a stretch of an open file to the disk; nothing happens where there is no such call. */
export function startWriteback(fd: number, offset: number, length: number): void {
  if (length >= LEAST_BYTES) libc()?.sync_file_range?.(fd, BigInt(offset), BigInt(length), WRITE);
}
