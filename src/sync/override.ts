/**
 * What is here holds everywhere (R9): a device that only sends says anew what it has wherever others have something else, with knowledge of
 * all that they said, so that it supersedes that on every device; also that it has nothing, where only others have something. What
 * goes by it goes as by any edit: into the version stores of those who had it, and past their brakes (R38).
 */
import { decideFor, type HeldRow, ownAmong } from "../catalogue/rows.ts";
import { SELF } from "../catalogue/interning.ts";
import { type Entry, isAlive, tombstoneOf } from "../core/entry.ts";
import type { RelPath, Stamp } from "../core/ids.ts";
import { givesOwn } from "../core/mode.ts";
import { type Context, uniteContexts } from "../core/version.ts";
import { rowOfKept } from "./local_change.ts";
import type { Replica, RowAndPrint } from "./replica.ts";

export interface Overriding {
  /** Files that others have otherwise, and would have as they are here. */
  replaced: number;
  /** Files that others have deleted, or never had, and would have. */
  restored: number;
  /** Files that only others have, and that would go there. */
  deleted: number;
}

/** Paths that are said anew in one go. */
const STEP_PATHS = 200;
/** Needs decided in one go. */
const DECIDED = 500;

/** Says what differs; with `isMeant` makes what is here hold everywhere. */
export async function override(replica: Replica, isMeant: boolean): Promise<Overriding> {
  const { catalogue, number, deps: { clock } } = replica;
  const turn = () => new Promise<void>((resolve) => clock.after(0, resolve));
  while (catalogue.rows.decideSome(number, DECIDED) === DECIDED) await turn();
  const done: Overriding = { replaced: 0, restored: 0, deleted: 0 };
  for (const some of catalogue.needs.paths(number, STEP_PATHS)) {
    await replica.exclusive(async () => {
      if (replica.isClosed || !givesOwn(replica.mode)) return;
      const changes = some.flatMap((path) => overruling(replica, path, done, isMeant) ?? []);
      if (changes.length > 0) await replica.record("local", changes);
    });
    await turn();
  }
  return done;
}

function overruling(replica: Replica, path: RelPath, done: Overriding, isMeant: boolean): RowAndPrint | null {
  const rows = replica.rowsAt(path);
  const decision = decideFor(rows);
  if (decision.kind === "none") return null;
  const own = ownAmong(rows);
  const others = rows.filter(({ device, row }) => device !== SELF && row.offered).map(({ row }) => row.entry);
  // Of what is not kept here nothing holds everywhere, nor of what is on its way back (R10): that it is missing says nothing.
  if (rows.some(({ device, row }) => device === SELF && isAlive(row.entry) && !row.held)) return null;
  const isDirectory = (own?.row.entry ?? decision.entry).kind === "directory";
  if (replica.ignore.ignores(path, isDirectory)) return null;
  if (own !== null && isAlive(own.row.entry)) {
    const isFile = own.row.entry.kind !== "directory";
    if (isAlive(decision.entry)) done.replaced += Number(isFile);
    else done.restored += Number(isFile);
    if (!isMeant) return null;
    const print = replica.catalogue.prints.get(own.state);
    return { row: rowOfKept(own.row, others, replica.mint), print, isFresh: false };
  }
  // Tombstones that are not one yet are nothing to anybody.
  if (decision.kind === "adopt" || !isAlive(decision.entry)) return null;
  done.deleted += Number(decision.entry.kind !== "directory");
  return isMeant ? { row: absence(replica, path, own, others), print: null, isFresh: false } : null;
}

/** That nothing is here, with knowledge of all that others have there. */
function absence(
  { mint, deps: { device } }: Replica,
  path: RelPath,
  own: HeldRow | null,
  others: readonly Entry[],
): RowAndPrint["row"] {
  const all = own === null ? others : [own.row.entry, ...others];
  const context = all.reduce<Context>(
    (known, { version }) => uniteContexts(known, version.context),
    new Map(),
  );
  const [first] = all;
  const latest = Math.max(...all.map(({ stamp, version }) => Math.max(stamp, version.metaStamp))) as Stamp;
  const known = { ...first!, version: { ...first!.version, context } };
  return {
    path,
    entry: tombstoneOf(known, mint.dot(), mint.stamp(latest), device),
    offered: true,
    held: false,
  };
}
