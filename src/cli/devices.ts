/** `cairn devices`: the devices of the library, this one first. */
import type { Command } from "commander";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { homeFor, userHome } from "./home.ts";
import { printable } from "./format.ts";
import { paint } from "./paint.ts";
import { peerRows } from "./status_view.ts";
import { say } from "./terminal.ts";

export function addDevices(program: Command, context: Context): void {
  program.command("devices")
    .description("list the devices of the library")
    .option("--json", "as JSON")
    .action((_options, command: Command) => devices(context, command.optsWithGlobals()));
}

async function devices(
  { terminal, env }: Context,
  options: { home?: string; json?: boolean },
): Promise<void> {
  const { device, peers } = await connect(homeFor(options.home, env, Deno.build.os, Deno.cwd())).status();
  if (options.json) return say(terminal, JSON.stringify({ device, peers }, null, 2));
  say(terminal, `${paint(terminal, "bold", printable(device.name))}  this device, port ${device.port}`);
  const view = { colour: terminal.colour, userHome: userHome(env), nowMs: Date.now() };
  for (const row of peerRows(peers, view)) say(terminal, row);
  if (peers.length === 0) say(terminal, "No other device yet. Let one join with: cairn invite");
}
