/** Open files: positional reads and writes through `node:fs`, whose callbacks run off the main thread. */
import * as fs from "node:fs";
import { promisify } from "node:util";
import { type FileHandle, FsError } from "../ports.ts";
import { fsError, guarded } from "./fs_errors.ts";
import { statOfOpen } from "./fs_stat.ts";

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;
/** Both absent on Windows, where opening a link's path cannot be told apart. */
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0;
/** Without it, opening a FIFO would wait for its writer for ever. No effect on regular files. */
const O_NONBLOCK = fs.constants.O_NONBLOCK ?? 0;

const FLAGS = {
  read: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  write: O_RDWR | O_NOFOLLOW | O_NONBLOCK,
  create: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
} as const;

export const fdatasync = promisify(fs.fdatasync);
export const fsync = promisify(fs.fsync);

/**
 * A descriptor of the regular file at `path`; no symlink is followed at the last name. What is there but no regular
 * file is "symlink-loop", "is-directory" or (a FIFO, a device) "unsupported".
 */
export function openRegular(path: string, how: keyof typeof FLAGS, mode = 0o666): number {
  return guarded(path, () => {
    const fd = fs.openSync(path, FLAGS[how], mode);
    try {
      const { kind } = statOfOpen(fd);
      if (kind === "directory") throw new FsError("is-directory", path);
      if (kind !== "file") throw new FsError("unsupported", path);
      return fd;
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  });
}

/** Reads at `position` until `into` is full or the file ends, on this thread. */
export function readFullSync(fd: number, into: Uint8Array, position: number): number {
  let done = 0;
  while (done < into.length) {
    const got = fs.readSync(fd, into, done, into.length - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return done;
}

/** Writes all of `bytes` at `position`, on this thread. */
export function writeFullSync(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/** The `FileHandle` of an open descriptor; it owns the descriptor. */
export function fileHandle(fd: number, path: string): FileHandle {
  let open = true;
  return {
    async read(into, position) {
      let done = 0;
      while (done < into.length) {
        const got = await readOnce(fd, into, done, position + done, path);
        if (got === 0) break;
        done += got;
      }
      return done;
    },
    async write(bytes, position) {
      let done = 0;
      while (done < bytes.length) done += await writeOnce(fd, bytes, done, position + done, path);
    },
    truncate: (size) => guarded(path, () => fs.ftruncateSync(fd, size)),
    stat: () => guarded(path, () => statOfOpen(fd)),
    async syncData() {
      try {
        await fdatasync(fd);
      } catch (error) {
        throw fsError(error, path);
      }
    },
    close() {
      if (!open) return; // the number may be another file's by now
      open = false;
      guarded(path, () => fs.closeSync(fd));
    },
  };
}

function readOnce(
  fd: number,
  into: Uint8Array,
  from: number,
  position: number,
  path: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, from, into.length - from, position, (error, got) => {
      error ? reject(fsError(error, path)) : resolve(got);
    });
  });
}

function writeOnce(
  fd: number,
  bytes: Uint8Array,
  from: number,
  position: number,
  path: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, from, bytes.length - from, position, (error, written) => {
      error ? reject(fsError(error, path)) : resolve(written);
    });
  });
}
