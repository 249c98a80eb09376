/**
 * One batch of what a replica takes from others, from decision to record (R19, R20). Runs within `Replica.exclusive`:
 *
 * 1. Every decision is made anew from the rows as they are now; what was staged for another content is not placed.
 * 2. The staged bytes and the intent record are made durable together, before the first rename.
 * 3. Directories first, outermost first; then files and links; deletions last, innermost first.
 * 4. One sync for each touched directory, then one record of all that is done.
 */
import { SELF } from "../catalogue/interning.ts";
import { decideFor, type HeldRow } from "../catalogue/rows.ts";
import { conflictPath } from "../core/conflict_name.ts";
import { type Entry, isAlive, type Row } from "../core/entry.ts";
import { printOfPlaced } from "../core/fingerprint.ts";
import type { ContentId, Lsn, RelPath } from "../core/ids.ts";
import { ancestorsOf, childOf, depthOf, parentOf } from "../core/path.ts";
import { Pins } from "../folder/pins.ts";
import { type Expected, place, type Placed, type Placement } from "../folder/place.ts";
import { holdsOnlyUnsynced, listInside } from "../folder/scan.ts";
import { FsError, type Stat } from "../platform/ports.ts";
import { rowOfRevived } from "./local_change.ts";
import type { Replica, RowAndPrint } from "./replica.ts";

/** A path whose need is to be done; `staged` are the bytes for a file's content. */
export interface Ready {
  readonly path: RelPath;
  readonly staged:
    | { readonly content: ContentId; readonly stage: string; readonly isDurable: boolean }
    | null;
  /** A path of this folder that holds the content and is to be deleted: its file moves. */
  readonly movedFrom: RelPath | null;
}

export type Outcome =
  | { readonly kind: "done" }
  /** The disk was not as expected: look at these paths, then again. */
  | { readonly kind: "look"; readonly paths: readonly RelPath[] }
  /** The rows have moved since it was staged, or something else has to come first. */
  | { readonly kind: "again" }
  /** What is in the directory has to go first. */
  | { readonly kind: "wait" }
  | {
    readonly kind: "blocked";
    readonly cause: string;
    readonly remedy: string;
    readonly isPassing: boolean;
  };

/** More files or directories than this are made durable by one sync of the file system. */
const SYNC_ALL_FROM = 24;

interface Step {
  readonly ready: Ready;
  readonly own: HeldRow | null;
  readonly entry: Entry;
  /** Our own entry that lost, to be kept beside it. */
  readonly copy: { readonly path: RelPath; readonly entry: Entry } | null;
  readonly adoptOnly: boolean;
}

export async function placeBatch(replica: Replica, batch: readonly Ready[]): Promise<Map<RelPath, Outcome>> {
  const outcomes = new Map<RelPath, Outcome>();
  const steps = batch.flatMap((ready) => planStep(replica, ready, outcomes)).sort(inPlacingOrder);
  if (steps.length === 0) return outcomes;
  const toPlace = steps.filter(({ adoptOnly }) => !adoptOnly);
  const intent = toPlace.length === 0 ? 0 as Lsn : await announceIntent(replica, toPlace);

  const changes: RowAndPrint[] = [];
  const touched = new Set<RelPath>();
  const pins = new Pins(replica.deps.fs, replica.root);
  const gathered: Gathered = { changes, touched, placedNow: new Set(), pins };
  try {
    for (const step of steps) {
      try {
        outcomes.set(step.ready.path, runStep(replica, step, gathered));
      } catch (error) {
        if (!(error instanceof FsError)) throw error;
        outcomes.set(step.ready.path, blockedBy(replica, step, error, gathered));
      }
    }
  } finally {
    pins.close();
  }
  await syncDirectories(replica, touched);
  await replica.record("received", changes, intent);
  return outcomes;
}

/** Decides from the rows as they are now. */
function planStep(replica: Replica, ready: Ready, outcomes: Map<RelPath, Outcome>): Step[] {
  const rows = replica.rowsAt(ready.path);
  const own = rows.find(({ device }) => device === SELF) ?? null;
  const decision = decideFor(rows);
  if (decision.kind === "none") {
    outcomes.set(ready.path, { kind: "done" });
    replica.catalogue.needs.drop(replica.number, ready.path);
    return [];
  }
  const { entry } = decision;
  if (decision.kind === "adopt") {
    return [{ ready, own, entry, copy: null, adoptOnly: !changesDisk(own, entry) }];
  }
  if (entry.kind === "file" && ready.staged?.content !== entry.content && ready.movedFrom === null) {
    outcomes.set(ready.path, { kind: "again" });
    return [];
  }
  const copy = decision.copy === null
    ? null
    : { path: conflictPath(ready.path, decision.copy), entry: decision.copy };
  return [{ ready, own, entry, copy, adoptOnly: false }];
}

