/** `cairn dupes`: files with the same content at several paths, over all devices. */
import { type Command, InvalidArgumentError } from "commander";
import { DUPLICATES_TOLD } from "../core/limits.ts";
import type { DupesAnswer } from "../daemon/guardian_types.ts";
import { parseLimit } from "./arguments.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, formatCount, plural, printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { paint } from "./paint.ts";
import { ADDRESS_HELP, placeAsked } from "./place_argument.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly across?: boolean;
  readonly within?: boolean;
  readonly minSize?: number;
  readonly limit?: number;
  readonly json?: boolean;
}

const GROUPS = 20;
/** Places of a group that a person is shown. */
const PLACES = 10;
const UNITS: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

export function addDupes(program: Command, context: Context): void {
  program.command("dupes [address]")
    .description("list files that are there several times, the greatest gain first; nothing is deleted")
    .option("--within", "only those that one device has several times")
    .option("--across", "only those whose copies are on different devices")
    .option("--min-size <size>", "only files of at least this size, such as 10M", parseSize)
    .option("--limit <n>", `so many groups (default ${GROUPS})`, parseLimit)
    .option("--json", "as JSON")
    .addHelpText("after", `${ADDRESS_HELP}\n${HELP}`)
    .action((address: string | undefined, _options, command: Command) =>
      dupes(context, address, command.optsWithGlobals(), command)
    );
}

const HELP = `
The same path on several devices is one file that is kept the same, and no
duplicate. A group's gain is what would be free on all devices if only the places
stayed that are marked "stays": as many as policies ask for (cairn guard), and one
at least.

Example:
  cairn dupes Photos --within --min-size 1M`;

function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  if (match === null) throw new InvalidArgumentError("It has to be a size, such as 500K or 10M.");
  return Math.round(Number(match[1]) * UNITS[match[2]!.toUpperCase()]!);
}

async function dupes(
  context: Context,
  address: string | undefined,
  options: Options,
  command: Command,
): Promise<void> {
  if (options.within && options.across) command.error("cairn: --within and --across cannot both be");
  const { terminal, env } = context;
  const { guardian } = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const answer = await guardian.dupes({
    place: placeAsked(address, context),
    which: options.within ? "within" : options.across ? "across" : "all",
    minSize: options.minSize ?? 1,
    limit: Math.min(options.limit ?? GROUPS, DUPLICATES_TOLD),
  });
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  for (const line of dupesText(answer, terminal.colour)) say(terminal, line);
}

export function dupesText({ groups, groupsTotal, gain, behind }: DupesAnswer, colour: boolean): string[] {
  const late = behind === 0
    ? []
    : [`${plural(behind, "change")} or more still to be counted; these figures are without them.`];
  if (groupsTotal === 0) return ["No duplicates.", ...late];
  return [
    ...groups.flatMap(({ size, gain, places, placesTotal, content, copiesAsked }) => [
      paint(
        { colour },
        "bold",
        `${formatBytes(gain)} to gain: ${placesTotal} × ${formatBytes(size)}, content ${
          content.slice(2, 14)
        }` +
          (copiesAsked > 1 ? `, ${copiesAsked} copies asked for` : ""),
      ),
      ...alignRows(
        places.slice(0, PLACES).map(({ address, devices, stays }) => [
          `  ${printable(address)}`,
          devices.map(printable).join(", "),
          stays ? "stays" : "",
        ]),
      ),
      ...placesTotal > PLACES ? [`  … and ${formatCount(placesTotal - PLACES)} more`] : [],
    ]),
    "",
    `${plural(groupsTotal, "content")} at several paths, ${formatBytes(gain)} to gain on all devices.`,
    ...late,
  ];
}
