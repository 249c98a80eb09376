/** The person at the machine, and what their programs do. */
import { FsError } from "../../../src/platform/ports.ts";
import type { Bytes, Inode } from "./inode.ts";
import type { Caller } from "./paths.ts";
import { checkHeld, letGo } from "./process.ts";
import type { Opened, Tree } from "./tree.ts";

/** The person at the machine and their programs: synchronous, no faults (but a full disk and what cannot be), seen by watchers. */
export interface DiskUser {
  /** Writes in place: truncates and writes, as `>` does. The file is created when missing. `bytes` is kept: never change it after. */
  writeFile(path: string, bytes: Bytes, mode?: number): void;
  /** Writes into a file that is there. */
  writeAt(path: string, bytes: Uint8Array, position: number): void;
  append(path: string, bytes: Uint8Array): void;
  truncate(path: string, size: number): void;
  /** As editors do: a temporary file beside it, then a rename over it. */
  save(path: string, bytes: Bytes, mode?: number): void;
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
  read(path: string): Bytes | null;
  /** Sorted. */
  list(path: string): string[];
}

export interface HeldFile {
  write(bytes: Uint8Array, position: number): void;
  append(bytes: Uint8Array): void;
  truncate(size: number): void;
  close(): void;
}

const FILE_MODE = 0o644;

export class User implements DiskUser, Caller {
  readonly by = "user";
  readonly obeysModes = false;
  readonly #tree: Tree;
  #saves = 0;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  pinned(_n: number, path: string): Inode {
    throw new FsError("not-found", path);
  }

  writeFile(path: string, bytes: Bytes, mode = FILE_MODE): void {
    const file = this.#openOrMake(path, mode);
    this.#tree.replaceBytes(file, bytes, this, path);
  }

  writeAt(path: string, bytes: Uint8Array, position: number): void {
    this.#tree.write(this.#open(path), bytes, position, this, path);
  }

  append(path: string, bytes: Uint8Array): void {
    const file = this.#openOrMake(path, FILE_MODE);
    this.#tree.write(file, bytes, file.inode.size, this, path);
  }

  truncate(path: string, size: number): void {
    this.#tree.truncate(this.#open(path), size, this, path);
  }

  save(path: string, bytes: Bytes, mode?: number): void {
    const slash = path.lastIndexOf("/") + 1;
    const aside = `${path.slice(0, slash)}.${path.slice(slash, slash + 60)}.${++this.#saves}~`;
    const old = this.#tree.lstat(path, this);
    try {
      this.writeFile(aside, bytes, mode ?? old?.mode ?? FILE_MODE);
      this.rename(aside, path);
    } catch (error) {
      if (this.#tree.lstat(aside, this) !== null) this.rm(aside);
      throw error;
    }
  }

  rename(from: string, to: string): void {
    this.#tree.rename(from, to, this);
  }

  link(from: string, to: string): void {
    this.#tree.link(from, to, this);
  }

  mkdir(path: string, mode = 0o755): void {
    const { paths } = this.#tree;
    let made = "";
    for (const name of path.split("/")) {
      if (name === "") continue;
      made += `/${name}`;
      const { inode } = paths.locate(made, this, true);
      if (inode === null) this.#tree.make("directory", made, mode, this);
      else if (inode.kind !== "directory") throw new FsError("exists", path);
    }
  }

  rm(path: string): void {
    if (this.#tree.lstat(path, this)?.kind === "directory") this.#tree.removeDirectory(path, this);
    else this.#tree.unlink(path, this);
  }

  rmTree(path: string): void {
    const inode = this.#tree.paths.find(path, this);
    if (inode.kind !== "directory") return this.#tree.unlink(path, this);
    for (const [key, entry] of [...inode.entries!]) {
      const child = `${path}/${entry.name}`;
      if (entry.inode.kind === "directory") this.rmTree(child);
      else this.#tree.unlinkKey(inode, key, this, child);
    }
    this.#tree.removeDirectory(path, this);
  }

  symlink(target: string, path: string): void {
    this.#tree.make("symlink", path, 0o777, this, target);
  }

  chmod(path: string, mode: number): void {
    this.#tree.chmod(path, mode, this);
  }

  touch(path: string, mtimeMs?: number): void {
    let inode = this.#tree.paths.locate(path, this).inode;
    inode ??= this.#tree.make("file", path, FILE_MODE, this).inode;
    this.#tree.setMtime(path, mtimeMs ?? inode.volume.nowMs(), this);
  }

  copy(from: string, to: string): void {
    const { inode } = this.#open(from);
    const { mode, mtimeMs } = inode;
    this.writeFile(to, inode.snapshot());
    this.chmod(to, mode);
    this.#tree.setMtime(to, mtimeMs, this);
  }

  hold(path: string): HeldFile {
    const file = this.#open(path);
    const { inode } = file;
    const held = { inode, generation: inode.volume.generation };
    inode.opens++;
    let open = true;
    const check = () => {
      if (!open) throw new FsError("io", path, new Error("The file is closed"));
      checkHeld(held, path);
    };
    const write = (bytes: Uint8Array, position: number) => {
      check();
      this.#tree.write(file, bytes, position, this, path);
    };
    return {
      write,
      append: (bytes) => write(bytes, inode.size),
      truncate: (size) => {
        check();
        this.#tree.truncate(file, size, this, path);
      },
      close: () => {
        if (!open) return;
        open = false;
        letGo(held);
      },
    };
  }

  makeUndecodable(dir: string, shown: string): void {
    this.#tree.makeUndecodable(dir, shown, this);
  }

  makeOther(path: string): void {
    this.#tree.make("other", path, FILE_MODE, this);
  }

  read(path: string): Bytes | null {
    try {
      return this.#open(path).inode.bytes.slice();
    } catch (error) {
      if (error instanceof FsError) return null;
      throw error;
    }
  }

  list(path: string): string[] {
    return this.#tree.list(path, this).map(({ name }) => name).sort();
  }

  #open(path: string): Opened {
    return this.#tree.open(path, "write", this, true);
  }

  #openOrMake(path: string, mode: number): Opened {
    if (this.#tree.paths.locate(path, this, true).inode !== null) return this.#open(path);
    return this.#tree.make("file", path, mode, this);
  }
}