function changesDisk(own: HeldRow | null, entry: Entry): boolean {
  return own !== null && isAlive(entry) && entry.kind !== "symlink" &&
    (own.row.entry.mode !== entry.mode || (entry.kind === "file" && own.row.entry.mtimeMs !== entry.mtimeMs));
}

function inPlacingOrder(a: Step, b: Step): number {
  const rank = ({ entry }: Step) => entry.kind === "directory" ? 0 : isAlive(entry) ? 1 : 2;
  const byRank = rank(a) - rank(b);
  if (byRank !== 0) return byRank;
  const deeper = depthOf(a.ready.path) - depthOf(b.ready.path);
  return rank(a) === 2 ? -deeper : deeper;
}

/** Staged bytes and intent become durable together (R19). */
async function announceIntent(replica: Replica, steps: readonly Step[]): Promise<Lsn> {
  const { ledger, fs } = replica.deps;
  const rows = steps.flatMap(({ ready, entry, copy }): Row[] => {
    const row = rowOf(ready.path, entry);
    return copy === null ? [row] : [rowOf(copy.path, copy.entry), row];
  });
  const stages = steps.flatMap(({ ready: { staged } }) =>
    staged === null || staged.isDurable ? [] : [staged.stage]
  );
  const syncStages = async () => {
    if (stages.length >= SYNC_ALL_FROM && await fs.syncFileSystem(replica.layout.stage)) return;
    await Promise.all(stages.map((stage) => fs.syncFile(stage)));
  };
  const [lsn] = await Promise.all([
    ledger.commit({ type: "intent", folder: replica.folder, rows }),
    syncStages(),
  ]);
  return lsn;
}

function rowOf(path: RelPath, entry: Entry): Row {
  return { path, entry, offered: true, held: isAlive(entry) };
}

interface Gathered {
  readonly changes: RowAndPrint[];
  readonly touched: Set<RelPath>;
  readonly placedNow: Set<RelPath>;
  readonly pins: Pins;
}

function runStep(replica: Replica, step: Step, gathered: Gathered): Outcome {
  const { ready: { path }, entry, own } = step;
  if (gathered.placedNow.has(path)) return { kind: "done" }; // its file has moved to where it belongs
  if (step.adoptOnly) {
    gathered.changes.push({ row: rowOf(path, entry), print: null, isFresh: false });
    return { kind: "done" };
  }
  let expected = expectedOf(replica, own);
  if (expected === "unknown") return { kind: "look", paths: [path] };
  if (own?.row.entry.kind === "directory" && isAlive(own.row.entry) && entry.kind !== "directory") {
    const inTheWay = whatKeeps(replica, step, gathered);
    if (inTheWay !== null) return inTheWay;
  }
  if (step.copy !== null) {
    const kept = keepCopy(replica, step, step.copy, expected, gathered);
    if (kept !== null) return kept;
    expected = expectedOf(replica, own) as Expected;
  }
  const placed = place(contextOf(replica, gathered), path, expected, placementOf(replica, step));
  return settle(replica, step, placed, gathered);
}

function contextOf({ deps: { fs }, rootDev, versions }: Replica, { pins }: Gathered) {
  return { fs, rootDev, versions, pins };
}

/** What our row says should be on disk (invariant 3). */
function expectedOf(replica: Replica, own: HeldRow | null): Expected | "unknown" {
  if (own === null || !isAlive(own.row.entry)) return null;
  if (own.row.entry.kind === "directory") return { kind: "directory" };
  const print = replica.catalogue.prints.get(own.state);
  return print === null ? "unknown" : { kind: own.row.entry.kind as "file" | "symlink", print };
}

