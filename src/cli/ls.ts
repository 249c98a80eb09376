/** `cairn ls`: what stands in a directory, on one device or on any. */
import type { Command } from "commander";
import type { LsAnswer } from "../daemon/places_types.ts";
import type { Listed } from "../library/listing.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, formatTime, printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { ADDRESS_HELP, placeAsked } from "./place_argument.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly long?: boolean;
  readonly json?: boolean;
}

/** Names asked for at once. */
const PAGE = 1_000;

export function addLs(program: Command, context: Context): void {
  program.command("ls [address]")
    .description("list a directory as it stands on a device, or on any; without an address the folders")
    .option("-l, --long", "with kind, size, time and the devices that hold it")
    .option("--json", "as JSON")
    .addHelpText("after", `${ADDRESS_HELP}\n\nExample:\n  cairn ls nas:Photos/2024 -l`)
    .action((address: string | undefined, _options, command: Command) =>
      ls(context, address, command.optsWithGlobals())
    );
}

async function ls(context: Context, address: string | undefined, options: Options): Promise<void> {
  const { terminal, env } = context;
  const { places } = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const place = placeAsked(address, context);
  const entries: Listed[] = [];
  for (let after: string | null = "";;) {
    const page: LsAnswer = await places.ls({ place, after, limit: PAGE });
    if (options.json) entries.push(...page.entries);
    else for (const line of listingText(page.entries, options.long === true)) say(terminal, line);
    after = page.next;
    if (after !== null) continue;
    if (options.json) say(terminal, JSON.stringify({ ...page, entries }, null, 2));
    return;
  }
}

export function listingText(entries: readonly Listed[], isLong: boolean): string[] {
  if (!isLong) return entries.map(nameWords);
  return alignRows(
    entries.map((entry) => [
      modeWords(entry),
      entry.kind === "file" ? formatBytes(entry.size) : "-",
      entry.mtimeMs === 0 ? "-" : formatTime(entry.mtimeMs),
      entry.devices.map(printable).join(", ") || "-",
      entry.versions > 1 ? `${nameWords(entry)}  (${entry.versions} versions)` : nameWords(entry),
    ]),
    ["left", "right"],
  );
}

export function nameWords({ name, kind, target }: Pick<Listed, "name" | "kind" | "target">): string {
  const shown = printable(name);
  if (kind === "directory" || kind === "folder") return `${shown}/`;
  return kind === "symlink" ? `${shown} -> ${printable(target ?? "")}` : shown;
}

function modeWords({ kind, mode }: Listed): string {
  const letter = kind === "file" ? "-" : kind === "symlink" ? "l" : "d";
  const bits = [...mode.toString(8).padStart(3, "0").slice(-3)].map(Number);
  return letter +
    bits.map((bit) => `${bit & 4 ? "r" : "-"}${bit & 2 ? "w" : "-"}${bit & 1 ? "x" : "-"}`).join("");
}
