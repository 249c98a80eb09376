/**
 * Directories that somebody has renamed (R29): one that is new here, and is the same as one of ours that is gone, is told as that where
 * all in it is as we knew it. Else each of its entries is found and told by itself, as ever.
 */
import { type Move } from "../core/move.ts";
import type { RelPath } from "../core/ids.ts";
import { isSameInode } from "../core/fingerprint.ts";
import { isAlive } from "../core/entry.ts";
import { givesOwn } from "../core/mode.ts";
import { isBelow, parentOf } from "../core/path.ts";
import { Pins } from "../folder/pins.ts";
import type { Difference, Seen } from "../folder/scan.ts";
import { FsError } from "../platform/ports.ts";
import type { Replica } from "./replica.ts";
import {
  isStillWhole,
  mayMoveWhole,
  newestStamp,
  type WholeDirectory,
  wholeDirectory,
} from "./whole_directory.ts";

export class Renamed {
  readonly #replica: Replica;
  /** What was recorded as renamed: what it was called, and is called now. */
  readonly #done: (readonly [RelPath, RelPath])[] = [];

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /**
   * Records what among these differences is a renamed directory of ours, if it may be. Answers what is left of them, and the directories
   * that are to be looked at once more: what came into them meanwhile may have come before they were watched.
   */
  async record(
    differences: readonly Difference[],
    mayRecord: () => boolean,
  ): Promise<{ readonly left: readonly Difference[]; readonly again: readonly RelPath[] }> {
    const again: RelPath[] = [];
    if (!givesOwn(this.#replica.mode)) return { left: differences, again };
    for (const { seen } of differences) {
      for (const one of seen) {
        const { path, stat, basedOn } = one;
        if (basedOn !== null || stat.kind !== "directory" || stat.dev !== 0 || stat.birthMs === 0) continue;
        // What lies in a renamed directory is told with it.
        if (this.isDone(one)) continue;
        const top = this.#formerOf(one);
        if (top === null || !mayMoveWhole(this.#replica, top, path)) continue;
        const whole = await wholeDirectory(this.#replica, top, path, path);
        if (whole === null || !mayRecord() || !await this.#record(whole, one)) continue;
        this.#done.push([top, path]);
        const { catalogue: { briefs }, number } = this.#replica;
        again.push(path, ...briefs.directoriesBelow(number, path));
      }
    }
    const left = this.#done.length === 0
      ? differences
      : differences.map((difference) => this.#without(difference));
    return { left, again };
  }

  /** Whether what was found of a path was recorded with a renamed directory since: its row has moved on (R12). */
  isDone({ path, basedOn }: { readonly path: RelPath; readonly basedOn: number | null }): boolean {
    const isWithin = this.#done.some((both) => both.some((one) => path === one || isBelow(path, one)));
    return isWithin && (this.#replica.own(path)?.state ?? null) !== basedOn;
  }

  #without(difference: Difference): Difference {
    const { seen, gone } = difference;
    return {
      ...difference,
      seen: seen.filter((one) => !this.isDone(one)),
      gone: gone.filter((one) => !this.isDone(one)),
    };
  }

  /** The path that a directory had, by our rows, and has no more. */
  #formerOf({ path, stat }: Seen): RelPath | null {
    const { catalogue: { prints, rows }, number } = this.#replica;
    for (const { state, print } of prints.statesOfInode(stat.ino)) {
      if (!isSameInode(print, stat) || print.mode !== stat.mode) continue;
      const top = rows.ownPathOf(number, state);
      if (top === null || isBelow(path, top) || isBelow(top, path)) continue;
      const { row } = this.#replica.own(top)!;
      if (row.entry.kind !== "directory" || !isAlive(row.entry) || !row.offered || !row.held) continue;
      if (this.#kindAt(top) === null) return top;
    }
    return null;
  }

  /** What is at a path; null when nothing is. */
  #kindAt(path: RelPath): string | null {
    const { deps: { fs }, root } = this.#replica;
    const pins = new Pins(fs, root);
    try {
      return fs.lstat(pins.at(path))?.kind ?? null;
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      return error.code === "not-found" || error.code === "not-directory" ? null : "unknown";
    } finally {
      pins.close();
    }
  }

  /** False when anything has moved on meanwhile, or the disk does not keep the two names as they are. */
  #record(whole: WholeDirectory, { stat }: Seen): Promise<boolean> {
    const replica = this.#replica;
    const { top, now, total } = whole;
    return replica.exclusive(async () => {
      if (replica.isClosed || !givesOwn(replica.mode) || !isStillWhole(replica, whole)) return false;
      if (!await areNamesDurable(replica, [top, now])) return false;
      // Between then and now it may have been called something else again.
      if (this.#kindAt(top) !== null || !this.#isAt(now, stat.ino) || !isStillWhole(replica, whole)) {
        return false;
      }
      const { mint } = replica;
      const said = { top, now, total, dot: mint.dot(), stamp: mint.stamp(newestStamp(replica, whole)) };
      const moves: Move[] = whole.parts.map((parts) => ({ ...said, writer: mint.device, parts }));
      await replica.recordMoves("local", moves);
      return true;
    });
  }

  #isAt(path: RelPath, ino: number): boolean {
    const { deps: { fs }, root } = this.#replica;
    const pins = new Pins(fs, root);
    try {
      return fs.lstat(pins.at(path))?.ino === ino;
    } catch (error) {
      if (error instanceof FsError) return false;
      throw error;
    } finally {
      pins.close();
    }
  }
}

/** Syncs the directories that have these names, or lack them now. False where one cannot be. */
export async function areNamesDurable(
  { deps: { fs }, root }: Replica,
  paths: readonly RelPath[],
): Promise<boolean> {
  const pins = new Pins(fs, root);
  try {
    for (const parent of new Set(paths.map(parentOf))) {
      await fs.syncDirectory(pins.directory(parent).self);
    }
    return true;
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  } finally {
    pins.close();
  }
}
