/** The man page, in the roff of man(7): made of the commands themselves. */
import { VERSION } from "../core/version_name.ts";
import { ENVIRONMENT } from "./environment.ts";
import { EXIT_CODES } from "./exit_table.ts";
import type { CommandTold, Told } from "./reference.ts";

export function manPage([program, ...commands]: readonly CommandTold[]): string {
  const { summary, options, examples } = program!;
  return [
    `.TH CAIRN 1 "" "cairn ${VERSION}" "User Commands"`,
    ".SH NAME",
    `cairn \\- ${roff(summary.replace(/^\w/, (c) => c.toLowerCase()).replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    ".B cairn",
    roff("[--home DIR] COMMAND ..."),
    ".SH DESCRIPTION",
    roff(summary),
    "Each home is one device. Words for people go to standard output, errors to standard error.",
    ".SH OPTIONS",
    ...options.flatMap(item),
    ".SH COMMANDS",
    ...commands.flatMap(section),
    ".SH EXAMPLES",
    ...examples.flatMap(({ line, meaning }) => [".TP", `.B ${roff(line)}`, roff(meaning)]),
    ".SH EXIT STATUS",
    ...EXIT_CODES.flatMap(({ code, meaning }) => [".TP", `.B ${code}`, roff(plain(meaning))]),
    ".SH ENVIRONMENT",
    ...Object.entries(ENVIRONMENT).flatMap(([name, meaning]) => [".TP", `.B ${name}`, roff(plain(meaning))]),
    "",
  ].filter((line, i, all) => line !== "" || i === all.length - 1).join("\n");
}

function section({ name, usage, summary, operands, options, notes, examples }: CommandTold): string[] {
  return [
    `.SS ${roff(`${name} ${usage}`)}`,
    roff(summary),
    ...operands.flatMap(item),
    ...options.filter(({ term }) => term !== "-h, --help").flatMap(item),
    ...notes === "" ? [] : asTyped(notes.split("\n")),
    ...examples.length === 0 ? [] : [
      ".PP",
      examples.length === 1 ? "Example:" : "Examples:",
      ...asTyped(examples.map(({ line, meaning }) => meaning === "" ? line : `${line}    ${meaning}`)),
    ],
  ];
}

function item({ term, meaning, byDefault }: Told): string[] {
  return [".TP", `.B ${roff(term)}`, roff(byDefault === "" ? meaning : `${meaning} (default: ${byDefault})`)];
}

/** The help's own lines and columns. */
function asTyped(lines: readonly string[]): string[] {
  // An empty line would end up as two.
  return [".PP", ".nf", ...lines.map((line) => line === "" ? ".sp" : roff(line)), ".fi"];
}

/** Backslashes, dashes that are typed, and lines that would be requests. */
function roff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/, "\\&$1");
}

/** Without Markdown's marks. */
function plain(markdown: string): string {
  return markdown.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "").replaceAll("\\|", "|");
}
