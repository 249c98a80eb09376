/** `cairn invite`: opens an invite on the running device. */
import type { Command } from "commander";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { printable } from "./format.ts";
import { homeFor, userHome } from "./home.ts";
import { inviteLine, isOneOfSeveral } from "./invite_line.ts";
import { say, widthOf } from "./terminal.ts";

export function addInvite(program: Command, context: Context): void {
  program.command("invite")
    .description("show a code that lets one more device join; just the code when piped")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn invite")
    .action((_options, command: Command) => invite(context, command.optsWithGlobals()));
}

async function invite({ terminal, env }: Context, options: { home?: string; json?: boolean }): Promise<void> {
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const made = await client.invite();
  if (options.json) return say(terminal, JSON.stringify({ schema: "cairn.invite/1", ...made }, null, 2));
  if (!terminal.person) return say(terminal, made.code);
  const status = await client.status();
  const { folders } = status;
  const place = { userHome: userHome(env), nowMs: Date.now(), columns: widthOf(terminal) };
  say(terminal, inviteLine(made, folders[0] ?? null, isOneOfSeveral(status), place));
  if (folders.length > 1) {
    say(terminal, `Folders to choose from: ${folders.map((folder) => printable(folder.name)).join(", ")}`);
  }
}
