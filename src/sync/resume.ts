/**
 * A person's word on a halted replica (R38, invariant 8).
 *
 * - Too many changes of others: *accept* takes them. *reject* says what is here anew, with knowledge of them, so that it comes back
 *   on every device; and puts back what they took within the hour before. A device that accepts meanwhile gets it back too: what
 *   it agreed to is superseded (R2).
 * - A root that was put back from a backup: *accept* records what is in it. *reject* puts all of it aside, and what others have comes.
 * - An emptied root: *accept* records what is missing as deleted. *reject* withdraws what is missing, so that it comes from others.
 */
import type { KeptRow } from "../catalogue/kept_versions.ts";
import type { Loss } from "../catalogue/losses.ts";
import { decideFor, type HeldRow, ownAmong } from "../catalogue/rows.ts";
import { takesAway } from "../core/brake.ts";
import { isAlive, type Row } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import { ancestorsOf, childOf, ROOT } from "../core/path.ts";
import { supersedes } from "../core/reconcile.ts";
import { isWithheld } from "../core/version.ts";
import { FsError } from "../platform/ports.ts";
import type { FolderSync } from "./folder_sync.ts";
import type { Halt } from "./halt.ts";
import { rowOfKept } from "./local_change.ts";
import { isOlder, putAside } from "./older_root.ts";
import type { Replica, RowAndPrint } from "./replica.ts";
import { restore, type Restoring } from "./restore.ts";
import type { Stager } from "./stager.ts";

export type Verdict = "accept" | "reject";

/** What is held back, or was. Files count, not directories. */
export interface Held {
  readonly kind: Halt["kind"];
  readonly files: number;
  /** "changes": what others would delete and replace here, and what they took within the hour before. */
  readonly deletes: number;
  readonly replaces: number;
  readonly taken: number;
  /** "emptied", "older": files that are missing here, and those of them that another device has. */
  readonly missing: number;
  readonly elsewhere: number;
}

export interface Resumed extends Held {
  /** Of `taken`, those that were put back. */
  readonly broughtBack: number;
  /** The directory into which what was in the root has been put; null where nothing was. */
  readonly aside: string | null;
}

/** What a word would be about; null when the replica is not halted. */
export async function heldBy({ replica }: FolderSync): Promise<Held | null> {
  const { brake: { halt }, catalogue, number } = replica;
  if (halt === null) return null;
  const { kind, files, taken } = halt;
  const counts = { kind, files, deletes: 0, replaces: 0, taken: 0, missing: 0, elsewhere: 0 };
  if (kind === "changes") return { ...counts, ...catalogue.needs.losingCounts(number), taken };
  const missing = (await missingRows(replica)).filter(({ row }) => row.entry.kind !== "directory");
  const elsewhere = missing.filter(({ row }) => comesBack(replica, row.path)).length;
  return { ...counts, missing: missing.length, elsewhere };
}

/** Does what was said. Throws CairnError when it cannot be recorded; then nothing has changed, and it may be said again. */
export async function resume(
  sync: FolderSync,
  stager: Stager,
  held: Held,
  verdict: Verdict,
): Promise<Resumed> {
  const { replica, outbound: { emptied } } = sync;
  let broughtBack = 0;
  let aside: string | null = null;
  if (held.kind !== "changes") {
    if (held.kind === "older" && verdict === "reject") aside = await putAside(replica);
    if (verdict === "accept") emptied.isAgreed = true;
    else await giveUp(replica);
  } else if (verdict === "accept") replica.catalogue.needs.agree(replica.number);
  else broughtBack = await reject(sync, stager);
  try {
    await replica.brake.release();
  } catch (error) {
    emptied.isAgreed = false;
    throw error;
  }
  if (held.kind !== "changes") void sync.outbound.fullScan().then(() => emptied.isAgreed = false);
  sync.inbound.evaluate();
  return { ...held, broughtBack, aside };
}

// -------------------------------------------------------------------------------- changes of others

/** Answers how many files were put back that were taken already. */
async function reject(sync: FolderSync, stager: Stager): Promise<number> {
  const { replica } = sync;
  const { catalogue, number } = replica;
  const losses = catalogue.losses.all(number);
  await replica.exclusive(async () => {
    const kept = keptRows(replica);
    // Minted in one go, so no write of ours to another folder is among them.
    const dots = kept.flatMap(({ row: { entry } }) => entry.version.dots);
    const [first, last] = [dots[0], dots.at(-1)];
    if (first !== undefined && last !== undefined) {
      await replica.brake.settle({ actor: first.actor, from: first.counter, to: last.counter });
    }
    await replica.record("local", kept);
    await sync.keeper.takeInAll();
  });
  const restoring = losses.flatMap((loss) => beforeLoss(replica, loss) ?? []);
  return (await restore(sync, stager, restoring)).filter((failure) => failure === null).length;
}

/**
 * What stood at a path before others' changes took it: the version that was kept when they first did. A path that was edited or
 * made again here since is left as it is.
 */
