/**
 * Names on a disk that does not tell all of them apart, where two paths of the library are one place: which of them has it, what becomes of
 * the other, and how a change of case alone is taken over as the rename that it is (R13).
 *
 * 1. What stands on disk keeps its place. The other path stays a need, with cause and remedy, and no byte of it is fetched.
 * 2. Unless others have deleted what stands there: then it was respelled, and is renamed on this disk too.
 * 3. A directory is respelled only when nothing of ours lives on in it under its old name.
 */
import { decideFor, type HeldRow } from "../catalogue/rows.ts";
import { isAlive } from "../core/entry.ts";
import type { PrintedStat } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { foldKey, howTheyDiffer, whyNotStorable } from "../core/names.ts";
import { ancestorsOf, childOf, depthOf, parentOf } from "../core/path.ts";
import { isSameBut } from "../folder/swap.ts";
import { type Expected, place } from "../folder/place.ts";
import { Pins } from "../folder/pins.ts";
import { type Difference, type Gone, relativeStat, type Seen } from "../folder/scan.ts";
import type { Spelling } from "../folder/spelling.ts";
import { announceLate } from "../folder/versions.ts";
import { FsError, type Stat } from "../platform/ports.ts";
import { keptOf } from "./keeping.ts";
import type { Replica } from "./replica.ts";
import { contextOf, type Gathered, type Outcome, type Step } from "./step.ts";

/** What something is called while it is respelled. */
const RESPELLED = "respelled-by-cairn-";

/** Our own row of a path under its former spelling, and what is to be expected at the path now. */
export interface Former {
  readonly row: HeldRow;
  readonly expected: Exclude<Expected, null>;
}

/** For one look at the needs, on a disk that does not tell all names apart. */
export interface NameRound {
  readonly spelling: Spelling;
  /** What needs under way will take, with all above it, by what the disk may take it for. */
  readonly claims: Map<string, RelPath>;
  /** Directories that are known to be respelled, or not to be. */
  readonly respelled: Map<RelPath, boolean>;
}

/** Null where all names are told apart. */
export function nameRound(replica: Replica, underWay: ReadonlySet<RelPath>): NameRound | null {
  const spelling = replica.spelling();
  if (spelling === undefined) return null;
  const claims = new Map<string, RelPath>();
  for (const path of underWay) for (const one of [...ancestorsOf(path), path]) claims.set(foldKey(one), one);
  return { spelling, claims, respelled: new Map() };
}

/** What keeps a path from this disk by its name, known before anything is fetched for it; null when nothing does. */
export function nameObstacle(replica: Replica, path: RelPath, round: NameRound | null): Outcome | null {
  const why = whyNotStorable(path, replica.disk);
  if (why !== null) {
    return {
      kind: "blocked",
      cause: `cannot be stored here: ${why}`,
      remedy: "It stays on the other devices. Rename it on one of them to have it here too.",
      isPassing: false,
    };
  }
  if (round === null || livesHere(replica, path)) return null;
  let other: RelPath | null;
  try {
    other = round.spelling.of(path);
  } catch (error) {
    if (error instanceof FsError) return null; // placing it tells what is wrong
    throw error;
  }
  if (other !== null && other !== path && formerAt(replica, path, other) === null) {
    return clashOf(replica, path, other);
  }
  return claim(path, round.claims) ? null : { kind: "wait" };
}

/**
 * Of two needs that are one name, the first to be started has the place, and they are started in the order of their names: so the lesser
 * gets it, whichever is fetched sooner.
 */
function claim(path: RelPath, claims: Map<string, RelPath>): boolean {
  const all = [...ancestorsOf(path), path].map((one) => [foldKey(one), one] as const);
  if (all.some(([key, one]) => (claims.get(key) ?? one) !== one)) return false;
  for (const [key, one] of all) claims.set(key, one);
  return true;
}

/** `other` stands where `path` should: that stays. */
export function clashOf(
  replica: Replica,
  path: RelPath,
  other: RelPath,
): Outcome & { readonly kind: "blocked" } {
  const prefix = path.slice(0, other.length);
  return {
    kind: "blocked",
    cause: `${howTheyDiffer(prefix, other)} from "${other}", and this disk has room for one of the two`,
    remedy: "Rename one of the two on a device that has both.",
    isPassing: isToGo(replica, other),
  };
}

/**
 * A delete waits while a directory above is to be respelled, and while what came along with one has not got its new path: otherwise what
 * is to be moved would be deleted and fetched again. Null when there is nothing to wait for.
 */
