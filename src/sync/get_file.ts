/**
 * Puts a content, from wherever it is, at a path of this computer: an ordinary file, whole or not there.
 *
 * 1. It is staged under a hidden name that follows from its content and its target. So whoever asks for the same again, after a crash too,
 *    goes on with what has come: that is hashed again, no list of what has come is trusted (R22).
 * 2. The stage is read as a whole and is the content, and is durable, before it gets the target's name.
 * 3. What stands at the target is never replaced, unless it was said so: then it is whole until the new is there.
 */
import { sha256 } from "../core/content.ts";
import { type ContentId, toHex } from "../core/ids.ts";
import { SMALL_FILE_BYTES } from "../core/limits.ts";
import { createNew } from "../folder/swap.ts";
import { type Clock, type Fs, FsError, type HashPool } from "../platform/ports.ts";
import type { Brought } from "./fetch_small.ts";
import { FOLDER_RESERVE, Room } from "./room.ts";
import type { Origin, Stager } from "./stager.ts";
import type { CopyWant } from "./verified_copy.ts";

export interface GetDeps {
  readonly fs: Fs;
  readonly pool: HashPool;
  readonly clock: Clock;
  readonly stager: Stager;
}

export interface GetTarget {
  /** The absolute path as a person says it. */
  readonly shown: string;
  /** The same for the calls of `Fs`: within a directory that is held open, where others' names lead there (R23). */
  readonly at: string;
  /** The directory that it stands in, for the same calls. It exists. */
  readonly directory: string;
  /** Where the stage stands, on the same disk: `directory`, or that of the folder which the target lies in. */
  readonly stageDirectory: string;
  /** What stands there may be replaced. */
  readonly force: boolean;
}

export interface GetHooks {
  gained(bytes: number): void;
  readonly brought: Brought;
  isOver(): boolean;
}

export interface GetFailure {
  readonly cause: string;
  readonly remedy: string;
  /** Nobody who has it is connected, or all of them have something else by now. */
  readonly isNobody?: boolean;
  /** The disk has no room, whatever is asked for next. */
  readonly isFull?: boolean;
}

/** Two targets never share a stage, and the same target and content always have the same. */
export function stageNameOf(content: ContentId, target: string): string {
  const name = sha256(new TextEncoder().encode(`${content}\n${target}`));
  return `.cairn-get-${toHex(name.subarray(0, 12))}`;
}

/** Null when it is there. */
export async function getFile(
  { fs, pool, clock, stager }: GetDeps,
  want: CopyWant,
  origin: Origin,
  target: GetTarget,
  hooks: GetHooks,
): Promise<GetFailure | null> {
  const at = `${target.stageDirectory}/${stageNameOf(want.content, target.shown)}`;
  try {
    const taken = inTheWay(fs, target);
    if (taken !== null) return taken;
    const room = new Room(fs, clock, target.stageDirectory, FOLDER_RESERVE);
    const fetched = await stager.stageAt(
      { at, room, former: () => null, isAsked: true, ...hooks },
      want,
      origin,
    );
    if (!fetched.ok) {
      if (fetched.isFull) {
        return { cause: `the disk is ${room.words()}`, remedy: AGAIN_WITH_ROOM, isFull: true };
      }
      return { cause: fetched.cause, remedy: fetched.remedy, isNobody: !hooks.isOver() };
    }
    if (want.size <= SMALL_FILE_BYTES) await fs.syncFile(at);
    const [hashed] = await pool.hash([at]);
    if (hashed instanceof FsError) throw hashed;
    if (hashed?.content !== want.content) {
      fs.unlink(at);
      return {
        cause: "this computer's disk gave back other bytes than were written to it",
        remedy: CHECK_DISK,
      };
    }
    if (target.force) fs.rename(at, target.at);
    else createNew(fs, at, target.at);
    await fs.syncDirectory(target.directory);
    return null;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return failureOf(error, target);
  }
}

const AGAIN_WITH_ROOM = "Free some space and get it again: what has come is gone on with.";
const CHECK_DISK = "Check the disk; then get it again.";

/** What keeps the target from being written, looked for before anything is fetched. */
function inTheWay(fs: Fs, { at, shown, force }: GetTarget): GetFailure | null {
  const there = fs.lstat(at);
  if (there === null) return null;
  if (there.kind === "directory") {
    return { cause: `${shown} is a directory`, remedy: "Give another name, or remove it first." };
  }
  return force ? null : existing(shown);
}

function existing(path: string): GetFailure {
  return { cause: `${path} exists already`, remedy: "Give another name, or --force to have it replaced." };
}

export function failureOf(error: FsError, { shown: path }: Pick<GetTarget, "shown">): GetFailure {
  switch (error.code) {
    case "exists":
      return existing(path);
    case "no-space":
      return { cause: "the disk is full", remedy: AGAIN_WITH_ROOM, isFull: true };
    case "permission":
    case "read-only":
      return {
        cause: `${path} cannot be written (${error.code})`,
        remedy: "Give a place that the device's user may write to.",
      };
    case "cross-device":
      return {
        cause: `${path} lies on another disk than its folder`,
        remedy: "Get it to a place outside of the folder, and move it there.",
      };
    default:
      return { cause: `${path} cannot be written (${error.code})`, remedy: "Mend that, and get it again." };
  }
}
