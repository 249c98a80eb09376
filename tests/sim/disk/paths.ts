/** From a path to what is there: mounts, symlinks, folded names, and directories that are held open. */
import { FsError } from "../../../src/platform/ports.ts";
import type { Inode } from "./inode.ts";
import { type Fold, isTooLong } from "./names.ts";
import type { Volume } from "./volume.ts";

/** Who calls. */
export interface Caller {
  readonly by: "daemon" | "user";
  /** Whether permission bits hold for it. */
  readonly obeysModes: boolean;
  /** The directory behind descriptor `n`; throws "not-found" when there is none and "io" when its volume went. */
  pinned(n: number, path: string): Inode;
}

/** A name in a directory, and what has it. Where a path has no last name (`/`, a pin itself) `name` is empty. */
export interface Place {
  readonly dir: Inode;
  readonly name: string;
  readonly key: string;
  /** Null when nothing has the name. Of a mount point the mounted root. */
  readonly inode: Inode | null;
}

export const DESCRIPTORS = "/proc/self/fd/";
const SYMLINKS = 40;

export const READ = 0o400;
export const WRITE = 0o200;
export const SEARCH = 0o100;

export class Paths {
  readonly root: Inode;
  readonly fold: Fold;
  /** Directories that were reached without a symlink, by path: right until a directory moves or goes. */
  readonly #known = new Map<string, Inode>();
  #epoch = 0;

  constructor(volume: Volume, fold: Fold) {
    this.root = volume.root;
    this.fold = fold;
  }

  /** A directory has moved or gone: all paths that are known are old. */
  moved(): void {
    this.#epoch++;
    this.#known.clear();
  }

  /** Absolute path of a directory; "" of the root, so that a name can be put behind it. */
  prefixOf(dir: Inode): string {
    if (dir.pathEpoch === this.#epoch) return dir.path;
    dir.path = dir.parent === null ? "" : `${this.prefixOf(dir.parent)}/${dir.name}`;
    dir.pathEpoch = this.#epoch;
    return dir.path;
  }

  /** Throws "not-found", "not-directory", "symlink-loop", "name-too-long" or "permission" of what is on the way. */
  locate(path: string, caller: Caller, follow = false): Place {
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    if (name === "" || name === "." || name === ".." || caller.obeysModes) {
      const itself = name === "." && !caller.obeysModes ? this.#known.get(path.slice(0, slash)) : undefined;
      if (itself === undefined) return this.#walk(path, caller, follow);
      return { dir: itself.parent ?? itself, name: "", key: "", inode: itself };
    }
    const dir = this.#knownAt(path, slash, caller);
    if (dir === undefined) {
      const place = this.#walk(path, caller, follow);
      if (place.name === name) this.#learn(path.slice(0, slash), place.dir);
      return place;
    }
    if (isTooLong(name)) throw new FsError("name-too-long", path);
    const key = this.fold(name);
    const inode = dir.entries!.get(key)?.inode ?? null;
    if (follow && inode !== null && inode.kind === "symlink") return this.#walk(path, caller, follow);
    return { dir, name, key, inode: inode?.mounted?.root ?? inode };
  }

  /** The directory of the path's last name, where it is known. */
  #knownAt(path: string, slash: number, caller: Caller): Inode | undefined {
    if (!path.startsWith(DESCRIPTORS)) return this.#known.get(path.slice(0, slash));
    const n = Number(path.slice(DESCRIPTORS.length, slash));
    return slash < DESCRIPTORS.length || Number.isNaN(n) ? undefined : caller.pinned(n, path);
  }

  /** Only where the path is the directory's own: then no symlink and no descriptor was on the way. */
  #learn(path: string, dir: Inode): void {
    if (this.prefixOf(dir) === path) this.#known.set(path, dir);
  }

  #walk(path: string, caller: Caller, follow: boolean): Place {
    let at = this.root;
    let parts: string[];
    let i = 0;
    if (path.startsWith(DESCRIPTORS)) {
      parts = path.slice(DESCRIPTORS.length).split("/");
      at = caller.pinned(Number(parts[i++]), path);
    } else {
      if (!path.startsWith("/")) throw new FsError("not-found", path);
      parts = path.split("/");
    }
    for (let links = 0;;) {
      i = skipEmpty(parts, i);
      if (i === parts.length) return { dir: at.parent ?? at, name: "", key: "", inode: at };
      const name = parts[i]!;
      i = skipEmpty(parts, i + 1);
      if (at.kind !== "directory") throw new FsError("not-directory", path);
      if (caller.obeysModes && !(at.mode & SEARCH)) throw new FsError("permission", path);
      if (name === "..") {
        at = at.parent ?? at;
        continue;
      }
      if (isTooLong(name)) throw new FsError("name-too-long", path);
      const key = this.fold(name);
      const inode = at.entries!.get(key)?.inode ?? null;
      if (inode !== null && inode.kind === "symlink" && (follow || i < parts.length)) {
        if (++links > SYMLINKS) throw new FsError("symlink-loop", path);
        parts = [...inode.target.split("/"), ...parts.slice(i)];
        i = 0;
        if (inode.target.startsWith("/")) at = this.root;
        continue;
      }
      const found = inode?.mounted?.root ?? inode;
      if (i === parts.length) return { dir: at, name, key, inode: found };
      if (found === null) throw new FsError("not-found", path);
      at = found;
    }
  }

  /** What is there; throws "not-found". */
  find(path: string, caller: Caller, follow = false): Inode {
    const { inode } = this.locate(path, caller, follow);
    if (inode === null) throw new FsError("not-found", path);
    return inode;
  }

  /** A directory, through symlinks. */
  findDirectory(path: string, caller: Caller): Inode {
    const inode = this.find(path, caller, true);
    if (inode.kind !== "directory") throw new FsError("not-directory", path);
    return inode;
  }
}

function skipEmpty(parts: readonly string[], from: number): number {
  let i = from;
  while (i < parts.length && (parts[i] === "" || parts[i] === ".")) i++;
  return i;
}
