/** `cairn folders`: the folders that this device takes part in. */
import type { Command } from "commander";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { homeFor, userHome } from "./home.ts";
import { folderRows } from "./status_view.ts";
import { say } from "./terminal.ts";

export function addFolders(program: Command, context: Context): void {
  program.command("folders")
    .description("list the folders on this device")
    .option("--json", "as JSON")
    .action((_options, command: Command) => folders(context, command.optsWithGlobals()));
}

async function folders(
  { terminal, env }: Context,
  options: { home?: string; json?: boolean },
): Promise<void> {
  const status = await connect(homeFor(options.home, env, Deno.build.os, Deno.cwd())).status();
  if (options.json) return say(terminal, JSON.stringify(status.folders, null, 2));
  const view = { colour: terminal.colour, userHome: userHome(env), nowMs: Date.now() };
  for (const row of folderRows(status.folders, view)) say(terminal, row);
  if (status.folders.length === 0) say(terminal, "No folder yet. Share one with: cairn up PATH");
}
