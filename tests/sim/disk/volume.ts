/** One file system: its inodes, its room, what waits to become durable, and what a power cut leaves of that. */
import { type FileKind, FsError } from "../../../src/platform/ports.ts";
import { type Bytes, Inode } from "./inode.ts";
import { type Op, redo, survivors, takeSynced, undo } from "./ops.ts";
import type { CrashMode, TimeGrain } from "./options.ts";
import type { Rng } from "./rng.ts";
import { tornBytes } from "./torn.ts";

/** What all volumes of a disk share. */
export interface VolumeSettings {
  readonly now: () => number;
  readonly times: TimeGrain;
  readonly persistence: CrashMode;
  readonly reusesInodes: boolean;
}

/** What an inode takes of the room, beside its bytes. */
export const INODE_BYTES = 256;
/** Below that, grains are beneath what a double can tell of a date. */
const FINEST_MS = 0.001;

export class Volume {
  readonly root: Inode;
  /** Operations on names and attributes that are not durable, oldest first. */
  readonly pending: Op[] = [];
  /** Files whose bytes may differ from the disk's. */
  readonly unsynced = new Set<Inode>();
  used = INODE_BYTES;
  /** Grows when it is unmounted and with each cut: what is held open from before only fails. */
  generation = 0;
  readonly #settings: VolumeSettings;
  /** Operations that made a number free: the number's next use must not become durable before. */
  readonly #freed = new Map<number, Op>();
  #free: number[] = [];
  #nextIno = 2;
  #serials = 0;

