/**
 * Where one thing has to make way for another (R4, R6): the loser of a conflict, a file where a directory must be, a
 * directory that others deleted and that still holds something. Nothing is lost here (invariant 4).
 */
import { SELF } from "../catalogue/interning.ts";
import { decideFor, type HeldRow, ownAmong } from "../catalogue/rows.ts";
import { conflictCopy } from "../core/conflict_name.ts";
import { type Entry, isAlive, sameContent } from "../core/entry.ts";
import { type PrintedStat, samePrint } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { givesOwn, isLocalChange } from "../core/mode.ts";
import { ancestorsOf, childOf } from "../core/path.ts";
import { decide, supersedes } from "../core/reconcile.ts";
import { type Expected, place, type Placement } from "../folder/place.ts";
import { isSameBut, isUnsupported } from "../folder/swap.ts";
import { holdsOnlyUnsynced, listInside } from "../folder/inside.ts";
import { relativeStat } from "../folder/scan.ts";
import type { Fs } from "../platform/ports.ts";
import { rowOfRevived } from "./local_change.ts";
import { changedHere, changesDisk } from "./planning.ts";
import type { Replica } from "./replica.ts";
import { clashOf } from "./respelling.ts";
import { contextOf, type Gathered, noteDone, type Outcome, rowOf, type Step } from "./step.ts";

const NO_NAME: Outcome = {
  kind: "blocked",
  cause: "another device has something else here, and no name is left for a copy of what is here",
  remedy: "Rename what is here, or the file that has the name of the copy.",
  isPassing: false,
};

/** Keeps our own loser under its conflict name before the winner takes its place (invariant 4). Null when it is kept. */
export function keepCopy(
  replica: Replica,
  step: Step,
  copy: { readonly path: RelPath; readonly entry: Entry },
  expected: Expected,
  gathered: Gathered,
): Outcome | null {
  const { path } = step.ready;
  const there = ownAmong(replica.rowsAt(copy.path));
  if (there !== null) {
    // Somebody edited or deleted the copy since it was first made: that stands (R4).
    if (supersedes(there.row.entry, copy.entry)) return null;
    const isSame = sameContent(there.row.entry, copy.entry);
    if (isSame && there.row.held) return uniteCopy(replica, there, copy, gathered);
    // Another file stands there, which is an ordinary conflict at that path: the copy lost it, and goes one further (R5).
    if (isAlive(there.row.entry) && !isSame) {
      const next = conflictCopy(copy.path, copy.entry);
      // A name that is as long as can be has no further one.
      if (next.path === copy.path) return NO_NAME;
      return keepCopy(replica, step, next, expected, gathered);
    }
  }
  const { deps: { fs }, versions } = replica;
  // What stands there is kept under the loser's name and version only if it is the loser (invariant 3).
  if (expected === null || expected.kind === "directory") return { kind: "look", paths: [path] };
  if (!isStillThere(replica, path, expected.print, gathered)) return { kind: "look", paths: [path] };
  const stage = `${versions.stage}/copy-${versions.next()}`;
  let placement: Placement;
  if (copy.entry.kind === "symlink") placement = { kind: "symlink", target: copy.entry.target! };
  else if (hasLinked(fs, gathered.pins.at(path), stage)) placement = { kind: "file", stage };
  else placement = moving(path, expected.print);
  try {
    const placed = place(contextOf(replica, gathered), copy.path, null, placement);
    if (placed.result === "clash") return clashOf(replica, copy.path, placed.other);
    if (placed.result !== "done") return { kind: "look", paths: [copy.path, path] };
    noteDone(replica, copy.path, copy.entry, there, placed.stat, gathered);
  } finally {
    if (placement.kind === "file" && fs.lstat(stage) !== null) fs.unlink(stage);
  }
  // The link moved ctime: what is expected at the path itself has to follow.
  refreshPrint(replica, path, gathered);
  return null;
}

/**
 * The copy stands there already, made of another writing of the same bytes: their versions become one (R2), and mode and time that
 * are the loser's are set on the disk before the row says them (R3). Null when it is done.
 */
