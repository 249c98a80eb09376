/** What stands where a folder's root should be. */
import { CairnError } from "../core/errors.ts";
import type { DeviceId } from "../core/ids.ts";
import { type Marker, readMarker, refuseForeign } from "../folder/marker.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import type { RootStop } from "../sync/root_stop.ts";

/** The readable marker in a root; null for any other case, which starting the folder tells of. */
export function markerAt(fs: Fs, path: string): Marker | null {
  try {
    const marker = readMarker(fs, path);
    return marker === "unreadable" ? null : marker;
  } catch (error) {
    if (error instanceof FsError) return null;
    throw error;
  }
}

/** Why a folder does not run there. */
export function whyUnusable(fs: Fs, path: string): RootStop {
  try {
    if (fs.lstat(`${path}/.`)?.kind !== "directory") return "gone";
    return readMarker(fs, path) === null ? "unmarked" : "unusable";
  } catch (error) {
    if (error instanceof FsError) return "gone";
    throw error;
  }
}

/**
 * What is at a root on which a person has a word to say. Throws CairnError "path-unusable" and "root-foreign" where the word could not be carried
 * out, before anything of it is done.
 */
export function markerForResuming(fs: Fs, path: string, device: DeviceId): Marker | "unreadable" | null {
  if (fs.lstat(`${path}/.`)?.kind !== "directory") {
    throw new CairnError(
      "path-unusable",
      `${path} is not there`,
      "Mount it or put it back. If it is gone for good, make an empty directory there first.",
    );
  }
  const found = readMarker(fs, path);
  // One that a power cut tore is as good as none, once a person has said what the root is.
  if (found !== "unreadable") refuseForeign(path, found, device);
  return found;
}
