/** `cairn status`: how this device, its folders and its peers stand. */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import type { Status } from "../daemon/api_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { homeFor, userHome } from "./home.ts";
import { statusText } from "./status_view.ts";

interface StatusOptions {
  readonly home?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** Cursor home, clear to the end of the screen. */
const REDRAW = "\x1b[H\x1b[J";

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
  for await (const now of client.watchStatus()) show(context, now, options, true);
  throw new CairnError("not-running", `The device in ${home} stopped`, "Start it with: cairn up");
}

function show({ terminal, env }: Context, now: Status, { json }: StatusOptions, watching: boolean): void {
  if (json) return terminal.out((watching ? JSON.stringify(now) : JSON.stringify(now, null, 2)) + "\n");
  const text = statusText(now, { colour: terminal.colour, userHome: userHome(env), nowMs: Date.now() });
  if (!watching) terminal.out(text);
  else terminal.out(terminal.interactive ? REDRAW + text : text + "\n");
}
