/** What is being placed right now is nobody's edit: it is looked at when it is recorded. */
import type { RelPath } from "../core/ids.ts";
import type { Difference } from "../folder/scan.ts";

/** The difference without the paths that are being placed, and those of them that are in it. */
export function withoutPlaced(
  difference: Difference,
  placing: ReadonlySet<RelPath>,
): { readonly free: Difference; readonly held: readonly RelPath[] } {
  if (placing.size === 0) return { free: difference, held: [] };
  const held: RelPath[] = [];
  const isFree = ({ path }: { readonly path: RelPath }) => {
    if (placing.has(path)) held.push(path);
    return !placing.has(path);
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
