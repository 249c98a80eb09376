/** The real file system. Names and attributes through Deno's synchronous calls, which are the fastest there are. */
import * as fs from "node:fs";
import { type DiskSpace, type Fs, FsError } from "../ports.ts";
import { diskOf, realKernel } from "./fs_disk.ts";
import { fsError, guarded } from "./fs_errors.ts";
import { fileHandle, openRegular, readFullSync } from "./fs_handle.ts";
import { listDirectory } from "./fs_list.ts";
import { pinDirectory } from "./fs_pin.ts";
import { exchange, renameNew } from "./fs_rename.ts";
import { lstat } from "./fs_stat.ts";
import { syncDirectory, syncFile, syncFileSystem, writeDurably } from "./fs_sync.ts";
import { chmod, setMtime } from "./fs_touch.ts";

const kernel = realKernel();

export function realFs(): Fs {
  return {
    lstat,
    list: listDirectory,
    readLink: (path) => guarded(path, () => Deno.readLinkSync(path)),
    makeDirectory: (path, mode) => guarded(path, () => makeDirectory(path, mode)),
    makeDirectories: (path) => guarded(path, () => Deno.mkdirSync(path, { recursive: true })),
    removeDirectory: (path) => guarded(path, () => fs.rmdirSync(path)),
    link: (from, to) => guarded(to, () => link(from, to)),
    symlink: (target, path) => guarded(path, () => Deno.symlinkSync(target, path)),
    rename: (from, to) => guarded(to, () => Deno.renameSync(from, to)),
    renameNew,
    exchange,
    unlink: (path) => guarded(path, () => unlink(path)),
    chmod: (path, mode) => guarded(path, () => chmod(path, mode)),
    setMtime: (path, mtimeMs) => guarded(path, () => setMtime(path, mtimeMs)),
    open: (path, mode) => fileHandle(openRegular(path, mode), path),
    readSmall,
    writeDurably,
    syncDirectory,
    syncFile,
    syncFileSystem,
    pin: pinDirectory,
    realPath: (path) => guarded(path, () => Deno.realPathSync(path)),
    freeSpace: (path) => guarded(path, () => freeSpace(path)),
    diskOf: (path) => guarded(path, () => diskOf(kernel, Deno.realPathSync(path))),
  };
}

function makeDirectory(path: string, mode?: number): void {
  if (mode === undefined) return Deno.mkdirSync(path);
  Deno.mkdirSync(path, { mode });
  chmod(path, mode); // creation is subject to the umask
}

function link(from: string, to: string): void {
  try {
    Deno.linkSync(from, to);
  } catch (error) {
    const failure = fsError(error, to);
    // EPERM is the answer of file systems without hard links (vfat), and of the kernel for a directory.
    if (failure.code === "permission" && errnoOf(error) === "EPERM") {
      throw new FsError("unsupported", to, error);
    }
    throw failure;
  }
}

function errnoOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

/** Some file systems (network mounts, those of the kernel) have no size: they say 0. */
function freeSpace(path: string): DiskSpace | null {
  const { bsize, bavail, blocks } = fs.statfsSync(path);
  return blocks > 0 ? { free: bavail * bsize, total: blocks * bsize } : null;
}

/** Deno's unlink would take an empty directory too. */
function unlink(path: string): void {
  if (Deno.lstatSync(path).isDirectory) throw new FsError("is-directory", path);
  Deno.removeSync(path);
}

function readSmall(path: string, maxBytes: number): Uint8Array<ArrayBuffer> | null {
  let fd: number;
  try {
    fd = openRegular(path, "read");
  } catch (error) {
    if (error instanceof FsError && error.code === "not-found") return null;
    throw error;
  }
  return guarded(path, () => {
    try {
      const { size } = fs.fstatSync(fd);
      // Always room for one byte more than expected: only a read that leaves room has seen the end.
      let room = new Uint8Array(Math.min(size, maxBytes) + 1);
      while (true) {
        const got = readFullSync(fd, room, 0);
        if (got < room.length) return room.slice(0, got);
        if (got > maxBytes) {
          throw new FsError("io", path, new Error(`The file is larger than ${maxBytes} bytes`));
        }
        room = new Uint8Array(Math.min(2 * room.length, maxBytes + 1)); // it grew, or lies about its size (/proc)
      }
    } finally {
      fs.closeSync(fd);
    }
  });
}
