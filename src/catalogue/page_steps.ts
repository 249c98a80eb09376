/** A page is taken in step by step, so that nothing else waits for all of it. */
import type { PlacedRow } from "../core/row_codec.ts";

/** Rows of a page that are taken in together, if an lsn has no more: some ten milliseconds. */
const STEP_ROWS = 200;

/** Rows in steps of STEP_ROWS and more, each of whole lsns. */
export function* inSteps(rows: readonly PlacedRow[]): Generator<readonly PlacedRow[]> {
  for (let from = 0; from < rows.length;) {
    let end = Math.min(rows.length, from + STEP_ROWS);
    while (end < rows.length && rows[end]!.lsn === rows[end - 1]!.lsn) end++;
    yield rows.slice(from, end);
    from = end;
  }
}
