/**
 * The conflicts of a folder that nobody has settled: living files and links under a conflict name whose version says that they
 * came from one (`copyActorsIn`). That is in the rows, so no rebuild loses it; a file that merely has such a name is none. A
 * copy that is edited still is one; deleted or renamed, by whomever and wherever, it is settled.
 */
import type { HeldRow } from "../catalogue/rows.ts";
import { actorOfCopy, conflictForms, copyActorsIn } from "../core/conflict_name.ts";
import { isAlive } from "../core/entry.ts";
import type { ActorId, RelPath } from "../core/ids.ts";
import { NAME_BYTES, PATH_BYTES } from "../core/limits.ts";
import { childOf, nameOf, parentOf, utf8Length } from "../core/path.ts";
import type { Replica } from "./replica.ts";

export interface Conflict {
  /** Where the two met. */
  readonly path: RelPath;
  /** What stands there; null when nothing does any more. */
  readonly standing: HeldRow | null;
  /** What lost, under its conflict name. */
  readonly copy: HeldRow;
}

type Tree = Pick<Replica, "catalogue" | "number" | "own">;

const DIGITS = "[0-9]".repeat(8);
const GLOB = `*.conflict-${DIGITS}-${"[0-9a-f]".repeat(8)}*`;

/** All unsettled conflicts of a folder, in the order of their paths. */
export function conflictsIn(replica: Tree): Conflict[] {
  const { catalogue, number } = replica;
  return catalogue.rows.ownConflicts(number, GLOB)
    .flatMap((copy) => conflictOf(replica, copy) ?? [])
    .sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}

/** How many copies of conflicts a folder has. Where the two met is not asked, which is the dear part of it. */
export function countConflicts({ catalogue, number }: Tree): number {
  return catalogue.rows.ownConflicts(number, GLOB).filter(isCopy).length;
}

/** The conflict whose copy stands at `path`; null when there is none. */
export function conflictAt(replica: Tree, path: RelPath): Conflict | null {
  const copy = replica.own(path);
  return copy === null ? null : conflictOf(replica, copy);
}

function isCopy({ row: { entry, offered, held } }: HeldRow): boolean {
  const isFileOrLink = isAlive(entry) && entry.kind !== "directory";
  return isFileOrLink && offered && held && copyActorsIn(entry.version).length > 0;
}

/** Actors that are tried for each copy: each is a hash, and a member may name as many as it likes. */
const ACTORS_TRIED = 2_000;

function conflictOf(replica: Tree, copy: HeldRow): Conflict | null {
  const { path: at } = copy.row;
  if (!isCopy(copy)) return null;
  const path = pathBehind(replica, copy);
  if (path === null) return null;
  const standing = replica.own(path);
  const isThere = standing !== null && isAlive(standing.row.entry);
  return path === at ? null : { path, standing: isThere ? standing : null, copy };
}

/**
 * The path where the two met. A copy's actors are made of that path, so any path can be tried; the name says nearly always which.
 * It does not where it had to be cut, or its directory with it. Null: the name has not the form.
 */
function pathBehind(replica: Tree, { row: { path: at, entry } }: HeldRow): RelPath | null {
  const { catalogue, number } = replica;
  const marks = new Set(copyActorsIn(entry.version));
  const parent = parentOf(at);
  const known = catalogue.ids.actors(ACTORS_TRIED);
  const fits = (path: RelPath) => actorsAt(path, known).some((actor) => marks.has(actorOfCopy(path, actor)));
  const forms = conflictForms(nameOf(at));
  const likely = forms.map(({ stem, extension }) => childOf(parent, stem + extension));
  const direct = likely.find(fits);
  if (direct !== undefined) return direct;
  if (utf8Length(nameOf(at)) > NAME_BYTES - 4 || isNearLimit(at)) {
    const directories = catalogue.briefs.directoriesBelow(number, parent)
      .filter((directory) => directory === parent || isNearLimit(directory));
    for (const directory of directories) {
      const paths = catalogue.briefs.inDirectory(number, directory).map(({ name }) =>
        childOf(directory, name)
      );
      const found = paths.find((path) =>
        path !== at && forms.some(({ stem }) => nameOf(path).startsWith(stem)) && fits(path)
      );
      if (found !== undefined) return found;
    }
  }
  // Whoever wrote it first is forgotten here: the name is all there is.
  return likely[0] ?? null;
}

/** Actors in whose name something may stand at a path: where a copy of a copy comes from, these are made ones too. */
function actorsAt(path: RelPath, known: readonly ActorId[]): ActorId[] {
  const parent = parentOf(path);
  const made = conflictForms(nameOf(path)).flatMap(({ stem, extension }) =>
    known.map((actor) => actorOfCopy(childOf(parent, stem + extension), actor))
  );
  return [...known, ...made];
}

/** Near the longest path that there is: a name below it may have lost its directory. */
function isNearLimit(path: RelPath): boolean {
  return utf8Length(path) > PATH_BYTES - 2 * NAME_BYTES;
}
