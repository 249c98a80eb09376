/**
 * One run of the daemon on the disk: what it holds open, and the way that each of its calls takes (hook, death, fault, turn).
 * When it has died it does nothing any more: what it waits for never comes.
 */
import { FsError } from "../../../src/platform/ports.ts";
import { type Call, COUNTED, type FaultRules } from "./faults.ts";
import type { Inode } from "./inode.ts";
import type { BeforeCall } from "./observers.ts";
import type { Lie } from "./options.ts";
import { type Caller, DESCRIPTORS } from "./paths.ts";
import type { Rng } from "./rng.ts";
import type { Opened, Tree } from "./tree.ts";
import type { Volume } from "./volume.ts";

/** What each synchronous call of a process throws that died. */
export class ProcessDied extends Error {
  override readonly name = "ProcessDied";
}

/** What the processes of a disk share with it. */
export interface Machine {
  readonly tree: Tree;
  readonly faults: FaultRules;
  /** For what the disk decides inside calls. */
  readonly rng: Rng;
  readonly turn: () => Promise<void>;
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly descriptors: number;
  readonly obeysModes: boolean;
  readonly pins: "descriptor" | "checked";
  readonly syncsFileSystem: boolean;
  beforeCall: BeforeCall | null;
  lie: Lie;
  /** Called before each changing call of the daemon; may end the process. */
  countChange(): void;
}

/** The first descriptors of a process are its own. */
const FIRST_DESCRIPTOR = 10;
/** How long a sync may lie. */
const LIE_MS = 5_000;

interface Held {
  readonly inode: Inode;
  readonly generation: number;
}

export class Process implements Caller {
  readonly by = "daemon";
  readonly obeysModes: boolean;
  readonly machine: Machine;
  readonly tree: Tree;
  alive = true;
  /** Run when it dies: ends its watches. */
  readonly atDeath = new Set<() => void>();
  readonly #pins = new Map<number, Held>();
  readonly #free: number[] = [];
  readonly #files = new Set<Held>();
  #asides = 0;

  constructor(machine: Machine) {
    this.machine = machine;
    this.tree = machine.tree;
    this.obeysModes = machine.obeysModes;
  }

  get descriptors(): number {
    return this.#pins.size + this.#files.size;
  }

  nextAside(): number {
    return ++this.#asides;
  }

  die(): void {
    this.alive = false;
    for (const end of this.atDeath) end();
    for (const file of this.#files) letGo(file);
    this.#files.clear();
    this.#pins.clear();
  }

  // ------------------------------------------------------------------------------------ the way of a call

  /** Before each call. Throws the fault that it meets, or ProcessDied. What is taken away `from` a path must be changeable there too. */
  enter(call: Call, path: string, from: string | null = null): void {
    if (!this.alive) throw new ProcessDied();
    const { machine } = this;
    if (COUNTED.has(call)) machine.countChange();
    if (machine.beforeCall !== null) machine.beforeCall(call, this.#realOf(path));
    if (!this.alive) throw new ProcessDied();
    if (!machine.faults.some) return;
    const fault = machine.faults.meet(call, this.#realOf(path));
    if (fault !== null) throw new FsError(fault.code, path, fault);
    if (from !== null && machine.faults.isReadOnly(this.#realOf(from))) throw new FsError("read-only", from);
  }

  /** After a change: whoever was told of it may have ended the process. */
  did(): void {
    if (!this.alive) throw new ProcessDied();
  }

  /** `enter` of an asynchronous call, and its turn. Faults come with the turn; a process that died waits for ever. */
  async begin(call: Call, path: string): Promise<void> {
    let failure: FsError | null = null;
    try {
      this.enter(call, path);
    } catch (error) {
      if (!(error instanceof FsError)) return await never();
      failure = error;
    }
    await this.machine.turn();
    if (!this.alive) await never();
    if (failure !== null) throw failure;
  }

  async turn(): Promise<void> {
    await this.machine.turn();
    if (!this.alive) await never();
  }

  /** Work that goes on over turns: it ends with the process, and without a sound. */
  async work<T>(run: () => Promise<T>): Promise<T> {
    if (!this.alive) return await never();
    try {
      return await run();
    } catch (error) {
      if (error instanceof ProcessDied || !this.alive) return await never();
      throw error;
    }
  }

  /** A sync: `good` when it works, `bad` when the disk fails (not: when it could not be asked). */
  async sync(call: Call, path: string, volume: Volume, good: () => void, bad: () => void): Promise<void> {
    try {
      await this.begin(call, path);
    } catch (error) {
      const { code } = error as FsError;
      if (code === "io" || code === "no-space") bad();
      throw error;
    }
    const { lie, after, rng } = this.machine;
    if (lie === "no") return good();
    const { generation } = volume;
    if (lie === "a-while") after(rng.between(1, LIE_MS), () => volume.generation === generation && good());
  }

  // ------------------------------------------------------------------------------------ what is open

  hasRoom(path: string): void {
    if (this.descriptors >= this.machine.descriptors) throw new FsError("too-many-files", path);
  }

  hold(file: Opened): Held {
    const held = { inode: file.inode, generation: file.inode.volume.generation };
    file.inode.opens++;
    this.#files.add(held);
    return held;
  }

  release(held: Held): void {
    if (this.#files.delete(held)) letGo(held);
  }

  /** A descriptor of a directory; the lowest that is free, as kernels give them. */
  addPin(inode: Inode): number {
    const n = this.#free.pop() ?? FIRST_DESCRIPTOR + this.#pins.size;
    this.#pins.set(n, { inode, generation: inode.volume.generation });
    return n;
  }

  removePin(n: number): void {
    if (!this.#pins.delete(n)) return;
    this.#free.push(n);
    this.#free.sort((a, b) => b - a);
  }

  pinned(n: number, path: string): Inode {
    const held = this.#pins.get(n);
    if (held === undefined) throw new FsError("not-found", path);
    checkHeld(held, path);
    return held.inode;
  }

  /** The absolute path, where it goes through a descriptor. */
  #realOf(path: string): string {
    if (!path.startsWith(DESCRIPTORS)) return path;
    const slash = path.indexOf("/", DESCRIPTORS.length);
    const end = slash < 0 ? path.length : slash;
    const held = this.#pins.get(Number(path.slice(DESCRIPTORS.length, end)));
    return held === undefined ? path : (this.tree.paths.prefixOf(held.inode) + path.slice(end)) || "/";
  }
}

/** What is open of a volume that went, or from before a cut, only fails. */
export function checkHeld({ inode, generation }: Held, path: string): void {
  if (inode.volume.generation !== generation) throw new FsError("io", path, new Error("The volume is gone"));
}

export function letGo({ inode, generation }: Held): void {
  if (inode.volume.generation !== generation) return;
  inode.opens--;
  inode.volume.releaseIfUnused(inode);
}

/** Made anew each time, so that whoever waits can be collected. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
