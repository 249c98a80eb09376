/**
 * What is missing on disk is not always deleted (invariant 8). A root in which nothing is left, though its marker is there, was
 * emptied by accident more often than on purpose: it stops the replica instead, until a person has said what it was.
 *
 * Whoever empties a root does so file by file. So a large part that is gone is recorded only once the disk is quiet.
 */
import { CairnError } from "../core/errors.ts";
import { EMPTIED_ENTRIES } from "../core/limits.ts";
import { isReserved, ROOT } from "../core/path.ts";
import type { RelPath } from "../core/ids.ts";
import { listInside } from "../folder/inside.ts";
import { FsError } from "../platform/ports.ts";
import type { Replica } from "./replica.ts";

/** So many entries, and this share of all, make a large part; and those within so short a time belong together. */
const MANY = 20;
const LARGE_SHARE = 0.05;
const TOGETHER_MS = 2_000;
/** With nothing more deleted for this long the disk is quiet; and this is waited for at most. */
const QUIET_MS = 250;
const MOST_QUIET_MS = 10_000;

export class EmptiedGuard {
  readonly #replica: Replica;
  /** A person said that what is gone was deleted: until everything has been looked at once since. What goes later is asked about. */
  isAgreed = false;
  /** Names that went away while we wait for quiet; null when we do not. */
  #going: number | null = null;
  /** Entries recorded as gone lately, and when the last of them was. */
  #recent = 0;
  #recentAtMs = -Infinity;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** The disk told of a change at a path. Only what goes away counts: a busy file elsewhere holds nothing up. */
  heard(path: RelPath): void {
    if (this.#going === null) return;
    const { deps: { fs }, root } = this.#replica;
    try {
      if (fs.lstat(`${root}/${path}`) === null) this.#going++;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      this.#going++;
    }
  }

  /** Everything has been looked at, and so many entries of ours are missing. */
  async settled(missing: number): Promise<void> {
    const { brake } = this.#replica;
    // All of it is back: somebody mounted or moved it back, and there is nothing to decide.
    if (brake.halt?.kind === "emptied" && missing === 0) await brake.release();
  }

  /** Whether so many entries that are missing may be recorded as deleted. */
  async mayRecord(missing: number): Promise<boolean> {
    const { brake, catalogue, folder, deps: { clock } } = this.#replica;
    if (this.isAgreed || missing === 0) return true;
    if (brake.halt?.kind === "emptied" || brake.halt?.kind === "older") return false;
    if (missing < EMPTIED_ENTRIES) return true;
    const { files, directories } = catalogue.totals(folder);
    const nowMs = clock.monotonic();
    if (nowMs - this.#recentAtMs > TOGETHER_MS) this.#recent = 0;
    const together = this.#recent + missing;
    if (together > MANY && together > LARGE_SHARE * (files + directories + this.#recent)) await this.#quiet();
    if (!this.#isEmpty()) {
      this.#recent += missing;
      this.#recentAtMs = clock.monotonic();
      return true;
    }
    try {
      await brake.haltEmptied();
    } catch (error) {
      // It is halted all the same; a restart finds the root as empty as it is now.
      if (!(error instanceof CairnError)) throw error;
    }
    return false;
  }

  async #quiet(): Promise<void> {
    const { clock } = this.#replica.deps;
    const startMs = clock.monotonic();
    do {
      this.#going = 0;
      await new Promise<void>((resolve) => clock.after(QUIET_MS, resolve));
    } while (this.#going > 0 && clock.monotonic() - startMs < MOST_QUIET_MS);
    this.#going = null;
  }

  /** Nothing that is synced is in the root. */
  #isEmpty(): boolean {
    const { deps: { fs }, root, ignore } = this.#replica;
    return listInside({ fs, root }, ROOT).every(({ name, kind }) =>
      isReserved(name) || kind === "other" || ignore.ignores(name as RelPath, kind === "directory")
    );
  }
}
