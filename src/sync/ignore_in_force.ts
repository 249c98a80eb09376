/** Which `.cairnignore` is in force in a folder (R18). */
import { IGNORE_FILE, readIgnore } from "../folder/ignore.ts";
import { FsError } from "../platform/ports.ts";
import type { Replica } from "./replica.ts";

/** Reads the rules anew. */
export function refreshIgnore(replica: Replica): void {
  try {
    replica.ignore = readIgnore(replica.deps.fs, replica.root);
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    replica.troubles.set(IGNORE_FILE, {
      cause: `cannot be read (${error.code})`,
      remedy: "The patterns read before stay in force.",
    });
  }
}
