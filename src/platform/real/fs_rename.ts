/**
 * Two renames that Deno has no form of: one that exchanges what two paths name, and one that never replaces. Both are single
 * steps of the kernel (renameat2), so that nothing can come between a look and what it was for (R20). Linux alone has them, and
 * not on every file system: elsewhere they are "unsupported", and callers do it in more steps.
 */
import { FsError } from "../ports.ts";
import { fsErrorOf } from "./fs_errors.ts";
import { cString, ERRNO, errno, libc } from "./libc.ts";

const AT_FDCWD = -100;
const NOREPLACE = 1;
const EXCHANGE = 2;

/** Both paths must exist; each then names what the other one did. */
export function exchange(a: string, b: string): void {
  renameat2(a, b, EXCHANGE);
}

/** "exists" when `to` is taken. */
export function renameNew(from: string, to: string): void {
  renameat2(from, to, NOREPLACE);
}

function renameat2(from: string, to: string, flags: number): void {
  const c = libc();
  if (c === null || c.renameat2 === null) throw new FsError("unsupported", to);
  if (c.renameat2(AT_FDCWD, cString(from), AT_FDCWD, cString(to), flags) === 0) return;
  const code = errno(c);
  // A file system that does not know the flag says that it is invalid.
  if (code === ERRNO.EINVAL) throw new FsError("unsupported", to, new Error(`errno ${code}`));
  throw fsErrorOf(code, to);
}
