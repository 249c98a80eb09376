/** A line `@reboot` in the user's crontab, where there is nothing else. */
import { cronLine, findLine, withLine, withoutLine } from "./cron_line.ts";
import type { Description } from "./description.ts";
import type { Manager, ManagerPorts } from "./manager.ts";
import { refusal, type Step } from "./steps.ts";

export function cron({ tools }: ManagerPorts, description: Description): Manager {
  const { name } = description;
  return {
    kind: "cron",
    description,
    title: "line @reboot in the crontab",
    file: null,
    check: async () => void await read(),
    async installSteps() {
      const [crontab, line] = [await read(), cronLine(description)];
      return findLine(crontab, name) === line ? [] : [replaced(withLine(crontab, name, line))];
    },
    async uninstallSteps() {
      const crontab = await read();
      const without = withoutLine(crontab, name);
      const steps: Step[] = [{ do: "down" }];
      if (without === crontab) return steps;
      return [...steps, without === "" ? { do: "run", argv: ["crontab", "-r"] } : replaced(without)];
    },
    startSteps: () => [{ do: "keep" }],
    stopSteps: () => [{ do: "down" }],
    async state() {
      const isInstalled = findLine(await read(), name) !== null;
      return {
        isInstalled,
        isEnabled: isInstalled,
        isRunning: null,
        pid: null,
        startsAt: "boot",
        trouble: "",
      };
    },
    logArgv: () => null,
  };

  /** The user's crontab, a character a byte. */
  async function read(): Promise<string> {
    const argv = ["crontab", "-l"];
    const answer = await tools.run(argv);
    if (answer === null) throw refusal(argv, "there is no crontab on this machine", 0);
    if (answer.code === 0) return latin1(answer.stdout);
    // Nobody's crontab is no crontab to write over: only what is known for "there is none" counts as empty.
    if (/no crontab for|No such file/i.test(answer.stderr)) return "";
    throw refusal(argv, answer.stderr, answer.code);
  }
}

function replaced(crontab: string): Step {
  const bytes = Uint8Array.from(crontab, (sign) => sign.charCodeAt(0));
  return { do: "run", argv: ["crontab", "-"], stdin: { bytes, shown: new TextDecoder().decode(bytes) } };
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