  constructor(public dev: number, settings: VolumeSettings, public capacity: number) {
    this.#settings = settings;
    this.root = new Inode(this, this.#nextIno++, "directory", 0o755, this.nowMs());
    this.root.links = 1;
  }

  nextSerial(): number {
    return ++this.#serials;
  }

  /** The kernel's idea of now: the last tick. */
  nowMs(): number {
    const { tickMs, skewMs } = this.#settings.times;
    return this.stored(grain(this.#settings.now() + skewMs, tickMs));
  }

  /** A time as this volume can keep it. */
  stored(ms: number): number {
    return grain(ms, this.#settings.times.storeMs);
  }

  /** An inode without a name yet. */
  newInode(kind: FileKind, mode: number, path: string): Inode {
    this.charge(INODE_BYTES, path);
    const ino = this.#free.pop();
    const birth = this.nowMs();
    const inode = new Inode(this, ino ?? this.#nextIno++, kind, mode, birth);
    if (ino !== undefined) inode.freedBy = this.#freed.get(ino) ?? null;
    return inode;
  }

  /** Takes an inode off the volume that has neither names nor handles any more. */
  releaseIfUnused(inode: Inode, by: Op | null = null): void {
    if (inode.links > 0) return;
    if (by !== null) inode.freedBy = by;
    if (inode.opens > 0) return;
    this.used -= INODE_BYTES + inode.size;
    this.unsynced.delete(inode);
    if (!this.#settings.reusesInodes) return;
    this.#free.push(inode.ino);
    if (inode.freedBy !== null) this.#freed.set(inode.ino, inode.freedBy);
  }

  /** Takes room; "no-space" when there is none. */
  charge(bytes: number, path: string): void {
    if (bytes > 0 && this.used + bytes > this.capacity) throw new FsError("no-space", path);
    this.used += bytes;
  }

  /** Writes what there is room for, and fails when that is not all. */
  write(inode: Inode, bytes: Uint8Array, position: number, path: string): void {
    const more = position + bytes.length - inode.size;
    const room = this.capacity - this.used;
    const fits = more > room ? Math.max(0, bytes.length - (more - Math.max(0, room))) : bytes.length;
    if (fits > 0) {
      this.used += Math.max(0, position + fits - inode.size);
      inode.write(fits === bytes.length ? bytes : bytes.subarray(0, fits), position);
      this.#touched(inode);
    }
    if (fits < bytes.length) throw new FsError("no-space", path);
  }

  truncate(inode: Inode, size: number, path: string): void {
    this.charge(size - inode.size, path);
    inode.truncate(size);
    this.#touched(inode);
  }

  /** The whole of a file anew, without a copy; what there is room for when that is not all. */
  adopt(inode: Inode, bytes: Bytes, path: string): void {
    const room = this.capacity - this.used + inode.size;
    const fits = bytes.length <= room ? bytes : bytes.subarray(0, Math.max(0, room));
    this.used += fits.length - inode.size;
    inode.adopt(fits);
    this.#touched(inode);
    if (fits !== bytes) throw new FsError("no-space", path);
  }

  #touched(inode: Inode): void {
    inode.mtimeMs = inode.ctimeMs = inode.writtenMs = this.nowMs();
    inode.mtimeIsWritten = true;
    this.unsynced.add(inode);
  }

  // ------------------------------------------------------------------------------------ durability

  /** A sync of one inode that works. */
  sync(inode: Inode): void {
    takeSynced(this.pending, inode, this.#settings.persistence);
    if (inode.kind !== "file") return;
    inode.makeDurable();
    if (!inode.unsynced) this.unsynced.delete(inode);
  }

  syncAll(): void {
    this.pending.length = 0;
    this.#freed.clear();
    for (const inode of this.unsynced) {
      inode.makeDurable();
      if (!inode.unsynced) this.unsynced.delete(inode);
    }
  }

  /** A sync of all that fails for some. */
  failSyncAll(rng: Rng): void {
    for (const inode of this.unsynced) {
      if (rng.chance(0.5)) inode.failSync();
      else inode.makeDurable();
    }
  }

  /** The kernel's own writing back, part of the way. */
  writeBackSome(rng: Rng): void {
    const kept = survivors(this.pending, this.#settings.persistence, rng);
    const left = this.pending.filter((_, i) => !kept[i]);
    this.pending.splice(0, this.pending.length, ...left);
    for (const inode of this.unsynced) if (rng.chance(0.5)) inode.makeDurable();
  }

  /** What a failed sync left in the cache alone falls out of it. */
  evict(): void {
    for (const inode of this.unsynced) {
      if (inode.dirty) continue;
      this.used += inode.durableSize - inode.size;
      inode.fallBack();
      this.unsynced.delete(inode);
    }
  }

  /** What the cut leaves is all there is now. */
  crash(mode: CrashMode, rng: Rng): void {
    this.generation++;
    const kept = survivors(this.pending, mode, rng);
    for (let i = this.pending.length - 1; i >= 0; i--) undo(this.pending[i]!);
    this.pending.forEach((op, i) => kept[i] && redo(op));
    this.pending.length = 0;
    this.unsynced.clear();
    this.#freed.clear();
    for (const inode of this.#count()) {
      inode.ctimeMs = Math.max(inode.ctimeMs, inode.durableCtimeMs);
      if (inode.unsynced) this.#tear(inode, rng);
    }
    this.#count();
  }

  /** New bytes never come with the times of the old ones. */
  #tear(inode: Inode, rng: Rng): void {
    const { bytes, isOld } = tornBytes(inode, rng);
    inode.fallBack(bytes);
    if (isOld) {
      inode.mtimeMs = inode.durableMtimeMs;
    } else {
      if (inode.mtimeIsWritten) inode.mtimeMs = inode.writtenMs;
      inode.ctimeMs = Math.max(inode.ctimeMs, inode.writtenMs);
    }
  }

  /** Counts names and room anew from what can be reached; the rest's numbers are free. */
  #count(): Inode[] {
    const found: Inode[] = [this.root];
    const seen = new Set(found);
    this.used = 0;
    for (let i = 0; i < found.length; i++) {
      const dir = found[i]!;
      dir.opens = 0;
      for (const { name, inode } of dir.entries?.values() ?? []) {
        inode.parent = dir;
        inode.name = name;
        if (seen.has(inode)) {
          inode.links++;
          continue;
        }
        inode.links = 1;
        seen.add(inode);
        found.push(inode);
      }
    }
    const taken = new Set<number>();
    for (const { ino, size } of found) {
      taken.add(ino);
      this.used += INODE_BYTES + size;
    }
    this.#free = [];
    for (let ino = this.#nextIno - 1; ino > 2 && this.#settings.reusesInodes; ino--) {
      if (!taken.has(ino)) this.#free.push(ino);
    }
    return found;
  }
}

function grain(ms: number, grainMs: number): number {
  return grainMs < FINEST_MS ? ms : Math.floor(ms / grainMs) * grainMs;
}
