/** What is being placed right now is nobody's edit: it is looked at when it is recorded. */
import type { RelPath } from "../core/ids.ts";
import { isBelow } from "../core/path.ts";
import type { Difference } from "../folder/scan.ts";
import type { Replica } from "./replica.ts";

/** The difference without the paths that are being placed, alone or with the directory that is being renamed, and those of them that are in it. */
export function withoutPlaced(
  difference: Difference,
  { placing, renaming }: Pick<Replica, "placing" | "renaming">,
): { readonly free: Difference; readonly held: readonly RelPath[] } {
  if (placing.size === 0 && renaming === null) return { free: difference, held: [] };
  const held: RelPath[] = [];
  const isFree = ({ path }: { readonly path: RelPath }) => {
    // With the directory that is being renamed all in it is looked at.
    if (renaming?.some((top) => isBelow(path, top))) return false;
    const isHeld = placing.has(path) || renaming?.includes(path) === true;
    if (isHeld) held.push(path);
    return !isHeld;
  };
  const { seen, gone, replaced, ignored } = difference;
  const free = {
    ...difference,
    seen: seen.filter(isFree),
    gone: gone.filter(isFree),
    replaced: replaced.filter(isFree),
    ignored: ignored.filter(isFree),
  };
  return { free, held };
}
