/**
 * Directories that Cairn made for no other reason than that something is in them: whose row of the directory itself had not come yet. Nobody
 * chose their mode, so what the next look finds of them is older than whatever anybody says of the directory (R3).
 *
 * In memory alone: what is not known here any more is found like any other directory.
 */
import { isSameInode, type PrintedStat } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { MADE_DIRECTORIES } from "../core/limits.ts";
import type { Observation } from "../folder/observe.ts";

export class MadeDirectories {
  readonly #made = new Map<RelPath, PrintedStat>();

  note(path: RelPath, stat: PrintedStat): void {
    const [oldest] = this.#made.keys();
    if (oldest !== undefined && this.#made.size >= MADE_DIRECTORIES) this.#made.delete(oldest);
    this.#made.set(path, stat);
  }

  /** What was observed; of a directory that is still as it was made, as from before anybody wrote. */
  asFound(observed: Observation): Observation {
    if (observed.kind !== "directory") return observed;
    const made = this.#made.get(observed.path);
    if (made === undefined || made.mode !== observed.mode || !isSameInode(made, observed.print)) {
      return observed;
    }
    return { ...observed, writtenMs: 0 };
  }
}
