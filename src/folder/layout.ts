/** What Cairn keeps in a folder's root, below `.cairn`; never synced. */
import { RESERVED_TOP } from "../core/path.ts";

export interface Layout {
  readonly root: string;
  readonly own: string;
  /** Says whose replica this is (R35). */
  readonly marker: string;
  /** Bytes on their way in. */
  readonly stage: string;
  /** What remote changes replaced or deleted (R21). */
  readonly versions: string;
  /** What a merge starts from (R8); only in folders that merge. */
  readonly bases: string;
  /** Touched now and then to prove that the watcher lives, and to ask the file system for its time (R14). */
  readonly canary: string;
  /** Where it is tried out what the disk does to names; there for a moment at each start. */
  readonly probe: string;
}

/** The canary's path as a hint tells it. */
export const CANARY_HINT = `${RESERVED_TOP}/canary`;

export function layoutOf(root: string): Layout {
  const own = `${root}/${RESERVED_TOP}`;
  return {
    root,
    own,
    marker: `${own}/marker.json`,
    stage: `${own}/stage`,
    versions: `${own}/versions`,
    bases: `${own}/bases`,
    canary: `${own}/canary`,
    probe: `${own}/probe`,
  };
}
