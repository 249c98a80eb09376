/** What others' changes take away, and when it is too much to be taken without asking (R38). Pure. */
import { EMPTY_CONTENT } from "./content.ts";
import { isAlive, type Row } from "./entry.ts";
import type { Decision } from "./reconcile.ts";
import { isYielding } from "./version.ts";

export interface BrakeLimits {
  /** Share of the folder's files, 0 to 1; and a number of files. Both must be passed. */
  readonly share: number;
  readonly files: number;
}

export interface BrakeCount {
  /** Files of ours that others' changes took within the window, and those that the plan would take. */
  readonly taken: number;
  readonly planned: number;
  /** Files in the folder now, and the most that it had within the window when some were taken. */
  readonly filesNow: number;
  readonly filesBefore: number;
}

/** With nothing planned there is nothing to hold back, whatever was taken before. */
export function isTooMuch(
  { taken, planned, filesNow, filesBefore }: BrakeCount,
  limits: BrakeLimits,
): boolean {
  if (planned === 0) return false;
  const losses = taken + planned;
  // What was taken does not make the folder smaller, and what was added since makes it no smaller either.
  return losses > limits.files && losses > limits.share * Math.max(filesNow, filesBefore);
}

/**
 * True when a decision takes away the file or symlink that `own` says we have, and keeps it beside at no conflict name. An empty
 * file has nothing to lose.
 */
export function takesAway(own: Row | null, decision: Decision): boolean {
  if (decision.kind !== "take" || decision.copy !== null || own === null || !own.held) return false;
  // A person gave it up for what the others have.
  if (isYielding(own.entry.version)) return false;
  return isAlive(own.entry) && own.entry.kind !== "directory" && own.entry.content !== EMPTY_CONTENT;
}
