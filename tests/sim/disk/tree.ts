/** What the system calls do to names, attributes and bytes: without faults, without waiting, for the daemon and for users. */
import { type DirItem, type FileKind, FsError, type Stat } from "../../../src/platform/ports.ts";
import { busy, checkReplace, isInside, isMount } from "./checks.ts";
import type { Bytes, Entry, Inode } from "./inode.ts";
import { byteLength } from "./names.ts";
import type { MutationKind, Observer } from "./observers.ts";
import { type Edit, edit, giveTo, NO_EDITS, type Op, put } from "./ops.ts";
import type { TimeGrain } from "./options.ts";
import { type Caller, type Paths, type Place, READ, SEARCH, WRITE } from "./paths.ts";

const DIRECTORY_BYTES = 4096;

export interface TreeSettings {
  readonly times: TimeGrain;
  readonly birthTimes: boolean;
  readonly hardLinks: boolean;
  readonly exchanges: boolean;
  readonly refusesName: (name: string) => boolean;
}

/** An open file remembers by which name it was opened. */
export interface Opened {
  readonly inode: Inode;
  readonly dir: Inode;
  readonly key: string;
}

export class Tree {
  readonly paths: Paths;
  readonly observers: Observer[] = [];
  /** Told the path of each change, and of the closing of a file that was open for writing. */
  readonly watchers = new Set<(path: string, op: MutationKind | "close") => void>();
  readonly #settings: TreeSettings;

  constructor(paths: Paths, settings: TreeSettings) {
    this.paths = paths;
    this.#settings = settings;
  }

  // ------------------------------------------------------------------------------------ looking

  lstat(path: string, caller: Caller): Stat | null {
    try {
      const { inode } = this.paths.locate(path, caller);
      return inode === null ? null : this.statOf(inode);
    } catch (error) {
      if (error instanceof FsError && error.code === "not-found") return null;
      throw error;
    }
  }

  statOf(inode: Inode): Stat {
    const { statMs, statCtimeMs } = this.#settings.times;
    return {
      kind: inode.kind,
      size: sizeOf(inode),
      mtimeMs: Math.floor(inode.mtimeMs / statMs) * statMs,
      ctimeMs: Math.floor(inode.ctimeMs / statCtimeMs) * statCtimeMs,
      birthMs: this.#settings.birthTimes ? Math.floor(inode.birthMs / statMs) * statMs : 0,
      ino: inode.ino,
      dev: inode.volume.dev,
      links: inode.links,
      mode: inode.mode,
    };
  }

  list(path: string, caller: Caller): DirItem[] {
    const dir = this.paths.findDirectory(path, caller);
    if (caller.obeysModes && !(dir.mode & READ)) throw new FsError("permission", path);
    const items: DirItem[] = [];
    for (const { name, inode } of dir.entries!.values()) items.push({ name, kind: inode.kind });
    return items;
  }

  readLink(path: string, caller: Caller): string {
    const inode = this.paths.find(path, caller);
    if (inode.kind !== "symlink") throw new FsError("io", path, new Error("Not a symlink"));
    return inode.target;
  }

  realPath(path: string, caller: Caller): string {
    const { dir, inode } = this.paths.locate(path, caller, true);
    if (inode === null) throw new FsError("not-found", path);
    if (inode.kind === "directory") return this.paths.prefixOf(inode) || "/";
    // The name as it was created, however it was asked for.
    for (const entry of dir.entries!.values()) {
      if (entry.inode === inode) return `${this.paths.prefixOf(dir)}/${entry.name}`;
    }
    throw new FsError("not-found", path);
  }

  // ------------------------------------------------------------------------------------ names

  /** Makes a file, symlink, FIFO or directory. Its times are now. */
  make(kind: FileKind, path: string, mode: number, caller: Caller, target = ""): Place & { inode: Inode } {
    const place = this.paths.locate(path, caller);
    if (place.inode !== null) throw new FsError("exists", path);
    this.#mayAdd(place, path, caller);
    const inode = place.dir.volume.newInode(kind, mode & 0o777, path);
    inode.target = target;
    const after = inode.freedBy;
    inode.freedBy = null;
    this.#add(place, inode, after);
    const op = kind === "directory" ? "makeDirectory" : kind === "symlink" ? "symlink" : "create";
    this.#tell(op, this.#pathOf(place), caller);
    return { ...place, inode };
  }

