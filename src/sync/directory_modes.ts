/**
 * Directory modes are applied last (R3): one that forbids its owner to write would keep out what belongs into it. Until all of
 * it is there the disk has the mode with the owner's bits set, the row has the entry's, and the print says what the disk
 * has, so that nobody takes the difference for an edit.
 */
import type { RelPath } from "../core/ids.ts";
import { isPassing } from "../core/passing.ts";
import { depthOf } from "../core/path.ts";
import { Pins } from "../folder/pins.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { HeldRow } from "../catalogue/rows.ts";

const OWNER = 0o700;

/** What of a replica is needed here. */
interface Tree {
  readonly deps: { readonly fs: Fs };
  readonly root: string;
  readonly number: number;
  readonly catalogue: Catalogue;
  own(path: RelPath): HeldRow | null;
}

/** The mode that a directory has while things are placed in it. */
export function openMode(mode: number): number {
  return mode | OWNER;
}

export class DirectoryModes {
  /** Directories whose mode on disk is not their entry's yet. */
  readonly #owed = new Set<RelPath>();

  owe(directory: RelPath): void {
    this.#owed.add(directory);
  }

  /** Lets the owner write into a directory of ours; false when that is not what is in the way. */
  open(replica: Tree, directory: RelPath, pins: Pins): boolean {
    const own = directory === "" ? null : replica.own(directory);
    if (own === null || own.row.entry.kind !== "directory" || (own.row.entry.mode & OWNER) === OWNER) {
      return false;
    }
    this.#set(replica, directory, openMode(own.row.entry.mode), pins);
    this.#owed.add(directory);
    return true;
  }

  /**
   * Gives directories in which nothing is needed any more their modes, innermost first. Only within `exclusive`. Throws CairnError
   * "catalogue-broken"; then they are owed still.
   */
  settle(replica: Tree): void {
    const pins = new Pins(replica.deps.fs, replica.root);
    try {
      for (const directory of [...this.#owed].sort((a, b) => depthOf(b) - depthOf(a))) {
        if (replica.catalogue.needs.anyBelow(replica.number, directory)) continue;
        // What the home's disk refuses to tell is owed on.
        const own = replica.own(directory);
        this.#owed.delete(directory);
        if (own?.row.entry.kind !== "directory") continue;
        this.#setOwed(replica, directory, own.row.entry.mode, pins);
      }
    } catch (error) {
      // The directory went or changed: the scan tells what it is now.
      if (!(error instanceof FsError)) throw error;
    } finally {
      pins.close();
    }
  }

  get isEmpty(): boolean {
    return this.#owed.size === 0;
  }

  #setOwed(replica: Tree, directory: RelPath, mode: number, pins: Pins): void {
    try {
      this.#set(replica, directory, mode, pins);
    } catch (error) {
      if (isPassing(error)) this.#owed.add(directory);
      throw error;
    }
  }

  #set(replica: Tree, directory: RelPath, mode: number, pins: Pins): void {
    const { deps: { fs }, catalogue } = replica;
    const own = replica.own(directory);
    const print = own === null ? null : catalogue.prints.get(own.state);
    const at = pins.at(directory);
    // Somebody else has set it meanwhile: the scan tells of that.
    if (print !== null && fs.lstat(at)?.mode !== print.mode) return;
    fs.chmod(at, mode);
    // Some disks know no modes.
    const has = fs.lstat(at)?.mode ?? mode;
    if (own === null || print === null) return;
    try {
      catalogue.prints.put(own.state, { ...print, mode: has });
    } catch (error) {
      fs.chmod(at, print.mode); // what nobody knows that we have set would be taken for an edit
      throw error;
    }
  }
}
