/**
 * Files of a folder that stay listed here and are not kept (R10, docs/selective.md): the only code that removes bytes of which no version is
 * kept. For some files at a time:
 *
 * 1. Nothing is dropped of which our row is not what all others know: each device that counts says the very same of the path.
 * 2. As many others as are asked for, one at least, read theirs again and promise durably to keep it. What we drop we promise to nobody, and what
 *    we have promised we do not drop (promises.ts).
 * 3. That it is not held is durable before the file goes. Stopped before it went, it stands there, and is held again by the next look.
 * 4. It goes into the version store first, by the door of all that is deleted (folder/place.ts): what was taken is compared with what was meant, and
 *    put back when it is something else. Only then, after another look, its bytes are removed.
 */
import { decideFor, type HeldRow, ownAmong } from "../catalogue/rows.ts";
import { SELF } from "../catalogue/interning.ts";
import { isAlive, type Row } from "../core/entry.ts";
import { type Fingerprint, samePrint } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { takesOthers } from "../core/mode.ts";
import { saysTheSame } from "../core/reconcile.ts";
import { Pins } from "../folder/pins.ts";
import { place } from "../folder/place.ts";
import { relativeStat } from "../folder/scan.ts";
import { isSameBut } from "../folder/swap.ts";
import { announceKept, type KeptVersion } from "../folder/versions.ts";
import { FsError } from "../platform/ports.ts";
import type { FolderSync } from "./folder_sync.ts";
import { keptOfSettled } from "./keeping.ts";
import type { Replica, RowAndPrint } from "./replica.ts";

/** Why a file is not dropped, in words, and what to do about it. */
export interface NotDropped {
  readonly path: RelPath;
  readonly cause: string;
  readonly remedy: string;
}

/** A file of ours that may be dropped as far as this device knows. */
export interface Droppable {
  readonly path: RelPath;
  readonly own: HeldRow;
  readonly print: Fingerprint;
  /** Other devices that say the very same of it, and hold it. */
  readonly holders: readonly HeldRow[];
}

/** Key of a local value: how many files were dropped last. It says nothing that anybody asks for. */
const DROPPED = "dropped/";

const AGAIN = "Try again in a moment.";

/** Whether a file of ours may be dropped, as far as our own rows and the disk's last look tell. */
export function droppable(sync: FolderSync, path: RelPath): Droppable | NotDropped {
  const { replica, outbound, scrub } = sync;
  const no = (cause: string, remedy: string): NotDropped => ({ path, cause, remedy });
  if (!takesOthers(replica.mode)) {
    return no(
      `this device does not take what others have in a folder that it keeps in mode ${replica.mode}`,
      "Change the mode: cairn folders mode FOLDER sync.",
    );
  }
  if (replica.stopped !== null || replica.brake.halt !== null || !outbound.isReady) {
    return no("the folder is not at rest here", "See `cairn status`, and try again when it is.");
  }
  const rows = replica.rowsAt(path);
  const own = ownAmong(rows);
  if (own === null || !isAlive(own.row.entry) || own.row.entry.kind !== "file") {
    return no("is no file that this device has", "`cairn ls` lists what there is.");
  }
  if (!own.row.held) return no("is not kept here", "`cairn get` brings it back.");
  if (!own.row.offered || replica.ignore.ignores(path, false)) {
    return no(
      "is not given to other devices, so nobody else can keep it",
      "See `cairn ignored`, `cairn status`.",
    );
  }
  const print = replica.catalogue.prints.get(own.state);
  const isUnsure = outbound.guard.isHeld(path) || scrub.damages.isAtRisk(path) ||
    replica.intents.at(path, own) !== null || replica.placing.has(path);
  if (print === null || !print.settled || isUnsure) {
    return no("was changed just now, or is not sure to be whole", AGAIN);
  }
  if (replica.catalogue.mounts.holding(replica.number, path) !== null) {
    return no(
      "lies on another disk than the folder's root, from which it cannot be taken by a rename",
      "Keep it here, or make that directory a folder of its own.",
    );
  }
  const others = rows.filter(({ device }) => device !== SELF);
  const isSettled = decideFor(rows).kind === "none" &&
    others.every(({ row }) => !row.offered || saysTheSame(row.entry, own.row.entry));
  if (!isSettled) {
    return no(
      "is not the same on all devices yet",
      "Try again when `cairn status` says that all is up to date.",
    );
  }
  return { path, own, print, holders: holdersAmong(rows, own) };
}

/** Others that say the very same of a path as our row, and hold it. */
function holdersAmong(rows: readonly HeldRow[], own: HeldRow): HeldRow[] {
  return rows.filter(({ device, row }) =>
    device !== SELF && row.offered && row.held && saysTheSame(row.entry, own.row.entry)
  );
}

/** What is missing of a file by now, with those who hold it now: copies, promises, what policies ask for. Null where nothing is. */
export type Missing = (now: Droppable) => NotDropped | null;

/**
 * Drops files of which others have promised copies. Answers for each what stood in its way, null where nothing did. Rejects when the journal
 * refuses: then nothing was removed. What is missing is asked twice: before anything is recorded, and right before the files go.
 */
export async function dropPromised(
  sync: FolderSync,
  files: readonly Droppable[],
  missing: Missing,
): Promise<(NotDropped | null)[]> {
  const { replica } = sync;
  const out = await replica.exclusive(() => removeAll(sync, files, missing));
  const changed = files.filter((_, i) => out[i] !== null).map(({ path }) => path);
  if (changed.length > 0) sync.outbound.lookAgain(changed);
  sync.inbound.evaluate();
  return out;
}

