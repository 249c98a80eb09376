/**
 * What a device that only sends takes over from others (R9): nothing that anybody could see. Where others have what is here, their versions and
 * its own become one, so that they count as the same. All else stays a need, and says what differs.
 */
import { decideFor, ownAmong } from "../catalogue/rows.ts";
import type { RelPath } from "../core/ids.ts";
import { mayDo } from "./planning.ts";
import type { Replica } from "./replica.ts";

/** What differs is decided again when a row of it changes, and otherwise so rarely that it costs nothing. */
const AGAIN_MS = 9 * 60_000;

/** Of needs of a replica that only sends those that may be done; the others are put off. */
export function adoptable(replica: Replica, paths: readonly RelPath[]): RelPath[] {
  const { catalogue, number, deps: { clock } } = replica;
  const later = new Map<RelPath, number>();
  const now = paths.filter((path) => {
    const rows = replica.rowsAt(path);
    const decision = decideFor(rows);
    if (decision.kind === "none") catalogue.needs.drop(number, path);
    else if (mayDo(replica, decision, ownAmong(rows))) return true;
    else later.set(path, clock.now() + AGAIN_MS);
    return false;
  });
  if (later.size > 0) catalogue.needs.putOff(number, later);
  return now;
}
