/** `cairn down`: stops the device of this home, however it was started. */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import { takeLock } from "../platform/real/host.ts";
import { askToStop } from "../platform/real/tools.ts";
import { findRunning, readAccess } from "./client.ts";
import type { Context } from "./context.ts";
import { keeperFile, keeperLock } from "./device_places.ts";
import { printable, tildePath } from "./format.ts";
import { homeFor, userHome } from "./home.ts";
import { say } from "./terminal.ts";

/** What is being placed is brought to an end first. */
const STOP_MS = 120_000;
const LOOK_EVERY_MS = 50;

export function addDown(program: Command, context: Context): void {
  program.command("down")
    .description("stop the device that runs in this home")
    .addHelpText("after", "\nExample:\n  cairn down")
    .action((_options, command: Command) => down(context, command.optsWithGlobals()));
}

async function down(context: Context, options: { readonly home?: string }): Promise<void> {
  const home = homeFor(options.home, context.env, Deno.build.os, Deno.cwd());
  const place = printable(tildePath(home, userHome(context.env)));
  say(
    context.terminal,
    await stopDevice(home) ? `Stopped the device in ${place}.` : `No device runs in ${place}.`,
  );
}

/**
 * Asks the device to stop, and whoever looks after it, and waits until both have ended. False when there was neither. Throws
 * CairnError "busy" when it takes too long.
 */
export async function stopDevice(home: string): Promise<boolean> {
  const running = await findRunning(home);
  const before = running === null ? null : readAccess(home);
  if (running !== null) await running.stop();
  else if (keeperPid(home) === null) return false;
  const sinceMs = performance.now();
  for (let isAsked = false; isUp(home, before?.pid) || keeperPid(home) !== null;) {
    // A device that was asked ends well, and its keeper with it. A keeper whose device does not answer is asked itself.
    const pid = running === null && !isAsked ? keeperPid(home) : null;
    if (pid !== null && pid > 0) {
      askToStop(pid);
      isAsked = true;
    }
    if (performance.now() - sinceMs > STOP_MS) {
      throw new CairnError(
        "busy",
        `The device in ${home} is asked to stop and has not ended after ${STOP_MS / 1000} s`,
        "It ends when what it writes is written. See with: cairn status",
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return true;
}

/** Whether the device of that process has not taken its access away yet, which it does last. */
function isUp(home: string, pid: number | undefined): boolean {
  return pid !== undefined && readAccess(home)?.pid === pid;
}

/** The process that looks after the device; null where there is none, 0 while it has not said its id yet. */
export function keeperPid(home: string): number | null {
  const path = keeperLock(home);
  try {
    Deno.lstatSync(path);
    const lock = takeLock(path);
    if (lock !== null) {
      lock.release();
      return null;
    }
  } catch {
    return null;
  }
  try {
    const { pid } = JSON.parse(Deno.readTextFileSync(keeperFile(home)));
    return Number.isInteger(pid) && pid > 0 ? pid : 0;
  } catch {
    return 0;
  }
}
