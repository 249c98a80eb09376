/** No announced entry is lost by a crash of its device (invariant 1, R24): what others have of it, it still has when it is back. */
import { SELF } from "../../../src/catalogue/interning.ts";
import { isDropped } from "../../../src/core/entry.ts";
import type { JournalRecord } from "../../../src/core/record.ts";
import { covers } from "../../../src/core/version.ts";
import type { Lsn, RelPath } from "../../../src/core/ids.ts";
import { FsError } from "../../../src/platform/ports.ts";
import type { SimDevice } from "../world/device.ts";

const MOST_ROWS = 100_000;

/** What is wrong, or null. `device` has just started, with a disk that has not lied and a home that nobody has changed. */
export function whatWasForgotten(device: SimDevice, others: readonly SimDevice[]): string | null {
  const ledger = device.device!.ledger;
  for (const other of others) {
    const catalogue = other.device?.ledger.catalogue;
    if (other === device || catalogue === undefined) continue;
    const number = catalogue.ids.device(device.identity.id);
    const cursor = catalogue.cursors.of(number);
    if (cursor.epoch < ledger.epoch || cursor.epoch === 0) continue;
    if (cursor.epoch > ledger.epoch) {
      return `${other.name} knows epoch ${cursor.epoch} of ${device.name}, it itself does not`;
    }
    if (!ledger.catalogue.cursors.isOurs(cursor, ledger.lastLsn)) {
      return `${other.name} has ${device.name}'s lsn ${cursor.lsn}, it itself has come to ${ledger.lastLsn} only`;
    }
    for (
      const { folder, placed: { row } } of catalogue.rows.page(number, 0 as Lsn, Infinity as Lsn, MOST_ROWS)
    ) {
      const ours = ledger.catalogue.ids.folder(catalogue.ids.folderOf(folder));
      const own = ledger.catalogue.rows.at(ours, row.path).find((held) => held.device === SELF);
      const isCovered = own !== undefined &&
        row.entry.version.dots.every((dot) => covers(own.row.entry.version.context, dot));
      // A tombstone that everybody knows may be forgotten, and nobody is told (R28).
      // What was put where a file was only listed knows nothing of that (R10).
      const mayLack = !isCovered &&
        hasWritten(device, row.entry.kind === "deleted" ? forgets(row.path) : lists(row.path));
      // What is withdrawn or withheld since says what its device knew, or nothing (R9, R11).
      const isWithdrawn = own?.row.offered === false;
      if (!isCovered && !mayLack && !isWithdrawn) {
        return `${other.name} has an entry of ${device.name} for ${row.path} that it itself lacks`;
      }
    }
  }
  return null;
}

type Wanted = (record: JournalRecord) => boolean;

function forgets(path: RelPath): Wanted {
  return (record) => record.type === "forgot" && record.paths.includes(path);
}

function lists(path: RelPath): Wanted {
  return (record) =>
    (record.type === "rows" || record.type === "kept") &&
    record.rows.some((row) => row.path === path && isDropped(row));
}

/** Whether the device has written such a record, or may have, in a journal that it has lost since. */
function hasWritten(device: SimDevice, isWanted: Wanted): boolean {
  let expected = 1;
  try {
    for (const { lsn, record } of device.device!.ledger.history(1 as Lsn)) {
      if (lsn !== expected++) return true;
      if (isWanted(record)) return true;
    }
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return true; // its disk lets nobody read at the moment
  }
  return false;
}
