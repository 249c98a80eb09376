/** A home that was put back from a backup is behind the marks in its folders' roots, also where no other device is near to tell (R24). */
import type { Marker } from "../folder/marker.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { ReplicaConfig } from "../library/folders.ts";
import { epochOf, isBeyond } from "../sync/journal_mark.ts";

/** A replica of this device, and the marker that is in its root, if there is one. */
export type MarkedRoot = readonly [config: ReplicaConfig, marker: Marker | null];

/** Begins a new epoch where one of the roots was written by a journal that knew more, before anything is said of it. */
export async function noticeOlderHome(
  ledger: Ledger,
  roots: readonly MarkedRoot[],
  say: (line: string) => void,
): Promise<void> {
  const ahead = roots.flatMap(([{ path, replica }, marker]) =>
    marker?.replica === replica && isBeyond(ledger, marker) ? [{ path, epoch: epochOf(ledger, marker) }] : []
  );
  if (ahead.length === 0) return;
  say(`The home of this device is older than its folder ${ahead[0]!.path}; it announces everything anew.`);
  await ledger.newEpoch(Math.max(...ahead.map(({ epoch }) => epoch)));
}
