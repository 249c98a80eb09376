/**
 * What this device said of a folder is withdrawn (R11): each row says nothing any more, with an lsn of its own. To others it is as if the
 * device had never had the folder: nothing of it is deleted, and nothing of it is to be had here. In bounded steps, and begun again where it
 * was stopped.
 */
import { saysNothing, withheldTombstone } from "../core/entry.ts";
import type { FolderId, Lsn } from "../core/ids.ts";
import { RECORD_ROWS, RECORD_WEIGHT } from "../core/limits.ts";
import { fittingRows } from "../core/row_codec.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Clock } from "../platform/ports.ts";

/** States that one step looks through: some milliseconds. */
const STEP_STATES = 2_000;

/** False when it was stopped. Rejects when the journal refuses. */
export async function withdrawRows(
  ledger: Ledger,
  clock: Clock,
  folder: FolderId,
  isStopped: () => boolean,
): Promise<boolean> {
  const { rows, ids } = ledger.catalogue;
  const number = ids.folder(folder);
  const last = rows.lastState;
  for (let after = 0; after < last; after += STEP_STATES) {
    if (isStopped()) return false;
    const range = [after, Math.min(after + STEP_STATES, last)] as const;
    const withdrawn = rows.ownFlagged(number, range, 0, 0).filter(({ row }) => !saysNothing(row))
      .map(({ row: { path, entry } }) => ({
        path,
        entry: withheldTombstone(entry, new Map()),
        offered: false,
        held: false,
      }));
    for (let at = 0; at < withdrawn.length;) {
      const part = fittingRows(withdrawn, (row) => row, at, RECORD_ROWS, RECORD_WEIGHT);
      at += part.length;
      await ledger.commit({
        type: "rows",
        folder,
        cause: "mode",
        timeMs: clock.now(),
        closes: 0 as Lsn,
        rows: part,
        fresh: [],
      });
    }
    await new Promise<void>((resolve) => clock.after(0, resolve));
  }
  return true;
}
