/** `cairn service install`, `uninstall`, `start` and `stop`. */
import { join } from "node:path";
import { CairnError } from "../core/errors.ts";
import { VERSION } from "../core/version_name.ts";
import type { Manager } from "../service/manager.ts";
import { encodeRecord } from "../service/record.ts";
import { RECORD_FILE } from "../service/record_name.ts";
import { describeSteps, perform, type StepWorld } from "../service/steps.ts";
import { findRunning, readAccess } from "./client.ts";
import type { Context } from "./context.ts";
import { startDetached } from "./detach.ts";
import { prepareHome } from "./device_places.ts";
import { keeperPid, stopDevice } from "./down.ts";
import { printable } from "./format.ts";
import { type Place, placeOf, readRecord, type ServiceOptions } from "./service_place.ts";
import { say } from "./terminal.ts";

export interface InstallOptions extends ServiceOptions {
  readonly dryRun?: boolean;
}

/** How long a started service may take until its device answers. */
const ANSWER_MS = 60_000;
const LOOK_EVERY_MS = 100;

export async function install(context: Context, options: InstallOptions): Promise<void> {
  const { env, terminal } = context;
  refuseHalfSudo(context, options);
  const place = await placeOf(context, options);
  const { manager, ports, record } = place;
  refuseSecond(place, options);
  if (options.dryRun) {
    const steps = await manager.installSteps();
    return sayLines(
      context,
      steps.length === 0
        ? [`${title(manager)} is installed already.`]
        : describeSteps([...steps, ...manager.startSteps()]),
    );
  }
  if (manager.description.isSystem && ports.machine.uid !== 0) throw needsAdministrator(env);
  await manager.check();
  const steps = await manager.installSteps();
  if (!manager.description.isSystem) prepareHome(manager.description.home);
  await perform(steps, worldOf(context, place));
  if (!manager.description.isSystem) await saveRecord(place);
  const isNew = steps.length > 0 && record === null;
  say(terminal, `${title(manager)} is installed${isNew ? "" : " already"}.`);
  if (steps.length === 0 && await runs(manager)) say(terminal, "The device runs.");
  else await startNow(context, place);
  await sayWhen(context, manager);
}

export async function uninstall(context: Context, options: InstallOptions): Promise<void> {
  refuseHalfSudo(context, options);
  const place = await placeOf(context, options);
  const { manager, ports } = place;
  const steps = await manager.uninstallSteps();
  if (options.dryRun) return sayLines(context, describeSteps(steps));
  if (manager.description.isSystem && ports.machine.uid !== 0) throw needsAdministrator(context.env);
  const { isInstalled } = await manager.state();
  if (!isInstalled && place.record === null) return say(context.terminal, "No service is installed.");
  await perform(steps, worldOf(context, place));
  if (!manager.description.isSystem) removeRecord(place);
  say(context.terminal, `${title(manager)} is gone. The device and its files stay; run it with: cairn up`);
}

export async function start(context: Context, options: ServiceOptions): Promise<void> {
  const place = await installed(context, options);
  if (await runs(place.manager)) return say(context.terminal, "The device runs already.");
  await startNow(context, place);
}

export async function stop(context: Context, options: ServiceOptions): Promise<void> {
  const place = await installed(context, options);
  await perform(place.manager.stopSteps(), worldOf(context, place));
  say(context.terminal, "The device is stopped. It starts again by itself, or with: cairn service start");
}

/** Starts it; a device that runs in a terminal makes way. */
async function startNow(context: Context, place: Place): Promise<void> {
  const { manager } = place;
  const { home } = manager.description;
  const own = (await manager.state()).pid;
  const there = await findRunning(home);
  const keeper = keeperPid(home);
  const isOwn = own !== null && (keeper === own || readAccess(home)?.pid === own);
  if ((there !== null || keeper !== null) && !isOwn) {
    if (there !== null) {
      say(context.terminal, "The device that runs in this home stops, and goes on as the service.");
    }
    await stopDevice(home);
  }
  await perform(manager.startSteps(), worldOf(context, place));
  const sinceMs = performance.now();
  while (await findRunning(home) === null) {
    if (performance.now() - sinceMs > ANSWER_MS) {
      const { trouble } = await manager.state();
      throw new CairnError(
        "no-answer",
        `The service is started, and its device does not answer yet${trouble === "" ? "" : `. ${trouble}`}`,
        "See what it says with: cairn service logs",
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  say(context.terminal, "The device runs.");
}

/** Whether the service's own device answers. */
async function runs(manager: Manager): Promise<boolean> {
  const { home } = manager.description;
  const { isRunning } = await manager.state();
  if (isRunning === false || await findRunning(home) === null) return false;
  return isRunning === true || keeperPid(home) !== null;
}

async function sayWhen({ terminal }: Context, manager: Manager): Promise<void> {
  const { startsAt } = await manager.state();
  if (startsAt === "boot") say(terminal, "It starts with the machine.");
  else if (manager.kind !== "systemd") say(terminal, "It starts with your login.");
  else say(terminal, "It starts with your login. To have it start with the machine: loginctl enable-linger");
}

async function installed(context: Context, options: ServiceOptions): Promise<Place> {
  const place = await placeOf(context, options);
  const { isInstalled } = await place.manager.state();
  if (isInstalled) return place;
  throw new CairnError("not-running", "No service is installed", "Install it with: cairn service install");
}

function worldOf(context: Context, { ports, manager }: Place): StepWorld {
  const { home } = manager.description;
  return {
    ...ports,
    keep: async () => void await startDetached(context, { home, name: undefined, port: undefined }),
    down: async () => void await stopDevice(home),
  };
}

async function saveRecord({ ports, manager }: Place): Promise<void> {
  const { command, home } = manager.description;
  const text = encodeRecord({ kind: manager.kind, command: [...command], version: VERSION });
  await ports.fs.writeDurably(join(home, RECORD_FILE), new TextEncoder().encode(text), 0o600);
}

function removeRecord({ ports, manager }: Place): void {
  const path = join(manager.description.home, RECORD_FILE);
  if (ports.fs.lstat(path) !== null) ports.fs.unlink(path);
}

/** Half of such a service would be root's and half the user's. */
function refuseHalfSudo({ env }: Context, { system }: InstallOptions): void {
  if (system || !env("SUDO_USER") || Deno.uid() !== 0) return;
  throw new CairnError(
    "usage",
    "With sudo it has to be a service of the whole machine",
    "Add --system, or leave sudo out.",
  );
}

/** One device, one service. */
function refuseSecond({ manager, record }: Place, options: InstallOptions): void {
  const { isSystem, home } = manager.description;
  const twice = (what: string, remedy: string) =>
    new CairnError("usage", `${what}, and two would start one device twice`, `Take it away first: ${remedy}`);
  if (isSystem && !options.system) {
    throw twice("A service of the whole machine is installed", "sudo cairn service uninstall --system");
  }
  const other = isSystem ? readRecord(home) : record;
  if (other === null || (!isSystem && other.kind === manager.kind)) return;
  throw twice(`A service of the kind ${other.kind} is installed`, "cairn service uninstall");
}

function needsAdministrator(env: Context["env"]): CairnError {
  return new CairnError(
    "service-unusable",
    "A service of the whole machine is installed by an administrator",
    env("SUDO_USER") ? "Run it as root." : "Run it with sudo, or leave --system out.",
  );
}

function title({ title }: Manager): string {
  return printable(title[0]!.toUpperCase() + title.slice(1));
}

function sayLines({ terminal }: Context, lines: readonly string[]): void {
  for (const line of lines) say(terminal, printable(line));
}