function placementOf(replica: Replica, { ready, entry, own }: Step): Placement {
  switch (entry.kind) {
    case "deleted":
      return { kind: "deleted" };
    case "directory":
      return { kind: "directory", mode: entry.mode };
    case "symlink":
      return { kind: "symlink", target: entry.target! };
    case "file": {
      if (own !== null && own.row.entry.kind === "file" && own.row.entry.content === entry.content) {
        return { kind: "metadata", mode: entry.mode, mtimeMs: entry.mtimeMs };
      }
      if (ready.movedFrom === null) return { kind: "file", stage: ready.staged!.stage };
      const source = replica.own(ready.movedFrom);
      const print = source === null ? null : replica.catalogue.prints.get(source.state);
      if (source?.row.entry.content !== entry.content || print === null) {
        throw new FsError("not-found", ready.movedFrom);
      }
      return { kind: "moved", from: ready.movedFrom, print };
    }
  }
}

/** Keeps our own loser under its conflict name before the winner takes its place (invariant 4). Null when it is kept. */
function keepCopy(
  replica: Replica,
  { ready: { path } }: Step,
  copy: { readonly path: RelPath; readonly entry: Entry },
  expected: Expected,
  gathered: Gathered,
): Outcome | null {
  const there = replica.own(copy.path);
  if (
    there !== null && there.row.entry.content === copy.entry.content &&
    there.row.entry.target === copy.entry.target
  ) {
    return null;
  }
  if (expected === null || expected.kind === "directory") return { kind: "look", paths: [path] };
  const { deps: { fs }, versions } = replica;
  const stage = `${versions.stage}/copy-${versions.next()}`;
  let placement: Placement;
  if (copy.entry.kind === "symlink") placement = { kind: "symlink", target: copy.entry.target! };
  else {
    fs.link(gathered.pins.at(path), stage);
    placement = { kind: "file", stage };
  }
  const placed = place(contextOf(replica, gathered), copy.path, null, placement);
  if (fs.lstat(stage) !== null) fs.unlink(stage);
  if (placed.result !== "done") return { kind: "look", paths: [copy.path, path] };
  noteDone(replica, copy.path, copy.entry, there, placed.stat, gathered);
  // The link moved ctime: what is expected at the path itself has to follow.
  refreshPrint(replica, path, gathered);
  return null;
}

function refreshPrint(replica: Replica, path: RelPath, { pins }: Gathered): void {
  const { deps: { fs }, catalogue } = replica;
  const own = replica.own(path);
  const print = own === null ? null : catalogue.prints.get(own.state);
  const stat = fs.lstat(pins.at(path));
  if (own === null || print === null || stat === null) return;
  const sameBytes = stat.ino === print.ino && stat.size === print.size && stat.mtimeMs === print.mtimeMs;
  if (sameBytes) catalogue.prints.put(own.state, { ...print, ctimeMs: stat.ctimeMs });
}

function settle(replica: Replica, step: Step, placed: Placed, gathered: Gathered): Outcome {
  const { ready: { path, movedFrom }, entry } = step;
  switch (placed.result) {
    case "changed":
      return { kind: "look", paths: movedFrom === null ? [path] : [path, movedFrom] };
    case "not-empty":
      return leftOvers(replica, step, gathered);
    case "done":
      noteDone(replica, path, entry, step.own, placed.stat, gathered);
      if (movedFrom !== null) noteMovedAway(replica, movedFrom, gathered);
      return { kind: "done" };
  }
}

/** A deleted directory that is not empty, though nothing of ours lives in it. */
function leftOvers(replica: Replica, { ready: { path }, entry }: Step, gathered: Gathered): Outcome {
  const context = { fs: replica.deps.fs, root: replica.root, ignore: replica.ignore };
  if (entry.kind === "deleted" && holdsOnlyUnsynced(context, path)) {
    // It stays on this disk and counts as absent (R6).
    gathered.changes.push({ row: rowOf(path, entry), print: null, isFresh: false });
    return { kind: "done" };
  }
  return { kind: "look", paths: listInside(context, path).map(({ name }) => childOf(path, name)) };
}

/** The file that moved leaves its old path deleted, as others have it. */
function noteMovedAway(replica: Replica, from: RelPath, gathered: Gathered): void {
  const decision = decideFor(replica.rowsAt(from));
  if (decision.kind === "take") noteDone(replica, from, decision.entry, replica.own(from), null, gathered);
}

function noteDone(
  replica: Replica,
  path: RelPath,
  entry: Entry,
  own: HeldRow | null,
  stat: Stat | null,
  gathered: Gathered,
): void {
  const print = stat === null ? null : printOfPlaced(stat, replica.fsNowMs());
  gathered.changes.push({ row: rowOf(path, entry), print, isFresh: own === null || !isAlive(own.row.entry) });
  gathered.touched.add(parentOf(path));
  for (const ancestor of ancestorsOf(path)) gathered.touched.add(parentOf(ancestor));
  gathered.placedNow.add(path);
}

