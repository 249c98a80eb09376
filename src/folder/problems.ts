/** What is found in a tree and not synced, with the words for it (invariant 11). */
import type { RelPath } from "../core/ids.ts";
import { RESERVED_TOP } from "../core/path.ts";

export interface Problem {
  readonly path: RelPath;
  readonly cause: string;
  readonly remedy: string;
  /** It only informs: such things are never synced. All else keeps the folder from being up to date. */
  readonly isNote?: boolean;
}

/** Somebody else's file, which some disk would take for our own directory. */
export function tooNear(name: string): Problem {
  return {
    path: name as RelPath,
    cause: `cannot be synced: some disks take its name for "${RESERVED_TOP}", which is Cairn's own`,
    remedy: "Rename it.",
    isNote: true,
  };
}

export function noText(path: RelPath): Problem {
  return { path, cause: "its name is not valid UTF-8", remedy: "Rename it.", isNote: true };
}

export function special(path: RelPath): Problem {
  return {
    path,
    cause: "is a socket, pipe or device",
    remedy: "Nothing to do: such files are not synced.",
    isNote: true,
  };
}

export function tooLarge(path: RelPath): Problem {
  return { path, cause: "is larger than 1 TiB", remedy: "Cairn does not sync such a file; split it." };
}

/** What to do where a person will never mount it again: what is ignored here stays on the other devices. */
const GIVE_UP = "If it is gone for good, name the directory in .cairnignore.";

export function diskMissing(path: RelPath): Problem {
  return {
    path,
    cause: "a disk that was mounted here is not",
    remedy: `Mount it again. Until then nothing in it counts as deleted. ${GIVE_UP}`,
  };
}

export function diskOver(path: RelPath): Problem {
  return {
    path,
    cause: "a disk is mounted over what is synced here",
    remedy: "Unmount it. Until then nothing in it counts as deleted.",
  };
}

export function otherDisk(path: RelPath): Problem {
  return {
    path,
    cause: "another disk is mounted here than before, without what is synced here",
    remedy: `Mount the former one. Until then nothing on it counts as deleted. ${GIVE_UP}`,
  };
}