function uniteCopy(
  replica: Replica,
  there: HeldRow,
  copy: { readonly path: RelPath; readonly entry: Entry },
  gathered: Gathered,
): Outcome | null {
  const { path } = copy;
  const decision = decide(there.row.entry, [copy.entry]);
  if (decision.kind === "none") return null;
  // This batch has settled it with others, which our rows do not tell of yet.
  if (gathered.changes.some(({ row }) => row.path === path)) return { kind: "again" };
  const { entry } = decision;
  if (!changesDisk(there, entry)) {
    gathered.changes.push({ row: rowOf(path, entry), print: null, isFresh: false });
    gathered.placedNow.add(path);
    return null;
  }
  const print = replica.catalogue.prints.get(there.state);
  if (print === null) return { kind: "look", paths: [path] };
  const { mode, mtimeMs } = entry;
  const placed = place(contextOf(replica, gathered), path, { kind: "file", print }, {
    kind: "metadata",
    mode,
    mtimeMs,
  });
  if (placed.result === "clash") return clashOf(replica, path, placed.other);
  if (placed.result !== "done") return { kind: "look", paths: [path] };
  noteDone(replica, path, entry, there, placed.stat, gathered, placed.isTouched);
  return null;
}

/**
 * A copy that is a link of what stood at the path: when that lost its name, ctime moved, which is no edit. `from` is where the changes
 * that tell of copies begin.
 */
export function followCopies(
  { deps: { fs }, rootDev }: Replica,
  from: number,
  { changes, pins }: Gathered,
): void {
  for (const [i, change] of changes.entries()) {
    const { row: { path, entry }, print } = change;
    if (i < from || print === null || entry.kind !== "file") continue;
    const found = fs.lstat(pins.at(path));
    const stat = found === null ? null : relativeStat(found, rootDev);
    if (stat !== null && isSameBut(print, stat)) {
      changes[i] = { ...change, print: { ...print, ctimeMs: stat.ctimeMs } };
    }
  }
}

/** What stands at the path is what our row says (invariant 3). */
export function isStillThere(
  { deps: { fs }, rootDev }: Replica,
  path: RelPath,
  print: PrintedStat,
  { pins }: Gathered,
): boolean {
  const found = fs.lstat(pins.at(path));
  return found !== null && samePrint(print, relativeStat(found, rootDev));
}

/** Gives the loser a second name; false where the disk has no hard links. */
function hasLinked(fs: Fs, from: string, to: string): boolean {
  try {
    fs.link(from, to);
    return true;
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    return false;
  }
}

