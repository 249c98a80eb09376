/**
 * What a change of mode would do, said before (R9): every path is decided as if our rows followed the mode already. Nothing is
 * minted, recorded or asked of the disk. Files and links count, not directories.
 */
import { decideFor, type HeldRow, ownAmong } from "../catalogue/rows.ts";
import { SELF } from "../catalogue/interning.ts";
import { type Entry, isAlive, type Row, sameContent } from "../core/entry.ts";
import { givesOwn, isLocalChange, type Mode, takesOthers } from "../core/mode.ts";
import type { Stamp } from "../core/ids.ts";
import { supersedes } from "../core/reconcile.ts";
import { readIgnore } from "../folder/ignore.ts";
import type { Mint } from "./local_change.ts";
import { type Ignores, rowInMode } from "./mode_change.ts";
import type { Replica } from "./replica.ts";

export interface ModePreview {
  /** Files that would be fetched, with their bytes: new here, or in the place of what is here, which the version store keeps. */
  taken: number;
  takenBytes: number;
  /** Files that others have deleted, and that would go here. */
  deleted: number;
  /** Files that others have changed too: both are kept. */
  conflicts: number;
  /** Files and deletes of this device that others would be told of as changes. */
  given: number;
  /** Files that others would not count as this device's offer any more. */
  withdrawn: number;
  /** Paths that stay as they are here, and of which others have something else. */
  differing: number;
}

/** Paths decided between two turns of the event loop. */
const TURN_PATHS = 200;

export async function previewMode(replica: Replica, mode: Mode): Promise<ModePreview> {
  const { catalogue, number, deps: { fs, clock, device, ledger }, root } = replica;
  const ignore = readIgnore(fs, root);
  const ignores: Ignores = (path, isDirectory) => ignore.ignores(path, isDirectory);
  // As the next write would be; it is not made.
  const mint: Mint = {
    device,
    mode,
    dot: () => ({ actor: ledger.actor, counter: Math.floor(clock.now()) }),
    stamp: (replaced) => replaced + 1 as Stamp,
    found: (writtenMs) => ledger.stampOfFound(writtenMs),
  };
  const out: ModePreview = {
    taken: 0,
    takenBytes: 0,
    deleted: 0,
    conflicts: 0,
    given: 0,
    withdrawn: 0,
    differing: 0,
  };
  let looked = 0;
  for (const rows of catalogue.everyPath.of(number)) {
    count(out, rows, mode, (row) => rowInMode(row, mint, ignores) ?? row);
    if (++looked % TURN_PATHS === 0) await new Promise<void>((resolve) => clock.after(0, resolve));
  }
  return out;
}

function count(out: ModePreview, rows: readonly HeldRow[], mode: Mode, fit: (row: Row) => Row): void {
  const own = rows.find(({ device }) => device === SELF);
  const fitted = own === undefined ? undefined : { ...own, row: fit(own.row) };
  const now = fitted === undefined ? rows : rows.map((row) => row === own ? fitted : row);
  if (own !== undefined && fitted!.row.offered !== own.row.offered && isFile(own.row.entry, rows)) {
    if (!fitted!.row.offered) out.withdrawn += Number(isAlive(own.row.entry));
    else if (givesOwn(mode) && !isKnown(fitted!.row.entry, rows)) out.given++;
  }
  const decision = decideFor(now);
  if (mode === "index" || decision.kind === "none") {
    // What is kept back in `receive` mode is decided by nobody, and stays different.
    const kept = mode === "receive" && fitted !== undefined && isLocalChange(fitted.row);
    if (kept && isFile(fitted.row.entry, rows)) out.differing++;
    return;
  }
  const standing = ownAmong(now)?.row.entry ?? null;
  if (decision.kind === "adopt" || !isFile(decision.entry, rows)) return;
  if (!takesOthers(mode)) out.differing++;
  else if (decision.copy !== null) out.conflicts++;
  else if (isAlive(decision.entry)) {
    out.taken++;
    out.takenBytes += decision.entry.size;
  } else if (standing !== null) out.deleted++;
}

/** A file or link; of a tombstone, what it is the end of. */
function isFile(entry: Entry, rows: readonly HeldRow[]): boolean {
  if (isAlive(entry)) return entry.kind !== "directory";
  return !rows.some(({ row }) => row.entry.kind === "directory");
}

/** Others have the same, or went on from it: they are told of nothing new. */
function isKnown(entry: Entry, rows: readonly HeldRow[]): boolean {
  return rows.some(({ device, row }) =>
    device !== SELF && row.offered && (sameContent(row.entry, entry) || supersedes(row.entry, entry))
  );
}
