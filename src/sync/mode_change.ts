/**
 * A folder's rows follow its mode (R9, R11). What is to be said otherwise under the mode is, row by row and with no look at the disk, in bounded
 * steps: whoever is stopped in the middle goes on at the next start, and finds what is done already as it should be.
 *
 * - To `index`: all is withdrawn, never deleted; what was known of each path stays known. A delete that was withheld is none any more.
 * - From `index`: what is as it was when it was last offered is that again; all else becomes a write of this device, or in `receive` mode a
 *   change of its own.
 * - From `receive` to what gives: what was changed here becomes an edit, or a delete, of what was known when it was changed.
 */
import { OFFERED, WITHHELD } from "../catalogue/row_sql.ts";
import { isAlive, type Row, saysNothing, withheldTombstone } from "../core/entry.ts";
import type { RelPath } from "../core/ids.ts";
import { RECORD_ROWS } from "../core/limits.ts";
import { givesOwn, type Mode } from "../core/mode.ts";
import { isWithheld } from "../core/version.ts";
import { readIgnore } from "../folder/ignore.ts";
import { type Mint, rowOfGiven } from "./local_change.ts";
import type { Replica, RowAndPrint } from "./replica.ts";

/** States that one step looks through: some milliseconds. */
const STEP_STATES = 2_000;

export type Ignores = (path: RelPath, isDirectory: boolean) => boolean;

/** What a row of ours is under the mode that holds; null where it is that already. */
export function rowInMode(row: Row, mint: Mint, ignores: Ignores): Row | null {
  const { path, entry, offered, held } = row;
  const { mode } = mint;
  const isKept = isWithheld(entry.version) && !offered;
  if (mode === "index") {
    if (offered) return { ...row, offered: false };
    const isDelete = isKept && !isAlive(entry) && entry.version.context.size > 0;
    return isDelete ? { ...row, entry: withheldTombstone(entry, new Map()) } : null;
  }
  if (offered || saysNothing(row) || ignores(path, entry.kind === "directory")) return null;
  if (!isKept) return { ...row, offered: true };
  return givesOwn(mode) && (held || !isAlive(entry)) ? rowOfGiven(row, mint) : null;
}

/** Which rows `rowInMode` may have something to say about: a mask of flags, and what they are to be. */
export function mayBeUnfit(mode: Mode): readonly [mask: number, flags: number][] {
  if (mode === "index") return [[OFFERED, OFFERED], [WITHHELD, WITHHELD]];
  return mode === "receive" ? [[OFFERED | WITHHELD, 0]] : [[OFFERED, 0]];
}

/** Makes all rows fit the mode that holds now. Answers how many were changed; -1 when it was stopped. Throws what the journal or the disk refuse. */
export async function fitRows(replica: Replica, isStopped: () => boolean): Promise<number> {
  const { catalogue: { rows }, number, deps: { fs, clock }, root } = replica;
  const ignore = readIgnore(fs, root);
  const ignores: Ignores = (path, isDirectory) => ignore.ignores(path, isDirectory);
  let fitted = 0;
  // What comes by a step of this has a newer state, and fits.
  const last = rows.lastState;
  for (let after = 0; after < last; after += STEP_STATES) {
    if (isStopped()) return -1;
    await replica.exclusive(async () => {
      const range = [after, Math.min(after + STEP_STATES, last)] as const;
      const some = mayBeUnfit(replica.mode).flatMap(([mask, flags]) =>
        rows.ownFlagged(number, range, mask, flags)
      );
      const changes: RowAndPrint[] = some.flatMap(({ row }) => {
        const now = rowInMode(row, replica.mint, ignores);
        // What the disk shows is the same: the print goes over to the new state with the content (catalogue.ts).
        return now === null ? [] : [{ row: now, print: null, isFresh: false }];
      });
      for (let at = 0; at < changes.length && !replica.isClosed; at += RECORD_ROWS) {
        await replica.record("mode", changes.slice(at, at + RECORD_ROWS));
      }
      fitted += changes.length;
    });
    await new Promise<void>((resolve) => clock.after(0, resolve));
  }
  return fitted;
}
