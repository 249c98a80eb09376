/**
 * How a device takes part in a folder (R9): whether it takes what others changed, and gives what was changed on it.
 *
 * | mode    | takes | gives |                                                                             |
 * |---------|-------|-------|-----------------------------------------------------------------------------|
 * | sync    | yes   | yes   |                                                                             |
 * | send    | no    | yes   | what others changed is known and not done                                   |
 * | receive | yes   | no    | what is changed here is withheld, and left alone                            |
 * | index   | no    | no    | all is withheld: it says what stands here, and its bytes can be had          |
 *
 * A row that is *withheld* is not offered, has no dot of its own (core/version.ts), and knows what its device had there before.
 */
import type { Row } from "./entry.ts";
import { isAlive } from "./entry.ts";
import { isWithheld } from "./version.ts";

export const MODES = ["sync", "send", "receive", "index"] as const;
export type Mode = typeof MODES[number];

/** Changes of others are done here. */
export function takesOthers(mode: Mode): boolean {
  return mode === "sync" || mode === "receive";
}

/** Changes made here are told as such, with dots of this device. */
export function givesOwn(mode: Mode): boolean {
  return mode === "sync" || mode === "send";
}

/** What others have is compared with what is here: to take it, or to say what differs. */
export function tracksNeeds(mode: Mode): boolean {
  return mode !== "index";
}

/** Whether a living row of a path that is not ignored is as the mode has it; else the next look at the path makes it so. */
export function isFit(mode: Mode, { offered, withheld }: { offered: boolean; withheld: boolean }): boolean {
  if (mode === "index") return !offered;
  return offered || (mode === "receive" && withheld);
}

/** Something was changed here that others are not told as a change: an edit, a new file, or a delete of what was known. */
export function isLocalChange({ entry, offered }: Row): boolean {
  if (offered || !isWithheld(entry.version)) return false;
  return isAlive(entry) || entry.version.context.size > 0;
}
