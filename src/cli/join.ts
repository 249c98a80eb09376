/** `cairn join CODE [PATH]`: pairs with the device that showed the code, takes its folder and stays up. */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import { parsePairingCode } from "../core/pairing_code.ts";
import type { JoinAnswer, JoinRequest, Status } from "../daemon/api_types.ts";
import { parseAddress, parseName, parsePort } from "./arguments.ts";
import { findRunning } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, plural, printable, tildePath } from "./format.ts";
import { absolutePath, homeFor, userHome } from "./home.ts";
import { QUIET } from "./quiet.ts";
import { runDevice, type Running } from "./start.ts";
import { say } from "./terminal.ts";

interface JoinOptions {
  readonly home?: string;
  readonly at?: string;
  readonly folder?: string;
  readonly add?: boolean;
  readonly again?: boolean;
  readonly name?: string;
  readonly port?: number;
  readonly detach?: boolean;
}

/** What the sentence waits for the size of the folder at most: the index of a large one takes a while. */
const SIZE_WAIT_MS = 3_000;
/** A join that takes longer than this says what it waits for. */
const SILENT_MS = 2_000;

export function addJoin(program: Command, context: Context): void {
  program.command("join")
    .description("pair with the device that shows this code, and take its folder")
    .argument("<code>", "the code that `cairn invite` shows there")
    .argument("[path]", "where the folder shall be on this device")
    .option("--at <host:port>", "where that device is, when it is not found by itself", parseAddress)
    .option("--folder <name>", "which folder to take, when there are several", parseName)
    .option("--again", "after this device was removed: come back as a new device")
    .option("--add", "with --again: add the files that are only here")
    .option("--name <name>", "this device's name in the library", parseName)
    .option("--port <port>", "TCP port for other devices (chosen once and remembered)", parsePort)
    .option("-d, --detach", "go on in the background, also when the terminal is closed")
    .option(...QUIET)
    .addHelpText(
      "after",
      "\nExamples:\n  cairn join K7QM-2XTD-9RWA ~/Notes\n  cairn join K7QM-2XTD-9RWA ~/Notes --at 192.168.1.7:22411",
    )
    .action((code: string, path: string | undefined, _options, command: Command) =>
      join(context, code, path, command.optsWithGlobals())
    );
}

async function join(
  context: Context,
  code: string,
  path: string | undefined,
  options: JoinOptions,
): Promise<void> {
  checkCode(code);
  if (options.folder !== undefined && path === undefined) {
    throw new CairnError(
      "usage",
      `No place is given for the folder ${options.folder}`,
      `Say where it shall be: cairn join ${code} PATH --folder ${options.folder}`,
    );
  }
  const home = homeFor(options.home, context.env, Deno.build.os, Deno.cwd());
  const request: JoinRequest = {
    code,
    path: path === undefined ? null : absolutePath(path, context.env, Deno.cwd()),
    at: options.at ?? null,
    folder: options.folder ?? null,
    addFiles: options.add === true,
  };
  const running = await findRunning(home);
  if (running !== null) {
    if (options.again) {
      throw new CairnError(
        "already-running",
        `The device in ${home} runs, and cannot become another one`,
        "Stop it first, then run this again.",
      );
    }
    say(context.terminal, pairedLine(context, await running.join(request), null));
    say(
      context.terminal,
      "It is in the hands of the device that runs already. See how it stands with: cairn status",
    );
    return;
  }
  if (options.detach) return await joinDetached(context, home, request, options);
  const start = { home, name: options.name, port: options.port, again: options.again === true };
  await runDevice(context, start, async (device) => {
    const answer = await tellWhenSlow(device, request, () => device.daemon.join(request));
    const status = answer.folder === null ? null : await sizeKnown(device, answer.folder.id);
    device.say(pairedLine(context, answer, status));
    device.follow();
  });
}

/** The same in the background; a join that fails stops the device again, as in the foreground. */
async function joinDetached(
  context: Context,
  home: string,
  request: JoinRequest,
  { again, name, port }: JoinOptions,
): Promise<void> {
  if (again) {
    throw new CairnError(
      "usage",
      "A device that comes back as a new one begins in the foreground",
      "Join without --detach, stop it when it is paired, and go on with: cairn up --detach",
    );
  }
  // Loaded when it is asked for: every command passes by here.
  const { sayDetached, startDetached } = await import("./detach.ts");
  const device = await startDetached(context, { home, name, port });
  const tell = (line: string) => say(context.terminal, line);
  try {
    const answer = await tellWhenSlow({ say: tell }, request, () => device.join(request));
    tell(pairedLine(context, answer, null));
  } catch (error) {
    await (await import("./down.ts")).stopDevice(home);
    throw error;
  }
  sayDetached(context, home);
}

/** A typo is told before anything is started or asked of the network. */
function checkCode(code: string): void {
  const parsed = parsePairingCode(code);
  if (!("problem" in parsed)) return;
  throw new CairnError(
    "code-malformed",
    parsed.problem,
    "Type it as the other device shows it, such as K7QM-2XTD-9RWA; a new one is made there with: cairn invite",
  );
}

/** Does the work; says what is going on when it takes its time. */
async function tellWhenSlow<T>(
  { say }: Pick<Running, "say">,
  { at }: JoinRequest,
  work: () => Promise<T>,
): Promise<T> {
  const where = at === null ? "on the local network" : `at ${printable(at)}`;
  const timer = setTimeout(() => say(`Looking for the device that shows this code ${where} …`), SILENT_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * `Paired with laptop. Notes: 10,412 files, 3.1 GB to fetch …` once the size is known; until then, where it goes.
 */
export function pairedLine(context: Context, { peer, folder }: JoinAnswer, status: Status | null): string {
  const paired = `Paired with ${printable(peer.name)}.`;
  if (folder === null) return `${paired} No folder was taken; see what there is with: cairn folders`;
  const state = status?.folders.find((f) => f.id === folder.id)?.state;
  const name = printable(folder.name);
  if (state?.kind !== "syncing" || state.filesTotal === 0) {
    return `${paired} ${name} is kept in ${printable(tildePath(folder.path, userHome(context.env)))}.`;
  }
  return `${paired} ${name}: ${plural(state.filesTotal, "file")}, ${
    formatBytes(state.bytesTotal)
  } to fetch …`;
}

/** The status in which the folder's size stands still, or the one at hand when that takes long. */
async function sizeKnown({ daemon }: Running, folderId: string): Promise<Status> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let lastTotal = -1;
  const look = () => {
    const state = daemon.status().folders.find((f) => f.id === folderId)?.state;
    if (state === undefined || state.kind === "scanning") return;
    const total = state.kind === "syncing" ? state.filesTotal : 0;
    // Two looks in a row that agree: the index has been read. Any other state has nothing to fetch.
    if (state.kind !== "syncing" || (total > 0 && total === lastTotal)) resolve();
    lastTotal = total;
  };
  const timer = setTimeout(resolve, SIZE_WAIT_MS);
  const unsubscribe = daemon.onStatus(look);
  look();
  await promise;
  clearTimeout(timer);
  unsubscribe();
  return daemon.status();
}
