/** What a scan of everything has not come across, and where it could not tell what is missing (R13). */
import type { RelPath } from "../core/ids.ts";
import { ancestorsOf, ROOT } from "../core/path.ts";
import { Pins } from "../folder/pins.ts";
import type { Itinerary } from "./itinerary.ts";
import { isThere } from "./last_look.ts";
import { Places } from "./places.ts";
import type { Replica } from "./replica.ts";

/** Directories in which something of ours should be: they are gone with it, as a look at each tells. */
export function* notComeAcross(
  { catalogue, number, ignore }: Replica,
  itinerary: Itinerary,
): Generator<RelPath> {
  for (const directory of catalogue.briefs.directoriesBelow(number, ROOT)) {
    if (!itinerary.lists(directory) && !ignore.ignores(directory, true)) yield directory;
  }
}

/** Where disks were mounted that have gone with their mount points: the outermost directories that a scan of everything has not come across. */
export function unmounted({ catalogue, number, ignore }: Replica, itinerary: Itinerary): RelPath[] {
  return catalogue.mounts.all(number).flatMap((mount) => {
    const [first] = [...ancestorsOf(mount), mount].filter((directory) => !itinerary.lists(directory));
    return first === undefined || ignore.ignores(first, true) ? [] : [first];
  });
}

/**
 * Of what could not be read, that which is missing: the disk does not keep that it is gone (pipeline.ts), so it is not recorded. What stands there
 * was seen.
 */
export function goneUnrecorded(replica: Replica, unreadable: Iterable<RelPath>, within: Places): RelPath[] {
  const { deps: { fs }, root } = replica;
  const pins = new Pins(fs, root);
  const spelling = replica.spelling();
  const absent = new Set<RelPath>();
  try {
    return [...unreadable].filter((path) =>
      within.has(path) && replica.own(path)?.row.held && !isThere(fs, path, pins, spelling, absent)
    );
  } finally {
    pins.close();
  }
}