/** To the conflict name at once, as it is: a stage is nobody's, and does not outlive the program. The path is empty until the winner comes. */
function moving(from: RelPath, print: PrintedStat): Placement {
  return { kind: "moved", from, print, mode: print.mode, mtimeMs: print.mtimeMs };
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

/** A deleted directory that is not empty, though nothing of ours lives in it. */
export function leftOvers(replica: Replica, { ready: { path }, entry }: Step, gathered: Gathered): Outcome {
  const context = { fs: replica.deps.fs, root: replica.root, ignore: replica.ignore };
  if (entry.kind === "deleted" && holdsOnlyUnsynced(context, path)) {
    // It stays on this disk and counts as absent (R6).
    gathered.changes.push({ row: rowOf(path, entry), print: null, isFresh: false });
    return { kind: "done" };
  }
  const inside = listInside(context, path).map(({ name, kind }) => {
    const at = childOf(path, name);
    const own = replica.own(at)?.row;
    const isChanged = own?.held === true && isLocalChange(own);
    return { at, isChanged, stays: isChanged || context.ignore.ignores(at, kind === "directory") };
  });
  if (!inside.some(({ isChanged }) => isChanged) || !inside.every(({ stays }) => stays)) {
    return { kind: "look", paths: inside.map(({ at }) => at) };
  }
  if (entry.kind !== "deleted") return changedHere(path);
  // Only what was changed here is in it: it goes for all others, and here it is one more thing that is not given (R9).
  gathered.changes.push({ row: rowOf(path, entry), print: null, isFresh: false });
  return { kind: "look", paths: [path] };
}

/**
 * A directory of ours that others deleted or replaced: what still lives in it decides (R6). Null when nothing does.
 */
export function whatKeeps(replica: Replica, step: Step, gathered: Gathered): Outcome | null {
  const { ready: { path }, entry, own } = step;
  const { catalogue } = replica;
  const isRecordedGone = (row: { path: RelPath }) => gathered.placedNow.has(row.path);
  const living = livingBelow(replica, path).filter((below) => !isRecordedGone(below));
  if (living.length === 0) return null;
  if (isNeededBelow(replica, path, living)) return { kind: "wait" };
  // What lives in it is others', and who has it of them says so: this device gives nothing (R9).
  if (!givesOwn(replica.mode)) return { kind: "wait" };
  const print = catalogue.prints.get(own!.state);
  gathered.changes.push({ row: rowOfRevived(own!.row, entry, replica.mint), print, isFresh: false });
  return { kind: "again" };
}

/** A directory of ours that is to go has to wait for what is needed below it. */
export function isHeldUp(replica: Replica, path: RelPath): boolean {
  return isNeededBelow(replica, path, livingBelow(replica, path));
}

/** What lives below may be others' to decide, as soon as what is needed there is done. */
function isNeededBelow(
  replica: Replica,
  path: RelPath,
  living: readonly { readonly path: RelPath }[],
): boolean {
  return replica.catalogue.needs.anyBelow(replica.number, path) &&
    living.some((below) => replica.othersAt(below.path).length > 0);
}

function livingBelow(replica: Replica, path: RelPath): { path: RelPath }[] {
  const { catalogue, number } = replica;
  return catalogue.briefs.directoriesBelow(number, path).flatMap((directory) =>
    catalogue.briefs.inDirectory(number, directory)
      .filter(({ kind, held, offered }) => kind !== "deleted" && held && offered)
      .map(({ name }) => ({ path: `${directory}/${name}` as RelPath }))
  );
}

/** A file or symlink of ours stands where a directory above should be: no look at the path would tell. */
export function isBelowFile(replica: Replica, path: RelPath): boolean {
  return ancestorsOf(path).some((ancestor) => {
    const own = replica.own(ancestor)?.row;
    return own !== undefined && own.held && isAlive(own.entry) && own.entry.kind !== "directory";
  });
}

/**
 * A file or symlink of ours stands where a directory must be, since something lives in it elsewhere (R6), though we know better
 * than others who have the directory: it goes to its conflict name, with its own version. The directory that takes its place is then observed like any other.
 */
export function makeWay(replica: Replica, path: RelPath, gathered: Gathered): Outcome {
  const { fs } = replica.deps;
  for (const ancestor of ancestorsOf(path)) {
    const own = replica.own(ancestor);
    if (own === null || !own.row.held || !isAlive(own.row.entry) || own.row.entry.kind === "directory") {
      continue;
    }
    if (isLocalChange(own.row)) return changedHere(ancestor);
    const rows = replica.rowsAt(ancestor);
    // A directory that others put there is to be taken first; one of which nobody has told yet is about to be.
    if (decideFor(rows).kind === "take") return { kind: "wait" };
    if (!rows.some(({ device, row }) => device !== SELF && row.entry.kind === "directory")) {
      return { kind: "look", paths: [path] };
    }
    const print = replica.catalogue.prints.get(own.state);
    if (print === null) return { kind: "look", paths: [ancestor] };
    const { entry } = own.row;
    if (!isStillThere(replica, ancestor, print, gathered)) return { kind: "look", paths: [ancestor] };
    const copy = conflictCopy(ancestor, entry);
    const to = copy.path;
    const placement: Placement = entry.kind === "symlink"
      ? { kind: "symlink", target: entry.target! }
      : moving(ancestor, print);
    const placed = place(contextOf(replica, gathered), to, null, placement);
    if (placed.result !== "done") return { kind: "look", paths: [ancestor, to] };
    const at = gathered.pins.at(ancestor);
    if (entry.kind === "symlink") fs.unlink(at);
    fs.makeDirectory(at);
    const made = fs.lstat(at);
    if (made !== null) replica.made.note(ancestor, relativeStat(made, replica.rootDev));
    noteDone(replica, to, copy.entry, replica.own(to), placed.stat, gathered);
    return { kind: "look", paths: [ancestor, path] };
  }
  return { kind: "look", paths: [...ancestorsOf(path)] };
}
