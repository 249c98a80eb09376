/** A systemd unit: of a user, or of the whole machine. */
import { join } from "node:path";
import { CairnError } from "../core/errors.ts";
import type { Description } from "./description.ts";
import { isThere, type Manager, type ManagerPorts, type ManagerState, textOf, writeStep } from "./manager.ts";
import { refusal, runTool, type Step } from "./steps.ts";
import { systemdUnit } from "./systemd_unit.ts";

export function systemd(ports: ManagerPorts, description: Description): Manager {
  const { fs, tools, machine } = ports;
  const unit = `${description.name}.service`;
  const scope = description.isSystem ? [] : ["--user"];
  const control = (...words: string[]) => ["systemctl", ...scope, ...words];
  const file = join(unitDirectory(ports, description), unit);

  return {
    kind: "systemd",
    description,
    title: `systemd ${description.isSystem ? "unit" : "user unit"} ${unit}`,
    file,
    check: async () => void await show(),
    async installSteps() {
      const text = systemdUnit(description, await versionOf(ports));
      const written = writeStep(fs, file, new TextEncoder().encode(text), text);
      const state = written.length === 0 ? await show().catch(() => null) : null;
      const steps: Step[] = [...written];
      if (written.length > 0) steps.push({ do: "run", argv: control("daemon-reload") });
      if (state?.UnitFileState !== "enabled") steps.push({ do: "run", argv: control("enable", unit) });
      return steps;
    },
    // Whether it is known to systemd or not: afterwards it is gone.
    uninstallSteps: () =>
      Promise.resolve([
        { do: "run", argv: control("disable", "--now", unit), mayFail: !isThere(fs, file) },
        { do: "remove", path: file },
        { do: "run", argv: control("daemon-reload") },
      ]),
    // An earlier run of failures does not count against this one; and a unit that was changed is taken as it is now.
    startSteps: () => [
      { do: "run", argv: control("reset-failed", unit), mayFail: true },
      { do: "run", argv: control("restart", unit) },
    ],
    stopSteps: () => [{ do: "run", argv: control("stop", unit) }],
    state,
    logArgv: (lines, follow) => [
      "journalctl",
      ...description.isSystem ? ["-u", unit] : ["--user", "-u", unit],
      "--no-pager",
      "-o",
      "short-iso",
      "-n",
      String(lines),
      ...follow ? ["-f"] : [],
    ],
  };

  async function show(): Promise<Record<string, string>> {
    const argv = control(
      "show",
      unit,
      "-p",
      "LoadState,ActiveState,SubState,UnitFileState,MainPID,Result,NRestarts",
    );
    const lines = textOf(await runTool(tools, argv)).split("\n").filter((line) => line.includes("="));
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
  }

  async function state(): Promise<ManagerState> {
    const isInstalled = isThere(fs, file);
    const plain = { isInstalled, isEnabled: false, isRunning: false, pid: null, startsAt: "login" as const };
    if (!isInstalled) return { ...plain, trouble: "" };
    let now;
    try {
      now = await show();
    } catch (error) {
      if (!(error instanceof CairnError)) throw error;
      return { ...plain, isRunning: null, trouble: `${error.message}. ${error.hint}` };
    }
    const pid = Number(now.MainPID ?? 0);
    return {
      isInstalled,
      isEnabled: now.UnitFileState === "enabled",
      isRunning: now.ActiveState === "active",
      pid: pid > 0 ? pid : null,
      startsAt: description.isSystem || await lingers() ? "boot" : "login",
      trouble: troubleOf(now),
    };
  }

  /** Whether the user's services are started with the machine. */
  async function lingers(): Promise<boolean> {
    const argv = ["loginctl", "show-user", String(machine.uid), "-p", "Linger"];
    const answer = await tools.run(argv);
    return answer?.code === 0 && textOf(answer.stdout).trim() === "Linger=yes";
  }
}

function troubleOf(now: Record<string, string>): string {
  if (now.SubState === "auto-restart") {
    return `The device ended (${now.Result}) and is started again after a pause. See why with: cairn service logs`;
  }
  if (now.ActiveState === "failed") {
    return `The device ended (${now.Result}). See why with: cairn service logs`;
  }
  return "";
}

function unitDirectory({ machine }: ManagerPorts, { isSystem }: Description): string {
  if (isSystem) return "/etc/systemd/system";
  const config = machine.env("XDG_CONFIG_HOME");
  return join(config?.startsWith("/") ? config : join(machine.userHome, ".config"), "systemd/user");
}

/** Of `systemd 252 (252.38-1~deb12u1)`; the newest for a machine that has none, and is only shown a unit. */
async function versionOf({ tools }: ManagerPorts): Promise<number> {
  const argv = ["systemctl", "--version"];
  const answer = await tools.run(argv);
  if (answer === null) return Infinity;
  const said = textOf(answer.stdout).split("\n")[0]!;
  const version = Number(/^systemd (\d+)/.exec(said)?.[1]);
  if (!Number.isInteger(version)) {
    throw refusal(argv, `its version cannot be read from "${said}"`, answer.code);
  }
  return version;
}
