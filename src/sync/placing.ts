/**
 * One batch of what a replica takes from others, from decision to record (R19, R20). Runs within `Replica.exclusive`:
 *
 * 1. Every decision is made anew from the rows as they are now; what was staged for another content is not placed.
 * 2. The staged bytes and the intent record are made durable together, before the first rename.
 * 3. Directories first, outermost first; then files and links; deletions last, innermost first.
 * 4. One sync for each directory and file that was touched, then one record of all that is done.
 */
import { decideFor, type HeldRow } from "../catalogue/rows.ts";
import { type Entry, isAlive, type Row } from "../core/entry.ts";
import type { Lsn, RelPath } from "../core/ids.ts";
import { ancestorsOf } from "../core/path.ts";
import { Pins } from "../folder/pins.ts";
import { type Expected, place, type Placed, type Placement } from "../folder/place.ts";
import { FsError } from "../platform/ports.ts";
import { announceKept, announceLate } from "../folder/versions.ts";
import { openMode } from "./directory_modes.ts";
import { InnerDisks } from "./inner_disks.ts";
import { keptOf, nameKept, withRoom } from "./keeping.ts";
import { inPlacingOrder, planStep } from "./planning.ts";
import { syncPlaced } from "./placed_durable.ts";
import { leftSomething, refused } from "./refused_step.ts";
import type { Replica, RowAndPrint } from "./replica.ts";
import { settleClash, takeOver } from "./respelling.ts";
import {
  contextOf,
  type Gathered,
  noteDone,
  type Outcome,
  type Ready,
  rowOf,
  type Staged,
  type Step,
  withinRecord,
} from "./step.ts";
import { leaveUnrecorded } from "./unrecorded.ts";
import { followCopies, isBelowFile, keepCopy, leftOvers, makeWay, whatKeeps } from "./yielding.ts";

/** More files or directories than this are made durable by one sync of the file system. */
const SYNC_ALL_FROM = 24;

export async function placeBatch(replica: Replica, batch: readonly Ready[]): Promise<Map<RelPath, Outcome>> {
  const outcomes = new Map<RelPath, Outcome>();
  // What was started before the brake was on is not placed behind it (R38).
  replica.brake.look();
  if (replica.brake.halt !== null || replica.isClosed) {
    return new Map(batch.map(({ path }) => [path, { kind: "again" }]));
  }
  const planned = batch.flatMap((ready) => planStep(replica, ready, outcomes));
  const steps = withinRecord(withRoom(replica, planned, outcomes), outcomes).sort(inPlacingOrder);
  if (steps.length === 0) return outcomes;
  const toPlace = steps.filter(({ adoptOnly }) => !adoptOnly);
  const intent = toPlace.length === 0 ? 0 as Lsn : await announceIntent(replica, toPlace);

  replica.placing = new Set(
    steps.flatMap(({ ready: { path, movedFrom }, copy }) =>
      [path, movedFrom, copy?.path ?? null].filter((one) => one !== null)
    ),
  );
  try {
    return await runSteps(replica, steps, intent, outcomes);
  } finally {
    replica.placing = new Set();
  }
}

async function runSteps(
  replica: Replica,
  steps: readonly Step[],
  intent: Lsn,
  outcomes: Map<RelPath, Outcome>,
): Promise<Map<RelPath, Outcome>> {
  const changes: RowAndPrint[] = [];
  const { files } = replica.catalogue.totals(replica.folder);
  const pins = new Pins(replica.deps.fs, replica.root);
  const gathered: Gathered = {
    changes,
    directories: new Set(),
    files: new Set(),
    placedNow: new Set(),
    shards: new Set(),
    pins,
    disks: new InnerDisks(replica, pins),
    spelling: replica.spelling(),
  };
  /** Rows of steps that the disk refused half-way: what it shows of them is the intent's version still, and no edit (R19). */
  const half: Row[] = [];
  try {
    try {
      for (const step of steps) {
        try {
          outcomes.set(step.ready.path, runStep(replica, step, gathered));
        } catch (error) {
          if (!(error instanceof FsError)) throw error;
          outcomes.set(step.ready.path, refused(replica, step, error, gathered));
          if (leftSomething(replica, step, gathered)) half.push(...intendedRows([step]));
        }
      }
    } finally {
      pins.close();
    }
    await nameKept(replica, gathered.shards);
    await syncPlaced(replica, gathered);
    await replica.record("received", changes, half.length === 0 ? intent : 0 as Lsn);
  } catch (error) {
    // Whatever it was, some of the batch may stand on the disk, and no record says so.
    const intended = intendedRows(steps.filter(({ adoptOnly }) => !adoptOnly));
    leaveUnrecorded(replica, intended, changes, intent);
    throw error;
  }
  if (half.length > 0) replica.intents.add(half, [], intent);
  replica.brake.note(
    steps.filter(({ takesAway, ready }) => takesAway && outcomes.get(ready.path)?.kind === "done")
      .map(({ ready, entry }) => ({ path: ready.path, isDeleted: !isAlive(entry) })),
    files,
  );
  return outcomes;
}

