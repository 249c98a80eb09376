/** A position in a device's announcement (R24): valid iff the boot is of its journal, and no later one had begun at the lsn. */
import type { BootId, Lsn } from "./ids.ts";

export interface Cursor {
  readonly epoch: number;
  /** The boot that wrote `lsn`, or a later one of the same journal; null for the beginning. */
  readonly boot: BootId | null;
  readonly lsn: Lsn;
}

export const BEGINNING: Cursor = { epoch: 0, boot: null, lsn: 0 as Lsn };

/** True when `a` knows more than `b` (R30): a later epoch, or further in the same. */
export function isAhead(a: Cursor, b: Cursor): boolean {
  return a.epoch !== b.epoch ? a.epoch > b.epoch : a.lsn > b.lsn;
}
