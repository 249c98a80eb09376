/**
 * Directories that another device has renamed (R29): where ours holds the same, it is renamed as one, and recorded as one. Gathers what is told of
 * a rename, and keeps its paths from being taken one by one meanwhile. What cannot be done as one is done path by path, as ever: then the
 * needs, which are there all the while, are let go.
 *
 * 1. All that we have below it, and nothing else, is told of; at each path we would become what the other device is, whoever else has a say.
 * 2. The intent is durable before the rename, as before any placement (R19).
 * 3. Whatever came into the directory unseen moves with it, and is found where it is then: all of it is listed afterwards.
 */
import type { ToldMove } from "../catalogue/moves.ts";
import { isSameInode } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { RECORD_BYTES } from "../core/limits.ts";
import { takesOthers } from "../core/mode.ts";
import { encodeMove, entriesIn, type Move } from "../core/move.ts";
import { encode } from "../core/msgpack.ts";
import { letPass } from "../core/passing.ts";
import { isBelow, parentOf, ROOT } from "../core/path.ts";
import { Pins } from "../folder/pins.ts";
import { relativeStat } from "../folder/scan.ts";
import { FsError } from "../platform/ports.ts";
import { areNamesDurable } from "./renamed.ts";
import type { Replica } from "./replica.ts";
import { leaveUnrecordedMove } from "./unrecorded.ts";
import { mayMoveWhole, wholeDirectory } from "./whole_directory.ts";

/** A rename of which nothing more is told for this long, or that is not told to its end within this, is done path by path. */
const PATIENCE_MS = 2_000;
const MOST_PATIENCE_MS = 30_000;
/** Renames that are gathered at once. */
const MOST_RENAMES = 64;
/** What the moves of all of them take as MessagePack: those of one fit into an intent. */
const MOST_BYTES = RECORD_BYTES / 2;

/** What was told of a rename so far. */
interface Rename {
  readonly device: number;
  readonly top: RelPath;
  readonly now: RelPath;
  readonly total: number;
  readonly moves: Move[];
  entries: number;
  bytes: number;
  readonly beganMs: number;
  toldMs: number;
}

export interface TakeRenamedEvents {
  /** Nothing forbids to place, and the root is what it was (invariant 8). */
  mayPlace(): boolean;
  /** These paths are compared again, and all that is in directories among them. */
  lookAgain(paths: readonly RelPath[]): void;
  /** One was done, or is to be done path by path. */
  ended(): void;
}

export class TakeRenamed {
  readonly #replica: Replica;
  readonly #events: TakeRenamedEvents;
  readonly #renames = new Map<string, Rename>();
  #isTaking = false;

  constructor(replica: Replica, events: TakeRenamedEvents) {
    this.#replica = replica;
    this.#events = events;
  }

  get isQuiet(): boolean {
    return !this.#isTaking;
  }

