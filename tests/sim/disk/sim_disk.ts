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
 * `ProcessDied` (no FsError, so that nothing is taken for an answer of the disk). Whoever runs the daemon lets such errors,
 * and rejections with them, pass. `killAfter(n, how)` lets it die *between two system calls* of synchronous code: before
 * the n-th changing call from now, `how()` runs (say, `() => disk.crash()`). An observer may end it too, right after a change.
 *
 * Pins are paths below `/proc/self/fd/N`, as on Linux (or plain checked paths, option `pins`).
 */
import type { Fs, HashPool, Watcher } from "../../../src/platform/ports.ts";
import { FaultRules, type Faults } from "./faults.ts";
import { simHashPool } from "./hash_pool.ts";
import { peek, stateHash, walk } from "./look.ts";
import { Mounts } from "./mounts.ts";
import { foldOf } from "./names.ts";
import type { BeforeCall, Observer, Peek } from "./observers.ts";
import type { CrashMode, Lie, SimDiskOptions, TimeGrain } from "./options.ts";
import { Paths } from "./paths.ts";
import { type Machine, Process } from "./process.ts";
import type { Rng } from "./rng.ts";
import { simFs } from "./sim_fs.ts";
import { Tree } from "./tree.ts";
import { type DiskUser, User } from "./user.ts";
import { simWatcher, USUAL_WATCH, type WatchBehaviour } from "./watcher.ts";

export type { Call, Fault, Faults } from "./faults.ts";
export { isReservedOnWindows } from "./names.ts";
export type { BeforeCall, MutationKind, Observer, Peek } from "./observers.ts";
export type { CrashMode, Lie, SimDiskOptions, TimeGrain } from "./options.ts";
export { ProcessDied } from "./process.ts";
export type { DiskUser, HeldFile } from "./user.ts";
export type { WatchBehaviour } from "./watcher.ts";

export interface Ports {
  readonly fs: Fs;
  readonly pool: HashPool;
  readonly watcher: Watcher;
}

const DESCRIPTORS = 1024;

export class SimDisk {
  /** The person at the machine. */
  readonly user: DiskUser;
  readonly faults: Faults;
  readonly times: TimeGrain;
  readonly watches: WatchBehaviour = { ...USUAL_WATCH };
  readonly #user: User;
  readonly #tree: Tree;
  readonly #mounts: Mounts;
  readonly #machine: Machine;
  readonly #persistence: CrashMode;
  readonly #rng: Rng;
  readonly #watchRng: Rng;
  readonly #ends = new Set<(reason: string) => void>();
  #process: Process | null = null;
  #changes = 0;
  #death: { readonly at: number; readonly how: () => void } | null = null;

