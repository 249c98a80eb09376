/**
 * Cairn's entry: arguments in, exit code out. Everything else stands below, see docs/architecture.md.
 */
import type { DaemonOptions } from "./src/daemon/daemon.ts";
import { run } from "./src/cli/program.ts";
import { realTerminal } from "./src/cli/terminal.ts";
import { beginUnpacked } from "./src/platform/real/unpacked.ts";

/** Loads the engine only when a device is started: `cairn status` need not wait for it. */
async function startDaemon(options: DaemonOptions) {
  const daemon = await import("./src/daemon/daemon.ts");
  return await daemon.startDaemon(options);
}

if (import.meta.main) {
  beginUnpacked();
  const env = (name: string) => Deno.env.get(name);
  Deno.exit(await run(Deno.args, { terminal: realTerminal(), env, startDaemon }));
}
