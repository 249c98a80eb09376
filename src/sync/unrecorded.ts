/** What was placed and cannot be recorded: the disk or the journal refused (R19). */
import { isAlive, type Row } from "../core/entry.ts";
import type { Lsn, RelPath } from "../core/ids.ts";
import type { Unrecorded } from "./open_intents.ts";
import type { Replica } from "./replica.ts";

/** Keeps the intent of a batch open; `placed` of its rows stand on the disk. */
export function leaveUnrecorded(
  replica: Replica,
  rows: readonly Row[],
  placed: readonly Unrecorded[],
  intent: Lsn,
): void {
  // It is read again: what the disk has made of it by itself is nobody's edit (R15).
  const nowMs = replica.fsNowMs();
  for (const { row, print } of placed) if (print?.settled) replica.touched.note(row.path, print, nowMs);
  replica.intents.add(rows, placed, intent);
}

/** The same of a renamed directory: `rows` are in pairs, what each path has become and what stands where it moved to. */
export function leaveUnrecordedMove(replica: Replica, rows: readonly Row[], intent: Lsn): void {
  const { catalogue: { prints } } = replica;
  const printAt = (path: RelPath) => {
    const own = replica.own(path);
    return own && prints.get(own.state);
  };
  const placed = rows.map((row, i): Unrecorded => ({
    row,
    print: isAlive(row.entry) ? printAt(rows[i - 1]!.path) : null,
  }));
  leaveUnrecorded(replica, rows, placed, intent);
}
