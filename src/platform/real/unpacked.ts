/**
 * The directory that a portable file has unpacked itself to. Later ones remove it when nobody uses it any more, and a device that runs from it for months
 * still loads parts of the program from there: so it is held by a shared lock for as long as the process lives.
 */
import { dirname, join } from "node:path";
import { ownCommand } from "./own_command.ts";

/** The person's HOME. Deno is started with another: it reads `.npmrc` there, and ends where that is no good. */
export const HOME_VARIABLE = "CAIRN_PORTABLE_HOME";

/** In that directory: its time says when it was started last, its lock that it runs. */
export const USED_FILE = "used";

let held: Deno.FsFile | null = null;

/**
 * To be called before anything else. Where the program is no portable file, does nothing; where the directory cannot be held, the program runs
 * all the same.
 */
export function beginUnpacked(): void {
  if (held !== null || ownCommand().kind !== "portable") return;
  const home = Deno.env.get(HOME_VARIABLE);
  if (home === undefined) Deno.env.delete("HOME");
  else Deno.env.set("HOME", home);
  Deno.env.delete(HOME_VARIABLE);
  try {
    held = Deno.openSync(join(dirname(Deno.execPath()), USED_FILE), { read: true });
    held.tryLockSync(false);
  } catch {
    // A disk without locks: then the time of the last start has to do.
  }
}
