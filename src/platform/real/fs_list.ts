/**
 * R13: all names of a directory, or an error.
 *
 * `Deno.readDirSync` leaves out what it could not read and says nothing (measured: a readdir(3) that fails with EIO
 * gives a short list), and a short list is a row of deletes. So on Linux the kernel is asked itself;
 * it is also twice as fast. Elsewhere it is Deno's listing; a name that is missing there should be confirmed by lstat.
 */
import * as fs from "node:fs";
import { type DirItem, type FileKind, FsError } from "../ports.ts";
import { guarded } from "./fs_errors.ts";
import { kindOf } from "./fs_stat.ts";
import { errno, type Libc, libc } from "./libc.ts";

export function listDirectory(path: string): DirItem[] {
  const c = libc();
  return guarded(path, () => c === null ? listByDeno(path) : listByKernel(c, path));
}

/** Exported for its test. */
export function listByDeno(path: string): DirItem[] {
  const items: DirItem[] = [];
  for (const { name, isFile, isDirectory, isSymlink } of Deno.readDirSync(path)) {
    items.push({ name, kind: kindOf(isFile, isDirectory, isSymlink) });
  }
  return items;
}

/** What one call of the kernel fills: some 1,500 names. Listing is synchronous, so one buffer is enough. */
const block = new Uint8Array(64 * 1024);
const view = new DataView(block.buffer);
/** A name may begin with the mark that a decoder would take for one of its own. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

// linux_dirent64: u64 inode, i64 offset, u16 length of the record, u8 type, the name and its NUL.
const RECORD_LENGTH = 16;
const TYPE = 18;
const NAME = 19;
const DOT = 46;

/** Exported for its test, which gives it a kernel that fails. */
export function listByKernel(c: Libc, path: string): DirItem[] {
  const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    const items: DirItem[] = [];
    while (true) {
      const filled = Number(c.getdents64(fd, block, BigInt(block.length)));
      if (filled === 0) return items;
      if (filled < 0) {
        throw new FsError("io", path, new Error(`Cannot list the directory: errno ${errno(c)}`));
      }
      for (let at = 0; at < filled; at += view.getUint16(at + RECORD_LENGTH, true)) {
        const item = itemAt(at, path);
        if (item !== null) items.push(item);
      }
    }
  } finally {
    fs.closeSync(fd);
  }
}

function itemAt(at: number, path: string): DirItem | null {
  const start = at + NAME;
  let end = start;
  let bits = 0;
  for (let byte = block[end]!; byte !== 0; byte = block[++end]!) bits |= byte;
  if (block[start] === DOT && (end === start + 1 || (end === start + 2 && block[start + 1] === DOT))) {
    return null;
  }
  const bytes = block.subarray(start, end);
  const name = bits < 0x80
    ? String.fromCharCode.apply(null, bytes as unknown as number[])
    : decoder.decode(bytes);
  return { name, kind: kindOfType(block[at + TYPE]!, `${path}/${name}`) };
}

/** Some file systems do not tell the type with the name. */
function kindOfType(type: number, path: string): FileKind {
  switch (type) {
    case 0: {
      const stat = fs.lstatSync(path, { throwIfNoEntry: false });
      return stat === undefined ? "other" : kindOf(stat.isFile(), stat.isDirectory(), stat.isSymbolicLink());
    }
    case 4:
      return "directory";
    case 8:
      return "file";
    case 10:
      return "symlink";
    default:
      return "other";
  }
}
