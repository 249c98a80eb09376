/** An event names one name of a file; its other hard links have changed with it. */
import type { Fingerprint } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import type { Replica } from "./replica.ts";

/** The other paths of ours that are the same file on this disk, as we know it. */
export function otherNames(
  { catalogue, number }: Replica,
  path: RelPath,
  { ino, birthMs, dev }: Fingerprint,
): RelPath[] {
  return catalogue.prints.statesOfInode(ino).flatMap(({ state, print }) => {
    if (print.birthMs !== birthMs || print.dev !== dev) return [];
    const other = catalogue.rows.ownPathOf(number, state);
    return other === null || other === path ? [] : [other];
  });
}