function beforeLoss({ catalogue, number, deps }: Replica, { path, atMs }: Loss): Restoring | null {
  const own = catalogue.rows.own(number, path);
  if (own === null || own.row.entry.writer === deps.device) return null;
  const distance = ({ keptMs }: KeptRow) => Math.abs(keptMs - atMs);
  const [kept] = catalogue.kept.at(number, path).sort((a, b) => distance(a) - distance(b));
  return kept === undefined ? null : { item: { path, kept: kept.kept, isExact: true }, to: { inside: path } };
}

/** Rows that overrule what would be lost, and what would happen to the directories around it. */
function keptRows(replica: Replica): RowAndPrint[] {
  const { catalogue, number, mint } = replica;
  const out: RowAndPrint[] = [];
  const keep = (own: HeldRow, others: readonly HeldRow[]) => {
    const overruled = others.filter(({ row }) => row.offered && supersedes(row.entry, own.row.entry))
      .map(({ row }) => row.entry);
    // A file that took a directory's place is kept beside it (R6): only deletes of a directory are overruled.
    const isDirectory = own.row.entry.kind === "directory";
    const row = rowOfKept(
      own.row,
      isDirectory ? overruled.filter((entry) => !isAlive(entry)) : overruled,
      mint,
    );
    out.push({ row, print: catalogue.prints.get(own.state), isFresh: false });
  };
  const lost: RelPath[] = [];
  for (const { path } of catalogue.needs.losing(number)) {
    const rows = replica.rowsAt(path);
    const own = ownAmong(rows);
    if (own === null || !takesAway(own.row, decideFor(rows))) continue;
    lost.push(path);
    keep(own, rows.filter((row) => row !== own));
  }
  for (const path of directoriesAround(replica, lost)) {
    const rows = replica.rowsAt(path);
    const own = ownAmong(rows);
    const decision = decideFor(rows);
    if (own?.row.entry.kind !== "directory" || decision.kind !== "take") continue;
    keep(own, rows.filter((row) => row !== own));
  }
  return out;
}

/**
 * Directories that come back with what was in them: those around a file that does, and those that were deleted with nothing in
 * them. One from which the files moved away stays deleted.
 */
function directoriesAround({ catalogue, number }: Replica, lost: readonly RelPath[]): RelPath[] {
  const around = new Set(lost.flatMap((path) => [...ancestorsOf(path)]));
  for (const path of catalogue.needs.deletedDirectories(number)) {
    if (!catalogue.needs.anyMovedBelow(number, path)) around.add(path);
  }
  return [...around].sort();
}

// -------------------------------------------------------------------------------- a root that is not what it was

/** Our living rows that are not on disk. */
async function missingRows(replica: Replica): Promise<HeldRow[]> {
  const { catalogue, number, deps: { clock } } = replica;
  // What is ignored in an older root need not have been ignored since.
  const ignores = (path: RelPath, isDirectory: boolean) =>
    !isOlder(replica) && replica.ignore.ignores(path, isDirectory);
  const out: HeldRow[] = [];
  for (const directory of catalogue.briefs.directoriesBelow(number, ROOT)) {
    if (catalogue.mounts.holding(number, directory) !== null) continue; // another disk's, which may come back (R13)
    const names = namesIn(replica, directory);
    for (const own of catalogue.rows.ownIn(number, directory)) {
      const { path, entry, offered, held } = own.row;
      const isOurs = offered || isWithheld(entry.version) || replica.mode === "index";
      if (!isAlive(entry) || !isOurs || !held || ignores(path, entry.kind === "directory")) continue;
      if (names === null || !names.has(path)) out.push(own);
    }
    await new Promise<void>((resolve) => clock.after(0, resolve));
  }
  return out;
}

/** Paths in a directory on disk; null when it is not there. Throws FsError when nobody can tell. */
function namesIn({ deps: { fs }, root }: Replica, directory: RelPath): Set<RelPath> | null {
  let pin;
  try {
    pin = fs.pin(root, directory);
  } catch (error) {
    if (error instanceof FsError && (error.code === "not-found" || error.code === "not-directory")) {
      return null;
    }
    throw error;
  }
  try {
    return new Set(fs.list(pin.self).map(({ name }) => childOf(directory, name)));
  } finally {
    pin.close();
  }
}

/** Whether others have something at a path that would be placed if we had nothing there. */
function comesBack(replica: Replica, path: RelPath): boolean {
  const decision = decideFor(replica.othersAt(path));
  return decision.kind === "take" && isAlive(decision.entry);
}

/** What is missing is withdrawn: neither deleted nor ours, and needed again where others have it. */
function giveUp(replica: Replica): Promise<void> {
  return replica.exclusive(async () => {
    const changes = (await missingRows(replica)).map(({ row }): RowAndPrint => {
      const withdrawn: Row = { ...row, offered: false, held: false };
      return { row: withdrawn, print: null, isFresh: false };
    });
    await replica.record("local", changes);
  });
}
