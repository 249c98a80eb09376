/** An open file of the daemon. */
import { type FileHandle, FsError, type Stat } from "../../../src/platform/ports.ts";
import { checkHeld, never, type Process } from "./process.ts";
import type { Opened } from "./tree.ts";

export class Handle implements FileHandle {
  readonly #process: Process;
  readonly #file: Opened;
  readonly #path: string;
  readonly #writes: boolean;
  readonly #held;
  #open = true;

  constructor(process: Process, file: Opened, path: string, writes: boolean) {
    this.#process = process;
    this.#file = file;
    this.#path = path;
    this.#writes = writes;
    this.#held = process.hold(file);
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    await this.#process.begin("read", this.#path);
    this.#check();
    return this.#file.inode.read(into, position);
  }

  /** Some of it happens before the call's turn, some at it: a process may die in between. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    const process = this.#process;
    const { rng } = process.machine;
    const now = rng.chance(0.5) ? 0 : rng.chance(0.6) ? bytes.length : rng.below(bytes.length);
    try {
      process.enter("write", this.#path);
      this.#check();
      if (!this.#writes) throw new FsError("io", this.#path, new Error("The file is open for reading"));
    } catch (error) {
      if (!(error instanceof FsError)) return await never();
      if (now < bytes.length && this.#open) this.#write(bytes.subarray(0, now), position);
      await process.turn();
      throw error;
    }
    if (now > 0) this.#write(now === bytes.length ? bytes : bytes.subarray(0, now), position);
    await process.turn();
    if (now === bytes.length) return;
    this.#check();
    this.#write(now === 0 ? bytes : bytes.subarray(now), position + now);
  }

  #write(bytes: Uint8Array, position: number): void {
    if (bytes.length > 0) this.#process.tree.write(this.#file, bytes, position, this.#process, this.#path);
  }

  truncate(size: number): void {
    this.#process.enter("truncate", this.#path);
    this.#check();
    this.#process.tree.truncate(this.#file, size, this.#process, this.#path);
    this.#process.did();
  }

  stat(): Stat {
    this.#process.enter("lstat", this.#path);
    this.#check();
    return this.#process.tree.statOf(this.#file.inode);
  }

  syncData(): Promise<void> {
    const { inode } = this.#file;
    const { volume } = inode;
    return this.#process.work(async () => {
      this.#check();
      const good = () => volume.sync(inode);
      await this.#process.sync("syncFile", this.#path, volume, good, () => inode.failSync());
    });
  }

  close(): void {
    if (!this.#open || !this.#process.alive) return;
    this.#open = false;
    if (this.#writes && this.#file.inode.volume.generation === this.#held.generation) {
      this.#process.tree.closed(this.#file);
    }
    this.#process.release(this.#held);
  }

  #check(): void {
    if (!this.#open) throw new FsError("io", this.#path, new Error("The file is closed"));
    checkHeld(this.#held, this.#path);
  }
}
