/** What this device keeps of a replica for itself, and says of it: all of it goes when the device leaves the folder. */
import { SELF } from "../catalogue/interning.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { DAMAGED } from "../core/damaged.ts";
import { type FolderId, isId } from "../core/ids.ts";
import type { Ledger } from "../journal/ledger.ts";
import { DISK, SCRUB } from "../library/disks.ts";
import { replicasOf } from "../library/folders.ts";
import { DAMAGE } from "../sync/damages.ts";
import { KEEP } from "../sync/kept_parts.ts";
import { SCANNED } from "../sync/vague_absence.ts";

/** What is held back (crash_guard.ts), how far the marker has come (root_mark.ts), what was looked at (vague_absence.ts), how far the scrub, and what is kept. */
const LOCALS = ["held/", "suspects/", "mark/", SCANNED, SCRUB, KEEP] as const;
/** On which disk it lies, when it was read last, and what of it is damaged. */
const FACTS = [DISK, SCRUB, DAMAGED] as const;

/** Safe over a stop anywhere: done again, it goes on with what is left. */
export async function forgetReplica(ledger: Ledger, folder: FolderId): Promise<void> {
  const { values } = ledger.catalogue;
  for (const key of FACTS.map((one) => one + folder)) {
    if (values.fact(SELF, key) !== null) await ledger.commit({ type: "fact", key, value: null });
  }
  const damages = values.localWithPrefix(`${DAMAGE}${folder}/`).map(({ key }) => key);
  for (const key of [...LOCALS.map((one) => one + folder), ...damages]) {
    if (values.local(key) !== null) await ledger.commit({ type: "local", key, value: null });
  }
}

/** Folders that this device has no replica of and of which it still says something: those that an earlier version has left. */
export function leftBehind(catalogue: Catalogue): FolderId[] {
  const here = new Set(replicasOf(catalogue).map(({ folder }) => folder));
  const said = [...catalogue.values.factSizes(SELF).keys()].flatMap((key) =>
    FACTS.filter((one) => key.startsWith(one) && catalogue.values.fact(SELF, key) !== null)
      .map((one) => key.slice(one.length))
  );
  const kept = [...LOCALS, DAMAGE].flatMap((one) =>
    catalogue.values.localWithPrefix(one).map(({ key }) => key.slice(one.length).split("/")[0]!)
  );
  return [...new Set([...said, ...kept])]
    .filter((folder): folder is FolderId => isId("folder", folder) && !here.has(folder as FolderId));
}
