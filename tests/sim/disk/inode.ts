/**
 * An inode: what programs see of it, and beside it what the disk holds. Bytes are never copied without need: a buffer is
 * shared by the cache, the durable state and whoever reads a stretch of it, and `frozen` says how much of it must not
 * change in place any more. What lies behind that may be written, so a file that is only appended to is never copied.
 */
import type { FileKind, HashedFile } from "../../../src/platform/ports.ts";
import { identify } from "./content.ts";
import type { Op } from "./ops.ts";
import type { Volume } from "./volume.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** A name in a directory. Never changed: a rename makes a new one. */
export interface Entry {
  /** As it was created; the key in the directory may be folded. */
  readonly name: string;
  readonly inode: Inode;
}

export const NO_BYTES: Bytes = new Uint8Array(0);

export class Inode {
  /** Tells a volume's inodes apart for ever, as their numbers do not. */
  readonly serial: number;
  links = 0;
  /** Open handles, also of users. */
  opens = 0;
  mtimeMs: number;
  ctimeMs: number;
  /** When its bytes were last written, and whether that is what mtime says. */
  writtenMs = 0;
  mtimeIsWritten = false;

  // ---- a file's bytes
  /** Zeros behind `size`. */
  buf: Bytes = NO_BYTES;
  size = 0;
  frozen = 0;
  /** Grows with each change of the bytes. */
  version = 0;
  /** The bytes' identity, as long as `#hashedAt` is `version`. */
  #hashed: HashedFile | null = null;
  #hashedAt = -1;

  // ---- and what the disk holds of them
  durableBuf: Bytes = NO_BYTES;
  durableSize = 0;
  durableMtimeMs: number;
  durableCtimeMs: number;
  /** The least size since the last sync: what stood behind it is not on its way any more. */
  low = 0;
  /** Written since the last sync. */
  dirtyFrom = Infinity;
  dirtyTo = 0;
  /** Something waits for a sync. */
  dirty = false;
  /** Lost by a failed sync: in the cache, not on the disk, and on nobody's list. */
  failedFrom = Infinity;
  failedTo = 0;

  // ---- a directory
  entries: Map<string, Entry> | null = null;
  /** Where a directory is; for other kinds where a name was last made (it may have gone). */
  parent: Inode | null = null;
  name = "";
  /** What is mounted over this directory. */
  mounted: Volume | null = null;
  path = "";
  pathEpoch = -1;

  /** A symlink's. */
  target = "";
  /** What made its number free; see `Op.after`. */
  freedBy: Op | null = null;

  constructor(
    readonly volume: Volume,
    readonly ino: number,
    readonly kind: FileKind,
    public mode: number,
    readonly birthMs: number,
  ) {
    this.serial = volume.nextSerial();
    this.mtimeMs =
      this.ctimeMs =
      this.durableMtimeMs =
      this.durableCtimeMs =
        birthMs;
    if (kind === "directory") this.entries = new Map();
  }

  /** True when the cache and the disk may differ in bytes. */
  get unsynced(): boolean {
    return this.dirty || this.failedTo > this.failedFrom;
  }

  /** The bytes as they are now: not to be written to, good until the next change. */
  get bytes(): Bytes {
    return this.size === this.buf.length ? this.buf : this.buf.subarray(0, this.size);
  }

  /** The bytes as they are now, for keeps. */
  snapshot(): Bytes {
    if (this.frozen < this.size) this.frozen = this.size;
    return this.bytes;
  }

  /** What the bytes are as they are now; reckoned once for each change. */
  identity(): HashedFile {
    if (this.#hashed === null || this.#hashedAt !== this.version) {
      this.#hashed = identify(this.bytes);
      this.#hashedAt = this.version;
    }
    return this.#hashed;
  }

