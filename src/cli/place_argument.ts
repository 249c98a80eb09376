/** What a person means by ADDRESS or FILE: a path of this computer is made absolute, all else the device reads. */
import { isLocalPath } from "../core/address.ts";
import type { PlaceAsked } from "../daemon/places_types.ts";
import type { DeviceSeen } from "../library/whereabouts.ts";
import type { Context } from "./context.ts";
import { formatAgo, printable } from "./format.ts";
import { absolutePath } from "./home.ts";

export function placeAsked(argument: string | undefined, { env }: Context): PlaceAsked {
  if (argument === undefined || argument === "") return { address: "" };
  const here = absolutePath(argument, env, Deno.cwd());
  return isLocalPath(argument) ? { path: here } : { address: argument, here };
}

/** The same for `cat` and `get`, which name it as it was typed. */
export function fileAsked(argument: string, { env }: Context): { address: string; here: string } {
  return { address: argument, here: absolutePath(argument, env, Deno.cwd()) };
}

/** `laptop (this device)`, `nas`, `phone (last seen 3 h ago)`. */
export function deviceWords({ name, isSelf, online, lastSeenMs }: DeviceSeen, nowMs: number): string {
  const shown = printable(name);
  if (isSelf) return `${shown} (this device)`;
  if (online) return shown;
  return lastSeenMs === 0
    ? `${shown} (off, never seen here)`
    : `${shown} (last seen ${formatAgo(lastSeenMs, nowMs)})`;
}

export const ADDRESS_HELP = `
An address is [DEVICE:][FOLDER[/PATH]], such as laptop:Photos/2024/a.jpg,
Photos/2024/a.jpg (any device), laptop: or content:7f3a9c12. What begins with /,
./, ../ or ~ is a path of this computer; so is the name of what stands in the
present directory, unless it names a folder or device of the library.`;
