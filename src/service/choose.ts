/** Which kind of service this machine has. */
import { CairnError } from "../core/errors.ts";
import { cron } from "./cron.ts";
import type { Description, ServiceKind } from "./description.ts";
import { launchd } from "./launchd.ts";
import { isThere, type Manager, type ManagerPorts } from "./manager.ts";
import { systemd } from "./systemd.ts";
import { task } from "./task.ts";

/** The directory that is there while systemd is the machine's first process (sd_booted(3)). */
const SYSTEMD_RUNS = "/run/systemd/system";

/** Throws CairnError "service-unusable" where this machine has none that we know. */
export async function chooseKind({ fs, tools, machine }: ManagerPorts): Promise<ServiceKind> {
  if (machine.os === "darwin") return "launchd";
  if (machine.os === "windows") return "task";
  if (machine.os === "linux" && isThere(fs, SYSTEMD_RUNS)) return "systemd";
  if (await tools.run(["crontab", "-l"]) !== null) return "cron";
  throw new CairnError(
    "service-unusable",
    `Nothing is known on this machine (${machine.os}) that starts programs by itself: no systemd, no cron`,
    "Run it apart from the terminal: cairn up --detach",
  );
}

const MANAGERS = { systemd, launchd, task, cron };

export function managerOf(kind: ServiceKind, ports: ManagerPorts, description: Description): Manager {
  if (description.isSystem && (kind === "cron" || kind === "task")) {
    throw new CairnError(
      "usage",
      "--system is for systemd and launchd",
      kind === "cron"
        ? "A line in the crontab starts with the machine anyway: leave --system out."
        : "A task runs at the login of its user: leave --system out.",
    );
  }
  return MANAGERS[kind](ports, description);
}
