/**
 * The directory that a portable file has unpacked itself to. Later ones remove it when nobody uses it any more, and a device that runs from it for months
 * still loads parts of the program from there: so it is held by a shared lock for as long as the process lives.
 */
import { dirname, join } from "node:path";
import { ownCommand } from "./own_command.ts";

/** In that directory: its time says when it was started last, its lock that it runs. */
export const USED_FILE = "used";

let held: Deno.FsFile | null = null;

/** Where the program is no portable file, does nothing; where the directory cannot be held, the program runs all the same. */
export function holdUnpacked(): void {
  if (held !== null || ownCommand().kind !== "portable") return;
  try {
    held = Deno.openSync(join(dirname(Deno.execPath()), USED_FILE), { read: true });
    held.tryLockSync(false);
  } catch {
    // A disk without locks: then the time of the last start has to do.
  }
}