/** Staged bytes, intent, and what the version store's index says of that which goes, become durable together (R19). */
async function announceIntent(replica: Replica, steps: readonly Step[]): Promise<Lsn> {
  const { ledger, fs } = replica.deps;
  const rows = intendedRows(steps);
  const stages = steps.flatMap(({ ready: { staged } }) =>
    staged === null || staged.isDurable ? [] : [staged.stage]
  );
  const index = await announceKept(replica.versions, steps.flatMap((step) => keptOf(replica, step) ?? []));
  const files = index === null ? stages : [...stages, index];
  const syncFiles = async () => {
    if (files.length >= SYNC_ALL_FROM && await fs.syncFileSystem(replica.layout.stage)) return;
    await Promise.all(files.map((file) => fs.syncFile(file)));
  };
  const [announced, synced] = await Promise.allSettled([
    ledger.commit({ type: "intent", folder: replica.folder, rows }),
    syncFiles(),
  ]);
  if (synced.status === "rejected") replica.versions.index.distrust();
  if (announced.status === "rejected") throw announced.reason;
  if (synced.status === "fulfilled") return announced.value;
  // It was announced and nothing is placed of it: the next scan of everything closes it.
  replica.intents.add(rows, [], announced.value);
  throw synced.reason;
}

function intendedRows(steps: readonly Step[]): Row[] {
  return steps.flatMap(({ ready, entry, copy }) => {
    const row = rowOf(ready.path, entry);
    return copy === null ? [row] : [rowOf(copy.path, copy.entry), row];
  });
}

function runStep(replica: Replica, step: Step, gathered: Gathered): Outcome {
  const { ready: { path }, entry, own } = step;
  if (gathered.placedNow.has(path)) return { kind: "done" }; // its file has moved to where it belongs
  if (step.adoptOnly) {
    const row = rowOf(path, entry);
    gathered.changes.push({
      row: step.isListed ? { ...row, held: false } : row,
      print: null,
      isFresh: false,
    });
    return { kind: "done" };
  }
  const missing = gathered.disks.missingAt(path);
  if (missing !== null) return { kind: "blocked", ...missing, isPassing: false };
  const former = takeOver(replica, step, gathered);
  if (former === "look") return { kind: "look", paths: [path] };
  if (former !== null) {
    const kept = keptOf(replica, { ...step, own: former.row });
    if (kept !== null) announceLate(replica.versions, kept);
    const placed = placeOpening(replica, { ...step, own: former.row }, former.expected, gathered);
    const outcome = settle(replica, step, placed, gathered);
    const from = former.row.row.path;
    const decision = decideFor(replica.rowsAt(from));
    if (outcome.kind === "done" && decision.kind === "take") {
      noteMovedAway(replica, from, decision.entry, gathered);
    }
    return outcome;
  }
  let expected = expectedOf(replica, own);
  if (expected === "unknown") return { kind: "look", paths: [path] };
  if (own?.row.entry.kind === "directory" && isAlive(own.row.entry) && entry.kind !== "directory") {
    const inTheWay = whatKeeps(replica, step, gathered);
    if (inTheWay !== null) return inTheWay;
  }
  const before = gathered.changes.length;
  if (step.copy !== null) {
    const kept = keepCopy(replica, step, step.copy, expected, gathered);
    if (kept !== null) return kept;
    replica.conflicted(path, own!, entry, step.copy.path);
    expected = expectedOf(replica, own) as Expected;
  }
  const placed = placeOpening(replica, step, expected, gathered);
  if (step.copy !== null) followCopies(replica, before, gathered);
  if (entry.kind === "directory" && openMode(entry.mode) !== entry.mode) replica.directoryModes.owe(path);
  return settle(replica, step, placed, gathered);
}

