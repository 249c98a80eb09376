/** What core/reconcile.ts says to the rows of one path, and which of them is this device's own. */
import { isDropped, saysNothing } from "../core/entry.ts";
import { decide, decideDropped, decideWithheld, type Decision } from "../core/reconcile.ts";
import { isWithheld, isYielding } from "../core/version.ts";
import { SELF } from "./interning.ts";
import type { HeldRow } from "./row_sql.ts";

/** This device's own row among those of a path; one that says nothing is none. */
export function ownAmong(rows: readonly HeldRow[]): HeldRow | null {
  const own = rows.find((held) => held.device === SELF);
  return own === undefined || saysNothing(own.row) ? null : own;
}

/** What core/reconcile.ts says to the rows of one path (R9: only offered rows take part). */
export function decideFor(rows: readonly HeldRow[]): Decision {
  const own = ownAmong(rows)?.row ?? null;
  const others = rows.filter((held) => held.device !== SELF && held.row.offered);
  const said = others.map((held) => held.row.entry);
  if (own !== null && isDropped(own)) return decideDropped(own.entry, said);
  if (own === null || own.offered) return decide(own?.entry ?? null, said);
  const { entry } = own;
  if (!isWithheld(entry.version)) return { kind: "none" }; // it is ignored here
  return isYielding(entry.version) ? decide(entry, said) : decideWithheld(entry, said);
}
