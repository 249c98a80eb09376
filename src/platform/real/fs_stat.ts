/**
 * What stands at a path. Scans and placing ask this of every file, and half of the time nothing is there: to Deno that is an exception, which
 * takes ten times as long as one statx of the C library. Of an open file the same is asked: Deno takes five times as long there. Where that
 * cannot be had, and for all that is not plain (an error, a time before 1970), Deno is asked; both tell the same of a file.
 */
import * as fs from "node:fs";
import { MTIME_MS } from "../../core/limits.ts";
import type { FileKind, Stat } from "../ports.ts";
import { fsError } from "./fs_errors.ts";
import { DESCRIPTORS, ERRNO, errno, type Libc, libc } from "./libc.ts";

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
/** The descriptor itself, by an empty path. */
const AT_EMPTY_PATH = 0x1000;
const NO_PATH = new Uint8Array(1);
const [SLASH, ZERO, NINE] = [0x2f, 0x30, 0x39];
/** STATX_BASIC_STATS and STATX_BTIME. */
const WANTED = 0xfff;
const HAS_BIRTH = 0x800;
const [S_IFMT, S_IFREG, S_IFDIR, S_IFLNK] = [0o170000, 0o100000, 0o040000, 0o120000];
/** Offsets in struct statx, in 32-bit words; it is the same on every architecture. */
const AT = {
  mask: 0,
  links: 4,
  mode: 7,
  ino: 8,
  size: 10,
  birth: 20,
  changed: 24,
  modified: 28,
  dev: 34,
} as const;

/** PATH_MAX; each unit of a string has three bytes at most. */
const PATH_UNITS = 4096;
const path = new Uint8Array(3 * PATH_UNITS + 1);
const words = new Uint32Array(64);
const bytes = new Uint8Array(words.buffer);
const encoder = new TextEncoder();

/** Null when nothing is there. Throws FsError. */
export function lstat(at: string): Stat | null {
  const c = libc();
  const isPlain = at.length <= PATH_UNITS && !at.includes("\0");
  const found = c?.statx == null || !isPlain ? undefined : byLibc(c, at);
  return found === undefined ? lstatByDeno(at) : found;
}

/** The same of an open file or directory. */
export function statOfOpen(fd: number): Stat {
  const c = libc();
  const isAsked = c?.statx != null && c.statx(fd, NO_PATH, AT_EMPTY_PATH, WANTED, bytes) === 0;
  return (isAsked ? asked() : undefined) ?? ofOpenByDeno(fd);
}

/** Undefined where Deno is to be asked. */
function byLibc(c: Libc, at: string): Stat | null | undefined {
  const slash = behindDescriptor(at);
  const { written } = encoder.encodeInto(slash < 0 ? at : at.slice(slash + 1), path);
  path[written] = 0;
  const from = slash < 0 ? AT_FDCWD : Number(at.slice(DESCRIPTORS.length + 1, slash));
  if (c.statx!(from, path, AT_SYMLINK_NOFOLLOW, WANTED, bytes) !== 0) {
    return errno(c) === ERRNO.ENOENT ? null : undefined;
  }
  return asked();
}

/**
 * Where the slash behind the descriptor stands in a path through a directory that is held open (`fs_pin.ts`), -1 in any other. Asked of the
 * descriptor itself, the kernel has not to find its way through /proc: half of the time.
 */
function behindDescriptor(at: string): number {
  if (!at.startsWith(DESCRIPTORS)) return -1;
  let end = DESCRIPTORS.length + 1;
  for (let code = at.charCodeAt(end); code >= ZERO && code <= NINE; code = at.charCodeAt(end)) end++;
  const isThrough = at.charCodeAt(DESCRIPTORS.length) === SLASH && end > DESCRIPTORS.length + 1 &&
    at.charCodeAt(end) === SLASH;
  // What begins with a slash would be looked for from the top of all (R23).
  return isThrough && end + 1 < at.length && at.charCodeAt(end + 1) !== SLASH ? end : -1;
}

/** What statx has answered. Undefined where Deno is to be asked. */
function asked(): Stat | undefined {
  const [birthMs, changedMs, mtimeMs] = [timeAt(AT.birth), timeAt(AT.changed), timeAt(AT.modified)];
  if (birthMs < 0 || changedMs < 0 || mtimeMs < 0) return undefined;
  const mode = words[AT.mode]! & 0xffff;
  const kind = mode & S_IFMT;
  return {
    kind: kindOf(kind === S_IFREG, kind === S_IFDIR, kind === S_IFLNK),
    size: longAt(AT.size),
    mtimeMs,
    ctimeMs: changedMs - changedMs % 1000, // Deno has it in whole seconds
    birthMs: words[AT.mask]! & HAS_BIRTH ? birthMs : 0,
    ino: longAt(AT.ino),
    dev: deviceAt(AT.dev),
    mode: mode & 0o777,
    links: words[AT.links]!,
  };
}

function longAt(word: number): number {
  return words[word + 1]! * 2 ** 32 + words[word]!;
}

/** Whole milliseconds of seconds (i64) and nanoseconds, as Deno tells them; negative where the seconds are. */
function timeAt(word: number): number {
  if (words[word + 1]! >= 2 ** 31) return -1;
  return longAt(word) * 1000 + Math.floor(words[word + 2]! / 1_000_000);
}

/** The number that stat(2) gives for a device, of its major and minor ones. */
function deviceAt(word: number): number {
  const [major, minor] = [words[word]!, words[word + 1]!];
  const high = (major - (major & 0xfff)) * 2 ** 32;
  return high + (minor - (minor & 0xff)) * 2 ** 12 + (major & 0xfff) * 2 ** 8 + (minor & 0xff);
}

/** The same by Deno alone; exported for its test. */
export function lstatByDeno(at: string): Stat | null {
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(at);
  } catch (error) {
    const failure = fsError(error, at);
    if (failure.code === "not-found") return null;
    throw failure;
  }
  return {
    kind: kindOf(info.isFile, info.isDirectory, info.isSymlink),
    size: info.size,
    mtimeMs: info.mtime?.getTime() ?? 0,
    ctimeMs: info.ctime?.getTime() ?? 0,
    birthMs: info.birthtime?.getTime() ?? 0,
    ino: info.ino ?? 0,
    dev: info.dev,
    mode: (info.mode ?? 0) & 0o777,
    links: info.nlink ?? 1,
  };
}

/** The same by Deno alone; exported for its test. */
export function ofOpenByDeno(fd: number): Stat {
  const stat = fs.fstatSync(fd);
  return {
    kind: kindOf(stat.isFile(), stat.isDirectory(), stat.isSymbolicLink()),
    size: stat.size,
    mtimeMs: Math.min(Math.max(stat.mtimeMs ?? 0, -MTIME_MS), MTIME_MS),
    ctimeMs: stat.ctimeMs ?? 0,
    birthMs: stat.birthtimeMs ?? 0,
    ino: stat.ino ?? 0,
    dev: stat.dev,
    mode: (stat.mode ?? 0) & 0o777,
    links: stat.nlink ?? 1,
  };
}

export function kindOf(isFile: boolean, isDirectory: boolean, isSymlink: boolean): FileKind {
  return isSymlink ? "symlink" : isFile ? "file" : isDirectory ? "directory" : "other";
}
