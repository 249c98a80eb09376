/**
 * A replica that does nothing since its root is not what it was (invariant 8), as its device tells all others: a fact in its
 * journal, withdrawn when the root is back. Beside `halt/`, which stands until a person has decided: a root may be lost meanwhile.
 */
import * as v from "valibot";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { SELF } from "../catalogue/interning.ts";
import type { FolderId } from "../core/ids.ts";
import { letPass } from "../core/passing.ts";
import type { Ledger } from "../journal/ledger.ts";

const STOPPED = "stopped/";
const WHYS = ["gone", "unmarked", "unusable"] as const;
const schema = v.object({ why: v.picklist(WHYS) });

/** "gone": it is not there, or nobody can tell. "unmarked": it has lost its marker. "unusable": it is another's, or leads elsewhere. */
export type RootStop = typeof WHYS[number];

/** What a device (by its number in the catalogue) says of its root; null when it is well, or when that makes no sense. */
export function rootStopOf(catalogue: Catalogue, device: number, folder: FolderId): RootStop | null {
  const read = v.safeParse(schema, catalogue.values.fact(device, STOPPED + folder));
  return read.success ? read.output.why : null;
}

/** Tells how our root is. A disk that refuses leaves it untold: who calls does so again. */
export async function tellRootStop(ledger: Ledger, folder: FolderId, why: RootStop | null): Promise<void> {
  try {
    if (rootStopOf(ledger.catalogue, SELF, folder) === why) return;
    await ledger.commit({ type: "fact", key: STOPPED + folder, value: why === null ? null : { why } });
  } catch (error) {
    letPass(error);
  }
}
