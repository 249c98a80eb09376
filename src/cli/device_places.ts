/** Where a device that runs without a terminal keeps what concerns that. */
import { join } from "node:path";
import { CairnError, messageOf } from "../core/errors.ts";

export function logPath(home: string): string {
  return join(home, "logs", "cairn.log");
}

/** Held by the process that looks after the device. */
export function keeperLock(home: string): string {
  return join(home, "keeper.lock");
}

/** That process' id. */
export function keeperFile(home: string): string {
  return join(home, "keeper.json");
}

/** Makes the home and the directory of its logs; both for nobody else. */
export function prepareHome(home: string): void {
  try {
    Deno.mkdirSync(home, { recursive: true });
    if (Deno.build.os !== "windows") Deno.chmodSync(home, 0o700);
    Deno.mkdirSync(join(home, "logs"), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CairnError(
      "home-unusable",
      `Cannot use ${home} as this device's home: ${messageOf(error)}`,
      "Choose another with --home DIR, or mend its permissions.",
      error,
    );
  }
}
