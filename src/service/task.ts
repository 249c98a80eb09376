/** A task of Windows' Task Scheduler, which runs at the user's login. */
import { join } from "node:path";
import type { Description } from "./description.ts";
import { type Manager, type ManagerPorts, textOf } from "./manager.ts";
import { runTool, type Step } from "./steps.ts";
import { taskBytes, taskXml } from "./task_xml.ts";

export function task({ tools }: ManagerPorts, description: Description): Manager {
  const name = `\\Cairn\\${description.name}`;
  const definition = join(description.home, "service-task.xml");

  return {
    kind: "task",
    description,
    title: `scheduled task ${name}`,
    file: null,
    check: async () => void await runTool(tools, ["schtasks", "/Query", "/TN", "\\"], { mayFail: true }),
    installSteps() {
      const xml = taskXml(description);
      const steps: Step[] = [
        { do: "write", path: definition, bytes: taskBytes(xml), shown: xml },
        { do: "run", argv: ["schtasks", "/Create", "/TN", name, "/XML", definition, "/F"] },
        { do: "remove", path: definition },
      ];
      return Promise.resolve(steps);
    },
    async uninstallSteps() {
      const remove: Step = { do: "run", argv: ["schtasks", "/Delete", "/TN", name, "/F"] };
      return [{ do: "down" }, ...await isThere() ? [remove] : []];
    },
    startSteps: () => [{ do: "run", argv: ["schtasks", "/Run", "/TN", name] }],
    stopSteps: () => [{ do: "down" }],
    async state() {
      const isInstalled = await isThere();
      return {
        isInstalled,
        isEnabled: isInstalled,
        isRunning: null,
        pid: null,
        startsAt: "login",
        trouble: "",
      };
    },
    logArgv: () => null,
  };

  async function isThere(): Promise<boolean> {
    const answer = await tools.run(["schtasks", "/Query", "/TN", name, "/XML", "ONE"]);
    return answer?.code === 0 && textOf(answer.stdout) !== "";
  }
}
