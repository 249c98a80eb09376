/** Who is told of what happens on the disk. */
import type { HashedFile, Stat } from "../../../src/platform/ports.ts";
import type { Call } from "./faults.ts";

export type MutationKind =
  | "create"
  | "write"
  | "truncate"
  | "makeDirectory"
  | "removeDirectory"
  | "link"
  | "symlink"
  | "rename"
  | "exchange"
  | "unlink"
  | "chmod"
  | "setMtime"
  | "mount"
  | "unmount";

/** Called right after each single change, before anything else runs. Paths are absolute, real and without symlinks. */
export type Observer = (
  op: MutationKind,
  /** What changed; of a rename and a link the new name, of an exchange one of the two. */
  path: string,
  by: "daemon" | "user",
  /** Of a rename the old name, of a link and an exchange the other name; else null. */
  from: string | null,
) => void;

/** Called right before each call of the daemon: the place to let a user act between two system calls. */
export type BeforeCall = (call: Call, path: string) => void;

/** What is at a path now, without a copy. */
export interface Peek extends Stat {
  /** The file's bytes as they are now: a view, not to be written to nor kept over the next change. Empty but for files. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What these bytes are. Of files only. */
  identity(): HashedFile;
  /** A symlink's target, else "". */
  readonly target: string;
  /** Names that the inode has. */
  readonly links: number;
}