  /** A name that no lookup finds. */
  makeUndecodable(dir: string, shown: string, caller: Caller): void {
    const parent = this.paths.findDirectory(dir, caller);
    const inode = parent.volume.newInode("file", 0o644, dir);
    const place = { dir: parent, name: shown, key: `\0${shown}/${inode.serial}`, inode: null };
    this.#add(place, inode, inode.freedBy);
    this.#tell("create", this.#pathOf(place), caller);
  }

  link(from: string, to: string, caller: Caller): void {
    const inode = this.paths.find(from, caller);
    const source = this.paths.locate(from, caller);
    const place = this.paths.locate(to, caller);
    if (place.inode !== null) throw new FsError("exists", to);
    if (inode.volume !== place.dir.volume) throw new FsError("cross-device", to);
    if (inode.kind === "directory" || !this.#settings.hardLinks) throw new FsError("unsupported", to);
    this.#mayAdd(place, to, caller);
    this.#add(place, inode, null);
    this.#tell("link", this.#pathOf(place), caller, this.#pathOf(source));
  }

  rename(from: string, to: string, caller: Caller): void {
    const source = this.paths.locate(from, caller);
    const place = this.paths.locate(to, caller);
    const entry = source.dir.entries!.get(source.key);
    if (source.inode === null) throw new FsError("not-found", from);
    if (source.name === "" || place.name === "" || entry === undefined) throw busy(to);
    if (isMount(source) || isMount(place)) throw busy(to);
    const inode = source.inode;
    if (inode.volume !== place.dir.volume) throw new FsError("cross-device", to);
    if (place.inode === inode) return this.#renameToItself(source, place, entry, to, caller);
    if (place.inode !== null) checkReplace(inode, place.inode, to);
    else this.#mayAdd(place, to, caller);
    this.#mayChange(source.dir, from, caller);
    this.#mayChange(place.dir, to, caller);
    if (inode.kind === "directory" && isInside(inode, place.dir)) {
      throw new FsError("io", to, new Error("A directory cannot move into itself"));
    }
    const oldPath = this.#pathOf(source);
    const replaced = place.inode;
    const op = this.#change(inode, replaced, [
      edit(source, entry, null),
      edit(place, place.dir.entries!.get(place.key) ?? null, { name: place.name, inode }),
    ]);
    inode.parent = place.dir;
    inode.name = place.name;
    if (inode.kind === "directory") this.paths.moved();
    if (replaced !== null) this.#lostName(replaced, op);
    this.#tell("rename", this.#pathOf(place), caller, oldPath);
  }

  renameNew(from: string, to: string, caller: Caller): void {
    if (!this.#settings.exchanges) throw new FsError("unsupported", to);
    const isTaken = this.paths.locate(to, caller).inode !== null;
    if (isTaken && this.paths.locate(from, caller).inode !== null) throw new FsError("exists", to);
    this.rename(from, to, caller);
  }

  exchange(a: string, b: string, caller: Caller): void {
    if (!this.#settings.exchanges) throw new FsError("unsupported", b);
    const [one, two] = [a, b].map((path) => this.paths.locate(path, caller)) as [Place, Place];
    for (const { place, path } of [{ place: one, path: a }, { place: two, path: b }]) {
      if (place.inode === null) throw new FsError("not-found", path);
      if (place.name === "" || isMount(place)) throw busy(path);
      this.#mayChange(place.dir, path, caller);
    }
    const [first, second] = [one.inode!, two.inode!];
    if (first.volume !== second.volume) throw new FsError("cross-device", b);
    if (first === second) return;
    if (isInside(first, two.dir) || isInside(second, one.dir)) throw busy(b);
    const paths = [this.#pathOf(one), this.#pathOf(two)] as const;
    const [subject, other] = second.kind === "directory" ? [second, first] : [first, second];
    this.#change(subject, other, [giveTo(one, second), giveTo(two, first)]);
    other.ctimeMs = subject.ctimeMs;
    [first.parent, second.parent] = [two.dir, one.dir];
    [first.name, second.name] = [second.name, first.name];
    if (subject.kind === "directory") this.paths.moved();
    this.#tell("exchange", paths[1], caller, paths[0]);
  }

  /** Two names of one inode: POSIX does nothing. One name in another case: it is spelled anew. */
  #renameToItself(source: Place, place: Place, entry: Entry, to: string, caller: Caller): void {
    const inode = entry.inode;
    if (source.dir !== place.dir || source.key !== place.key || entry.name === place.name) return;
    this.#mayChange(place.dir, to, caller);
    const oldPath = `${this.paths.prefixOf(place.dir)}/${entry.name}`;
    this.#change(inode, null, [edit(place, entry, { name: place.name, inode })]);
    inode.name = place.name;
    if (inode.kind === "directory") this.paths.moved();
    this.#tell("rename", this.#pathOf(place), caller, oldPath);
  }

  unlink(path: string, caller: Caller): void {
    const place = this.paths.locate(path, caller);
    if (place.inode === null) throw new FsError("not-found", path);
    if (place.inode.kind === "directory") throw new FsError("is-directory", path);
    this.unlinkKey(place.dir, place.key, caller, path);
  }

  /** Takes a name away that may be undecodable. */
  unlinkKey(dir: Inode, key: string, caller: Caller, path: string): void {
    const entry = dir.entries!.get(key)!;
    this.#mayChange(dir, path, caller);
    const at = `${this.paths.prefixOf(dir)}/${entry.name}`;
    const op = this.#change(entry.inode, null, [edit({ dir, key }, entry, null)]);
    this.#lostName(entry.inode, op);
    this.#tell("unlink", at, caller);
  }

  removeDirectory(path: string, caller: Caller): void {
    const place = this.paths.locate(path, caller);
    const { dir, key, inode } = place;
    if (inode === null) throw new FsError("not-found", path);
    if (inode.kind !== "directory") throw new FsError("not-directory", path);
    if (place.name === "" || isMount(place)) throw busy(path);
    if (inode.entries!.size > 0) throw new FsError("not-empty", path);
    this.#mayChange(dir, path, caller);
    const at = this.#pathOf(place);
    this.#lostName(inode, this.#change(inode, null, [edit(place, dir.entries!.get(key)!, null)]));
    this.paths.moved();
    this.#tell("removeDirectory", at, caller);
  }

  // ------------------------------------------------------------------------------------ attributes

  chmod(path: string, mode: number, caller: Caller): void {
    const place = this.paths.locate(path, caller);
    const { inode } = place;
    if (inode === null) throw new FsError("not-found", path);
    if (inode.kind === "symlink") throw new FsError("symlink-loop", path);
    this.#setAttributes(inode, mode & 0o777, inode.mtimeMs);
    this.#tell("chmod", this.#pathOf(place), caller);
  }

  setMtime(path: string, mtimeMs: number, caller: Caller): void {
    const place = this.paths.locate(path, caller);
    const { inode } = place;
    if (inode === null) throw new FsError("not-found", path);
    this.#setAttributes(inode, inode.mode, inode.volume.stored(Math.trunc(mtimeMs)));
    inode.mtimeIsWritten = false;
    this.#tell("setMtime", this.#pathOf(place), caller);
  }

  #setAttributes(inode: Inode, mode: number, mtimeMs: number): void {
    const before = { mode: inode.mode, mtimeMs: inode.mtimeMs };
    const after = { mode, mtimeMs };
    const { volume, ctimeMs } = inode;
    const atMs = volume.nowMs();
    volume.pending.push({
      edits: NO_EDITS,
      subject: inode,
      replaced: null,
      attributes: { before, after },
      after: null,
      ctimeMs,
      atMs,
    });
    inode.mode = mode;
    inode.mtimeMs = mtimeMs;
    inode.ctimeMs = atMs;
  }

  // ------------------------------------------------------------------------------------ bytes

  /** The regular file at the path, and how it was reached. */
  open(path: string, how: "read" | "write", caller: Caller, follow = false): Opened {
    const { dir, key, inode } = this.paths.locate(path, caller, follow);
    if (inode === null) throw new FsError("not-found", path);
    if (inode.kind === "symlink") throw new FsError("symlink-loop", path);
    if (inode.kind === "directory") throw new FsError("is-directory", path);
    if (inode.kind !== "file") throw new FsError("unsupported", path);
    const needed = how === "read" ? READ : READ | WRITE;
    if (caller.obeysModes && (inode.mode & needed) !== needed) throw new FsError("permission", path);
    return { inode, dir, key };
  }

  write(file: Opened, bytes: Uint8Array, position: number, caller: Caller, path: string): void {
    try {
      file.inode.volume.write(file.inode, bytes, position, path);
    } finally { // what fits on a full disk is written
      this.#tellOf(file, "write", caller);
    }
  }

  truncate(file: Opened, size: number, caller: Caller, path: string): void {
    file.inode.volume.truncate(file.inode, size, path);
    this.#tellOf(file, "truncate", caller);
  }

  /** Takes the bytes for the file's, without a copy. */
  replaceBytes(file: Opened, bytes: Bytes, caller: Caller, path: string): void {
    try {
      file.inode.volume.adopt(file.inode, bytes, path);
    } finally {
      this.#tellOf(file, "write", caller);
    }
  }

  /** A file that was open for writing was closed: watchers are told, nothing has changed. */
  closed(file: Opened): void {
    const path = this.pathOfOpened(file);
    if (path !== null) { for (const watcher of this.watchers) watcher(path, "close"); }
  }

  /** A path of the open file now; null when it has no name any more. */
  pathOfOpened({ inode, dir, key }: Opened): string | null {
    const entry = dir.entries!.get(key);
    if (entry?.inode === inode) return `${this.paths.prefixOf(dir)}/${entry.name}`;
    const other = inode.parent?.entries?.get(this.paths.fold(inode.name));
    return other?.inode === inode ? `${this.paths.prefixOf(inode.parent!)}/${other.name}` : null;
  }

  /** Something changed that is no file's: a mount. */
  tell(op: MutationKind, path: string, caller: Caller): void {
    this.#tell(op, path, caller);
  }

  // ------------------------------------------------------------------------------------ inner parts

  #add(place: Place, inode: Inode, after: Op | null): void {
    this.#change(inode, null, [edit(place, null, { name: place.name, inode })], after);
    inode.links++;
    inode.parent = place.dir;
    inode.name = place.name;
  }

  #change(subject: Inode, replaced: Inode | null, edits: readonly Edit[], after: Op | null = null): Op {
    const { volume, ctimeMs } = subject;
    const atMs = volume.nowMs();
    const op = { edits, subject, replaced, attributes: null, after, ctimeMs, atMs };
    for (const change of edits) {
      put(change, change.after);
      change.dir.mtimeMs = change.dir.ctimeMs = atMs;
    }
    subject.ctimeMs = atMs;
    volume.pending.push(op);
    return op;
  }

  #lostName(inode: Inode, op: Op): void {
    inode.links--;
    inode.ctimeMs = op.atMs;
    inode.volume.releaseIfUnused(inode, op);
  }

  #mayAdd({ dir, name }: Place, path: string, caller: Caller): void {
    if (dir.links === 0) throw new FsError("not-found", path); // it was removed while it was held open
    if (this.#settings.refusesName(name)) {
      throw new FsError("io", path, new Error("The disk takes no such name"));
    }
    this.#mayChange(dir, path, caller);
  }

  #mayChange(dir: Inode, path: string, caller: Caller): void {
    const needed = WRITE | SEARCH;
    if (caller.obeysModes && (dir.mode & needed) !== needed) throw new FsError("permission", path);
  }

  #pathOf({ dir, name, key, inode }: Place): string {
    if (name === "") return this.paths.prefixOf(inode!) || "/";
    return `${this.paths.prefixOf(dir)}/${dir.entries!.get(key)?.name ?? name}`;
  }

  #tellOf(file: Opened, op: MutationKind, caller: Caller): void {
    const path = this.pathOfOpened(file);
    if (path !== null) this.#tell(op, path, caller);
  }

  #tell(op: MutationKind, path: string, { by }: Caller, from: string | null = null): void {
    for (const watcher of this.watchers) {
      if (op === "rename" || op === "exchange") watcher(from!, op);
      watcher(path, op);
    }
    for (const observer of this.observers) observer(op, path, by, from);
  }
}

export function sizeOf(inode: Inode): number {
  switch (inode.kind) {
    case "file":
      return inode.size;
    case "directory":
      return DIRECTORY_BYTES;
    case "symlink":
      return byteLength(inode.target);
    case "other":
      return 0;
  }
}
