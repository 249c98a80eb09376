/**
 * A root that was put back from a backup shows what was there then: what is missing and what is different in it is no work of anybody's
 * (invariant 8). It halts the replica, and nothing of it is recorded until a person has said what it is: what is meant (*accept*), or what
 * the others have (*reject*). Then what differs from theirs goes into the version store, and theirs comes in its place.
 */
import { decideFor } from "../catalogue/rows.ts";
import { isAlive } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import type { Kept } from "../core/kept.ts";
import type { Observation } from "../folder/observe.ts";
import { parentOf } from "../core/path.ts";
import { Pins } from "../folder/pins.ts";
import { place } from "../folder/place.ts";
import { announceKept, nextName } from "../folder/versions.ts";
import { FsError } from "../platform/ports.ts";
import { syncPlaced } from "./placed_durable.ts";
import type { Replica } from "./replica.ts";

export class OlderRoot {
  readonly #replica: Replica;
  /** A person said that what the others have counts: until everything has been looked at once since. */
  isRejected = false;
  /** What differed when everything was last looked at. */
  #different = 0;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  get different(): number {
    return this.#different;
  }

  get #isHalted(): boolean {
    return this.#replica.brake.halt?.kind === "older";
  }

  /** Everything is about to be looked at. */
  begin(): void {
    this.#different = 0;
  }

  /** What of this may be recorded; null when nothing may. */
  async sift(observed: readonly Observation[]): Promise<readonly Observation[] | null> {
    if (!this.#isHalted) return observed;
    this.#different += observed.filter(({ kind }) => kind !== "directory").length;
    if (!this.isRejected) return null;
    const aside = observed.filter((one) => one.kind !== "directory" && this.#isOthers(one.path));
    await this.#replica.exclusive(() => this.#setAside(aside));
    return observed.filter((one) => !aside.includes(one));
  }

  /** Everything has been looked at, and so many entries of ours are missing: where nothing is, it is no backup, or what it was. */
  async settled(missing: number): Promise<void> {
    if (this.#isHalted && !this.isRejected && this.#different === 0 && missing === 0) {
      await this.#replica.brake.release();
    }
  }

  /** It was deleted since, or others have something there that is taken if nothing is here. */
  #isOthers(path: RelPath): boolean {
    const own = this.#replica.own(path);
    const isDeleted = own !== null && !isAlive(own.row.entry);
    return isDeleted || decideFor(this.#replica.othersAt(path)).kind === "take";
  }

  /** Withdraws what we said of these paths, then takes what stands there into the version store. */
  async #setAside(all: readonly Observation[]): Promise<void> {
    if (all.length === 0) return;
    const replica = this.#replica;
    const { deps: { fs }, rootDev, versions, root } = replica;
    const withdrawn = all.flatMap(({ path }) => {
      const own = replica.own(path);
      if (own === null || !isAlive(own.row.entry)) return [];
      return [{ row: { ...own.row, offered: false, held: false }, print: null, isFresh: false }];
    });
    await replica.record("local", withdrawn);
    const index = await announceKept(versions, all.map((one) => keptOf(replica, one)));
    if (index !== null) await fs.syncFile(index);
    const directories = new Set<RelPath>();
    const shards = new Set<string>();
    const pins = new Pins(fs, root);
    const context = { fs, rootDev, versions, pins, spelling: replica.spelling() };
    try {
      for (const { path, kind, print, target } of all) {
        const expected = { kind: kind as "file" | "symlink", print, target };
        try {
          const placed = place(context, path, expected, { kind: "deleted" });
          if (placed.result !== "done") continue; // changed since, which is somebody's edit
          directories.add(parentOf(path));
          if (placed.kept !== null) shards.add(placed.kept.shard);
        } catch (error) {
          if (!(error instanceof FsError)) throw error;
        }
      }
    } finally {
      pins.close();
    }
    await syncPlaced(replica, { directories, shards });
  }
}

/** What the version store's index says of a file or link as it was in the backup. */
function keptOf({ versions, deps: { device } }: Replica, seen: Observation): Kept {
  const { path, kind, size, mode, content, target, print, writtenMs } = seen;
  return {
    ...nextName(versions, path),
    path,
    kind: kind as "file" | "symlink",
    size,
    mtimeMs: print.mtimeMs,
    mode,
    content,
    target,
    sinceMs: Math.max(0, writtenMs),
    why: "restored",
    by: device,
    lost: null,
  };
}
