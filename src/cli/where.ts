/** `cairn where`: which devices have a file, or its content, under whatever name. */
import type { Command } from "commander";
import type { WhereAnswer } from "../daemon/places_types.ts";
import type { PlaceOfContent } from "../library/whereabouts.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, formatCount, plural, printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { ADDRESS_HELP, deviceWords, placeAsked } from "./place_argument.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly json?: boolean;
}

/** Places that are told; --json has all. */
const PLACES = 100;

export function addWhere(program: Command, context: Context): void {
  program.command("where <file>")
    .description("tell which devices have a file or its content, under whatever name; a local file is read")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `${ADDRESS_HELP}\n\nExamples:\n  cairn where IMG_2041.jpg\n  cairn where ~/Downloads/invoice.pdf`,
    )
    .action((file: string, _options, command: Command) => where(context, file, command.optsWithGlobals()));
}

async function where(context: Context, file: string, options: Options): Promise<void> {
  const { terminal, env } = context;
  const { places } = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const answer = await places.where({ place: placeAsked(file, context) });
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  for (const line of whereText(answer, Date.now())) say(terminal, line);
}

export function whereText(answer: WhereAnswer, nowMs: number): string[] {
  const { content, copies } = answer;
  if (content !== null && content.places.length > 0) {
    const { places, placesTotal, size, devices } = content;
    const title =
      `${formatBytes(size)}, content ${content.content.slice(2, 14)}, in ${plural(placesTotal, "place")} ` +
      `on ${plural(devices.length, "device")}:`;
    const others = copies.filter((copy) => copy.kind !== "deleted" && !copy.isMeant).map(({ device }) =>
      deviceWords(device, nowMs)
    );
    return [
      title,
      ...placeLines(places.slice(0, PLACES), placesTotal, nowMs),
      ...others.length === 0 ? [] : [`Another version is there on ${others.join(", ")}.`],
    ];
  }
  if (content !== null) return [`No device of the library has this content (${formatBytes(content.size)}).`];
  const there = copies.filter(({ kind, held }) => kind !== "deleted" && held).map(({ device }) =>
    deviceWords(device, nowMs)
  );
  const shown = printable(answer.address ?? "");
  if (answer.kind === "folder") {
    return [
      `${
        shown === "" ? "That is the library" : `${shown} is a folder`
      }; who keeps which is told by: cairn folders`,
    ];
  }
  return [
    there.length === 0
      ? `${shown} is implied by what is in it; see: cairn tree`
      : `${shown}: ${there.join(", ")}`,
  ];
}

/** A line for each place, with the devices that have the content there. */
export function placeLines(places: readonly PlaceOfContent[], total: number, nowMs: number): string[] {
  const rows = places.map(({ address, devices }) => [
    `  ${printable(address)}`,
    devices.map((device) => `${deviceWords(device, nowMs)}${device.held ? "" : " [listed only]"}`).join(", "),
  ]);
  const more = total > places.length
    ? [`  … and ${formatCount(total - places.length)} more; see --json`]
    : [];
  return [...alignRows(rows), ...more];
}
