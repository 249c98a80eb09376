/** What Deno's and Node's file-system calls throw, as `FsError`. Both carry the operating system's error name. */
import { type FsCode, FsError } from "../ports.ts";
import { ERRNO } from "./libc.ts";

const CODE_OF_ERRNO: Readonly<Record<string, FsCode>> = {
  ENOENT: "not-found",
  EEXIST: "exists",
  ENOTDIR: "not-directory",
  EISDIR: "is-directory",
  ENOTEMPTY: "not-empty",
  EACCES: "permission",
  EPERM: "permission",
  EROFS: "read-only",
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  EFBIG: "no-space",
  ENAMETOOLONG: "name-too-long",
  ELOOP: "symlink-loop",
  EXDEV: "cross-device",
  EMLINK: "too-many-links",
  EMFILE: "too-many-files",
  ENFILE: "too-many-files",
  ENOTSUP: "unsupported",
  EOPNOTSUPP: "unsupported",
  ENOSYS: "unsupported",
};

/** Where an error has no errno name: the class that Deno gave it. */
const CODE_OF_CLASS: Readonly<Record<string, FsCode>> = {
  NotFound: "not-found",
  AlreadyExists: "exists",
  NotADirectory: "not-directory",
  IsADirectory: "is-directory",
  PermissionDenied: "permission",
  NotCapable: "permission",
  FilesystemLoop: "symlink-loop",
  NotSupported: "unsupported",
};

/** `error` as an `FsError` about `path`. One that is an `FsError` already stays as it is. */
export function fsError(error: unknown, path: string): FsError {
  if (error instanceof FsError) return error;
  return new FsError(codeOf(error), path, error);
}

function codeOf(error: unknown): FsCode {
  if (!(error instanceof Error)) return "io";
  const errno = (error as { code?: unknown }).code;
  if (typeof errno === "string" && Object.hasOwn(CODE_OF_ERRNO, errno)) return CODE_OF_ERRNO[errno]!;
  return Object.hasOwn(CODE_OF_CLASS, error.name) ? CODE_OF_CLASS[error.name]! : "io";
}

const NAME_OF_ERRNO = new Map<number, string>(Object.entries(ERRNO).map(([name, number]) => [number, name]));

/** What a call of the C library on `path` answered by its errno. */
export function fsErrorOf(errno: number, path: string): FsError {
  const name = NAME_OF_ERRNO.get(errno) ?? "";
  const cause = new Error(`errno ${errno}`);
  return new FsError(Object.hasOwn(CODE_OF_ERRNO, name) ? CODE_OF_ERRNO[name]! : "io", path, cause);
}

/** Runs a call on `path`; what it throws comes out as an `FsError`. */
export function guarded<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fsError(error, path);
  }
}
