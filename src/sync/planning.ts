/** What a batch is to do: decided anew for each of its paths, from the rows as they are now, and put in order. */
import { SELF } from "../catalogue/interning.ts";
import { decideFor, type HeldRow, ownAmong } from "../catalogue/rows.ts";
import { takesAway } from "../core/brake.ts";
import { conflictCopy } from "../core/conflict_name.ts";
import { type Entry, isAlive, isDropped, sameContent, saysNothing } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import { isLocalChange, takesOthers } from "../core/mode.ts";
import { ancestorsOf, depthOf } from "../core/path.ts";
import { decide, type Decision, supersedes } from "../core/reconcile.ts";
import type { Replica } from "./replica.ts";
import type { Outcome, Ready, Step } from "./step.ts";

/** Decides from the rows as they are now. */
export function planStep(replica: Replica, ready: Ready, outcomes: Map<RelPath, Outcome>): Step[] {
  const rows = replica.rowsAt(ready.path);
  const own = ownAmong(rows);
  const decision = decideFor(rows);
  if (decision.kind === "none") {
    outcomes.set(ready.path, { kind: "again" });
    replica.catalogue.needs.drop(replica.number, ready.path);
    return [];
  }
  const { entry } = decision;
  if (!mayDo(replica, decision, own)) {
    outcomes.set(ready.path, { kind: "again" });
    return [];
  }
  const changed = changedAbove(replica, ready.path);
  if (changed !== null && isAlive(entry)) {
    outcomes.set(ready.path, changed);
    return [];
  }
  const isListed = isOnlyListed(own, entry) || (ready.movedFrom === null && isOutside(replica, rows, entry));
  if (isListed && ready.staged !== null) {
    // It came while the patterns were others: what was fetched of it is not needed.
    outcomes.set(ready.path, { kind: "again" });
    return [];
  }
  if (decision.kind === "adopt" || isListed) {
    const adoptOnly = isListed || !changesDisk(own, entry);
    const stays = { ...ready, movedFrom: null };
    const nothing = { copy: null, isLoss: false, left: null, takesAway: false };
    return [{ ready: stays, own, entry, ...nothing, adoptOnly, isListed }];
  }
  const left = ready.movedFrom === null ? null : leftByMove(replica, ready.movedFrom, entry);
  if (left === null && ready.movedFrom !== null) {
    outcomes.set(ready.path, { kind: "again" });
    return [];
  }
  if (entry.kind === "file" && ready.staged?.content !== entry.content && ready.movedFrom === null) {
    outcomes.set(ready.path, { kind: "again" });
    return [];
  }
  const verdict = takesAway(own?.row ?? null, decision)
    ? replica.brake.loses(ready.path, own!.row.entry, entry)
    : "no";
  if (verdict === "wait") {
    outcomes.set(ready.path, { kind: "again" });
    return [];
  }
  const loser = decision.copy === null || isKeptInStore(replica, entry) ? null : decision.copy;
  const copy = loser === null ? null : copyOf(replica, ready.path, loser);
  const isLoss = decision.copy !== null;
  return [{
    ready,
    own,
    entry,
    copy,
    isLoss,
    left,
    takesAway: verdict === "yes",
    adoptOnly: false,
    isListed,
  }];
}

/** A file that this device lists and does not keep stays so, whatever others make of it (R10). */
export function isOnlyListed(own: HeldRow | null, entry: Entry): boolean {
  return own !== null && isDropped(own.row) && entry.kind === "file";
}

/**
 * A file that is nowhere here, and outside of what this device keeps of the folder (kept_parts.ts): it is listed. What is here stays, with all that
 * others make of it; and what was here and is to come back, because it was lost or somebody asked for it, comes.
 */
export function isOutside({ keep }: Replica, rows: readonly HeldRow[], entry: Entry): boolean {
  if (keep.patterns.length === 0 || entry.kind !== "file") return false;
  const own = rows.find(({ device }) => device === SELF)?.row ?? null;
  // A delete that was told to nobody is being undone where something comes for it (R9).
  const isNowhere = own === null || saysNothing(own) || own.offered;
  return isNowhere && (own === null || !isAlive(own.entry)) && !keep.keeps(rows[0]!.row.path);
}

