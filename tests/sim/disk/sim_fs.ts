/** The `Fs` of a process: each call takes the process's way, then does its work in the tree. */
import { type Fs, FsError, type PinnedDir } from "../../../src/platform/ports.ts";
import type { RelPath } from "../../../src/core/ids.ts";
import { Handle } from "./handle.ts";
import type { Inode } from "./inode.ts";
import { DESCRIPTORS, READ, SEARCH } from "./paths.ts";
import type { Process } from "./process.ts";

/** What processes make files and directories with, the umask taken off. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;
/** The daemon's process number. It is the same after a restart: a leftover aside may be in the way. */
const PID = 4242;

export function simFs(process: Process): Fs {
  const { tree } = process;
  const fs: Fs = {
    lstat(path) {
      process.enter("lstat", path);
      return tree.lstat(path, process);
    },
    list(path) {
      process.enter("list", path);
      process.hasRoom(path);
      return tree.list(path, process);
    },
    readLink(path) {
      process.enter("readLink", path);
      return tree.readLink(path, process);
    },
    makeDirectory(path, mode = DIRECTORY_MODE) {
      process.enter("makeDirectory", path);
      tree.make("directory", path, mode, process);
      process.did();
    },
    makeDirectories: (path) => makeDirectories(process, path),
    removeDirectory(path) {
      process.enter("removeDirectory", path);
      tree.removeDirectory(path, process);
      process.did();
    },
    link(from, to) {
      process.enter("link", to);
      tree.link(from, to, process);
      process.did();
    },
    symlink(target, path) {
      process.enter("symlink", path);
      tree.make("symlink", path, 0o777, process, target);
      process.did();
    },
    rename(from, to) {
      process.enter("rename", to, from);
      tree.rename(from, to, process);
      process.did();
    },
    renameNew(from, to) {
      process.enter("rename", to, from);
      tree.renameNew(from, to, process);
      process.did();
    },
    exchange(a, b) {
      process.enter("rename", b, a);
      tree.exchange(a, b, process);
      process.did();
    },
    unlink(path) {
      process.enter("unlink", path);
      tree.unlink(path, process);
      process.did();
    },
    chmod(path, mode) {
      process.enter("chmod", path);
      tree.chmod(path, mode, process);
      process.did();
    },
    setMtime(path, mtimeMs) {
      process.enter("setMtime", path);
      tree.setMtime(path, mtimeMs, process);
      process.did();
    },
    open: (path, how) => openFile(process, path, how),
    readSmall(path, maxBytes) {
      process.enter("open", path);
      process.hasRoom(path);
      let inode: Inode;
      try {
        inode = tree.open(path, "read", process).inode;
      } catch (error) {
        if (error instanceof FsError && error.code === "not-found") return null;
        throw error;
      }
      process.enter("read", path);
      if (inode.size <= maxBytes) return inode.bytes.slice();
      throw new FsError("io", path, new Error(`The file is larger than ${maxBytes} bytes`));
    },
    writeDurably: (path, bytes, mode = FILE_MODE) =>
      process.work(() => writeDurably(fs, process, path, bytes, mode)),
    syncDirectory: (path) =>
      process.work(async () => {
        process.hasRoom(path);
        const dir = tree.paths.findDirectory(path, process);
        await process.sync("syncDirectory", path, dir.volume, () => dir.volume.sync(dir), () => {});
      }),
    syncFile: (path) =>
      process.work(async () => {
        process.hasRoom(path);
        const { inode } = tree.open(path, "read", process);
        const { volume } = inode;
        await process.sync("syncFile", path, volume, () => volume.sync(inode), () => inode.failSync());
      }),
    syncFileSystem: (path) =>
      process.work(async () => {
        const { volume } = tree.paths.findDirectory(path, process);
        if (!process.machine.syncsFileSystem) return false;
        const bad = () => volume.failSyncAll(process.machine.rng);
        await process.sync("syncFileSystem", path, volume, () => volume.syncAll(), bad);
        return true;
      }),
    pin: (root, dir) => pin(process, root, dir),
    realPath(path) {
      process.enter("realPath", path);
      return tree.realPath(path, process);
    },
    freeSpace(path) {
      // No step of its own: it changes nothing, and is asked from where nobody could die, such as a look at the status.
      const { inode } = tree.paths.locate(path, process, true);
      if (inode === null) throw new FsError("not-found", path);
      const { capacity, used } = inode.volume;
      return Number.isFinite(capacity) ? { free: Math.max(0, capacity - used), total: capacity } : null;
    },
    diskOf: () => null,
  };
  return fs;
}

