/**
 * What was changed on a device that only receives is undone (R9): it goes into the version store (R21), and what the others have comes.
 *
 * 1. Where others have something, the row says that it makes way for that. Then it is replaced like anything that others replace: as
 *    it is now, until what takes its place is here, and into the version store.
 * 2. What nobody else has is put into the version store at once; so are directories taken away that nothing is left in.
 * 3. What was deleted here is said no more, and so it is needed.
 * 4. Stopped anywhere in between, what was not undone is a change still, and what was is found as it is.
 */
import { WITHHELD } from "../catalogue/row_sql.ts";
import { decideFor, type HeldRow } from "../catalogue/rows.ts";
import { isAlive, withheldTombstone } from "../core/entry.ts";
import type { Kept } from "../core/kept.ts";
import type { RelPath } from "../core/ids.ts";
import { isLocalChange } from "../core/mode.ts";
import { parentOf } from "../core/path.ts";
import { YIELDING } from "../core/version.ts";
import { Pins } from "../folder/pins.ts";
import { place } from "../folder/place.ts";
import { announceKept } from "../folder/versions.ts";
import { FsError } from "../platform/ports.ts";
import { keptOfSettled } from "./keeping.ts";
import { syncPlaced } from "./placed_durable.ts";
import { expectedOf } from "./placing.ts";
import type { Replica, RowAndPrint } from "./replica.ts";

export interface Reverting {
  /** Files changed here, of which others have another version: that comes. */
  changed: number;
  /** Files that are only here: they go into the version store. */
  added: number;
  /** Files deleted here: they come back. */
  deleted: number;
  /** Those of all of these that could not be undone: they are being changed, or the disk refuses. */
  left: number;
}

/** States that one step looks through. */
const STEP_STATES = 2_000;
/** Files that are taken away in one go. */
const STEP_FILES = 64;

/** Says what was changed here; with `isMeant` undoes it. */
export async function revert(replica: Replica, isMeant: boolean): Promise<Reverting> {
  const { catalogue: { rows }, number, deps: { clock } } = replica;
  const done: Reverting = { changed: 0, added: 0, deleted: 0, left: 0 };
  const alone: RelPath[] = [];
  const last = rows.lastState;
  for (let after = 0; after < last; after += STEP_STATES) {
    await replica.exclusive(async () => {
      const range = [after, Math.min(after + STEP_STATES, last)] as const;
      const changed = rows.ownFlagged(number, range, WITHHELD, WITHHELD).filter((own) =>
        isLocalChange(own.row) && !replica.ignore.ignores(own.row.path, own.row.entry.kind === "directory")
      );
      const changes = changed.flatMap((own) => makingWay(replica, own, done, alone) ?? []);
      if (isMeant && changes.length > 0 && isReverting(replica)) await replica.record("mode", changes);
    });
    await new Promise<void>((resolve) => clock.after(0, resolve));
  }
  if (!isMeant) return done;
  // What is in a directory goes before it.
  alone.sort((a, b) => a < b ? 1 : -1);
  for (let at = 0; at < alone.length; at += STEP_FILES) {
    const some = alone.slice(at, at + STEP_FILES);
    done.left += await replica.exclusive(() => takeAway(replica, some));
  }
  return done;
}

function isReverting({ mode, isClosed }: Replica): boolean {
  return mode === "receive" && !isClosed;
}

/** What becomes of a change of ours; null, with the path among `alone`, where nobody has anything that it could make way for. */
function makingWay(
  replica: Replica,
  own: HeldRow,
  done: Reverting,
  alone: RelPath[],
): RowAndPrint | null {
  const { row: { path, entry, held } } = own;
  const isFile = Number(entry.kind !== "directory");
  if (!isAlive(entry)) {
    done.deleted++;
    const nothing = withheldTombstone(entry, new Map());
    return { row: { path, entry: nothing, offered: false, held: false }, print: null, isFresh: false };
  }
  const row = { path, entry: { ...entry, version: YIELDING }, offered: false, held };
  const others = replica.othersAt(path).filter((other) => other.row.offered);
  const decision = decideFor([...others, { ...own, row }]);
  if (decision.kind === "none" || !isAlive(decision.entry)) {
    done.added += isFile;
    alone.push(path);
    return null;
  }
  done.changed += isFile;
  return { row, print: replica.catalogue.prints.get(own.state), isFresh: false };
}

/** Puts files that are only here into the version store, and takes their directories away. Answers how many files stay. */
async function takeAway(replica: Replica, paths: readonly RelPath[]): Promise<number> {
  if (!isReverting(replica)) return paths.length;
  const { deps: { fs }, root, rootDev, versions } = replica;
  const pins = new Pins(fs, root);
  const going = paths.flatMap((path) => {
    const own = replica.own(path);
    const expected = own === null || !isLocalChange(own.row) ? null : expectedOf(replica, own);
    return own === null || expected === null || expected === "unknown" ? [] : [{ path, own, expected }];
  });
  const changes: RowAndPrint[] = [];
  const directories = new Set<RelPath>();
  const shards = new Set<string>();
  let left = paths.length - going.length;
  replica.placing = new Set(going.map(({ path }) => path));
  try {
    const kept = going.flatMap(({ own }): Kept[] =>
      own.row.entry.kind === "directory" || !replica.hasRoom(0) ? [] : [keptOfSettled(replica, own)]
    );
    const index = await announceKept(versions, kept);
    if (index !== null) await fs.syncFile(index);
    for (const { path, own, expected } of going) {
      const isDirectory = own.row.entry.kind === "directory";
      try {
        const mayGo = isDirectory || replica.hasRoom(0);
        const placed = mayGo &&
          place({ fs, rootDev, versions, pins, spelling: replica.spelling() }, path, expected, {
            kind: "deleted",
          });
        if (placed === false || placed.result !== "done") {
          left += Number(!isDirectory);
          continue;
        }
        if (placed.kept !== null) shards.add(placed.kept.shard);
      } catch (error) {
        if (!(error instanceof FsError)) throw error;
        left += Number(!isDirectory);
        continue;
      }
      directories.add(parentOf(path));
      const nothing = withheldTombstone(own.row.entry, new Map());
      changes.push({
        row: { path, entry: nothing, offered: false, held: false },
        print: null,
        isFresh: false,
      });
    }
    await syncPlaced(replica, { directories, shards });
    await replica.record("mode", changes);
    return left;
  } finally {
    replica.placing = new Set();
    pins.close();
  }
}