/** The entry's mode and time may have changed while its bytes were on their way. */
function upToDateStage({ deps: { fs } }: Replica, { stage, mode, mtimeMs }: Staged, entry: Entry): string {
  if (mode !== entry.mode) fs.chmod(stage, entry.mode);
  if (mtimeMs !== entry.mtimeMs) fs.setMtime(stage, entry.mtimeMs);
  return stage;
}

/** Places; a directory of ours that its own mode keeps us out of is opened for it (R3). */
function placeOpening(replica: Replica, step: Step, expected: Expected, gathered: Gathered): Placed {
  const { path } = step.ready;
  const attempt = () => place(contextOf(replica, gathered), path, expected, placementOf(replica, step));
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof FsError) || error.code !== "permission") throw error;
    const opened = ancestorsOf(path).filter((above) =>
      replica.directoryModes.open(replica, above, gathered.pins)
    );
    if (opened.length === 0) throw error;
    return attempt();
  }
}

/** What our row says should be on disk (invariant 3). */
export function expectedOf(replica: Replica, own: HeldRow | null): Expected | "unknown" {
  if (own === null || !isAlive(own.row.entry) || !own.row.held) return null;
  const { kind, target } = own.row.entry;
  if (kind === "directory") return { kind };
  const print = replica.catalogue.prints.get(own.state);
  return print === null ? "unknown" : { kind: kind as "file" | "symlink", print, target };
}

function placementOf(replica: Replica, { ready, entry, own }: Step): Placement {
  switch (entry.kind) {
    case "deleted":
      return { kind: "deleted" };
    case "directory":
      return { kind: "directory", mode: openMode(entry.mode) };
    case "symlink":
      return { kind: "symlink", target: entry.target! };
    case "file": {
      if (own !== null && own.row.entry.kind === "file" && own.row.entry.content === entry.content) {
        return { kind: "metadata", mode: entry.mode, mtimeMs: entry.mtimeMs };
      }
      if (ready.movedFrom === null) {
        return { kind: "file", stage: upToDateStage(replica, ready.staged!, entry) };
      }
      const source = replica.own(ready.movedFrom);
      const print = source === null ? null : replica.catalogue.prints.get(source.state);
      if (source?.row.entry.content !== entry.content || print === null) {
        throw new FsError("not-found", ready.movedFrom);
      }
      return { kind: "moved", from: ready.movedFrom, print, mode: entry.mode, mtimeMs: entry.mtimeMs };
    }
  }
}

function settle(replica: Replica, step: Step, placed: Placed, gathered: Gathered): Outcome {
  const { ready: { path, movedFrom }, entry, left } = step;
  switch (placed.result) {
    case "changed":
      if (isBelowFile(replica, path)) return makeWay(replica, path, gathered);
      return { kind: "look", paths: movedFrom === null ? [path] : [path, movedFrom] };
    case "not-empty":
      return leftOvers(replica, step, gathered);
    case "clash": {
      const outcome = settleClash(replica, step, placed.other, gathered);
      if (outcome.kind === "done") noteDone(replica, path, entry, step.own, null, gathered);
      return outcome;
    }
    case "done":
      if (placed.kept !== null) gathered.shards.add(placed.kept.shard);
      if (entry.kind === "directory" && step.own?.row.entry.kind !== "directory") gathered.disks.made(path);
      noteDone(
        replica,
        path,
        entry,
        step.own,
        placed.stat,
        gathered,
        placed.isTouched,
        isMovedUnsure(replica, movedFrom),
      );
      if (movedFrom !== null) noteMovedAway(replica, movedFrom, left!, gathered);
      return { kind: "done" };
  }
}

/** A write could hide in the clock's grain where our file moves from: it still could where it is now (R14). */
function isMovedUnsure(replica: Replica, movedFrom: RelPath | null): boolean {
  const own = movedFrom === null ? null : replica.own(movedFrom);
  return own !== null && replica.catalogue.prints.get(own.state)?.settled === false;
}

/** The file that moved leaves its old path deleted, as others have it. */
function noteMovedAway(replica: Replica, from: RelPath, left: Entry, gathered: Gathered): void {
  if (gathered.placedNow.has(from)) return;
  noteDone(replica, from, left, replica.own(from), null, gathered);
}