  /** Another device has told of a rename, or of some more of it. */
  told({ device, folder, move }: ToldMove): void {
    const { number, catalogue: { rows }, deps: { clock } } = this.#replica;
    if (folder !== number || rows.ignored.has(device) || !takesOthers(this.#replica.mode)) return;
    const { top, now, total } = move;
    const nowMs = clock.monotonic();
    const key = JSON.stringify([device, top, now, move.dot.counter]);
    let rename = this.#renames.get(key);
    if (rename === undefined) {
      if (this.#renames.size >= MOST_RENAMES) return;
      rename = { device, top, now, total, moves: [], entries: 0, bytes: 0, beganMs: nowMs, toldMs: nowMs };
      this.#renames.set(key, rename);
    }
    rename.moves.push(move);
    rename.entries += entriesIn(move);
    rename.bytes += encode(encodeMove(move)).length;
    rename.toldMs = nowMs;
    let bytes = 0;
    for (const one of this.#renames.values()) bytes += one.bytes;
    if (rename.entries > total || bytes > MOST_BYTES) this.#renames.delete(key);
  }

  /** Whether a path waits to be moved with its directory. */
  holds(path: RelPath): boolean {
    for (const { top, now } of this.#renames.values()) {
      if (isWithin(path, top) || isWithin(path, now)) return true;
    }
    return false;
  }

  /** Takes the next rename that is told to its end, unless something in it is under way already. Those of which no more comes are let go. */
  evaluate(underWay: ReadonlySet<RelPath>): void {
    if (this.#isTaking) return;
    const nowMs = this.#replica.deps.clock.monotonic();
    for (const [key, rename] of this.#renames) {
      if (rename.entries === rename.total) return void this.#take(key, rename, underWay);
      const isOver = nowMs - rename.toldMs > PATIENCE_MS || nowMs - rename.beganMs > MOST_PATIENCE_MS;
      if (isOver) this.#renames.delete(key);
    }
  }

  async #take(key: string, rename: Rename, underWay: ReadonlySet<RelPath>): Promise<void> {
    const { top, now } = rename;
    this.#isTaking = true;
    try {
      const isUnderWay = [...underWay].some((path) => isWithin(path, top) || isWithin(path, now));
      if (isUnderWay || !this.#events.mayPlace() || !await takeRenamed(this.#replica, rename)) return;
      const { catalogue: { briefs }, number } = this.#replica;
      this.#events.lookAgain([now, ...briefs.directoriesBelow(number, now)]);
    } catch (error) {
      // What stands on the disk by now is found, and is the intent's version (R19).
      this.#events.lookAgain([top, now]);
      if (!(error instanceof FsError)) letPass(error);
    } finally {
      this.#isTaking = false;
      this.#renames.delete(key);
      this.#events.ended();
    }
  }
}

function isWithin(path: RelPath, directory: RelPath): boolean {
  return path === directory || isBelow(path, directory);
}

/**
 * Renames our directory as another device did. False when that cannot be done as one: then nothing was done. Rejects where the
 * disk or the journal refuses.
 */
function takeRenamed(replica: Replica, rename: Rename): Promise<boolean> {
  return replica.exclusive(async () => {
    const { top, now } = rename;
    if (replica.isClosed || !takesOthers(replica.mode) || !mayMoveWhole(replica, top, now)) return false;
    if (!replica.ignore.isEmpty && await wholeDirectory(replica, top, now, top) === null) return false;
    if (!isAgreed(replica, rename) || !isFree(replica, rename)) return false;
    const intent = await replica.deps.ledger.commit({
      type: "intent",
      folder: replica.folder,
      rows: [],
      moves: rename.moves,
    });
    replica.renaming = [top, now];
    let isRenamed = false;
    try {
      isRenamed = renameOnDisk(replica, rename);
      if (!isRenamed) await replica.record("received", [], intent);
      else if (await areNamesDurable(replica, [top, now])) {
        await replica.recordMoves("received", rename.moves, intent);
      } else throw new FsError("io", `${replica.root}/${now}`);
    } catch (error) {
      // It may stand on the disk, and no record says so.
      const rows = rename.moves.flatMap((move) => replica.catalogue.moves.rowsOf(replica.number, move));
      if (isRenamed) leaveUnrecordedMove(replica, rows, intent);
      else replica.intents.add(rows, [], intent);
      throw error;
    } finally {
      replica.renaming = null;
    }
    return isRenamed;
  });
}

/** All that we have below it is told of, and at each path we would become what the other device is. */
function isAgreed(
  { catalogue, number: folder, ignore }: Replica,
  { device, top, now, total, moves }: Rename,
): boolean {
  if (catalogue.briefs.standing(folder, top).living + 1 !== total) return false;
  if (catalogue.briefs.standing(folder, now).state !== 0) return false;
  if (!ignore.isEmpty && (ignore.ignores(top, true) || ignore.ignores(now, true))) return false;
  return moves.every((move) => catalogue.moves.isAgreed({ device, folder, move }));
}

/** Our directory is where it was, and nothing is at its new path, in a directory of ours. */
function isFree(replica: Replica, { top, now }: Rename): boolean {
  const { deps: { fs }, root, rootDev, catalogue: { prints } } = replica;
  const own = replica.own(top);
  const parent = parentOf(now);
  if (own?.row.entry.kind !== "directory") return false;
  if (parent !== ROOT && replica.own(parent)?.row.entry.kind !== "directory") return false;
  const pins = new Pins(fs, root);
  try {
    const stat = fs.lstat(pins.at(top));
    const print = prints.get(own.state);
    return stat?.kind === "directory" && print !== null && isSameInode(print, relativeStat(stat, rootDev)) &&
      fs.lstat(pins.at(now)) === null;
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  } finally {
    pins.close();
  }
}

/** With no await between the look and the rename (R20). False when it is not to be done any more. */
function renameOnDisk(replica: Replica, rename: Rename): boolean {
  if (!isFree(replica, rename)) return false;
  const { deps: { fs }, root } = replica;
  const pins = new Pins(fs, root);
  try {
    const [from, to] = [pins.at(rename.top), pins.at(rename.now)];
    try {
      fs.renameNew(from, to);
    } catch (error) {
      if (!(error instanceof FsError) || error.code !== "unsupported") throw error;
      fs.rename(from, to);
    }
    return true;
  } catch (error) {
    if (error instanceof FsError) return false;
    throw error;
  } finally {
    pins.close();
  }
}
