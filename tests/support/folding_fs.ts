/**
 * A disk that does not tell all names apart, imitated over one that does: what a path names is found as such a disk finds it. Below
 * `base` everything must be made through it.
 */
import { foldKey } from "../../src/core/names.ts";
import type { RelPath } from "../../src/core/ids.ts";
import { type Fs, FsError } from "../../src/platform/ports.ts";

export interface DiskHabits {
  /** When two names are one; by default as APFS has it. */
  readonly key?: (name: string) => string;
  /** What becomes of a name that is stored. */
  readonly stored?: (name: string) => string;
  readonly refuses?: (name: string) => boolean;
  /** A rename to another spelling of the same does nothing (ext4 with casefold). */
  readonly respells?: boolean;
}

const HELD = /^\/proc\/self\/fd\/\d+/;

export function foldingFs(fs: Fs, base: string, habits: DiskHabits = {}): Fs {
  const { key = foldKey, stored = (name) => name, refuses = () => false, respells = true } = habits;

  /** Where a path leads: each name as it is stored, where something has it. */
  function real(path: string): string {
    const start = HELD.exec(path)?.[0] ?? (path === base || path.startsWith(`${base}/`) ? base : null);
    if (start === null) return path;
    let at = start;
    for (const name of path.slice(start.length + 1).split("/")) {
      if (name !== "") at = `${at}/${name === "." ? name : find(at, name) ?? name}`;
    }
    return at;
  }

  function find(directory: string, name: string): string | null {
    try {
      const names = fs.list(directory).map((item) => item.name);
      return names.includes(name) ? name : names.find((one) => key(one) === key(name)) ?? null;
    } catch (error) {
      if (error instanceof FsError) return null;
      throw error;
    }
  }

  /** Where something new is to be made. */
  function fresh(path: string): string {
    const found = real(path);
    const slash = found.lastIndexOf("/");
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (refuses(name)) throw new FsError("io", path);
    return fs.lstat(found) !== null ? found : `${found.slice(0, slash)}/${stored(name)}`;
  }

  /** A rename to another spelling of the same takes the new one. */
  function target(from: string, to: string): string {
    const at = fresh(to);
    if (at !== real(from) || !respells) return at;
    return `${at.slice(0, at.lastIndexOf("/"))}/${stored(to.slice(to.lastIndexOf("/") + 1))}`;
  }

  return {
    ...fs,
    lstat: (path) => fs.lstat(real(path)),
    list: (path) => fs.list(real(path)),
    readLink: (path) => fs.readLink(real(path)),
    makeDirectory: (path, mode) => fs.makeDirectory(fresh(path), mode),
    makeDirectories: (path) => fs.makeDirectories(real(path)),
    removeDirectory: (path) => fs.removeDirectory(real(path)),
    link: (from, to) => fs.link(real(from), fresh(to)),
    symlink: (to, path) => fs.symlink(to, fresh(path)),
    rename: (from, to) => fs.rename(real(from), target(from, to)),
    renameNew: (from, to) => fs.renameNew(real(from), fresh(to)),
    exchange: (a, b) => fs.exchange(real(a), real(b)),
    unlink: (path) => fs.unlink(real(path)),
    chmod: (path, mode) => fs.chmod(real(path), mode),
    setMtime: (path, mtimeMs) => fs.setMtime(real(path), mtimeMs),
    open: (path, mode) => fs.open(mode === "create" ? fresh(path) : real(path), mode),
    readSmall: (path, maxBytes) => fs.readSmall(real(path), maxBytes),
    writeDurably: (path, bytes, mode) => fs.writeDurably(fresh(path), bytes, mode),
    syncDirectory: (path) => fs.syncDirectory(real(path)),
    syncFile: (path) => fs.syncFile(real(path)),
    pin(root, dir) {
      const at = real(dir === "" ? root : `${root}/${dir}`);
      return fs.pin(root, at.slice(root.length + 1) as RelPath);
    },
  };
}
