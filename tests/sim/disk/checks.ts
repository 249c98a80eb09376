/** What stands in the way of a change of names. */
import { FsError } from "../../../src/platform/ports.ts";
import type { Inode } from "./inode.ts";
import type { Place } from "./paths.ts";

/** The name's own inode is covered by another volume's root. */
export function isMount({ dir, key, inode }: Place): boolean {
  return inode !== null && dir.entries!.get(key)?.inode !== inode;
}

export function busy(path: string): FsError {
  return new FsError("io", path, new Error("The directory is in use"));
}

export function checkReplace(inode: Inode, replaced: Inode, path: string): void {
  if (replaced.kind === "directory") {
    if (inode.kind !== "directory") throw new FsError("is-directory", path);
    if (replaced.entries!.size > 0) throw new FsError("not-empty", path);
  } else if (inode.kind === "directory") throw new FsError("not-directory", path);
}

export function isInside(top: Inode, dir: Inode): boolean {
  for (let at: Inode | null = dir; at !== null; at = at.parent) if (at === top) return true;
  return false;
}