export function deleteObstacle(replica: Replica, path: RelPath, round: NameRound | null): Outcome | null {
  if (round === null) return null;
  try {
    const now = whereNow(path, round.spelling);
    if (now === null) return null;
    const isDirectory = replica.own(path)?.row.entry.kind === "directory";
    const waits = [...ancestorsOf(now), ...(isDirectory ? [now] : [])]
      .some((directory) => isToBeRespelled(replica, directory, round.respelled)) ||
      (now !== path && isNeeded(replica, now));
    return waits ? WAITS_FOR_SPELLING : null;
  } catch (error) {
    if (error instanceof FsError) return null; // the delete itself tells what is wrong
    throw error;
  }
}

function isToBeRespelled(
  replica: Replica,
  directory: RelPath,
  known: Map<RelPath, boolean>,
): boolean {
  let is = known.get(directory);
  if (is === undefined) {
    const others = replica.catalogue.needs.alike(replica.number, directory)
      .map((name) => childOf(parentOf(directory), name))
      .filter((other) => isRespelling(directory, other) && isDirectoryToCome(replica, other));
    is = others.length > 0 && !somethingStays(replica, directory, new Set());
    // Nothing keeps it any more: its need may have waited for that.
    if (is) replica.catalogue.needs.retryAlike(replica.number, directory);
    known.set(directory, is);
  }
  return is;
}

const WAITS_FOR_SPELLING: Outcome = {
  kind: "blocked",
  cause: "was respelled, and what it is called now is still to come",
  remedy: "Cairn goes on by itself.",
  isPassing: true,
};

function isDirectoryToCome(replica: Replica, path: RelPath): boolean {
  const decision = decideFor(replica.rowsAt(path));
  return decision.kind === "take" && decision.entry.kind === "directory";
}

/** Where what was at a path is now that directories above it are spelled otherwise; null where nothing is. Throws FsError. */
function whereNow(path: RelPath, spelling: Spelling): RelPath | null {
  let now = path;
  for (let turns = depthOf(path); turns > 0; turns--) {
    const other = spelling.of(now);
    if (other === null) return null;
    if (other.length >= now.length || now[other.length] !== "/") return now;
    if (!isRespelling(other, now.slice(0, other.length) as RelPath)) return now;
    now = `${other}${now.slice(other.length)}` as RelPath;
  }
  return now;
}

function isNeeded(replica: Replica, path: RelPath): boolean {
  return !livesHere(replica, path) && decideFor(replica.rowsAt(path)).kind !== "none";
}

/** What became of a step whose path is another one on this disk. */
export function settleClash(replica: Replica, step: Step, other: RelPath, gathered: Gathered): Outcome {
  const { ready: { path }, own, entry } = step;
  if (own === null || !isAlive(own.row.entry)) return clashOf(replica, path, other);
  // Both are rows of ours, from a disk that could tell them apart; or it was respelled by somebody, and a look says so.
  const isOurs = livesHere(replica, other) || gathered.placedNow.has(other);
  if (!isOurs) return { kind: "look", paths: [path, other] };
  if (isAlive(entry)) return clashOf(replica, path, other);
  const now = whereNow(path, gathered.spelling!);
  if (now === null || now === path || livesHere(replica, now)) return { kind: "done" };
  if (isNeeded(replica, now) || gathered.placedNow.has(now)) return WAITS_FOR_SPELLING;
  // It is gone under both spellings.
  const print = replica.catalogue.prints.get(own.state);
  const { kind } = own.row.entry;
  const expected: Expected = kind === "directory"
    ? { kind }
    : print === null
    ? null
    : { kind: kind as "file", print };
  const kept = keptOf(replica, { ...step, ready: { ...step.ready, path: now } });
  if (kept !== null) announceLate(replica.versions, kept);
  const placed = place(contextOf(replica, gathered), now, expected, { kind: "deleted" });
  return placed.result === "done" ? { kind: "done" } : { kind: "look", paths: [path, now] };
}

function livesHere(replica: Replica, path: RelPath): boolean {
  const own = replica.own(path);
  return own !== null && isAlive(own.row.entry);
}

/** Others have deleted what we have there. */
function isToGo(replica: Replica, path: RelPath): boolean {
  if (!livesHere(replica, path)) return false;
  const decision = decideFor(replica.rowsAt(path));
  return decision.kind === "take" && decision.entry.kind === "deleted";
}

function isRespelling(former: RelPath, path: RelPath): boolean {
  return former !== path && foldKey(former) === foldKey(path);
}

/**
 * When others have only respelled what we have, so that it is what stands at the path: it gets the new spelling on this disk. Null
 * when that is not so; "look" when it is not as our row has it. Throws FsError.
 */
