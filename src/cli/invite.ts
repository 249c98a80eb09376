/** `cairn invite`: opens an invite on the running device. */
import type { Command } from "commander";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { homeFor, userHome } from "./home.ts";
import { inviteLine } from "./invite_line.ts";
import { say } from "./terminal.ts";

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
  const { folders } = await client.status();
  const place = { userHome: userHome(env), nowMs: Date.now() };
  say(terminal, inviteLine(made, folders[0] ?? null, folders.length > 1, place));
  if (folders.length > 1) {
    say(terminal, `Folders to choose from: ${folders.map((folder) => folder.name).join(", ")}`);
  }
}