  constructor(options: SimDiskOptions) {
    const { rng, now, turn, after, persistence = "ordered", birthTimes = true } = options;
    this.times = { tickMs: 4, storeMs: 0, statMs: 1, statCtimeMs: 1000, skewMs: 0 };
    this.#persistence = persistence;
    this.#rng = rng.fork("disk");
    this.#watchRng = rng.fork("watches");
    const reusesInodes = options.inodeReuse !== "never";
    const settings = { now, times: this.times, persistence, reusesInodes };
    this.#mounts = new Mounts(settings, options.capacityBytes ?? Infinity);
    const fold = foldOf(options.caseInsensitive ?? false, options.normalizing ?? false);
    this.#tree = new Tree(new Paths(this.#mounts.main, fold), {
      times: this.times,
      birthTimes,
      hardLinks: options.hardLinks ?? true,
      exchanges: options.exchanges ?? true,
      refusesName: options.refusesName ?? (() => false),
    });
    this.user = this.#user = new User(this.#tree);
    const faults = new FaultRules(rng.fork("faults"));
    this.faults = faults;
    this.#machine = {
      tree: this.#tree,
      faults,
      rng: rng.fork("calls"),
      turn,
      after,
      descriptors: options.descriptors ?? DESCRIPTORS,
      obeysModes: options.enforceModes ?? false,
      pins: options.pins ?? "descriptor",
      syncsFileSystem: options.syncsFileSystem ?? true,
      beforeCall: null,
      lie: "no",
      countChange: () => this.#countChange(),
    };
  }

  // ------------------------------------------------------------------------------------ processes

  /** Starts a process. One that still runs is killed first. */
  boot(): Ports {
    this.kill();
    const process = this.#process = new Process(this.#machine);
    return {
      fs: simFs(process),
      pool: simHashPool(process),
      watcher: simWatcher(process, this.watches, this.#watchRng, this.#ends),
    };
  }

  get running(): boolean {
    return this.#process !== null;
  }

  /** Handles and pins that the process has open now: for finding leaks. */
  get openDescriptors(): number {
    return this.#process?.descriptors ?? 0;
  }

  /** SIGKILL: everything that is cached stays. */
  kill(): void {
    this.#process?.die();
    this.#process = null;
    this.#death = null;
  }

  /**
   * Right before the `count`-th changing call of the daemon from now (1: the next), `how` runs, which should kill or
   * crash. The answer cancels; so does the end of the process.
   */
  killAfter(count: number, how: () => void): () => void {
    const death = this.#death = { at: this.#changes + count, how };
    return () => {
      if (this.#death === death) this.#death = null;
    };
  }

  /** Calls of the daemon so far that change or sync something. */
  get changingCalls(): number {
    return this.#changes;
  }

  #countChange(): void {
    this.#changes++;
    const death = this.#death;
    if (death === null || this.#changes < death.at) return;
    this.#death = null;
    death.how();
  }

  /** Called right before each call of the daemon. */
  get beforeCall(): BeforeCall | null {
    return this.#machine.beforeCall;
  }

  set beforeCall(hook: BeforeCall | null) {
    this.#machine.beforeCall = hook;
  }

  // ------------------------------------------------------------------------------------ durability

  get lie(): Lie {
    return this.#machine.lie;
  }

  set lie(lie: Lie) {
    this.#machine.lie = lie;
  }

  /** Power cut. What is pending is lost, kept or torn; the process ends, and what users hold open. */
  crash(mode: CrashMode = this.#persistence, rng: Rng = this.#rng): void {
    this.kill();
    this.#mounts.crash(mode, rng);
    this.#tree.paths.moved();
  }

  /** The kernel writes back all: what is cached is durable, but for what a failed sync dropped. */
  settle(): void {
    for (const volume of this.#mounts.mounted()) volume.syncAll();
  }

  /** The kernel writes back a part, by chance, in the order that the disk keeps. */
  writeBackSome(rng: Rng = this.#rng): void {
    for (const volume of this.#mounts.mounted()) volume.writeBackSome(rng);
  }

  /** The kernel has had the time to write back everything, but for what a failed sync left clean. */
  writeBack(): void {
    for (const volume of this.#mounts.mounted()) volume.syncAll();
  }

  /** Pages that a failed sync left clean fall out of the cache: programs now see what is on the disk. */
  evict(): void {
    for (const volume of this.#mounts.mounted()) volume.evict();
  }

  /** Files and operations on names that a power cut may still take. */
  get pending(): number {
    let count = 0;
    for (const { pending, unsynced } of this.#mounts.mounted()) count += pending.length + unsynced.size;
    return count;
  }

  // ------------------------------------------------------------------------------------ looking

  /** What is at the path; null when nothing. A last symlink is not followed. Never throws. */
  peek(path: string): Peek | null {
    return peek(this.#tree, path, this.#user);
  }

  /** Everything below the directory, parents first, names sorted, paths relative to it. Mounts are walked into. */
  walk(path: string, visit: (relative: string, peek: Peek) => void): void {
    walk(this.#tree, path, this.#user, visit);
  }

  /** Adds an observer of all changes; the answer removes it. */
  observe(observer: Observer): () => void {
    const { observers } = this.#tree;
    observers.push(observer);
    return () => {
      const index = observers.indexOf(observer);
      if (index >= 0) observers.splice(index, 1);
    };
  }

  /** SHA-256 over everything, seen and durable: the same for the same seed. */
  stateHash(): string {
    return stateHash(this.#mounts.all());
  }

  // ------------------------------------------------------------------------------------ the machine

  /** A volume of its own is mounted over the directory (made when missing). It has a device number of its own. */
  mount(path: string, capacityBytes = Infinity): void {
    this.#mounts.add(path, this.#coveredAt(path), capacityBytes);
    this.#mountsChanged("mount", path);
  }

  /** The volume goes; what is below it is seen, mostly nothing. `pulled`: without being synced, as if the power were cut. */
  unmount(path: string, pulled?: CrashMode, rng: Rng = this.#rng): void {
    this.#mounts.take(path, pulled ?? null, rng);
    this.#mountsChanged("unmount", path);
  }

  /** The volume that was mounted there comes back as it was; `renumbered`: with another device number. */
  remount(path: string, renumbered = false): void {
    this.#mounts.putBack(path, this.#coveredAt(path), renumbered);
    this.#mountsChanged("mount", path);
  }

  #coveredAt(path: string) {
    this.user.mkdir(path);
    return this.#tree.paths.findDirectory(path, this.#user);
  }

  #mountsChanged(op: "mount" | "unmount", path: string): void {
    this.#tree.paths.moved();
    this.#tree.tell(op, path, this.#user);
  }

  /** Changes the capacity of the volume that holds the path. */
  setCapacity(path: string, bytes: number): void {
    this.#tree.paths.find(path, this.#user).volume.capacity = bytes;
  }

  /** Bytes in use on the volume that holds the path. */
  used(path: string): number {
    return this.#tree.paths.find(path, this.#user).volume.used;
  }

  /** Flips a bit of a file that is not empty, and nothing tells of it (R15). */
  rot(path: string, rng: Rng = this.#rng): void {
    const inode = this.#tree.paths.find(path, this.#user);
    if (inode.size > 0) inode.rot(rng.below(inode.size), rng.below(8));
  }

  /** Ends every watch, as when the watches of the system run out. */
  failWatches(reason: string): void {
    for (const end of [...this.#ends]) end(reason);
  }
}
