/** What is to be started by the system: which program, for which home, as whom. */
import { createHash } from "node:crypto";
import { CairnError } from "../core/errors.ts";

/** systemd, launchd, Windows' Task Scheduler, or a line `@reboot` for cron. */
export const KINDS = ["systemd", "launchd", "task", "cron"] as const;
export type ServiceKind = typeof KINDS[number];

export interface Description {
  /** An absolute program and the words before Cairn's own. */
  readonly command: readonly string[];
  /** Absolute. */
  readonly home: string;
  /** `cairn`, or `cairn-` and eight digits where the home is not the usual one: each home is a device of its own. */
  readonly name: string;
  /** Started with the machine and not with somebody's login. */
  readonly isSystem: boolean;
  /** As whom it runs, as the system names him: `ann`, `LAPTOP\ann`. */
  readonly user: string;
}

/** The service's name for a home. */
export function serviceName(home: string, usualHome: string): string {
  if (home === usualHome) return "cairn";
  return `cairn-${createHash("sha256").update(home).digest("hex").slice(0, 8)}`;
}

/** The device itself, for systems that start it again and keep what it says. */
export function deviceArgv({ command, home }: Description): string[] {
  return [...command, "--home", home, "up", "--no-invite"];
}

/** The device with who looks after it, for all others. */
export function keeperArgv({ command, home }: Description): string[] {
  return [...command, "--home", home, "service", "run"];
}

/** A word that a format has no way to say. */
export function unsayable(word: string, what: string, where: string): CairnError {
  return new CairnError(
    "path-unusable",
    `${JSON.stringify(word)} contains ${what}, which cannot be said in ${where}`,
    "Move the program or the home to a path of plain characters.",
  );
}