/** Whether what was decided for a path may be done under the replica's mode. */
export function mayDo({ mode }: Pick<Replica, "mode">, decision: Decision, own: HeldRow | null): boolean {
  if (mode === "index") return false;
  return takesOthers(mode) || (decision.kind === "adopt" && !changesDisk(own, decision.entry));
}

/** In `receive` mode a directory that was deleted here, or is something else here, is left alone, and so is what should be in it (R9). */
function changedAbove(replica: Replica, path: RelPath): Outcome | null {
  if (replica.mode !== "receive") return null;
  const changed = ancestorsOf(path).find((above) => {
    const own = replica.own(above)?.row;
    return own !== undefined && isLocalChange(own) && own.entry.kind !== "directory";
  });
  return changed === undefined ? null : changedHere(changed);
}

/** Why what others have cannot be taken: this device keeps what was changed on it (R9). */
export function changedHere(path: RelPath): Outcome {
  return {
    kind: "blocked",
    cause: `${path} was changed on this device, which does not give its changes, and stands in the way`,
    remedy:
      "To have what the other devices have: cairn revert FOLDER. To give what is here: cairn folders mode FOLDER sync.",
    isPassing: false,
  };
}

/** The loser's copy (R4). With one that stands there already, of another writing of the same bytes, it is one (R2): so the intent says too (R19). */
function copyOf(
  replica: Replica,
  path: RelPath,
  loser: Entry,
): { readonly path: RelPath; readonly entry: Entry } {
  const copy = conflictCopy(path, loser);
  const there = ownAmong(replica.rowsAt(copy.path))?.row.entry ?? null;
  if (there === null || !sameContent(there, copy.entry) || supersedes(there, copy.entry)) return copy;
  const decision = decide(there, [copy.entry]);
  return decision.kind === "none" ? copy : { ...copy, entry: decision.entry };
}

/** What a path has when our file has moved away from it; null when it is not to move any more: others may have gone on since. */
function leftByMove(replica: Replica, from: RelPath, entry: Entry): Entry | null {
  const source = replica.own(from)?.row.entry;
  if (entry.kind !== "file" || source?.kind !== "file" || source.content !== entry.content) return null;
  const decision = decideFor(replica.rowsAt(from));
  return decision.kind === "take" && !isAlive(decision.entry) ? decision.entry : null;
}

/**
 * With the strategy "newest" our loser becomes a former version here, and no copy is made: placing keeps it like all that it
 * replaces. What stands at the path is the same under any strategy, and a copy that someone makes is an ordinary file to all; so
 * devices that do not know yet of another strategy hold the same trees all the same (invariant 5). A file that meets a
 * directory is not older than it: it is kept beside it (R6).
 */
function isKeptInStore(replica: Replica, winner: Entry): boolean {
  return winner.kind !== "directory" && replica.strategy() === "newest";
}

/** Mode or time of what we have are to be set on the disk. */
export function changesDisk(own: HeldRow | null, entry: Entry): boolean {
  return own !== null && !isDropped(own.row) && isAlive(entry) && entry.kind !== "symlink" &&
    (own.row.entry.mode !== entry.mode || (entry.kind === "file" && own.row.entry.mtimeMs !== entry.mtimeMs));
}

export function inPlacingOrder(a: Step, b: Step): number {
  const rank = ({ entry }: Step) => entry.kind === "directory" ? 0 : isAlive(entry) ? 1 : 2;
  const byRank = rank(a) - rank(b);
  if (byRank !== 0) return byRank;
  const deeper = depthOf(a.ready.path) - depthOf(b.ready.path);
  if (deeper !== 0) return rank(a) === 2 ? -deeper : deeper;
  // Of two that are one name on this disk the lesser comes first, and has it.
  return a.ready.path < b.ready.path ? -1 : a.ready.path > b.ready.path ? 1 : 0;
}
