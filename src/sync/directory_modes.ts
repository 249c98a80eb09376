/**
 * Directory modes are applied last (R3): one that forbids its owner to write would keep out what belongs into it. Until all of
 * it is there the disk has the mode with the owner's bits set, the row has the entry's, and the print says what the disk
 * has, so that nobody takes the difference for an edit.
 */
import type { RelPath } from "../core/ids.ts";
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
    this.#open(replica, own, pins.at(directory));
    this.#owed.add(directory);
    return true;
  }

  /** The print first: a mode that is the entry's is nobody's edit, whatever the print says; the other way round it would be one. */
  #open({ deps: { fs }, catalogue: { prints } }: Tree, { state, row: { entry } }: HeldRow, at: string): void {
    const print = prints.get(state);
    const open = openMode(entry.mode);
    // Somebody else has set it meanwhile: the scan tells of that.
    if (print === null || fs.lstat(at)?.mode !== print.mode) return;
    prints.put(state, { ...print, mode: open });
    try {
      fs.chmod(at, open);
    } finally {
      // Some disks know no modes, and some refuse to set one.
      const has = fs.lstat(at)?.mode ?? open;
      if (has !== open) prints.put(state, { ...print, mode: has });
    }
  }

  /**
   * Gives directories in which nothing is needed any more their modes, innermost first; `sync` makes them durable before the prints say so.
   * Only within `exclusive`. Throws CairnError "catalogue-broken"; then they are owed still.
   */
  async settle(replica: Tree, sync: (directories: ReadonlySet<RelPath>) => Promise<void>): Promise<void> {
    const { prints } = replica.catalogue;
    const set = this.#setAll(replica);
    if (set.size === 0) return;
    try {
      await sync(new Set(set.keys()));
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      // The scan finds what is set, and makes it durable before it knows of it.
      for (const directory of set.keys()) this.#owed.delete(directory);
      return;
    }
    for (const [directory, { state, mode }] of set) {
      const print = prints.get(state);
      if (print !== null) prints.put(state, { ...print, mode });
      this.#owed.delete(directory);
    }
  }

  get isEmpty(): boolean {
    return this.#owed.size === 0;
  }

  /** Answers for each directory that has its mode now which state that is of, and what the disk made of the mode. */
  #setAll(replica: Tree): Map<RelPath, { readonly state: number; readonly mode: number }> {
    const { deps: { fs }, root, number, catalogue: { needs, prints } } = replica;
    const set = new Map<RelPath, { readonly state: number; readonly mode: number }>();
    const pins = new Pins(fs, root);
    try {
      for (const directory of [...this.#owed].sort((a, b) => depthOf(b) - depthOf(a))) {
        if (needs.anyBelow(number, directory)) continue;
        const own = replica.own(directory);
        const print = own?.row.entry.kind === "directory" ? prints.get(own.state) : null;
        try {
          const at = pins.at(directory);
          // Somebody else has set it meanwhile, or it is another: the scan tells of that.
          if (print === null || fs.lstat(at)?.mode !== print.mode) this.#owed.delete(directory);
          else {
            fs.chmod(at, own!.row.entry.mode);
            set.set(directory, { state: own!.state, mode: fs.lstat(at)?.mode ?? own!.row.entry.mode });
          }
        } catch (error) {
          if (!(error instanceof FsError)) throw error;
          this.#owed.delete(directory);
        }
      }
    } finally {
      pins.close();
    }
    return set;
  }
}
