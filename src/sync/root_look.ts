/** Whether a root is what it was (invariant 8): a directory of its own, with the marker of this replica. */
import { layoutOf } from "../folder/layout.ts";
import { LINKED_REMEDY, linkedElsewhere, readMarker } from "../folder/marker.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import type { RootTrouble } from "./replica.ts";

const MARKER_REMEDY =
  "Mount or put it back; Cairn goes on by itself. If it is gone for good, say what this one is: cairn resume FOLDER --reject puts what is " +
  "here aside and brings back what the other devices have; --accept takes what is here for meant, and what is missing for deleted.";
export const ROOT_REMEDY =
  "Mount or put it back; Cairn goes on by itself. Nothing counts as deleted meanwhile.";

export interface RootLook {
  readonly trouble: RootTrouble | null;
  /** The root's device number, and the lsn of its marker, as far as they were seen. */
  readonly dev: number | null;
  readonly lsn: number | null;
}

export function lookAtRoot(fs: Fs, root: string, replica: string): RootLook {
  let dev: number | null = null;
  const wrong = (why: RootTrouble["why"], cause: string, remedy: string): RootLook => (
    { trouble: { why, cause, remedy }, dev, lsn: null }
  );
  try {
    const stat = fs.lstat(`${root}/.`);
    if (stat?.kind !== "directory") return wrong("gone", `${root} is gone`, ROOT_REMEDY);
    dev = stat.dev;
    const linked = linkedElsewhere(fs, root);
    if (linked !== null) return wrong("unusable", linked, LINKED_REMEDY);
    const marker = readMarker(fs, root);
    if (marker === null || marker === "unreadable") {
      const lost = `${root} has lost its marker (${layoutOf(root).marker})`;
      return wrong("unmarked", `${lost}: another disk may be mounted there`, MARKER_REMEDY);
    }
    if (marker.replica === replica) return { trouble: null, dev, lsn: marker.lsn };
    return wrong(
      "unusable",
      `${root} belongs to another replica now`,
      "Put the former directory back, or remove the folder here and add this directory anew.",
    );
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return wrong("gone", `${root} cannot be read (${error.code})`, ROOT_REMEDY);
  }
}
