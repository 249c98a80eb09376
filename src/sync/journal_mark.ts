/**
 * How far this device's journal had come when a root's marker was written (R24). The lsn alone tells little: a journal that was put back goes on,
 * and gives the same lsns again, before a disk that comes late shows its marker. So the marker says the boot and the epoch, too.
 */
import type { Lsn } from "../core/ids.ts";
import { EPOCHS_AHEAD } from "../core/limits.ts";
import type { Marker } from "../folder/marker.ts";
import type { Ledger } from "../journal/ledger.ts";

export type JournalMark = Pick<Marker, "lsn" | "epoch" | "boot">;

export function markOf({ catalogue, epoch, lastLsn: lsn }: Ledger): JournalMark {
  const boot = catalogue.cursors.bootOf(lsn);
  return boot === null ? { lsn } : { lsn, epoch, boot };
}

/**
 * Whether a journal that knew more has written the marker: ours was put back, or has lost its end. One of an older epoch is known to be another's:
 * an epoch begins where that is noticed.
 */
export function isBeyond({ catalogue, epoch, lastLsn }: Ledger, marker: JournalMark): boolean {
  const { lsn, epoch: then, boot } = marker;
  // An older program's says no more.
  if (then === undefined || boot === undefined) return lsn > lastLsn;
  return then > epoch ||
    (then === epoch && !catalogue.cursors.isOurs({ epoch: then, boot, lsn: lsn as Lsn }, lastLsn));
}

/** The epoch that a new one has to be above. What a disk says is believed as far as what a peer says: nobody comes from further. */
export function epochOf({ epoch }: Ledger, { epoch: then = 0 }: JournalMark): number {
  return then > epoch && then < epoch + EPOCHS_AHEAD ? then : epoch;
}
