/**
 * A folder that is empty here, while the other devices that take part in it have files and give them to nobody, since they only list them or keep
 * their own: nothing is missing, and yet nobody may take it for the folder (invariant 11).
 */
import { SELF } from "../catalogue/interning.ts";
import { givesOwn, takesOthers } from "../core/mode.ts";
import { modeOf } from "../library/folders.ts";
import { membersOf } from "../library/members.ts";
import type { Replica } from "../sync/replica.ts";

export const ONLY_LISTED = "the other devices list files of it and give them to nobody (cairn folders mode)";

/** More ways to stand than these are not gone through for a line of the status. */
const STANDINGS = 1_000;

export function isOnlyListed({ catalogue, folder, number, mode }: Replica): boolean {
  if (!takesOthers(mode) || catalogue.totals(folder).files > 0) return false;
  const others = membersOf(catalogue).map(({ device }) => catalogue.ids.device(device))
    .filter((device) => device !== SELF && modeOf(catalogue, device, folder) !== null);
  if (others.some((device) => givesOwn(modeOf(catalogue, device, folder)!))) return false;
  const { standings } = catalogue.copies;
  return others.length > 0 && standings.count() <= STANDINGS &&
    standings.all().some(({ spots }) =>
      spots.some((spot) => spot.folder === number && others.some((device) => spot.devices.includes(device)))
    );
}
