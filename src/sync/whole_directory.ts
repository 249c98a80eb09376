/**
 * Whether a directory on the disk, all that is in it included, is what our rows say of it: then it can be renamed as one (R29). Looks at
 * everything in it, and reads nothing.
 */
import type { Stamp } from "../core/ids.ts";
import { isSameStanding, type Standing } from "../catalogue/briefs.ts";
import { isSameInode, samePrint } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { RECORD_WEIGHT } from "../core/limits.ts";
import { MOVED_ENTRIES, type MovedPart, within } from "../core/move.ts";
import { foldsNames } from "../core/names.ts";
import { checkPath, childOf, nameOf, ROOT, utf8Length } from "../core/path.ts";
import type { BriefRow } from "../catalogue/briefs.ts";
import { relativeStat } from "../folder/scan.ts";
import { FsError, type Stat } from "../platform/ports.ts";
import { Places } from "./places.ts";
import type { Replica } from "./replica.ts";

/** A directory of ours that is whole, as it was when it was looked at. */
export interface WholeDirectory {
  readonly top: RelPath;
  readonly now: RelPath;
  /** Our state of the directory itself. */
  readonly state: number;
  readonly standing: Standing;
  /** By record. */
  readonly parts: readonly (readonly MovedPart[])[];
  /** Entries in it, with itself. */
  readonly total: number;
}

/** Entries looked at between two turns of the event loop. */
const TURN_ENTRIES = 500;
/** The longest version of a row that may weigh as much as `ENTRY_WEIGHT`: each of its dots takes ten bytes at least. */
const VERSION_BYTES = 160;
/** What the two rows of an entry weigh beside their paths: 18 dots each. */
const ENTRY_WEIGHT = 2 * (96 + 24 * 18);

/** Nothing is unsure about the folder that single paths would have to be asked about. */
export function mayMoveWhole(replica: Replica, top: RelPath, now: RelPath): boolean {
  const { catalogue: { mounts }, number } = replica;
  return replica.afterCrash.within(new Places([top, now])).isEmpty && replica.intents.isEmpty &&
    !foldsNames(replica.disk) &&
    replica.strategy() !== "merge" && replica.directoryModes.isEmpty &&
    mounts.holding(number, top) === null && mounts.below(number, top) === null &&
    mounts.holding(number, now) === null && mounts.below(number, now) === null;
}

/**
 * Compares what stands at `at` on the disk with our rows at and below `top`, which it was called, to be told as `now`. Null when anything
 * is not the same, is not settled, or is not known.
 */
export async function wholeDirectory(
  replica: Replica,
  top: RelPath,
  now: RelPath,
  at: RelPath,
): Promise<WholeDirectory | null> {
  const { catalogue: { briefs }, number, deps: { clock } } = replica;
  const own = replica.own(top);
  const standing = briefs.standing(number, top);
  if (own === null || standing.versionBytes > VERSION_BYTES || checkPath(now) !== null) return null;
  const records = new Records();
  records.begin({ below: null, first: nameOf(top), last: nameOf(top), count: 1 }, 0);
  const left: RelPath[] = [ROOT];
  let looked = 0;
  try {
    for (let below = left.pop(); below !== undefined; below = left.pop()) {
      // Where we have said something before, that is part of what we say next.
      if (briefs.inDirectory(number, within(now, below)).length > 0) return null;
      const rows = briefs.inDirectory(number, within(top, below)).filter(({ kind }) => kind !== "deleted");
      const directory = within(now, below);
      if (!isAsListed(replica, within(at, below), directory, rows)) return null;
      for (const { name, kind, print } of rows) {
        const path = childOf(directory, name);
        if (checkPath(path) !== null) return null;
        const target = kind === "symlink" ? 2 * print!.size : 0;
        records.add(below, name, ENTRY_WEIGHT + 2 * (utf8Length(path) + utf8Length(top)) + target);
        if (kind === "directory") left.push(below === ROOT ? name as RelPath : childOf(below, name));
      }
      looked += rows.length;
      if (looked < TURN_ENTRIES) continue;
      looked = 0;
      await new Promise<void>((resolve) => clock.after(0, resolve));
    }
  } catch (error) {
    if (error instanceof FsError) return null;
    throw error;
  }
  const total = standing.living + 1;
  // What we have below a path that is no directory of ours is nothing that could be told as a whole.
  if (records.entries !== total) return null;
  return { top, now, state: own.state, standing, parts: records.all, total };
}

/** Our rows at and below it are what they were (R12). */
export function isStillWhole(replica: Replica, { top, now, state, standing }: WholeDirectory): boolean {
  const { catalogue: { briefs }, number } = replica;
  return replica.own(top)?.state === state && replica.own(now) === null &&
    briefs.standing(number, now).state === 0 && isSameStanding(briefs.standing(number, top), standing);
}

/** All that is in the directory, but for what is ignored under both of its names, are these rows, untouched. */
function isAsListed(replica: Replica, directory: RelPath, now: RelPath, rows: readonly BriefRow[]): boolean {
  const { deps: { fs }, root, rootDev, ignore } = replica;
  const ignoredAt = (name: string, isDirectory: boolean) =>
    [directory, now].map((parent) => ignore.ignores(childOf(parent, name), isDirectory));
  const pin = fs.pin(root, directory);
  try {
    const items = fs.list(pin.self);
    for (const row of rows) {
      const stat = fs.lstat(pin.at(row.name));
      if (stat === null || !isUntouched(replica, row, relativeStat(stat, rootDev))) return false;
      if (!ignore.isEmpty && ignoredAt(row.name, row.kind === "directory").includes(true)) return false;
    }
    if (items.length === rows.length) return true;
    const known = new Set(rows.map(({ name }) => name));
    return items.every(({ name, kind }) =>
      known.has(name) || !ignoredAt(name, kind === "directory").includes(false)
    );
  } finally {
    pin.close();
  }
}

function isUntouched(
  { durability }: Replica,
  { kind, mode, offered, held, print }: BriefRow,
  stat: Stat,
): boolean {
  if (!offered || !held || print === null || stat.kind !== kind || stat.birthMs === 0) return false;
  if (kind === "directory") return isSameInode(print, stat) && print.mode === stat.mode && mode === stat.mode;
  return print.settled && samePrint(print, stat) && stat.links === 1 && !durability.isLost(stat);
}

/** Cuts the entries into records, as they come. */
class Records {
  readonly all: MovedPart[][] = [];
  entries = 0;
  #entries = 0;
  #weight = 0;

  begin(part: MovedPart, weight: number): void {
    this.all.push([part]);
    this.entries++;
    this.#entries = 1;
    this.#weight = weight;
  }

  add(below: RelPath, name: string, weight: number): void {
    const record = this.all.at(-1)!;
    if (this.#entries === MOVED_ENTRIES || this.#weight + weight > RECORD_WEIGHT) {
      return this.begin({ below, first: name, last: name, count: 1 }, weight);
    }
    this.entries++;
    this.#entries++;
    this.#weight += weight;
    const part = record.at(-1)!;
    if (part.below !== below) record.push({ below, first: name, last: name, count: 1 });
    else record[record.length - 1] = { ...part, last: name, count: part.count + 1 };
  }
}

/** What a new stamp has to be later than. */
export function newestStamp(replica: Replica, { top, standing }: WholeDirectory): Stamp {
  return Math.max(standing.stamp, replica.own(top)?.row.entry.stamp ?? 0) as Stamp;
}
