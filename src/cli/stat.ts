/** `cairn stat`: all that is known of a file: which devices have it, in which version, and where else its content is. */
import type { Command } from "commander";
import type { StatAnswer } from "../daemon/places_types.ts";
import type { Copy } from "../library/whereabouts.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, formatCount, formatTime, plural, printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { paint } from "./paint.ts";
import { ADDRESS_HELP, deviceWords, placeAsked } from "./place_argument.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";
import { placeLines } from "./where.ts";

interface Options {
  readonly home?: string;
  readonly json?: boolean;
}

/** Other places that are told; --json has all. */
const PLACES = 20;

export function addStat(program: Command, context: Context): void {
  program.command("stat <address>")
    .description("tell all that is known of a file: its copies on all devices, versions and content")
    .option("--json", "as JSON")
    .addHelpText("after", `${ADDRESS_HELP}\n\nExample:\n  cairn stat Photos/2024/a.jpg`)
    .action((address: string, _options, command: Command) =>
      stat(context, address, command.optsWithGlobals())
    );
}

async function stat(context: Context, address: string, options: Options): Promise<void> {
  const { terminal, env } = context;
  const { places } = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const answer = await places.stat({ place: placeAsked(address, context) });
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  for (const line of statText(answer, terminal.colour, Date.now())) say(terminal, line);
}

export function statText(answer: StatAnswer, colour: boolean, nowMs: number): string[] {
  const { content, target, chunks, kept, keptTotal, elsewhere, elsewhereTotal } = answer;
  const facts: [string, string][] = [["kind", answer.kind]];
  if (answer.kind === "file") {
    facts.push(["size", `${formatBytes(answer.size)} (${formatCount(answer.size)} bytes)`]);
  }
  if (answer.mtimeMs !== 0) facts.push(["modified", formatTime(answer.mtimeMs)]);
  const meant = answer.copies.find(({ isMeant }) => isMeant);
  if (meant !== undefined && answer.versions <= 1) facts.push(["written", writtenWords(meant)]);
  if (target !== null) facts.push(["target", printable(target)]);
  if (content !== null) facts.push(["content", content.slice(2)]);
  if (chunks !== null) facts.push(["chunks", formatCount(chunks)]);
  facts.push(["uri", printable(answer.uri)]);
  if (answer.kind === "folder" && answer.folder !== null) facts.push(["who keeps it", "see: cairn folders"]);
  facts.push(...labelFacts("", answer.tags, answer.note));
  facts.push(...labelFacts("place's ", answer.placeTags, answer.placeNote));
  return [
    paint({ colour }, "bold", printable(answer.address)),
    ...alignRows(facts.map(([name, value]) => [`  ${name}`, value])),
    ...copiesText(answer, colour, nowMs),
    ...elsewhere.length === 0 ? [] : [
      "",
      `The same content in ${plural(elsewhereTotal, answer.copies.length > 0 ? "other place" : "place")}:`,
      ...placeLines(elsewhere.slice(0, PLACES), elsewhereTotal, nowMs),
    ],
    ...kept === null || keptTotal === 0 ? [] : [
      "",
      `${plural(keptTotal, "former version")} kept on this device; see: cairn versions`,
    ],
  ];
}

/** A line of a note for each of its own. */
function labelFacts(of: string, tags: readonly string[], note: string): [string, string][] {
  return [
    ...tags.length === 0 ? [] : [[`${of}tags`, tags.map(printable).join(" ")] as [string, string]],
    ...note === ""
      ? []
      : note.split("\n").map((line, i): [string, string] => [i === 0 ? `${of}note` : "", printable(line)]),
  ];
}

function copiesText({ copies, versions }: StatAnswer, colour: boolean, nowMs: number): string[] {
  if (copies.length === 0) return [];
  const rows = alignRows(
    copies.map((copy) => [
      `  ${deviceWords(copy.device, nowMs)}`,
      stateWords(copy),
      copy.kind === "file" ? formatBytes(copy.size) : "",
      copy.mtimeMs === 0 || copy.kind === "deleted" ? "" : formatTime(copy.mtimeMs),
      // Where all have the same, it is told above.
      ...versions > 1 ? [copy.content === null ? "" : copy.content.slice(2, 14)] : [],
    ]),
    ["left", "left", "right"],
  );
  const writes = versions > 1 ? copies.map(writtenWords) : [];
  return [
    "",
    versions > 1 ? `${versions} different versions:` : "On its devices:",
    ...rows.flatMap((row, i) => {
      const shown = copies[i]!.kind === "deleted" ? paint({ colour }, "dim", row) : row;
      return versions > 1 ? [shown, `    written ${writes[i]}`] : [shown];
    }),
  ];
}

function writtenWords({ writtenMs, writtenBy }: Copy): string {
  return `${formatTime(writtenMs)} on ${printable(writtenBy)}`;
}

function stateWords({ kind, held, offered, isMeant }: Copy): string {
  if (kind === "deleted") return "deleted";
  if (!held) return "listed, without its bytes";
  const which = isMeant ? "held" : "held, another version";
  return offered ? which : `${which}, not given`;
}
