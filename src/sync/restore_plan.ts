/** What restoring a path means: which former content each file gets. Decides; changes nothing. */
import { CairnError } from "../core/errors.ts";
import { type Entry, isAlive } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import { type Kept, versionId } from "../core/kept.ts";
import { stateAt } from "../core/state_at.ts";
import { childOf } from "../core/path.ts";
import type { FolderSync } from "./folder_sync.ts";

export type Which =
  /** What was replaced or deleted last; of a file that is held back, what it was before. */
  | { readonly kind: "latest" }
  /** What stood there then. */
  | { readonly kind: "at"; readonly atMs: number }
  | { readonly kind: "version"; readonly id: string };

export interface RestoreItem {
  /** Whose content it is. */
  readonly path: RelPath;
  /** From the version store; null for the recorded content of a file that is held back (R16). */
  readonly kept: Kept | null;
  /** False for the content nearest to one that has been thinned out. */
  readonly isExact: boolean;
}

export interface RestorePlan {
  readonly isDirectory: boolean;
  /** In the order of their paths. */
  readonly items: readonly RestoreItem[];
  /** Files that have the content already. */
  readonly same: number;
  /** Files of which nothing of that time is kept: made since, or changed here. They stay as they are. */
  readonly unknown: readonly RelPath[];
}

/** Versions that one directory's restore looks at. */
const MOST_VERSIONS = 1_000_000;

/** Whether the path is, or was, a directory: what is kept of it lies below it. */
export function isDirectoryHere({ replica }: FolderSync, path: RelPath): boolean {
  if (path === "") return true;
  const { catalogue, number } = replica;
  const own = replica.own(path)?.row.entry;
  if (own !== undefined && isAlive(own)) return own.kind === "directory";
  return catalogue.kept.at(number, path).length === 0 && catalogue.kept.countBelow(number, path) > 0;
}

/** Throws CairnError "version-unknown", or "usage" where a directory needs a time. */
export function planRestore(sync: FolderSync, path: RelPath, which: Which): RestorePlan {
  if (which.kind !== "version" && isDirectoryHere(sync, path)) return planDirectory(sync, path, which);
  const item = planFile(sync, path, which);
  const isSame = item.kept !== null && hasContent(sync.replica.own(path)?.row.entry, item.kept);
  return { isDirectory: false, items: [item], same: isSame ? 1 : 0, unknown: [] };
}

function planFile({ replica, outbound }: FolderSync, path: RelPath, which: Which): RestoreItem {
  const versions = replica.catalogue.kept.at(replica.number, path).map(({ kept }) => kept);
  if (which.kind === "latest" && outbound.guard.isHeld(path)) return { path, kept: null, isExact: true };
  const newest = versions.find(({ why }) => why !== "damaged") ?? versions[0];
  if (newest === undefined) {
    throw new CairnError(
      "version-unknown",
      `Nothing is kept of ${path} on this device`,
      "Kept is what another device's change replaced or deleted here. See `cairn versions` on the other devices too.",
    );
  }
  switch (which.kind) {
    case "latest":
      return { path, kept: newest, isExact: true };
    case "version": {
      const kept = versions.find((version) => versionId(version) === which.id);
      if (kept !== undefined) return { path, kept, isExact: true };
      throw new CairnError(
        "version-unknown",
        `There is no version ${which.id} of ${path}`,
        "`cairn versions PATH` lists those that there are.",
      );
    }
    case "at": {
      const found = stateAt(versions, which.atMs);
      if (found.kind === "version") return { path, kept: found.version, isExact: found.isExact };
      throw new CairnError(
        "version-unknown",
        found.kind === "as-now"
          ? `No other device has changed ${path} since then: what is kept of it is older`
          : `Nothing is kept of ${path} as it was then: what is kept was written later`,
        "`cairn versions PATH` lists what there is; restore one with --version ID.",
      );
    }
  }
}

function planDirectory({ replica, outbound }: FolderSync, path: RelPath, which: Which): RestorePlan {
  const { catalogue, number } = replica;
  if (which.kind !== "at") {
    throw new CairnError(
      "usage",
      `${path === "" ? "The whole folder" : path} is a directory: say as of when`,
      'Such as: --at "2h ago". `cairn versions` on it lists what is kept, with the times.',
    );
  }
  const byPath = new Map<RelPath, Kept[]>();
  for (const { kept } of catalogue.kept.below(number, path, MOST_VERSIONS)) {
    const known = byPath.get(kept.path);
    if (known === undefined) byPath.set(kept.path, [kept]);
    else known.push(kept);
  }
  const items: RestoreItem[] = [];
  const unknown: RelPath[] = [];
  let same = 0;
  for (const below of [...byPath.keys()].sort()) {
    const found = stateAt(byPath.get(below)!, which.atMs);
    if (found.kind === "unknown") unknown.push(below);
    if (found.kind !== "version") continue;
    if (hasContent(replica.own(below)?.row.entry, found.version) && !outbound.guard.isHeld(below)) same++;
    else items.push({ path: below, kept: found.version, isExact: found.isExact });
  }
  return { isDirectory: true, items, same, unknown };
}

function hasContent(entry: Entry | undefined, kept: Kept): boolean {
  return entry !== undefined && entry.kind === kept.kind && entry.content === kept.content &&
    entry.target === kept.target;
}

/** Where an item comes to stand when the whole goes to another path of the folder. */
export function movedTo(item: RelPath, from: RelPath, to: RelPath): RelPath {
  if (item === from) return to;
  return childOf(to, from === "" ? item : item.slice(from.length + 1));
}
