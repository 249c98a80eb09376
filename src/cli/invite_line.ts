/** The sentence that brings another device in, ready to be typed there. */
import type { FolderStatus, Invite } from "../daemon/api_types.ts";
import { formatDuration, printable, tildePath } from "./format.ts";

/** Where the sentence is made: the user's directory, and the time. */
export interface InvitePlace {
  readonly userHome: string | undefined;
  readonly nowMs: number;
}

/**
 * `On another device:  cairn join CODE ~/Notes      (valid 10 minutes, once)`.
 * `folder` is the one to take, null when there is none; `several` says that the code alone does not tell which.
 */
export function inviteLine(
  invite: Invite,
  folder: Pick<FolderStatus, "name" | "path"> | null,
  several: boolean,
  place: InvitePlace,
): string {
  const words = ["cairn join", printable(invite.code)];
  if (folder !== null) words.push(suggestPath(folder, place.userHome));
  if (folder !== null && several) words.push("--folder", shellWord(printable(folder.name)));
  const minutes = Math.round((invite.expiresMs - place.nowMs) / 60_000);
  const valid = minutes >= 1
    ? `${minutes} minute${minutes === 1 ? "" : "s"}`
    : formatDuration(invite.expiresMs - place.nowMs);
  return `On another device:  ${words.join(" ")}      (valid ${valid}, once)`;
}

/** The same place below the user's directory there; a path from elsewhere may not exist on the other device. */
function suggestPath(folder: Pick<FolderStatus, "name" | "path">, userHome: string | undefined): string {
  const here = tildePath(folder.path, userHome).replaceAll("\\", "/");
  const below = here.startsWith("~/") ? here.slice(2) : folder.name.replaceAll("/", "-");
  return `~/${shellWord(printable(below))}`;
}

/** A word as a shell takes it: quoted when it has to be. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./\-\u00a0-\uffff]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
