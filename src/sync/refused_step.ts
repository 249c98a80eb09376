/** What becomes of a step that the disk refused: why its path waits, and whether something of it stands on the disk all the same. */
import { isAlive } from "../core/entry.ts";
import { isSameInode } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { relativeStat } from "../folder/scan.ts";
import { isSameBut } from "../folder/swap.ts";
import { FsError } from "../platform/ports.ts";
import type { Replica } from "./replica.ts";
import type { Gathered, Outcome, Step } from "./step.ts";
import { makeWay } from "./yielding.ts";

/** Throws nothing of the disk's: one path that is refused must not keep the others of its batch from their record (R19). */
export function refused(replica: Replica, step: Step, error: FsError, gathered: Gathered): Outcome {
  if (error.code !== "not-directory") return outcomeOf(step, error);
  try {
    return makeWay(replica, step.ready.path, gathered);
  } catch (another) {
    if (!(another instanceof FsError)) throw another;
    return outcomeOf(step, another);
  }
}

function outcomeOf({ ready: { path, movedFrom } }: Step, { code }: FsError): Outcome {
  const blocked = (cause: string, remedy: string): Outcome => ({
    kind: "blocked",
    cause,
    remedy,
    isPassing: false,
  });
  switch (code) {
    case "no-space":
      return { kind: "full" };
    case "not-found":
      return { kind: "look", paths: movedFrom === null ? [path] : [path, movedFrom] };
    case "permission":
    case "read-only":
      return blocked(
        `cannot be written (${code})`,
        "Give Cairn's user permission to write there; it tries again by itself.",
      );
    case "name-too-long":
      return blocked("the path is too long for this disk", "Use a shorter local path or name.");
    default:
      return blocked(`the disk refuses it (${code})`, "Cairn tries again by itself.");
  }
}

/** Whether some of a refused step was done: at its paths stands something else than our rows say, or nobody can tell. */
export function leftSomething(
  replica: Replica,
  { ready: { path, movedFrom }, copy }: Step,
  gathered: Gathered,
): boolean {
  return [path, movedFrom, copy?.path ?? null].some((one) =>
    one !== null && !isAsKnown(replica, one, gathered)
  );
}

function isAsKnown(replica: Replica, path: RelPath, { pins }: Gathered): boolean {
  const { deps: { fs }, rootDev, catalogue } = replica;
  const own = replica.own(path);
  const isThere = own !== null && isAlive(own.row.entry);
  const print = isThere ? catalogue.prints.get(own.state) : null;
  try {
    const found = fs.lstat(pins.at(path));
    if (found === null || print === null) return found === null && !isThere;
    const stat = relativeStat(found, rootDev);
    if (found.kind !== "directory") return isSameBut(print, stat);
    return isSameInode(print, stat) && print.mode === stat.mode;
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    // Where we may not look we have done nothing; where no directory is, nothing stands.
    if (error.code === "not-found" || error.code === "not-directory") return !isThere;
    return error.code === "permission";
  }
}
