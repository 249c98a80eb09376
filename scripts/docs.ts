/**
 * Writes what docs/cli.md says of the program and the program knows itself: commands, variables, exit codes, error codes and messages.
 * Each stands between two marks; all else in the page is written by people.
 */
import { buildProgram } from "../src/cli/program.ts";
import type { Context } from "../src/cli/context.ts";
import { ENVIRONMENT } from "../src/cli/environment.ts";
import { ERRORS } from "../src/cli/error_table.ts";
import { exitCodeOf } from "../src/cli/exit.ts";
import { EXIT_CODES } from "../src/cli/exit_table.ts";
import { type CommandTold, referenceOf, type Told } from "../src/cli/reference.ts";
import { CairnError, type ErrorCode } from "../src/core/errors.ts";
import { type Message, messagesIn } from "./docs/messages.ts";

const ROOT = new URL("../", import.meta.url);
export const PAGE = new URL("docs/cli.md", ROOT);

/** A context in which commands are built and none is run. */
const READING: Context = {
  terminal: {
    out: () => {},
    bytes: () => Promise.resolve(),
    err: () => {},
    interactive: false,
    person: false,
    colour: false,
    columns: () => 100,
    rows: () => 24,
    errorWidth: () => Infinity,
  },
  env: () => undefined,
  startDaemon: () => Promise.reject(new Error("nothing is run here")),
};

/** The page with what the program says of itself now. Throws when a mark is missing. */
export function withGenerated(page: string): string {
  const blocks: Readonly<Record<string, string>> = {
    commands: referenceOf(buildProgram(READING)).map(commandText).join("\n\n"),
    variables: table(["Variable", "Meaning"], Object.entries(ENVIRONMENT).map(([k, v]) => [`\`${k}\``, v])),
    "exit codes": table(["Code", "Meaning"], EXIT_CODES.map(({ code, meaning }) => [String(code), meaning])),
    "error codes": errorTable(),
    messages: messageLists(),
  };
  let written = page;
  for (const [name, text] of Object.entries(blocks)) {
    const [from, to] = [`<!-- ${name}: by deno task docs -->\n`, `<!-- end of ${name} -->`];
    const [start, end] = [written.indexOf(from), written.indexOf(to)];
    if (start < 0 || end < start) throw new Error(`docs/cli.md has no marks "${from.trim()}" and "${to}"`);
    written = `${written.slice(0, start + from.length)}${text}\n${written.slice(end)}`;
  }
  return written;
}

function commandText({ name, usage, summary, operands, options, examples }: CommandTold): string {
  const rows = [...operands, ...options.filter(({ term }) => term !== "-h, --help")].map(row);
  return [
    `### \`${`${name} ${usage}`.trim()}\``,
    "",
    summary.replace(/^\w/, (c) => c.toUpperCase()) + (/[.!]$/.test(summary) ? "" : "."),
    ...rows.length === 0 ? [] : ["", table(["Word", "Meaning", "Default"], rows)],
    ...examples.length === 0 ? [] : [
      "",
      "```sh",
      ...examples.map(({ line, meaning }) => meaning === "" ? line : `${line}  # ${meaning}`),
      "```",
    ],
  ].join("\n");
}

function row({ term, meaning, byDefault }: Told): string[] {
  return [`\`${term}\``, meaning, byDefault === "" ? "" : `\`${byDefault}\``];
}

function errorTable(): string {
  const rows = Object.entries(ERRORS).map(([code, { meaning, remedy }]) => [
    `\`${code}\``,
    String(exitCodeOf(new CairnError(code as ErrorCode, ""))),
    meaning,
    remedy,
  ]);
  return table(["Code", "Exit", "Meaning", "What helps"], rows);
}

/** A heading for each code, and its messages in the order of their words. */
function messageLists(): string {
  const all = sources("src/").flatMap((file) => messagesIn(Deno.readTextFileSync(file)));
  return Object.keys(ERRORS).flatMap((code) => {
    const own = [...new Set(all.filter((one) => one.code === code).map(messageLine))].sort();
    return own.length === 0 ? [] : [`**\`${code}\`**`, "", ...own, ""];
  }).join("\n").trimEnd();
}

function messageLine({ message, hint }: Message): string {
  const quoted = (text: string) => `\`\` ${text} \`\``;
  return `- ${quoted(message)}${hint === "" ? "" : ` → ${quoted(hint)}`}`;
}

/** Source files below a directory of the project, sorted. */
function sources(directory: string): URL[] {
  const at = new URL(directory, ROOT);
  return [...Deno.readDirSync(at)].sort((a, b) => a.name < b.name ? -1 : 1).flatMap(({ name, isDirectory }) =>
    isDirectory ? sources(`${directory}${name}/`) : name.endsWith(".ts") ? [new URL(name, at)] : []
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replace(/(?<!\\)\|/g, "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

if (import.meta.main) {
  const page = Deno.readTextFileSync(PAGE);
  const written = withGenerated(page);
  if (written === page) console.log("docs/cli.md says what the program says");
  else {
    Deno.writeTextFileSync(PAGE, written);
    console.log("docs/cli.md is written anew");
  }
}
