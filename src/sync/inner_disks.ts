/**
 * Disks mounted inside a folder (R13). Where one was mounted and is not, nothing is placed: it would come to lie on the bare mount point, and
 * when the disk is back and hides it, it would count as deleted, for all devices.
 */
import { isAlive } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import { ancestorsOf } from "../core/path.ts";
import type { Pins } from "../folder/pins.ts";
import { FsError } from "../platform/ports.ts";
import type { Replica } from "./replica.ts";
import type { Trouble } from "./troubles.ts";

/** For one batch: each directory is looked at once. */
export class InnerDisks {
  readonly #replica: Replica;
  readonly #pins: Pins;
  readonly #bare = new Map<RelPath, boolean>();

  constructor(replica: Replica, pins: Pins) {
    this.#replica = replica;
    this.#pins = pins;
  }

  /** Why nothing may be changed at a path now; null when no disk is missing there. */
  missingAt(path: RelPath): Trouble | null {
    const bare = [...ancestorsOf(path), path].find((directory) => this.#isBare(directory));
    return bare === undefined ? null : {
      cause: `the disk that was mounted at "${bare}" is not`,
      remedy: "Mount it again. Until then nothing is put in its place.",
    };
  }

  /** A directory was made where we had none: whatever was mounted there before has gone for good. */
  made(directory: RelPath): void {
    const { catalogue: { mounts }, number } = this.#replica;
    if (mounts.diskAt(number, directory) !== 0) mounts.set(number, directory, 0);
    this.#bare.delete(directory);
  }

  #isBare(directory: RelPath): boolean {
    let is = this.#bare.get(directory);
    if (is === undefined) this.#bare.set(directory, is = this.#look(directory));
    return is;
  }

  #look(directory: RelPath): boolean {
    const { catalogue: { mounts }, number, rootDev, deps: { fs } } = this.#replica;
    if (mounts.diskAt(number, directory) === 0) return false;
    const own = this.#replica.own(directory);
    if (own === null || !isAlive(own.row.entry)) return false; // it is to be made anew
    try {
      return fs.lstat(`${this.#pins.directory(directory).self}/.`)?.dev === rootDev;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      return false; // placing tells what is wrong
    }
  }
}