  /** Bytes from `position` on into `into`; answers how many. */
  read(into: Uint8Array, position: number): number {
    const count = Math.min(into.length, this.size - position);
    if (count <= 0) return 0;
    into.set(this.buf.subarray(position, position + count));
    return count;
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    const end = position + bytes.length;
    this.#makeRoom(position, end);
    this.buf.set(bytes, position);
    if (end > this.size) this.size = end;
    this.#changed(position, end);
  }

  /** Takes `bytes` for the whole of a file, without a copy. */
  adopt(bytes: Bytes): void {
    this.truncate(0);
    if (bytes.length === 0) return;
    this.buf = bytes;
    this.size = this.frozen = bytes.length;
    this.#changed(0, bytes.length);
  }

  truncate(size: number): void {
    if (size < this.size) {
      this.buf = this.buf.subarray(0, size);
      this.frozen = Math.min(this.frozen, size);
    } else this.#makeRoom(size, size);
    this.size = size;
    if (size < this.low) this.low = size;
    this.#changed(Math.min(size, this.dirtyFrom), Math.min(size, this.dirtyTo));
  }

  #makeRoom(from: number, end: number): void {
    if (end <= this.buf.length && from >= this.frozen) return;
    const room = new Uint8Array(end <= this.buf.length ? this.buf.length : this.size === 0 ? end : 2 * end);
    room.set(this.bytes);
    this.buf = room;
    this.frozen = 0;
  }

  #changed(from: number, to: number): void {
    this.version++;
    this.dirty = true;
    if (from < this.dirtyFrom) this.dirtyFrom = from;
    if (to > this.dirtyTo) this.dirtyTo = to;
  }

  /** A sync that worked: what was written since the last one is on the disk. */
  makeDurable(): void {
    this.durableMtimeMs = this.mtimeMs;
    this.durableCtimeMs = this.ctimeMs;
    if (!this.dirty) return;
    if (
      this.failedTo > this.failedFrom && (this.dirtyFrom > this.failedFrom || this.dirtyTo < this.failedTo)
    ) {
      this.durableBuf = this.#withoutWhatFailed();
      this.durableSize = this.size;
    } else {
      this.durableBuf = this.buf;
      this.durableSize = this.frozen = this.size;
      this.#forgetFailure();
    }
    this.#clean();
    this.low = this.size;
  }

  /** A sync that failed: the pages are clean, and not on the disk. Those only written again get there. */
  failSync(): void {
    if (!this.dirty) return;
    this.failedFrom = Math.min(this.failedFrom, this.low, this.dirtyFrom);
    this.failedTo = Math.max(this.failedTo, this.dirtyTo, this.size);
    this.#clean();
  }

  #withoutWhatFailed(): Bytes {
    const bytes = new Uint8Array(this.size);
    bytes.set(this.durableBuf.subarray(0, Math.min(this.durableSize, this.low, this.size)));
    const end = Math.min(this.dirtyTo, this.size);
    if (this.dirtyFrom < end) bytes.set(this.buf.subarray(this.dirtyFrom, end), this.dirtyFrom);
    return bytes;
  }

  /** What is on the disk becomes what is seen, with the given bytes instead where a cut left others. */
  fallBack(bytes: Bytes = this.durableBuf.subarray(0, this.durableSize)): void {
    this.buf = this.durableBuf = bytes;
    this.size =
      this.durableSize =
      this.frozen =
      this.low =
        bytes.length;
    this.version++;
    this.#clean();
    this.#forgetFailure();
  }

  /** A bit flips, on the disk and in the cache, and nothing tells of it. */
  rot(at: number, bit: number): void {
    const bytes = this.bytes.slice();
    bytes[at]! ^= 1 << bit;
    if (!this.unsynced) this.durableBuf = bytes;
    this.buf = bytes;
    this.frozen = this.size;
    this.version++;
  }

  #clean(): void {
    this.dirty = false;
    this.dirtyFrom = Infinity;
    this.dirtyTo = 0;
  }

  #forgetFailure(): void {
    this.failedFrom = Infinity;
    this.failedTo = 0;
  }
}