async function removeAll(
  sync: FolderSync,
  files: readonly Droppable[],
  missing: Missing,
): Promise<(NotDropped | null)[]> {
  const { replica } = sync;
  const { deps: { fs }, root, versions } = replica;
  const pins = new Pins(fs, root);
  const out: (NotDropped | null)[] = files.map((file) => {
    // What we know may be other by now: only what was promised of goes.
    const now = replica.isClosed ? null : droppable(sync, file.path);
    if (now !== null && "cause" in now) return now;
    const isIt = now !== null && now.own.state === file.own.state && now.own.lsn === file.own.lsn;
    return isIt && isThere(replica, file, pins) ? missing(now) : changedHere(file.path);
  });
  const going = files.filter((_, i) => out[i] === null);
  replica.placing = new Set(going.map(({ path }) => path));
  try {
    if (going.length === 0) return out;
    const refused = await announced(replica, going);
    if (refused !== null) return out.map((one, i) => one ?? { path: files[i]!.path, ...refused });
    await replica.record("local", going.map(({ own: { row } }) => withoutPrint({ ...row, held: false })));
    // A journal that loses this is noticed by the marker: else a file that is missing would be a delete. The boot of a next run is one record: so two.
    await replica.deps.ledger.commit({ type: "local", key: DROPPED + replica.folder, value: going.length });
    const isMarked = await sync.markNow();
    // Others may have said something else meanwhile. From here on nothing is waited for.
    const late = going.map((file) => {
      if (!isMarked) return unmarked(file.path);
      return missing({ ...file, holders: holdersAmong(replica.rowsAt(file.path), file.own) });
    });
    const taken = going.map((file, i) => late[i] === null ? take(replica, file, pins) : null);
    const stay: RowAndPrint[] = [];
    going.forEach((file, i) => {
      const kept = taken[i]!;
      if (kept !== null && remove(replica, file, kept, pins)) return;
      out[files.indexOf(file)] = late[i] ?? changedHere(file.path);
      // Held again is only what stands there: of what does not, that would be a delete by the next look. And at once: what others make of the
      // path before that look would meet a file that nobody knows.
      if (isAnythingThere(replica, file.path, pins)) {
        stay.push({ row: file.own.row, print: file.print, isFresh: false });
      }
    });
    if (stay.length > 0) await replica.record("local", stay);
    return out;
  } finally {
    for (const { path } of going) versions.announced.delete(path);
    replica.placing = new Set();
    pins.close();
  }
}

/** The lines of what is to go are durable before it does: a stop in between leaves versions, and nothing without a name. Why not, if so. */
async function announced(
  replica: Replica,
  files: readonly Droppable[],
): Promise<Omit<NotDropped, "path"> | null> {
  const { versions, deps: { fs, device: by } } = replica;
  const lines = files.map(({ own }) => ({ ...keptOfSettled(replica, own), why: "deleted" as const, by }));
  try {
    const index = await announceKept(versions, lines);
    if (index !== null) await fs.syncFile(index);
    return null;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    versions.index.distrust();
    return { cause: `the disk refuses it (${error.code})`, remedy: "Mend it and try again." };
  }
}

function unmarked(path: RelPath): NotDropped {
  return { path, cause: "the folder's marker cannot be written", remedy: "See `cairn status`." };
}

function changedHere(path: RelPath): NotDropped {
  return { path, cause: "was changed just now", remedy: AGAIN };
}

function withoutPrint(row: Row): RowAndPrint {
  return { row, print: null, isFresh: false };
}

/** What stands there is what our row was made of. */
function isThere({ deps: { fs }, rootDev }: Replica, { path, print }: Droppable, pins: Pins): boolean {
  try {
    const stat = fs.lstat(pins.at(path));
    return stat?.kind === "file" && samePrint(print, relativeStat(stat, rootDev));
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  }
}

function isAnythingThere({ deps: { fs } }: Replica, path: RelPath, pins: Pins): boolean {
  try {
    return fs.lstat(pins.at(path)) !== null;
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  }
}

/** Takes a file away from its path; null when it is another one by now, and stands there still. */
function take(replica: Replica, { path, print }: Droppable, pins: Pins): KeptVersion | null {
  const { deps: { fs }, rootDev, versions } = replica;
  const context = { fs, rootDev, versions, pins, spelling: replica.spelling() };
  try {
    const placed = place(context, path, { kind: "file", print }, { kind: "deleted" });
    return placed.result === "done" ? placed.kept : null;
  } catch (error) {
    if (error instanceof FsError) return null;
    throw error;
  }
}

/**
 * Removes what was taken, if nobody has written to it since; else it goes back to its path, or stays a version where something else has come there.
 * False when it was not removed.
 */
function remove(
  { deps: { fs }, rootDev }: Replica,
  { path, print }: Droppable,
  kept: KeptVersion,
  pins: Pins,
): boolean {
  try {
    const stat = fs.lstat(kept.at);
    if (stat !== null && isSameBut(print, relativeStat(stat, rootDev))) {
      fs.unlink(kept.at);
      return true;
    }
    if (stat !== null) fs.renameNew(kept.at, pins.at(path));
    return false;
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  }
}
