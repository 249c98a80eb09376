/**
 * Settles a conflict as a person would: by moving and deleting files, recorded as ordinary edits of this device (R8). What must
 * not stay goes into the version store first (invariant 4).
 *
 * 1. Each edit is based on this device's own rows (R12). What another device wrote meanwhile is concurrent to it, and so is kept.
 * 2. What stands on the disk is as the rows say, or nothing is done (invariant 3).
 * 3. It is answered when it is durable (invariant 1). Stopped in the middle, the next scan finds what was done as edits.
 */
import type { HeldRow } from "../catalogue/rows.ts";
import { CairnError } from "../core/errors.ts";
import { type Entry, isAlive } from "../core/entry.ts";
import { printOf } from "../core/fingerprint.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { checkPath, childOf, nameOf, parentOf } from "../core/path.ts";
import { Pins } from "../folder/pins.ts";
import { place, type Placement } from "../folder/place.ts";
import { announceKept } from "../folder/versions.ts";
import { FsError } from "../platform/ports.ts";
import type { Conflict } from "./conflicts.ts";
import { InnerDisks } from "./inner_disks.ts";
import { FULL, keptOfSettled } from "./keeping.ts";
import { rowOfGone, rowOfSeen, type SeenContent } from "./local_change.ts";
import { syncPlaced } from "./placed_durable.ts";
import { expectedOf } from "./placing.ts";
import type { Replica, RowAndPrint } from "./replica.ts";
import { contextOf, type Gathered } from "./step.ts";
import { isStillThere } from "./yielding.ts";

export type Settling =
  /** What stands at the path stays; the copy goes. */
  | { readonly keep: "standing" }
  /** The copy takes the path. */
  | { readonly keep: "copy" }
  /** The copy stays, under a name that is none of a conflict: at the path if that is free, else with `mark` in it. */
  | { readonly keep: "both"; readonly mark: string }
  /** Staged bytes that have what both had take the path; the copy goes. */
  | { readonly keep: "merged"; readonly stage: string; readonly content: ContentId; readonly size: number };

/** Free names that are tried for a copy that stays. */
const NAMES = 1_000;

/**
 * Settles a conflict. Answers where the copy is now, null when it is gone. Throws CairnError "conflict-unsettled" when a side has
 * changed since the conflict was looked at.
 */
export function settleConflict(
  replica: Replica,
  conflict: Conflict,
  settling: Settling,
): Promise<RelPath | null> {
  return replica.exclusive(async () => {
    checkUnmoved(replica, conflict);
    const { path, copy, standing } = conflict;
    if (settling.keep === "copy" && standing?.row.entry.kind === "directory") {
      throw unsettled(`${path} is a directory`);
    }
    const pins = new Pins(replica.deps.fs, replica.root);
    const gathered: Gathered = {
      changes: [],
      directories: new Set(),
      files: new Set(),
      placedNow: new Set(),
      shards: new Set(),
      pins,
      disks: new InnerDisks(replica, pins),
      spelling: replica.spelling(),
    };
    const to = settling.keep === "both" ? freePath(replica, conflict, settling.mark, pins) : path;
    replica.placing = new Set([path, to, copy.row.path]);
    try {
      await announceTaken(replica, conflict, settling);
      const work = new Work(replica, gathered, conflict);
      if (settling.keep === "merged") {
        work.checkCopy(); // once the path is placed, the copy has to go
        work.put(path, settling);
      } else if (settling.keep !== "standing") work.moveCopy(to);
      if (settling.keep === "merged" || settling.keep === "standing") work.dropCopy();
      await syncPlaced(replica, gathered);
      await replica.record("local", gathered.changes);
      return settling.keep === "copy" || settling.keep === "both" ? to : null;
    } catch (error) {
      if (error instanceof FsError) throw unsettled(`the disk refuses it (${error.code})`, error);
      throw error;
    } finally {
      replica.placing = new Set();
      pins.close();
    }
  });
}

/** What goes into the version store is said to its index first, durably (R21). */
async function announceTaken(replica: Replica, conflict: Conflict, { keep }: Settling): Promise<void> {
  const { standing, copy } = conflict;
  const isCopyTaken = keep === "standing" || keep === "merged" || copy.row.entry.kind === "symlink";
  const isStandingTaken = standing !== null && (keep === "copy" || keep === "merged");
  const taken = [...isCopyTaken ? [copy] : [], ...isStandingTaken ? [standing] : []];
  if (taken.length > 0 && !replica.hasRoom(0)) throw unsettled(FULL.cause);
  const index = await announceKept(replica.versions, taken.map((row) => keptOfSettled(replica, row)));
  if (index !== null) await replica.deps.fs.syncFile(index);
}

/** The changes of one settling: each is done on the disk and noted for the record. */
class Work {
  readonly #replica: Replica;
  readonly #gathered: Gathered;
  readonly #conflict: Conflict;

  constructor(replica: Replica, gathered: Gathered, conflict: Conflict) {
    this.#replica = replica;
    this.#gathered = gathered;
    this.#conflict = conflict;
  }

