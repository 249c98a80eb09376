/** What stood at a path at a moment, as far as its kept versions tell. Pure. */
import type { Kept } from "./kept.ts";

export type StateAt =
  /** This content; `isExact` is false where it is the one nearest to what has been thinned out. */
  | { readonly kind: "version"; readonly version: Kept; readonly isExact: boolean }
  /** Nothing was taken from the path since: what stands there now stood there then, or was made here since. */
  | { readonly kind: "as-now" }
  /** Something was kept since, but it was written after the moment, and nothing tells that the path was there then. */
  | { readonly kind: "unknown" };

/**
 * Of the versions of one path, in any order, the one that stood there at `atMs`: the first that was taken away after it. A
 * content that was written later than that stood there only if an older one is known, which says that the path existed:
 * then the moment's own version has been thinned out, and the next is the nearest that is left.
 */
export function stateAt(versions: readonly Kept[], atMs: number): StateAt {
  let next: Kept | null = null;
  let last: Kept | null = null;
  for (const version of versions) {
    if (version.why === "damaged") continue; // nobody wrote that; what it was before stood there, and stands there again
    if (version.keptMs > atMs) {
      if (next === null || isBefore(version, next)) next = version;
    } else if (last === null || isBefore(last, version)) last = version;
  }
  if (next === null) return { kind: "as-now" };
  if (next.sinceMs <= atMs) return { kind: "version", version: next, isExact: true };
  const wasThere = last !== null && last.why !== "deleted";
  return wasThere ? { kind: "version", version: next, isExact: false } : { kind: "unknown" };
}

function isBefore(a: Kept, b: Kept): boolean {
  return a.keptMs !== b.keptMs ? a.keptMs < b.keptMs : a.file < b.file;
}
