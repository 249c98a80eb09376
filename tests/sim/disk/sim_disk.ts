/**
 * The simulated disk of one device: every byte and name in memory, every chance from one seed, no clock and no timer
 * of its own. What programs see (the cache) and what a power cut leaves (the durable state) are kept apart.
 *
 *   const disk = new SimDisk({ rng, now, turn, after });
 *   disk.user.mkdir("/home/me");                    // the person at the machine: no faults, no waiting
 *   disk.settle();                                  // all of it is durable
 *   const ports = disk.boot();                      // a process: { fs, pool, watcher } for the daemon
 *   disk.kill();                                    // SIGKILL: the cache stays; handles, pins and watches die
 *   disk.crash("ordered", rng);                     // power cut: pending things are lost, kept or torn; the process dies too
 *   const again = disk.boot();                      // the daemon's next run, on what is left
 *
 * A process that died does nothing any more: what it awaits never settles, and each new synchronous call throws
 * `ProcessDied` (no FsError, so that nothing is taken for an answer of the disk). `killAfter(n, how)` lets it die *between two
 * system calls* of synchronous code: before the n-th changing call from now, `how()` runs (say, `() => disk.crash(...)`).
 *
 * Pins are paths below `/proc/self/fd/N`, as on Linux (or plain checked paths, option `pins`).
 */
import type { Fs, FsCode, HashPool, Stat, Watcher } from "../../../src/platform/ports.ts";
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

/** Grain of the times, in milliseconds (0.000001 is a nanosecond). May be changed at any time. */
export interface TimeGrain {
  /** The kernel's tick: how far its idea of now stands still. 4 by default. */
  tickMs: number;
  /** What the volume can store: 2000 on FAT, 1000 on HFS+ and ext3; applies to `setMtime` too. 0.000001 by default. */
  storeMs: number;
  /** What `lstat` can tell of mtime and birth time (Deno: 1), and of ctime (Deno: 1000, measured). */
  statMs: number;
  statCtimeMs: number;
  /** The volume's clock minus `now()` (a network disk). */
  skewMs: number;
}

/** The kinds of calls that faults and hooks tell apart. The hash pool's are its opens, creates, reads and writes. */
export type Call =
  | "lstat"
  | "list"
  | "readLink"
  | "makeDirectory"
  | "removeDirectory"
  | "link"
  | "symlink"
  | "rename"
  | "unlink"
  | "chmod"
  | "setMtime"
  | "open"
  | "create"
  | "read"
  | "write"
  | "truncate"
  | "syncFile"
  | "syncDirectory"
  | "syncFileSystem"
  | "pin"
  | "realPath";

export interface Fault {
  readonly code: FsCode;
  /** All calls when left out. */
  readonly calls?: readonly Call[];
  /** An absolute path and everything below it, or a test of the absolute path (never a `/proc` one). All when left out. */
  readonly path?: string | ((path: string) => boolean);
  /** 1 when left out. */
  readonly chance?: number;
  /** Ends by itself after so many times. */
  readonly times?: number;
}

/** Faults that the daemon meets. A fault of a sync is R27's: the pages count as clean, and are not on the disk. */
export interface Faults {
  /** Switches a fault on; the answer switches it off. */
  add(fault: Fault): () => void;
  /** A file that cannot be opened, or a directory that can be neither listed nor walked. */
  unreadable(path: string): () => void;
  /** Nothing at or below the path can be changed. */
  readOnly(path: string): () => void;
  /** Switches all off. */
  clear(): void;
}

export type MutationKind =
  | "create"
  | "write"
  | "truncate"
  | "makeDirectory"
  | "removeDirectory"
  | "link"
  | "symlink"
  | "rename"
  | "unlink"
  | "chmod"
  | "setMtime"
  | "mount"
  | "unmount";

/** Called right after each single change, before anything else runs. Paths are absolute, real and without symlinks. */
export type Observer = (
  op: MutationKind,
  /** What changed; of a rename and a link the new name. */
  path: string,
  by: "daemon" | "user",
  /** Of a rename the old name, of a link the other name; else null. */
  from: string | null,
) => void;

/** Called right before each call of the daemon: the place to let a user act between two system calls. */
export type BeforeCall = (call: Call, path: string) => void;

/** What is at a path now, without a copy. */
export interface Peek extends Stat {
  /** The file's bytes as they are now: a view, not to be written to nor kept over the next change. Empty but for files. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** A symlink's target, else "". */
  readonly target: string;
  /** Names that the inode has. */
  readonly links: number;
}