  moveCopy(to: RelPath): void {
    const { row: { entry, path: from } } = this.#conflict.copy;
    const expected = expectedOf(this.#replica, this.#conflict.copy);
    if (expected === null || expected === "unknown" || expected.kind === "directory") {
      throw this.#changed(from);
    }
    const { mode, mtimeMs } = entry;
    if (entry.kind === "symlink") {
      this.#place(to, { kind: "symlink", target: entry.target! }, seenOf(entry));
      this.dropCopy();
    } else {
      this.#place(to, { kind: "moved", from, print: expected.print, mode, mtimeMs }, seenOf(entry));
      this.#noteGone();
    }
  }

  put(path: RelPath, { stage, content, size }: Settling & { readonly keep: "merged" }): void {
    const { entry } = this.#conflict.standing!.row;
    this.#place(path, { kind: "file", stage }, { ...seenOf(entry), content, size });
  }

  checkCopy(): void {
    const { copy } = this.#conflict;
    const expected = expectedOf(this.#replica, copy);
    const isIt = expected !== null && expected !== "unknown" && expected.kind !== "directory" &&
      isStillThere(this.#replica, copy.row.path, expected.print, this.#gathered);
    if (!isIt) throw this.#changed(copy.row.path);
  }

  dropCopy(): void {
    const { copy } = this.#conflict;
    const expected = expectedOf(this.#replica, copy);
    if (expected === "unknown") throw this.#changed(copy.row.path);
    const context = contextOf(this.#replica, this.#gathered);
    const placed = place(context, copy.row.path, expected, { kind: "deleted" });
    if (placed.result !== "done") throw this.#changed(copy.row.path);
    if (placed.kept !== null) this.#gathered.shards.add(placed.kept.shard);
    this.#noteGone();
  }

  #noteGone(): void {
    const { copy } = this.#conflict;
    this.#note({ row: rowOfGone(copy.row, this.#replica.mint), print: null, isFresh: false });
  }

  #place(path: RelPath, placement: Placement, seen: SeenContent): void {
    const own = this.#replica.own(path);
    const expected = expectedOf(this.#replica, own);
    if (expected === "unknown") throw this.#changed(path);
    const placed = place(contextOf(this.#replica, this.#gathered), path, expected, placement);
    if (placed.result !== "done" || placed.stat === null) throw this.#changed(path);
    if (placed.kept !== null) this.#gathered.shards.add(placed.kept.shard);
    const { stat } = placed;
    const mtimeMs = seen.kind === "file" ? Math.floor(stat.mtimeMs) : 0;
    const mode = seen.kind === "file" ? stat.mode : seen.mode;
    const row = rowOfSeen(path, own?.row ?? null, null, { ...seen, mtimeMs, mode }, this.#replica.mint);
    const isFresh = own === null || !isAlive(own.row.entry);
    const print = printOf(stat, this.#replica.fsNowMs());
    if (row !== null) this.#note({ row, print, isFresh });
    else this.#replica.catalogue.prints.put(own!.state, print);
  }

  #note(change: RowAndPrint): void {
    this.#gathered.changes.push(change);
    this.#gathered.directories.add(parentOf(change.row.path));
  }

  #changed(path: RelPath): CairnError {
    return unsettled(`${path} is being changed`);
  }
}

/** As our entry has it; what the disk made of mode and time is looked at once it is there. */
function seenOf({ kind, size, mtimeMs, mode, content, target }: Entry): SeenContent {
  return { kind: kind as SeenContent["kind"], size, mtimeMs, writtenMs: mtimeMs, mode, content, target };
}

function checkUnmoved(replica: Replica, { path, standing, copy }: Conflict): void {
  const isSame = (path: RelPath, before: HeldRow | null) => {
    const now = replica.own(path);
    const isLiving = now !== null && isAlive(now.row.entry);
    return isLiving ? now.state === before?.state : before === null;
  };
  if (!isSame(path, standing)) throw unsettled(`${path} has changed meanwhile`);
  if (!isSame(copy.row.path, copy)) throw unsettled(`${copy.row.path} has changed meanwhile`);
}

function unsettled(why: string, cause?: unknown): CairnError {
  return new CairnError(
    "conflict-unsettled",
    `The conflict is not settled: ${why}`,
    "Look at it again with `cairn conflicts`, and try again.",
    cause,
  );
}

/** `a.txt` where nothing stands, else `a-mark.txt`, `a-mark-2.txt` and so on. */
function freePath(replica: Replica, { path, copy }: Conflict, mark: string, pins: Pins): RelPath {
  const name = nameOf(path);
  const dot = name.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  // The copy's own directory: the path's may be too long for a longer name, or be gone.
  const parent = parentOf(copy.row.path);
  const marked = (i: number) => childOf(parent, `${stem}-${mark}${i === 1 ? "" : `-${i}`}${extension}`);
  const isFree = (candidate: RelPath) => {
    const own = replica.own(candidate);
    return checkPath(candidate) === null && (own === null || !isAlive(own.row.entry)) &&
      replica.othersAt(candidate).every(({ row }) => !isAlive(row.entry)) &&
      replica.deps.fs.lstat(pins.at(candidate)) === null;
  };
  if (parent === parentOf(path) && isFree(path)) return path;
  for (let i = 1; i <= NAMES; i++) if (isFree(marked(i))) return marked(i);
  throw unsettled(`no free name was found beside ${path}`);
}