export function takeOver(replica: Replica, step: Step, gathered: Gathered): Former | "look" | null {
  const { ready: { path }, own, entry } = step;
  const { spelling, pins } = gathered;
  if (spelling === undefined || !isAlive(entry) || (own !== null && isAlive(own.row.entry))) return null;
  const spelled = spelling.of(path);
  if (spelled === null || parentOf(spelled) !== parentOf(path)) return null;
  const former = formerAt(replica, path, spelled);
  if (former === null) return null;
  const row = replica.own(former)!;
  const { kind } = row.row.entry;
  if ((kind === "directory") !== (entry.kind === "directory")) return null;
  if (kind === "directory" && somethingStays(replica, former, gathered.placedNow)) return null;

  const { deps: { fs }, rootDev, catalogue } = replica;
  const print = catalogue.prints.get(row.state);
  const at = pins.at(path);
  const found = fs.lstat(at);
  if (found === null || found.kind !== kind) return "look";
  const isSame = print !== null && isSameBut(print, relativeStat(found, rootDev));
  if (kind !== "directory" && !isSame) return "look";
  if (spelled !== path) {
    fs.rename(pins.at(spelled), at);
    pins.forget(spelled);
    spelling.forget();
    if (spelling.of(path) !== path) {
      // Some disks take the two names for one and do nothing: then by way of a third, which a crash leaves for all to see.
      const aside = pins.at(childOf(parentOf(path), `${RESPELLED}${replica.versions.next()}`));
      fs.rename(at, aside);
      fs.rename(aside, at);
      pins.forget(spelled);
      spelling.forget();
    }
    if (spelling.of(path) !== path) return "look";
  }
  if (kind === "directory") return { row, expected: { kind } };
  const now: PrintedStat = relativeStat(fs.lstat(pins.at(path)) ?? found, rootDev);
  return { row, expected: { kind: kind as "file" | "symlink", print: { ...print!, ctimeMs: now.ctimeMs } } };
}

/** What others have deleted of ours, and stands at a path as it is `spelled` now, so that it was respelled; null when nothing did. */
function formerAt(replica: Replica, path: RelPath, spelled: RelPath): RelPath | null {
  if (parentOf(spelled) !== parentOf(path)) return null;
  const former = spelled !== path && livesHere(replica, spelled)
    ? spelled
    : formerOf(replica, path, lookAt(replica, spelled));
  return former !== null && isRespelling(former, path) && isToGo(replica, former) ? former : null;
}

function lookAt({ deps: { fs }, root }: Replica, path: RelPath): Stat | null {
  const pins = new Pins(fs, root);
  try {
    return fs.lstat(pins.at(path));
  } catch (error) {
    if (error instanceof FsError) return null; // it changes right now
    throw error;
  } finally {
    pins.close();
  }
}

/** The path, otherwise spelled, under which we have what stands at a path now: it came with its directory, when that was respelled. */
function formerOf(replica: Replica, path: RelPath, found: Stat | null): RelPath | null {
  if (found === null) return null;
  const { catalogue, number, rootDev } = replica;
  for (const { state, print } of catalogue.prints.statesOfInode(found.ino)) {
    const former = catalogue.rows.ownPathOf(number, state);
    if (former === null || !isRespelling(former, path)) continue;
    if (found.kind === "directory" || isSameBut(print, relativeStat(found, rootDev))) return former;
  }
  return null;
}

/**
 * What a scan found, without what a respelled directory brought along and others have respelled too: it is no news of this disk, its
 * needs are still to be done, and an edit of ours in between would be a conflict that nobody made.
 */
export function withoutBroughtAlong(
  replica: Replica,
  difference: Difference,
  spelling: Spelling | undefined,
): Difference {
  if (spelling === undefined) return difference;
  const isElsewhere = ({ path }: Gone) => {
    const other = isToGo(replica, path) ? spelling.of(path) : null;
    return other !== null && other.length < path.length;
  };
  const isBrought = ({ path, stat, basedOn }: Seen) => {
    const former = basedOn === null ? formerOf(replica, path, stat) : null;
    return former !== null && parentOf(former) !== parentOf(path) && isToGo(replica, former);
  };
  return {
    ...difference,
    seen: difference.seen.filter((one) => !isBrought(one)),
    gone: difference.gone.filter((one) => !isElsewhere(one)),
    replaced: difference.replaced.filter((one) => !isElsewhere(one)),
  };
}

/** Something of ours below a directory is not deleted by others: it would be torn from its row. */
function somethingStays(replica: Replica, directory: RelPath, placedNow: ReadonlySet<RelPath>): boolean {
  const { catalogue, number } = replica;
  return catalogue.briefs.directoriesBelow(number, directory).some((below) =>
    catalogue.briefs.inDirectory(number, below).some(({ name, kind, held }) => {
      const path = `${below}/${name}` as RelPath;
      return kind !== "deleted" && held && !placedNow.has(path) && !isToGo(replica, path);
    })
  );
}
