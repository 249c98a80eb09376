/** `cairn status`: how this device, its folders and its peers stand. */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import type { Status } from "../daemon/api_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { homeFor, userHome } from "./home.ts";
import { statusText, type View } from "./status_view.ts";
import { widthOf } from "./terminal.ts";
import { watchOnScreen } from "./watch_screen.ts";

interface StatusOptions {
  readonly home?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

export function addStatus(program: Command, context: Context): void {
  program.command("status")
    .description("show folders, devices, and what is not in sync and why")
    .option("--json", "as JSON; with --watch one line for each change")
    .option("--watch", "keep showing it as it changes")
    .addHelpText("after", "\nExamples:\n  cairn status\n  cairn status --watch")
    .action((_options, command: Command) => status(context, command.optsWithGlobals()));
}

async function status(context: Context, options: StatusOptions): Promise<void> {
  const home = homeFor(options.home, context.env, Deno.build.os, Deno.cwd());
  const client = connect(home);
  if (!options.watch) return show(context, await client.status(), options, false);
  const { terminal } = context;
  if (terminal.interactive && !options.json) {
    // The last column stays free: what is cleared behind a line that fills it would be its last letter.
    const textOf = (now: Status) => statusText(now, { ...viewOf(context), columns: terminal.columns() - 1 });
    if (!await watchOnScreen(terminal, client.watchStatus(), textOf)) return;
  } else for await (const now of client.watchStatus()) show(context, now, options, true);
  throw new CairnError("not-running", `The device in ${home} stopped`, "Start it with: cairn up");
}

function show(context: Context, now: Status, { json }: StatusOptions, watching: boolean): void {
  const { terminal } = context;
  if (json) return terminal.out((watching ? JSON.stringify(now) : JSON.stringify(now, null, 2)) + "\n");
  terminal.out(statusText(now, viewOf(context)) + (watching ? "\n" : ""));
}

function viewOf({ terminal, env }: Context): View {
  return { colour: terminal.colour, userHome: userHome(env), nowMs: Date.now(), columns: widthOf(terminal) };
}
