/**
 * A home that was made out of an export knows who this device is and nothing of what it said. Until another device has told that (R26), its
 * folders are not looked at and it says nothing of itself: whoever hears a new announcement to its end forgets the former one.
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { type FolderId, isId } from "../core/ids.ts";
import type { JournalRecord } from "../core/record.ts";

const KEY = "restoring";

/** Folders that wait; null when this device does not, or no longer. */
export function restoringOf(catalogue: Catalogue): ReadonlySet<FolderId> | null {
  const saved = catalogue.values.local(KEY);
  if (!Array.isArray(saved)) return null;
  return new Set(saved.filter((id) => isId("folder", id)));
}

export function restoringRecord(folders: Iterable<FolderId> | null): JournalRecord {
  return { type: "local", key: KEY, value: folders === null ? null : [...folders] };
}

/** How well somebody knows what this device said before. */
export interface FormerOffer {
  readonly epoch: number;
  readonly lsn: number;
  readonly whole: boolean;
}

/**
 * Whose word is taken for what this device said: the one that goes furthest of those that have all of it. Where everybody has been asked,
 * also one that has a part, and "nobody" when none knows anything. Null while others may know more.
 */
export function whoKnowsBest<Id>(
  offers: ReadonlyMap<Id, FormerOffer>,
  others: readonly Id[],
): Id | "nobody" | null {
  const further = (a: [Id, FormerOffer], b: [Id, FormerOffer]) =>
    b[1].epoch - a[1].epoch || b[1].lsn - a[1].lsn;
  const knowing = [...offers].filter(([, { epoch }]) => epoch > 0).sort(further);
  const whole = knowing.find(([, offer]) => offer.whole);
  if (whole !== undefined) return whole[0];
  if (!others.every((id) => offers.has(id))) return null;
  return knowing[0]?.[0] ?? "nobody";
}
