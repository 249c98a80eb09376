/** `cairn devices`: the devices of the library, this one first; removing one, and confirming one that is suspended. */
import type { Command } from "commander";
import type { RemoveAnswer } from "../daemon/api_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatAgo, printable } from "./format.ts";
import { homeFor, userHome } from "./home.ts";
import { paint } from "./paint.ts";
import { QUIET } from "./quiet.ts";
import { addDeviceRename } from "./renames.ts";
import { peerRows } from "./status_view.ts";
import { say, widthOf } from "./terminal.ts";

interface DevicesOptions {
  readonly home?: string;
  readonly json?: boolean;
  readonly self?: boolean;
}

export function addDevices(program: Command, context: Context): void {
  const devices = program.command("devices")
    .description("list the devices of the library")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn devices")
    .action((_options, command: Command) => list(context, command.optsWithGlobals()));
  addDeviceRename(devices, context);
  devices.command("remove")
    .description("remove a device from the library, for good: all others refuse it from then on")
    .argument("<name>", "its name, or the first digits of its id")
    .option("--self", "it is this device, which leaves the library")
    .option(...QUIET)
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  cairn devices remove phone\n  cairn devices remove laptop --self   on laptop itself",
    )
    .action((name: string, _options, command: Command) => remove(context, name, command.optsWithGlobals()));
  devices.command("confirm")
    .description("confirm a device that was let in by one that has been removed since")
    .argument("<name>", "its name, or the first digits of its id")
    .option(...QUIET)
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn devices confirm tablet")
    .action((name: string, _options, command: Command) => confirm(context, name, command.optsWithGlobals()));
}

function clientOf({ env }: Context, { home }: DevicesOptions) {
  return connect(homeFor(home, env, Deno.build.os, Deno.cwd()));
}

async function list(context: Context, options: DevicesOptions): Promise<void> {
  const { terminal, env } = context;
  const { device, peers, removed } = await clientOf(context, options).status();
  if (options.json) {
    return say(terminal, JSON.stringify({ schema: "cairn.devices/1", device, peers, removed }, null, 2));
  }
  say(terminal, `${paint(terminal, "bold", printable(device.name))}  this device, port ${device.port}`);
  const view = {
    colour: terminal.colour,
    userHome: userHome(env),
    nowMs: Date.now(),
    columns: widthOf(terminal),
  };
  for (const row of peerRows(peers, view)) say(terminal, row);
  for (const { name, by, whenMs } of removed) {
    const how = by === name ? "left" : `removed by ${printable(by)}`;
    say(terminal, `${printable(name)}  ${how} ${formatAgo(whenMs, view.nowMs)}`);
  }
  if (peers.length === 0) say(terminal, "No other device yet. Let one join with: cairn invite");
}

async function remove(context: Context, name: string, options: DevicesOptions): Promise<void> {
  const isLeaving = options.self === true;
  const answer = await clientOf(context, options).removeDevice({ name, self: isLeaving });
  if (options.json) {
    return say(context.terminal, JSON.stringify({ schema: "cairn.devices.remove/1", ...answer }, null, 2));
  }
  for (const line of removedLines(answer, isLeaving)) say(context.terminal, line);
}

/** What a removal means, and what is left to be looked at. */
export function removedLines({ name, letIn }: RemoveAnswer, isLeaving: boolean): string[] {
  const shown = printable(name);
  if (isLeaving) {
    return [
      `${shown} has left the library. Its files stay as they are, and it goes on by itself.`,
      "To come back as a new device: cairn join CODE PATH --again",
    ];
  }
  return [
    `${shown} is removed: every device that hears of it refuses it from now on. The files that it has stay there.`,
    ...letIn.map((device) => {
      const other = printable(device.name);
      return `It had let in ${other}, which stays. If that is not yours: cairn devices remove ${other}`;
    }),
  ];
}

async function confirm(context: Context, name: string, options: DevicesOptions): Promise<void> {
  const device = await clientOf(context, options).confirmDevice({ name });
  if (options.json) {
    return say(context.terminal, JSON.stringify({ schema: "cairn.devices.confirm/1", ...device }, null, 2));
  }
  say(context.terminal, `${printable(device.name)} is confirmed, and takes part again.`);
}
