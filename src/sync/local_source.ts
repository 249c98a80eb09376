/** Finding a file of this device by its content. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { ContentPlace } from "../catalogue/content_places.ts";
import { type Fingerprint, samePrint } from "../core/fingerprint.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { nameOf, parentOf } from "../core/path.ts";
import { relativeStat } from "../folder/scan.ts";
import { FsError, type PinnedDir } from "../platform/ports.ts";
import type { Replica } from "./replica.ts";

/** Paths with a content that are tried before it counts as gone. */
const MOST_PLACES = 8;

export type Places = ReadonlyMap<ContentId, readonly ContentPlace[]>;

export interface Local {
  readonly catalogue: Catalogue;
  /** The running replica of a folder number. */
  replica(folder: number): Replica | null;
  /** The file is not what our row says. */
  changed(replica: Replica, path: RelPath): void;
}

export interface LocalSource {
  readonly replica: Replica;
  readonly path: RelPath;
  readonly size: number;
  /** To be closed by whoever asked. */
  readonly pin: PinnedDir;
  readonly at: string;
  /** What stands there, to see later whether it still does. */
  readonly print: Fingerprint;
}

/**
 * A file that has the content by its unchanged fingerprint, its directory held open; null when there is none. `hold` opens
 * directories, where several files are looked for at once, and `places` is known for all of these.
 */
export function findLocal(
  local: Local,
  content: ContentId,
  hold: (replica: Replica, directory: RelPath) => PinnedDir = holdOne,
  places = placesOf(local, [content]),
): LocalSource | null {
  for (const { folder, path, size, print } of places.get(content) ?? []) {
    const replica = local.replica(folder);
    if (replica === null || replica.stopped !== null) continue;
    // Nobody has looked at it since our row was written: a look tells whether it is what that says (R14).
    if (print === null) {
      local.changed(replica, path);
      continue;
    }
    const { deps: { fs }, rootDev } = replica;
    let pin: PinnedDir | null = null;
    try {
      pin = hold(replica, parentOf(path));
      const at = pin.at(nameOf(path));
      const stat = fs.lstat(at);
      if (stat !== null && samePrint(print, relativeStat(stat, rootDev))) {
        return { replica, path, size, pin, at, print };
      }
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
    }
    pin?.close();
    local.changed(replica, path);
  }
  return null;
}

/** Where this device has these contents by its rows. */
export function placesOf({ catalogue }: Local, contents: readonly ContentId[]): Places {
  return catalogue.contentPlaces.of(contents, MOST_PLACES);
}

function holdOne({ deps: { fs }, root }: Replica, directory: RelPath): PinnedDir {
  return fs.pin(root, directory);
}

/** Directories that are held once for all files in them, and let go together. */
export class SharedPins {
  readonly #open = new Map<string, PinnedDir>();

  get count(): number {
    return this.#open.size;
  }

  /** To be closed by `closeAll` alone. */
  hold(replica: Replica, directory: RelPath): PinnedDir {
    const key = `${replica.number}/${directory}`;
    let pin = this.#open.get(key);
    if (pin === undefined) this.#open.set(key, pin = holdOne(replica, directory));
    return { self: pin.self, at: (name) => pin.at(name), close() {} };
  }

  closeAll(): void {
    for (const pin of this.#open.values()) pin.close();
    this.#open.clear();
  }
}

/** True when a source is what it was when it was found. */
export function isStill({ replica, at, print }: LocalSource): boolean {
  const { deps: { fs }, rootDev } = replica;
  const stat = fs.lstat(at);
  return stat !== null && samePrint(print, relativeStat(stat, rootDev));
}
