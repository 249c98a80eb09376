/** What the built program may do, as narrow as it can be on each system; the same for compiled and portable ones. */
import type { System } from "./targets.ts";

/** Environment variables that the program reads; all others are as if not set. */
export const VARIABLES: readonly string[] = [
  "CAIRN_DEBUG",
  "CAIRN_PASSPHRASE",
  "CAIRN_HOME",
  "CAIRN_PORTABLE",
  "CAIRN_PORTABLE_HOME",
  "COMPUTERNAME",
  "HOME",
  "LOCALAPPDATA",
  "LOGNAME",
  "NO_COLOR",
  "SUDO_USER",
  "TERM",
  "USER",
  "USERDOMAIN",
  "USERNAME",
  "USERPROFILE",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_RUNTIME_DIR",
];

/** What is asked of the system beside files and sockets: the device's first name, where to send beacons, room on a disk, whose service it is. */
export const SYSTEM_CALLS: readonly string[] = ["hostname", "networkInterfaces", "statfs", "uid"];

/**
 * Flags of `deno run` and `deno compile`.
 *
 * On Linux it must be all: a directory is held open and reached as /proc/self/fd/N (R23: no peer's link leads outside the root),
 * and Deno lets nobody into /proc who lacks any permission or has any taken away. Elsewhere nothing is loaded by FFI, and
 * no variable is seen but those above. Files, addresses and programs cannot be narrowed: which folders and devices there are, people say later, and
 * what a service or a device in the background starts is the program itself, wherever it lies.
 */
export function permissionFlags(system: System): string[] {
  if (system === "linux") return ["--allow-all"];
  return [
    "--no-prompt",
    "--allow-read",
    "--allow-write",
    "--allow-net",
    `--allow-env=${VARIABLES.join(",")}`,
    "--ignore-env",
    `--allow-sys=${SYSTEM_CALLS.join(",")}`,
    "--allow-run",
  ];
}

/** V8 frees memory of an idle program by collections that cost more than they bring; the program collects by itself when it rests. */
export const V8_FLAGS = "--v8-flags=--no-memory-reducer";
