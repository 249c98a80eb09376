/**
 * R23: a directory held open while names in it are worked on.
 *
 * Linux: each component below the root is opened with O_DIRECTORY|O_NOFOLLOW relative to the open directory
 * above it (`/proc/self/fd/N/name`), and the paths handed out go through the last descriptor. Nobody can
 * put a symlink into a path that is not walked any more: what is swapped later is swapped in vain.
 *
 * Where the C library can be called, one openat2 with RESOLVE_NO_SYMLINKS does the whole walk: a tree of 256 levels costs as much
 * as one of two. Whatever it refuses is walked step by step, which says why.
 *
 * Elsewhere, and where /proc is not mounted: each component is checked by lstat and plain paths are handed out.
 * A symlink swapped in between the check and the use is followed; callers check again after (`docs/security.md`).
 */
import * as fs from "node:fs";
import type { RelPath } from "../../core/ids.ts";
import { FsError, type PinnedDir } from "../ports.ts";
import { guarded } from "./fs_errors.ts";
import { cString, DESCRIPTORS, libc } from "./libc.ts";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;

let descriptorsWork: boolean | undefined;

/** Holds `root/dir`. The root itself may be reached through symlinks; nothing below it may. */
export function pinDirectory(root: string, dir: RelPath): PinnedDir {
  descriptorsWork ??= Deno.build.os === "linux" && fs.existsSync(DESCRIPTORS);
  return descriptorsWork ? pinByDescriptor(root, dir) : pinByChecking(root, dir);
}

/** The same number on every architecture. */
const OPENAT2 = 437n;
const O_CLOEXEC = 0o2000000;
/** struct open_how: flags, mode, resolve, each a u64. */
const HOW = new BigUint64Array([BigInt(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), 0n, 0x04n]);

/** `dir` below the open directory, reached through no symlink; null when that is refused, or cannot be had here. */
function openBelow(parent: number, dir: RelPath): number | null {
  const c = libc();
  if (c === null) return null;
  const fd = Number(c.syscall(OPENAT2, parent, cString(dir), HOW, BigInt(HOW.byteLength)));
  return fd < 0 ? null : fd;
}

function pinByDescriptor(root: string, dir: RelPath): PinnedDir {
  let fd = guarded(root, () => fs.openSync(root, O_RDONLY | O_DIRECTORY));
  const below = dir === "" ? null : openBelow(fd, dir);
  if (below !== null) {
    fs.closeSync(fd);
    return heldAt(below, () => void libc()!.close(below));
  }
  let walked = root;
  for (const name of dir === "" ? [] : dir.split("/")) {
    walked += `/${name}`;
    const parent = fd;
    try {
      fd = guarded(
        walked,
        () => fs.openSync(`${DESCRIPTORS}/${parent}/${name}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
      );
    } catch (error) {
      throw notDirectory(error as FsError, walked);
    } finally {
      fs.closeSync(parent);
    }
  }
  return heldAt(fd, () => fs.closeSync(fd));
}

function heldAt(fd: number, close: () => void): PinnedDir {
  let open = true;
  const self = `${DESCRIPTORS}/${fd}`;
  return {
    self,
    at: (name) => `${self}/${name}`,
    close() {
      if (!open) return; // the number may be another directory's by now
      open = false;
      close();
    },
  };
}

/** The kernel says ENOTDIR or ELOOP of a symlink in the way; callers need not tell them apart. */
function notDirectory(error: FsError, path: string): FsError {
  return error.code === "symlink-loop" ? new FsError("not-directory", path, error) : error;
}

/** The form of platforms without descriptors as paths; exported for its test. */
export function pinByChecking(root: string, dir: RelPath): PinnedDir {
  let self = root;
  guarded(root, () => {
    if (!Deno.statSync(root).isDirectory) throw new FsError("not-directory", root);
  });
  for (const name of dir === "" ? [] : dir.split("/")) {
    self += `/${plainName(name)}`;
    guarded(self, () => {
      if (!Deno.lstatSync(self).isDirectory) throw new FsError("not-directory", self);
    });
  }
  return { self, at: (name) => `${self}/${plainName(name)}`, close() {} };
}

/** Windows takes more than the slash for a way to go on: a backslash, a drive, a stream of a file. A name with one is no name there. */
function plainName(name: string): string {
  if (Deno.build.os === "windows" && /[\\/:]/.test(name)) throw new FsError("unsupported", name);
  return name;
}