/** Opens the regular file at the path, no symlink followed; "create" makes it. */
export function openFile(process: Process, path: string, how: "read" | "write" | "create"): Handle {
  const { tree, machine } = process;
  process.enter(how === "create" ? "create" : "open", path);
  process.hasRoom(path);
  if (how === "create") {
    const file = tree.make("file", path, FILE_MODE, process);
    process.did();
    return new Handle(process, file, path, true);
  }
  const file = tree.open(path, how, process);
  if (how === "write" && machine.faults.some && machine.faults.isReadOnly(tree.pathOfOpened(file) ?? path)) {
    throw new FsError("read-only", path);
  }
  return new Handle(process, file, path, how === "write");
}

function makeDirectories(process: Process, path: string): void {
  const { paths } = process.tree;
  process.enter("lstat", path);
  let failure: unknown;
  try {
    const { inode } = paths.locate(path, process, true);
    if (inode?.kind === "directory") return;
    if (inode !== null) throw new FsError("exists", path);
  } catch (error) {
    failure = error;
  }
  if (failure !== undefined) {
    if (!(failure instanceof FsError) || failure.code !== "not-found") throw failure;
    const slash = path.lastIndexOf("/");
    if (slash <= 0) throw failure;
    makeDirectories(process, path.slice(0, slash));
  }
  process.enter("makeDirectory", path);
  process.tree.make("directory", path, DIRECTORY_MODE, process);
  process.did();
}

/** The steps of the real one, each a call of its own. */
async function writeDurably(
  fs: Fs,
  process: Process,
  path: string,
  bytes: Uint8Array,
  mode: number,
): Promise<void> {
  const slash = path.lastIndexOf("/");
  const aside = `${path.slice(0, slash + 1)}.cairn-aside-${PID}-${process.nextAside()}`;
  if (fs.lstat(aside) !== null) fs.unlink(aside);
  const file = openFile(process, aside, "create");
  try {
    try {
      await file.write(bytes, 0);
      fs.chmod(aside, mode);
      await file.syncData();
    } finally {
      file.close();
    }
    fs.rename(aside, path);
  } catch (error) {
    if (process.alive) removeAside(process, aside);
    throw error;
  }
  await fs.syncDirectory(slash <= 0 ? "/" : path.slice(0, slash));
}

/** As `rm -f`: also where the disk fails everything else. */
function removeAside(process: Process, path: string): void {
  if (process.tree.lstat(path, process) !== null) process.tree.unlink(path, process);
}

function pin(process: Process, root: string, dir: RelPath): PinnedDir {
  const { paths } = process.tree;
  const path = dir === "" ? root : `${root}/${dir}`;
  process.enter("pin", path);
  process.hasRoom(path);
  let at = paths.findDirectory(root, process);
  let walked = root;
  for (const name of dir === "" ? [] : dir.split("/")) {
    walked += `/${name}`;
    if (process.obeysModes && !(at.mode & SEARCH)) throw new FsError("permission", walked);
    const inode = at.entries!.get(paths.fold(name))?.inode;
    if (inode === undefined) throw new FsError("not-found", walked);
    if (inode.kind !== "directory") throw new FsError("not-directory", walked);
    at = inode.mounted?.root ?? inode;
  }
  if (process.machine.pins === "checked") return { self: path, at: (name) => `${path}/${name}`, close() {} };
  if (process.obeysModes && !(at.mode & READ)) throw new FsError("permission", walked);
  const n = process.addPin(at);
  let open = true;
  const self = `${DESCRIPTORS}${n}`;
  return {
    self,
    at: (name) => `${self}/${name}`,
    close() {
      if (!open) return;
      open = false;
      process.removePin(n);
    },
  };
}
