/** `cairn find`: files on all devices, by words, filters or a plain question. */
import type { Command } from "commander";
import type { FindAnswer } from "../daemon/find_types.ts";
import type { FoundPath } from "../library/find.ts";
import { parseLimit } from "./arguments.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { cutMiddle, wrapLine } from "./fit.ts";
import { formatBytes, formatCount, formatTime, plural, printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { paint } from "./paint.ts";
import { deviceWords } from "./place_argument.ts";
import { alignRows, cellWidth } from "./table.ts";
import { say, widthOf } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly limit: number;
  readonly words?: boolean;
  readonly json?: boolean;
}

/** Two screens. */
const DEFAULT_LIMIT = 50;
const MOST = 1_000;
/** Who has a file stands beside its address where all of it can, or this much. */
const LEAST_HOLDERS = 44;

export function addFind(program: Command, context: Context): void {
  program.command("find <words...>")
    .description("find files on all devices, also those that are off: by words, filters or a plain question")
    .option("-n, --limit <n>", "how many at most", parseLimit, DEFAULT_LIMIT)
    .option("--words", "take all that is no filter as words, and not as a question")
    .option("--json", "as JSON")
    .addHelpText("after", HELP)
    .action((words: string[], _options, command: Command) => find(context, words, command.optsWithGlobals()));
}

const HELP = `
Every word has to be in the name, or every word in the text. "two words" are one,
and -word must not be there. In texts a word of four letters and more may go on;
a shorter one does with a star. Filters, each with a minus before it turned round:
  kind:image,video    image video audio document code archive folder file
  ext:pdf,docx        one of these endings
  size:>1GB           also <10MB, 1MB..2MB
  date:2024           also >2023, 2024-05, "last week"
  device:nas          that holds it; -device:nas that does not
  folder:Photos       in this folder
  tag:work            tagged so; work/tax is found, too
  copies:<2           on how many disks the content is
  devices:1           how many devices hold the content
  dup:yes             at another place, too
Without a filter it may be a question, and how it was understood is told:
  cairn find videos over 1 GB on the nas
  cairn find photos from last summer that exist only on the laptop`;

async function find(context: Context, words: readonly string[], options: Options): Promise<void> {
  const { terminal, env } = context;
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const answer = await client.find({
    text: words.map(asTyped).join(" "),
    plain: options.words === true,
    limit: Math.min(options.limit, MOST),
  });
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  const view = { colour: terminal.colour, nowMs: Date.now(), columns: widthOf(terminal) };
  for (const line of findText(answer, view)) say(terminal, line);
}

/** The shell has taken quotes away: what it left together stays together. A whole question in quotes is one. */
function asTyped(word: string, _at: number, all: readonly string[]): string {
  if (all.length === 1 || !/\s/.test(word) || word.includes('"')) return word;
  const [, minus, key, value] = /^(-?)([A-Za-z]+:)?([^]*)$/.exec(word)!;
  return `${minus}${key ?? ""}"${value}"`;
}

export interface FindView {
  readonly colour: boolean;
  readonly nowMs: number;
  readonly columns: number;
}

export function findText(answer: FindAnswer, view: FindView): string[] {
  const { query, wasQuestion, problems, found, isCut, behind } = answer;
  const dim = (text: string) => paint(view, "dim", text);
  return [
    ...wasQuestion ? [dim(`Understood as: ${printable(query)}`)] : [],
    ...problems.map(({ part, why }) => `${printable(part)}: ${printable(why)}`),
    ...found.length > 0 ? linesOf(found, dim, view) : [
      isCut
        ? "Nothing was found among the newest that were looked at; there are more. Ask with more or longer words."
        : "Nothing was found.",
    ],
    ...isCut && found.length > 0
      ? [dim(`… the best ${formatCount(found.length)}; there are more (see --limit)`)]
      : [],
    ...behind > 0
      ? [dim(`Not looked at yet: ${plural(behind, "name or text", "names or texts")}. Ask again soon.`)]
      : [],
  ];
}

/** Size, date, where it is and who has it. Where an address is too long for that, who has it stands below it. */
function linesOf(
  found: readonly FoundPath[],
  dim: (text: string) => string,
  { nowMs, columns }: FindView,
): string[] {
  const facts = alignRows(
    found.map((one) => [
      one.kind === "folder" || one.kind === "link" ? "-" : formatBytes(one.size),
      one.mtimeMs === 0 ? "-" : formatTime(one.mtimeMs).slice(0, 10),
    ]),
    ["right"],
  );
  const at = Math.max(...facts.map(cellWidth)) + 2;
  const addresses = found.map((one) => printable(one.address) + (one.kind === "folder" ? "/" : ""));
  const holders = found.map((one) => one.devices.map((device) => deviceWords(device, nowMs)).join(", "));
  const room = columns - at - 2 - Math.min(LEAST_HOLDERS, Math.max(...holders.map(cellWidth)));
  const beside = Math.max(0, ...addresses.map(cellWidth).filter((cells) => cells <= room));
  return found.flatMap(({ snippet }, i) => {
    const [fact, address, holder] = [facts[i]!.padEnd(at), addresses[i]!, holders[i]!];
    const isBeside = cellWidth(address) <= beside;
    const row = isBeside
      ? `${fact}${address}${" ".repeat(beside - cellWidth(address))}  ${holder}`
      : `${fact}${cutMiddle(address, columns - at)}`;
    return [
      ...isBeside
        ? wrapLine(row, columns, at + beside + 2)
        : [row, ...wrapLine(" ".repeat(at) + holder, columns)],
      ...snippet === null ? [] : wrapLine(`      ${printable(snippet)}`, columns, 6).map(dim),
    ];
  });
}
