/** The sentence that brings another device in, ready to be typed there. */
import type { FolderStatus, Invite, Status } from "../daemon/api_types.ts";
import { formatDuration, printable, tildePath } from "./format.ts";
import { cellWidth } from "./table.ts";

/** Where the sentence is made: the user's directory, and the time. */
export interface InvitePlace {
  readonly userHome: string | undefined;
  readonly nowMs: number;
  /** Width of the terminal. */
  readonly columns: number;
}

/**
 * `On another device:  cairn join CODE ~/Notes      (valid 10 minutes, once)`.
 * Where that is too wide the command gets a line of its own, to be copied. `folder` is the one to take, null when there is none; `several` says that the code alone does not tell which.
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
  const command = words.join(" ");
  const line = `On another device:  ${command}      (valid ${valid}, once)`;
  return cellWidth(line) <= place.columns ? line : `On another device (valid ${valid}, once):\n  ${command}`;
}

/** Whether a device that joins has to say which folder it takes: it is told of those that are not here, too. */
export function isOneOfSeveral(
  { folders, foldersElsewhere }: Pick<Status, "folders" | "foldersElsewhere">,
): boolean {
  return folders.length + foldersElsewhere > 1;
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
