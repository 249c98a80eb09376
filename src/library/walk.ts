/** A tree from the top: each directory before what is in it, in the order of names. Told in pages that go on from an address. */
import { parseAddress } from "../core/address.ts";
import { CairnError } from "../core/errors.ts";
import type { RelPath } from "../core/ids.ts";
import { QUESTION_ROWS } from "../core/limits.ts";
import { childOf, isBelow, ROOT } from "../core/path.ts";
import { type Listed, Lister, type Listing, listPlace } from "./listing.ts";
import type { Work } from "./questions.ts";
import { type Asking, folderCalled, type Place } from "./resolve.ts";

export interface Branch extends Listed {
  /** 1 for what stands directly in the place. */
  readonly depth: number;
}

export interface Tree {
  readonly branches: readonly Branch[];
  /** The address to go on behind; null at the end. */
  readonly next: string | null;
}

/** A directory that is being told: what of it comes next. */
interface Open {
  readonly path: RelPath;
  /** Behind this name the next page begins; null when there is none. */
  after: string | null;
  entries: readonly Listed[];
  at: number;
}

/** What is below a place down to `depth`, from behind the address `after` on: `limit` entries. */
export function* walkPlace(
  asking: Asking,
  place: Place,
  depth: number,
  after: string | null,
  limit: number,
): Work<Tree> {
  return place.folder === null
    ? yield* walkFolders(asking, place, depth, after, limit)
    : yield* walkFolder(asking, place, depth, after === null ? null : pathIn(place, after), limit, 0);
}

function* walkFolders(
  asking: Asking,
  place: Place,
  depth: number,
  after: string | null,
  limit: number,
): Work<Tree> {
  const branches: Branch[] = [];
  let within = after === null ? null : begun(after);
  const folders: Listing = yield* listPlace(asking, place, "", Number.MAX_SAFE_INTEGER);
  for (const listed of folders.entries) {
    if (within !== null && listed.name < within.folder) continue;
    if (listed.name !== within?.folder) {
      if (branches.length >= limit) return { branches, next: branches.at(-1)!.address };
      branches.push({ ...listed, depth: 1 });
    }
    const from = within?.folder === listed.name ? within.path : null;
    within = null;
    if (depth === 1) continue;
    const inside = { ...place, folder: folderCalled(asking, listed.name) };
    const left = limit - branches.length;
    const tree: Tree = yield* walkFolder(asking, inside, depth - 1, from === ROOT ? null : from, left, 1);
    branches.push(...tree.branches);
    if (tree.next !== null) return { branches, next: branches.at(-1)!.address };
  }
  return { branches, next: null };
}

function begun(after: string): { readonly folder: string; readonly path: RelPath } {
  const address = parseAddress(after);
  if (address.kind === "place" && address.folder !== null) {
    return { folder: address.folder, path: address.path };
  }
  throw new CairnError("usage", `Cannot go on behind ${after}`, "Give the address of the last entry.");
}

function pathIn(place: Place, after: string): RelPath {
  const { folder, path } = begun(after);
  if (folder === place.folder!.name && isBelow(path, place.path)) return path;
  throw new CairnError(
    "usage",
    `Cannot go on behind ${after}: it is not below the address`,
    "Give one that is.",
  );
}

function* walkFolder(
  asking: Asking,
  { device, folder, path: top }: Place,
  depth: number,
  after: RelPath | null,
  limit: number,
  above: number,
): Work<Tree> {
  const lister = new Lister(asking, folder!, device);
  const branches: Branch[] = [];
  const open = openAt(top, after, depth);
  for (let directory = open.at(-1); directory !== undefined; directory = open.at(-1)) {
    const listed = directory.entries[directory.at];
    if (listed === undefined) {
      if (directory.after === null) {
        open.pop();
        continue;
      }
      const wanted = Math.min(QUESTION_ROWS, limit - branches.length + 1);
      const page: Listing = yield* lister.page(directory.path, directory.after, wanted);
      Object.assign(directory, { entries: page.entries, at: 0, after: page.next });
      yield;
      continue;
    }
    if (branches.length >= limit) return { branches, next: branches.at(-1)?.address ?? after };
    directory.at++;
    branches.push({ ...listed, depth: above + open.length });
    if (listed.kind === "directory" && open.length < depth) {
      open.push({ path: childOf(directory.path, listed.name), after: "", entries: [], at: 0 });
    }
  }
  return { branches, next: null };
}

/** The directories that lead to where it goes on, each behind the name that was told last. */
function openAt(top: RelPath, after: RelPath | null, depth: number): Open[] {
  const names = after === null ? [] : after.slice(top === ROOT ? 0 : top.length + 1).split("/");
  const open: Open[] = [];
  let path = top;
  for (const name of names.slice(0, depth)) {
    open.push({ path, after: name, entries: [], at: 0 });
    path = childOf(path, name);
  }
  // What was told last may be a directory: what is in it comes next.
  if (open.length < depth) open.push({ path, after: "", entries: [], at: 0 });
  return open;
}
