/** What stands in the way of single paths, as `status` tells it (invariant 11). */
import type { RelPath } from "../core/ids.ts";
import { ancestorsOf, parentOf, ROOT } from "../core/path.ts";

export interface Trouble {
  readonly cause: string;
  readonly remedy: string;
  /** It only informs, of what is never synced: a pipe, a name that is no text. */
  readonly isNote?: boolean;
}

export type Troubles = Map<RelPath, Trouble>;

/** Those because of which a path is not sent, or not as others have it: as long as there is one, nothing is up to date. */
export function withoutNotes(troubles: Troubles): Trouble[] {
  return [...troubles.values()].filter(({ isNote }) => isNote !== true);
}

/** The names of a directory, or all of it (`isWhole`), were compared: what was said before and is out of date by that. */
export function forgetOutdated(
  troubles: Troubles,
  directory: RelPath,
  isWhole: boolean,
  gone: readonly { readonly path: RelPath }[],
): void {
  if (troubles.size === 0) return;
  // With what is gone goes what was said of anything below it: nobody comes there again to take it back.
  const paths = new Set(gone.map(({ path }) => path));
  for (const path of troubles.keys()) {
    if (path === ROOT) continue;
    const isSeen = isWhole && parentOf(path) === directory;
    if (isSeen || [path, ...ancestorsOf(path)].some((one) => paths.has(one))) troubles.delete(path);
  }
}
