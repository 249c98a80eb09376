/** What a disk is like: chosen when it is made, or changed while it runs. */
import type { Rng } from "./rng.ts";

/** What a power cut may do to pending operations on names. */
export type CrashMode =
  /** A prefix of all pending operations survives (ext4, XFS). */
  | "ordered"
  /** Each is kept or lost by itself, but never without those before it that concern the same name or the same inode. */
  | "loose"
  /** Only operations on the same name keep their order: a new second name may go while the first is already replaced. */
  | "scattered";

export interface SimDiskOptions {
  readonly rng: Rng;
  /** Wall clock in milliseconds, as fine as it likes. */
  readonly now: () => number;
  /** Completes one asynchronous call; the world's scheduler decides when. */
  readonly turn: () => Promise<void>;
  /** The world's timer; the answer cancels it. For watcher delays and for syncs that lie a while. */
  readonly after: (delayMs: number, run: () => void) => () => void;
  /** How syncs and power cuts treat names; see `CrashMode`. "ordered": a sync commits all operations up to its own last one. */
  readonly persistence?: CrashMode;
  readonly caseInsensitive?: boolean;
  /** Names that differ only by their Unicode normal form are one name (APFS); the form of creation is kept. */
  readonly normalizing?: boolean;
  /** False: `link` is "unsupported" (FAT). */
  readonly hardLinks?: boolean;
  /** False: `exchange` and `renameNew` are "unsupported" (not Linux, an old file system). True by default. */
  readonly exchanges?: boolean;
  /** A name that the disk cannot store: true makes the call fail with "io" (EINVAL). See `isReservedOnWindows`. */
  readonly refusesName?: (name: string) => boolean;
  /** "at-once" (ext4: rm and create give the same number) or "never" (btrfs, APFS). */
  readonly inodeReuse?: "at-once" | "never";
  /** False: `birthMs` is 0. */
  readonly birthTimes?: boolean;
  /** Whether the owner's permission bits hold for the daemon (not for `user`). False by default, as for root. */
  readonly enforceModes?: boolean;
  /** Whether `syncFileSystem` works; else it answers false. True by default. */
  readonly syncsFileSystem?: boolean;
  readonly pins?: "descriptor" | "checked";
  /** Open handles and pins that a process may have. 1024 by default; more is "too-many-files". */
  readonly descriptors?: number;
  /** Bytes of the volume that holds `/`; Infinity by default. Settable later: `disk.setCapacity`. */
  readonly capacityBytes?: number;
}

/** Grain of the times, in milliseconds. May be changed at any time. */
export interface TimeGrain {
  /** The kernel's tick: how far its idea of now stands still. 4 by default. */
  tickMs: number;
  /** What the volume can store: 2000 on FAT, 1000 on HFS+ and ext3; applies to `setMtime` too. 0 by default: all. */
  storeMs: number;
  /** What `lstat` can tell of mtime and birth time (Deno: 1), and of ctime (Deno: 1000, measured). */
  statMs: number;
  statCtimeMs: number;
  /** The volume's clock minus `now()` (a network disk). */
  skewMs: number;
}

/** A lying disk: "no"; "a-while": a sync answers at once and is true some time later; "until-cut": it is never true. */
export type Lie = "no" | "a-while" | "until-cut";