/** The person at the machine and their programs: synchronous, no faults (but a full disk and what cannot be), seen by watchers. */
export interface DiskUser {
  /** Writes in place: truncates and writes, as `>` does. The file is created when missing. `bytes` is kept: never change it after. */
  writeFile(path: string, bytes: Uint8Array<ArrayBuffer>, mode?: number): void;
  /** Writes into a file that is there. */
  writeAt(path: string, bytes: Uint8Array, position: number): void;
  append(path: string, bytes: Uint8Array): void;
  truncate(path: string, size: number): void;
  /** As editors do: a temporary file beside it, then a rename over it. */
  save(path: string, bytes: Uint8Array<ArrayBuffer>, mode?: number): void;
  rename(from: string, to: string): void;
  link(from: string, to: string): void;
  /** With parents; one that exists is fine. */
  mkdir(path: string, mode?: number): void;
  /** A file, a symlink or an empty directory. */
  rm(path: string): void;
  rmTree(path: string): void;
  symlink(target: string, path: string): void;
  chmod(path: string, mode: number): void;
  /** Creates a missing file; sets mtime, to the volume's now when not given. */
  touch(path: string, mtimeMs?: number): void;
  /** Copies a file with its mode and mtime, as `cp -p`. */
  copy(from: string, to: string): void;
  /** A program that keeps the file open, also when its name goes (R21). Dies with a power cut. */
  hold(path: string): HeldFile;
  /** A name that is no UTF-8: it is listed as `shown`, and nothing is found under any name. */
  makeUndecodable(dir: string, shown: string): void;
  /** A FIFO, kind "other". */
  makeOther(path: string): void;
  /** A copy of the bytes; null when there is no such file. Follows symlinks. */
  read(path: string): Uint8Array<ArrayBuffer> | null;
  /** Sorted. */
  list(path: string): string[];
}

export interface HeldFile {
  write(bytes: Uint8Array, position: number): void;
  append(bytes: Uint8Array): void;
  truncate(size: number): void;
  close(): void;
}

/** How the watchers of this disk behave. May be changed at any time. */
export interface WatchBehaviour {
  /** Each hint's own chance to be lost. 0 by default. */
  loss: number;
  /** To be told twice. */
  duplicate: number;
  /** To be told as its directory's. */
  toParent: number;
  /** A hint about something that did not happen comes along. */
  bogus: number;
  /** A burst's hints come together, after a time between these two. 1 and 20 by default. */
  minDelayMs: number;
  maxDelayMs: number;
}

export interface Ports {
  readonly fs: Fs;
  readonly pool: HashPool;
  readonly watcher: Watcher;
}

/** What each call of a process throws that died. */
export class ProcessDied extends Error {
  override readonly name = "ProcessDied";
}

/** A lying disk: "no"; "a-while": a sync answers at once and is true some time later; "until-cut": it is never true. */
export type Lie = "no" | "a-while" | "until-cut";

export declare class SimDisk {
  constructor(options: SimDiskOptions);

  readonly user: DiskUser;
  readonly faults: Faults;
  readonly times: TimeGrain;
  readonly watches: WatchBehaviour;
  lie: Lie;
  beforeCall: BeforeCall | null;

  // ---- processes
  /** Starts a process. One that still runs is killed first. */
  boot(): Ports;
  readonly running: boolean;
  /** Handles and pins that the process has open now: for finding leaks. */
  readonly openDescriptors: number;
  /** SIGKILL. */
  kill(): void;
  /** Before the `count`-th changing call of the daemon from now (1: the next), `how` runs, which should kill or crash. The answer cancels. */
  killAfter(count: number, how: () => void): () => void;
  /** Changing calls of the daemon so far. */
  readonly changingCalls: number;
  /** Power cut. All that is pending is lost, kept or torn; the process, its handles and those that users hold end. */
  crash(mode?: CrashMode, rng?: Rng): void;
  /** Whole kernel writes back: all that is cached is durable (but what a failed sync dropped). */
  settle(): void;
  /** The kernel writes back a part, by chance: in "ordered" mode a prefix of the names, some files. */
  writeBackSome(rng?: Rng): void;
  /** Pages that a failed sync left clean fall out of the cache: programs now see what is on the disk. */
  evict(): void;
  /** Files and operations on names that a power cut may still take. */
  readonly pending: number;

  // ---- looking, without the daemon noticing
  /** What is at the path; null when nothing. Does not follow a last symlink. Never throws. */
  peek(path: string): Peek | null;
  /** Everything below the directory, parents first, names sorted, with the path relative to it. A mount is walked into. */
  walk(path: string, visit: (relative: string, peek: Peek) => void): void;
  /** Adds an observer; the answer removes it. */
  observe(observer: Observer): () => void;
  /** SHA-256 over everything, cached and durable: the same for the same seed. */
  stateHash(): string;

  // ---- the machine
  /** A volume of its own is mounted over the directory (made when missing). It has a device number of its own. */
  mount(path: string, capacityBytes?: number): void;
  /** The volume goes; what is below it is seen, mostly nothing. With `pulled` its pending state is cut as by a power cut. */
  unmount(path: string, pulled?: CrashMode): void;
  /** The volume that was mounted there comes back as it was. */
  remount(path: string): void;
  /** Changes the capacity of the volume that holds the path. */
  setCapacity(path: string, bytes: number): void;
  /** Bytes in use on the volume that holds the path. */
  used(path: string): number;
  /** Flips a bit of a file without any sign of it (R15). */
  rot(path: string, rng?: Rng): void;
  /** Ends every watch: "there are no more watches". */
  failWatches(reason: string): void;
}

/** Names that Windows does not take: `CON`, `a:b`, a trailing dot or space, control characters. */
export declare function isReservedOnWindows(name: string): boolean;
