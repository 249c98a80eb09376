/** `cairn du`: what files take on each device, and how much of it is nowhere else. */
import type { Command } from "commander";
import type { DuAnswer } from "../daemon/places_types.ts";
import type { Sizes } from "../library/disk_usage.ts";
import { parseLimit } from "./arguments.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, formatCount, printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { paint } from "./paint.ts";
import { ADDRESS_HELP, deviceWords, placeAsked } from "./place_argument.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly depth?: number;
  readonly json?: boolean;
}

export function addDu(program: Command, context: Context): void {
  program.command("du [address]")
    .description("tell what files take on each device, and how much of it no other device has")
    .option("--depth <n>", "directories down to this depth, too", parseLimit)
    .option("--json", "as JSON")
    .addHelpText("after", `${ADDRESS_HELP}\n${HELP}`)
    .action((address: string | undefined, _options, command: Command) =>
      du(context, address, command.optsWithGlobals())
    );
}

const HELP = `
ONLY THERE is what no other device holds under any name, SHARED the rest. Each copy of a file counts.

Example:
  cairn du Photos --depth 1`;

async function du(context: Context, address: string | undefined, options: Options): Promise<void> {
  const { terminal, env } = context;
  const { places } = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const answer = await places.du({
    place: placeAsked(address, context),
    depth: Math.min(options.depth ?? 0, 256),
  });
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  for (const line of usageText(answer, terminal.colour, Date.now())) say(terminal, line);
}

export function usageText(answer: DuAnswer, colour: boolean, nowMs: number): string[] {
  const { total, devices, below, belowTotal } = answer;
  const rows = [
    ["DEVICE", "FILES", "SIZE", "ONLY THERE", "SHARED"],
    ...devices.map((one) => [deviceWords(one.device, nowMs), ...sizeWords(one)]),
    ...devices.length > 1 ? [["all copies", ...sizeWords(total)]] : [],
  ];
  const table = (lines: readonly string[][]) => {
    const [head, ...rest] = alignRows(lines, ["left", "right", "right", "right", "right"]);
    return [paint({ colour }, "dim", head!), ...rest];
  };
  if (devices.length === 0) return ["No device holds a file there."];
  return [
    ...table(rows),
    ...below.length === 0 ? [] : [
      "",
      ...table([
        ["DIRECTORY", "FILES", "SIZE", "ONLY THERE", "SHARED"],
        ...below.map((one) => [
          printable(one.address),
          ...sizeWords(one),
        ]),
      ]),
    ],
    ...belowTotal > below.length ? [`… and ${formatCount(belowTotal - below.length)} smaller`] : [],
  ];
}

function sizeWords({ files, bytes, uniqueBytes }: Sizes): string[] {
  return [formatCount(files), formatBytes(bytes), formatBytes(uniqueBytes), formatBytes(bytes - uniqueBytes)];
}
