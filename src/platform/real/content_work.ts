/**
 * The content work of a worker besides hashing files and pieces (piece_work.ts): stretches as they stand, and whole small files, each
 * checked against its content (R22). Plain synchronous functions. A file that is not there, or is no regular file any more, is a
 * source that changed, not an error; errors of the disk are thrown as `FsError`.
 */
import * as fs from "node:fs";
import { contentOf } from "../../core/content_of.ts";
import type { ContentId } from "../../core/ids.ts";
import { PIECE_BYTES } from "../../core/limits.ts";
import { type FsCode, FsError, type SmallFile } from "../ports.ts";
import { fsError, guarded } from "./fs_errors.ts";
import { openRegular, readFullSync, writeFullSync } from "./fs_handle.ts";
import { forgetCached } from "./writeback.ts";

const GONE: ReadonlySet<FsCode> = new Set(
  ["not-found", "not-directory", "is-directory", "symlink-loop", "unsupported"] as const,
);

/** Runs `work` on the open file; null when there is no such regular file. */
export function withFile<T>(path: string, how: "read" | "write", work: (fd: number) => T): T | null {
  let fd: number;
  try {
    fd = openRegular(path, how);
  } catch (error) {
    if (error instanceof FsError && GONE.has(error.code)) return null;
    throw error;
  }
  return guarded(path, () => {
    try {
      return work(fd);
    } finally {
      fs.closeSync(fd);
    }
  });
}

/** A stretch of a file; null when it is not there, short, or reached through a symlink. */
export function readStretch(path: string, offset: number, length: number): Uint8Array<ArrayBuffer> | null {
  return withFile(path, "read", (fd) => {
    const out = new Uint8Array(length);
    return readFullSync(fd, out, offset) === length ? out : null;
  });
}

/** Whole files that still have their content; null for the others. */
export function readSmall(
  files: readonly { path: string; content: ContentId }[],
  isCold = false,
): (Uint8Array<ArrayBuffer> | null)[] {
  return files.map(({ path, content }) => {
    try {
      return withFile(path, "read", (fd) => {
        const { size } = fs.fstatSync(fd);
        if (size > PIECE_BYTES) return null; // whatever it is now, it is not what was asked for
        const bytes = new Uint8Array(size);
        if (isCold) forgetCached(fd, 0, size);
        const isWhole = readFullSync(fd, bytes, 0) === size;
        if (isCold) forgetCached(fd, 0, size);
        return isWhole && contentOf(bytes) === content ? bytes : null;
      });
    } catch {
      return null; // one that cannot be read fails alone
    }
  });
}

/** Creates each file with its mode and mtime; false where its bytes are not its content. */
export function writeSmall(files: readonly SmallFile[], bytes: Uint8Array): (boolean | FsError)[] {
  return files.map((file) => {
    const part = bytes.subarray(file.offset, file.offset + file.length);
    if (part.length !== file.length || contentOf(part) !== file.content) return false;
    try {
      createSmall(file, part);
      return true;
    } catch (error) {
      return fsError(error, file.path);
    }
  });
}

function createSmall(file: SmallFile, bytes: Uint8Array): void {
  const fd = createAfresh(file.path);
  try {
    try {
      writeFullSync(fd, bytes, 0);
      if (Deno.build.os !== "windows") fs.fchmodSync(fd, file.mode & 0o777);
    } finally {
      fs.closeSync(fd);
    }
    const mtime = new Date(Math.trunc(file.mtimeMs));
    Deno.utimeSync(file.path, mtime, mtime);
  } catch (error) {
    fs.rmSync(file.path, { force: true }); // half a file is not left in a staging place
    throw error;
  }
}

/** A leftover at the place, from before a crash, makes room. */
function createAfresh(path: string): number {
  try {
    return openRegular(path, "create");
  } catch (error) {
    if (!(error instanceof FsError) || error.code !== "exists") throw error;
    guarded(path, () => fs.rmSync(path));
    return openRegular(path, "create");
  }
}
