/** `cairn service status` and `cairn service logs`. */
import { existsSync } from "node:fs";
import { CairnError } from "../core/errors.ts";
import { goneFrom } from "../service/record.ts";
import { findRunning, readAccess } from "./client.ts";
import type { Context } from "./context.ts";
import { logPath } from "./device_places.ts";
import { printable, tildePath } from "./format.ts";
import { userHome } from "./home.ts";
import { lastLines, linesToCome } from "./log_tail.ts";
import { placeOf, type ServiceOptions } from "./service_place.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";

export interface StatusOptions extends ServiceOptions {
  readonly json?: boolean;
}

export interface LogsOptions extends ServiceOptions {
  readonly limit: number;
  readonly follow?: boolean;
}

/** What `--json` gives. */
export interface ServiceStatus {
  readonly schema: "cairn.service/1";
  readonly kind: string;
  readonly system: boolean;
  readonly name: string;
  readonly installed: boolean;
  readonly enabled: boolean;
  /** Whether a device answers in this home, started by whomever. */
  readonly running: boolean;
  readonly pid: number | null;
  readonly startsAt: "boot" | "login";
  readonly file: string | null;
  readonly home: string;
  /** The program that it names; null for a service of the machine, whose file tells. */
  readonly command: readonly string[] | null;
  /** A file of the command that is gone. */
  readonly gone: string | null;
  readonly log: string | null;
  readonly trouble: string;
}

export async function showStatus(context: Context, options: StatusOptions): Promise<void> {
  const { terminal, env } = context;
  const status = await statusOf(context, options);
  if (options.json) return say(terminal, JSON.stringify(status, null, 2));
  if (!status.installed) {
    say(terminal, "No service is installed. Install one with: cairn service install");
    if (status.running) say(terminal, "A device runs in this home all the same.");
    return;
  }
  const short = (path: string) => printable(tildePath(path, userHome(env)));
  const rows = [
    ["Service", printable(`${status.kind} ${status.name}${status.system ? ", of the whole machine" : ""}`)],
    [
      "Starts",
      !status.enabled ? "not by itself" : status.startsAt === "boot" ? "with the machine" : "with your login",
    ],
    ["Device", status.running ? `runs, process ${status.pid}` : "does not run"],
    ["Home", short(status.home)],
    ...status.file === null ? [] : [["File", short(status.file)]],
    ...status.command === null ? [] : [["Program", status.command.map(short).join(" ")]],
    ...status.log === null ? [] : [["Log", short(status.log)]],
  ];
  for (const row of alignRows(rows)) say(terminal, row);
  if (status.trouble !== "") say(terminal, printable(status.trouble));
  if (status.gone !== null) {
    say(terminal, `${short(status.gone)} is gone. Mend it with: cairn service install`);
  }
}

async function statusOf(context: Context, options: StatusOptions): Promise<ServiceStatus> {
  const { manager, record } = await placeOf(context, options);
  const { home, isSystem, name } = manager.description;
  const state = await manager.state();
  const isRunning = await findRunning(home) !== null;
  const command = record?.command ?? null;
  return {
    schema: "cairn.service/1",
    kind: manager.kind,
    system: isSystem,
    name,
    installed: state.isInstalled,
    enabled: state.isEnabled,
    running: isRunning,
    pid: isRunning ? readAccess(home)?.pid ?? null : null,
    startsAt: state.startsAt,
    file: manager.file,
    home,
    command: state.isInstalled ? command : null,
    gone: state.isInstalled && command !== null ? goneFrom(command, existsSync) : null,
    log: manager.logArgv(1, false) === null ? logPath(home) : null,
    trouble: state.trouble,
  };
}

/** The journal of systemd, or the log file. A detached device writes to the file, whatever is installed. */
export async function showLogs(context: Context, options: LogsOptions): Promise<void> {
  const { manager } = await placeOf(context, options);
  const argv = manager.logArgv(options.limit, options.follow ?? false);
  const { isInstalled } = argv === null ? { isInstalled: false } : await manager.state();
  if (argv !== null && isInstalled) return await runThrough(argv);
  const path = logPath(manager.description.home);
  const lines = lastLines(path, options.limit);
  for (const line of lines) say(context.terminal, line);
  if (!options.follow) {
    if (lines.length === 0) say(context.terminal, "Nothing was said yet.");
    return;
  }
  for await (const line of linesToCome(path, () => false)) say(context.terminal, line);
}

/** Runs a program that speaks for itself. */
async function runThrough(argv: readonly string[]): Promise<void> {
  const [program, ...args] = argv;
  try {
    const { code, signal } = await new Deno.Command(program!, { args, stdin: "null" }).spawn().status;
    if (code === 0 || signal !== null) return;
    throw new CairnError(
      "service-unusable",
      `${argv.join(" ")} failed with exit code ${code}`,
      "It says why above.",
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CairnError(
      "service-unusable",
      `There is no ${program} on this machine`,
      "Look into the system's own log.",
    );
  }
}
