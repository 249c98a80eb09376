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
