/** A launchd agent of a user, or a daemon of the whole machine. */
import { join } from "node:path";
import type { Description } from "./description.ts";
import { launchdLabel, launchdPlist } from "./launchd_plist.ts";
import { isThere, type Manager, type ManagerPorts, textOf, writeStep } from "./manager.ts";
import { runTool, type Step } from "./steps.ts";

export function launchd({ fs, tools, machine }: ManagerPorts, description: Description): Manager {
  const label = launchdLabel(description);
  const domain = description.isSystem ? "system" : `gui/${machine.uid}`;
  const target = `${domain}/${label}`;
  const file = description.isSystem
    ? `/Library/LaunchDaemons/${label}.plist`
    : join(machine.userHome, "Library/LaunchAgents", `${label}.plist`);
  const print = async () => {
    const answer = await tools.run(["launchctl", "print", target]);
    return answer?.code === 0 ? textOf(answer.stdout) : null;
  };

  /**
   * What is loaded goes on with the old list until it is loaded anew, and while its process still ends nothing can be loaded in its place: the
   * device is stopped first.
   */
  const unload = async (): Promise<Step[]> =>
    await print() === null
      ? []
      : [{ do: "down" }, { do: "run", argv: ["launchctl", "bootout", target], mayFail: true }];

  return {
    kind: "launchd",
    description,
    title: `launchd ${description.isSystem ? "daemon" : "agent"} ${label}`,
    file,
    check: async () => void await runTool(tools, ["launchctl", "print", domain]),
    async installSteps() {
      const text = launchdPlist(description);
      const written = writeStep(fs, file, new TextEncoder().encode(text), text);
      if (written.length === 0 && await print() !== null) return [];
      return [
        ...written,
        ...await unload(),
        { do: "run", argv: ["launchctl", "enable", target] },
        { do: "run", argv: ["launchctl", "bootstrap", domain, file] },
      ];
    },
    uninstallSteps: async () => [...await unload(), { do: "remove", path: file }],
    startSteps: () => [{ do: "run", argv: ["launchctl", "kickstart", target] }],
    // Ending well, the keeper is not started again before the next login.
    stopSteps:
      () => [{ do: "run", argv: ["launchctl", "kill", "SIGTERM", target], mayFail: true }, { do: "down" }],
    async state() {
      const said = await print();
      const pid = Number(/^\s*pid = (\d+)$/m.exec(said ?? "")?.[1] ?? 0);
      return {
        isInstalled: isThere(fs, file),
        isEnabled: said !== null,
        isRunning: pid > 0,
        pid: pid > 0 ? pid : null,
        startsAt: description.isSystem ? "boot" : "login",
        trouble: said === null && isThere(fs, file)
          ? "launchd has not loaded it. Load it with: cairn service install"
          : "",
      };
    },
    logArgv: () => null,
  };
}
