/** `cairn up [PATH]`: runs this device in the foreground; with a path, shares that folder. */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import type { AddFolderRequest, FolderStatus, Invite, Status } from "../daemon/api_types.ts";
import { parseName, parsePort } from "./arguments.ts";
import { findRunning } from "./client.ts";
import type { Context } from "./context.ts";
import { printable, tildePath } from "./format.ts";
import { absolutePath, homeFor, userHome } from "./home.ts";
import { inviteLine, isOneOfSeveral } from "./invite_line.ts";
import { QUIET } from "./quiet.ts";
import { runDevice } from "./start.ts";
import { say, widthOf } from "./terminal.ts";

interface UpOptions {
  readonly home?: string;
  readonly name?: string;
  readonly port?: number;
  readonly invite: boolean;
  readonly folder?: string;
  readonly add?: boolean;
  readonly detach?: boolean;
}

export function addUp(program: Command, context: Context): void {
  program.command("up")
    .description("run this device; with a path, share that folder")
    .argument("[path]", "a directory to share; without one, all known folders go on")
    .option("--name <name>", "this device's name in the library", parseName)
    .option("--port <port>", "TCP port for other devices (chosen once and remembered)", parsePort)
    .option("--no-invite", "do not open an invite")
    .option(
      "--folder <name>",
      "take this folder of the library there, instead of sharing a new one",
      parseName,
    )
    .option("--add", "with --folder, after this device was removed: add the files that are only here")
    .option("-d, --detach", "go on in the background, also when the terminal is closed")
    .option(...QUIET)
    .addHelpText(
      "after",
      "\nExamples:\n  cairn up ~/Notes                   share a directory\n  cairn up                           go on with all that is known\n  cairn up ~/Pictures --folder Photos   take a folder of the library",
    )
    .action((path: string | undefined, _options, command: Command) =>
      up(context, path, command.optsWithGlobals())
    );
}

async function up(context: Context, path: string | undefined, options: UpOptions): Promise<void> {
  const home = homeFor(options.home, context.env, Deno.build.os, Deno.cwd());
  const absolute = path === undefined ? null : absolutePath(path, context.env, Deno.cwd());
  if (options.folder !== undefined && path === undefined) {
    throw new CairnError(
      "usage",
      `No place is given for the folder ${options.folder}`,
      `Say where it shall be: cairn up PATH --folder ${options.folder}`,
    );
  }
  const request = (at: string): AddFolderRequest => ({
    path: at,
    name: null,
    take: options.folder ?? null,
    addFiles: options.add === true,
  });
  const running = await findRunning(home);
  if (running !== null) {
    if (absolute === null) throw alreadyRunning(home);
    const folder = await running.addFolder(request(absolute));
    const { device } = await running.status();
    say(context.terminal, sharingLine(context, folder, device.name));
    say(
      context.terminal,
      "It is in the hands of the device that runs already. See how it stands with: cairn status",
    );
    return;
  }
  if (options.detach) {
    return await upDetached(context, home, absolute === null ? null : request(absolute), options);
  }
  await runDevice(context, { home, name: options.name, port: options.port }, async (device) => {
    const folder = absolute === null ? null : await device.daemon.addFolder(request(absolute));
    const status = device.daemon.status();
    if (folder === null) sayResumed(context, status, device.say);
    else device.say(sharingLine(context, folder, status.device.name));
    if (options.invite) await sayInvite(context, status, folder, () => device.daemon.invite(), device.say);
    device.follow();
  });
}

/** The same in the background; a folder that cannot be shared stops the device again, as in the foreground. */
async function upDetached(
  context: Context,
  home: string,
  request: AddFolderRequest | null,
  options: UpOptions,
): Promise<void> {
  // Loaded when it is asked for: every command passes by here.
  const { sayDetached, startDetached } = await import("./detach.ts");
  const device = await startDetached(context, { home, name: options.name, port: options.port });
  const tell = (line: string) => say(context.terminal, line);
  try {
    const folder = request === null ? null : await device.addFolder(request);
    const status = await device.status();
    if (folder === null) sayResumed(context, status, tell);
    else tell(sharingLine(context, folder, status.device.name));
    if (options.invite) await sayInvite(context, status, folder, () => device.invite(), tell);
  } catch (error) {
    await (await import("./down.ts")).stopDevice(home);
    throw error;
  }
  sayDetached(context, home);
}

/** Opens an invite, unless this is a restart of a library that has its other devices. */
async function sayInvite(
  context: Context,
  status: Status,
  added: FolderStatus | null,
  invite: () => Promise<Invite>,
  tell: (line: string) => void,
): Promise<void> {
  const { device, folders, peers, removed } = status;
  // Who is out lets nobody in.
  if (removed.some(({ id }) => id === device.id)) return;
  if (added === null && peers.length > 0) return;
  const place = { userHome: userHome(context.env), nowMs: Date.now(), columns: widthOf(context.terminal) };
  tell(inviteLine(await invite(), added ?? folders[0] ?? null, isOneOfSeveral(status), place));
}

function sayResumed(context: Context, { folders, device }: Status, tell: (line: string) => void): void {
  for (const folder of folders) tell(sharingLine(context, folder, device.name));
  if (folders.length === 0) {
    tell(`${printable(device.name)} runs, and shares no folder yet. Share one with: cairn up PATH`);
  }
}

function sharingLine(context: Context, folder: FolderStatus, device: string): string {
  const path = printable(tildePath(folder.path, userHome(context.env)));
  return `Sharing ${path} as "${printable(folder.name)}" from ${printable(device)}.`;
}

function alreadyRunning(home: string): CairnError {
  return new CairnError(
    "already-running",
    `A device already runs in ${home}`,
    "See how it stands with: cairn status, or share a folder with: cairn up PATH",
  );
}