/**
 * A directory of ours that others deleted or replaced: what still lives in it decides (R6). Null when nothing does.
 */
function whatKeeps(replica: Replica, step: Step, gathered: Gathered): Outcome | null {
  const { ready: { path }, entry, own } = step;
  const { catalogue, number } = replica;
  const isRecordedGone = (row: { path: RelPath }) => gathered.placedNow.has(row.path);
  const living = livingBelow(replica, path).filter((below) => !isRecordedGone(below));
  if (living.length === 0) return null;
  if (catalogue.needs.anyBelow(number, path)) {
    const stillNeeded = living.some((below) => replica.othersAt(below.path).length > 0);
    if (stillNeeded) return { kind: "wait" };
  }
  const print = catalogue.prints.get(own!.state);
  gathered.changes.push({ row: rowOfRevived(own!.row, entry, replica.mint), print, isFresh: false });
  return { kind: "again" };
}

function livingBelow(replica: Replica, path: RelPath): { path: RelPath }[] {
  const { catalogue, number } = replica;
  return catalogue.rows.ownDirectoriesBelow(number, path).flatMap((directory) =>
    catalogue.rows.briefIn(number, directory)
      .filter(({ kind, held }) => kind !== "deleted" && held)
      .map(({ name }) => ({ path: `${directory}/${name}` as RelPath }))
  );
}

async function syncDirectories(replica: Replica, touched: ReadonlySet<RelPath>): Promise<void> {
  const { fs } = replica.deps;
  if (touched.size >= SYNC_ALL_FROM && await fs.syncFileSystem(replica.layout.stage)) return;
  await Promise.all([...touched].map(async (directory) => {
    let pin;
    try {
      pin = fs.pin(replica.root, directory);
    } catch (error) {
      if (error instanceof FsError && error.code === "not-found") return; // deleted in the same batch
      throw error;
    }
    try {
      await fs.syncDirectory(pin.self);
    } finally {
      pin.close();
    }
  }));
}

/**
 * A file or symlink of ours stands where a directory must be, since something lives in it elsewhere (R6): it goes to its
 * conflict name, with its own version. The directory that takes its place is then observed like any other.
 */
function makeWay(replica: Replica, path: RelPath, gathered: Gathered): Outcome {
  const { fs } = replica.deps;
  for (const ancestor of ancestorsOf(path)) {
    const own = replica.own(ancestor);
    if (own === null || !isAlive(own.row.entry) || own.row.entry.kind === "directory") continue;
    const print = replica.catalogue.prints.get(own.state);
    if (print === null) return { kind: "look", paths: [ancestor] };
    const { entry } = own.row;
    const to = conflictPath(ancestor, entry);
    const placement: Placement = entry.kind === "symlink"
      ? { kind: "symlink", target: entry.target! }
      : { kind: "moved", from: ancestor, print };
    const placed = place(contextOf(replica, gathered), to, null, placement);
    if (placed.result !== "done") return { kind: "look", paths: [ancestor, to] };
    const at = gathered.pins.at(ancestor);
    if (entry.kind === "symlink") fs.unlink(at);
    fs.makeDirectory(at);
    noteDone(replica, to, entry, replica.own(to), placed.stat, gathered);
    return { kind: "look", paths: [ancestor, path] };
  }
  return { kind: "look", paths: [...ancestorsOf(path)] };
}

function blockedBy(
  replica: Replica,
  { ready: { path, movedFrom } }: Step,
  error: FsError,
  gathered: Gathered,
): Outcome {
  const blocked = (cause: string, remedy: string): Outcome => ({
    kind: "blocked",
    cause,
    remedy,
    isPassing: false,
  });
  switch (error.code) {
    case "no-space":
      return blocked("the disk is full", "Free some space; Cairn goes on by itself.");
    case "not-directory":
      return makeWay(replica, path, gathered);
    case "not-found":
      return { kind: "look", paths: movedFrom === null ? [path] : [path, movedFrom] };
    case "permission":
    case "read-only":
      return blocked(
        `cannot be written (${error.code})`,
        "Give Cairn's user permission to write there; it tries again by itself.",
      );
    case "name-too-long":
      return blocked("the path is too long for this disk", "Use a shorter local path or name.");
    default:
      return blocked(`the disk refuses it (${error.code})`, "Cairn tries again by itself.");
  }
}
