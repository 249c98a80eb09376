/** Whether a line that is shown to people could be typed. */
import type { Command } from "commander";
import { buildProgram } from "../../src/cli/program.ts";
import { NOWHERE } from "./all_commands.ts";
import { fakeContext } from "./fake_terminal.ts";

/** Where the command ends: a comment, a pipe, another command, the columns that a program prints. */
const END = / {2}|\s[#|>;…]|;\s|&&/;
/** Words of these may begin with a dash themselves. */
const DASHED = ["find", "tag"];

const program = buildProgram(fakeContext(NOWHERE));

/** What is wrong with the words behind `cairn`; null: nothing. */
export function wrongIn(typed: string): string | null {
  let command: Command = program;
  const words = typed.replaceAll("\\|", "|").split(END)[0]!.trim().split(/\s+/);
  for (const word of words) {
    if (word.startsWith('"') || word.startsWith("'")) return null;
    for (const one of word.replace(/[[\](),.]/g, "").split("|").filter((part) => part !== "")) {
      if (!one.startsWith("-")) continue;
      if (!isOption(command, one.split("=")[0]!)) return `${nameOf(command)} has no option ${one}`;
    }
    if (word.startsWith("-") || !/^[a-z]/.test(word)) continue;
    const below = word.split("|").map((name) => command.commands.find((one) => one.name() === name));
    if (below.every((one) => one !== undefined)) command = below[0]!;
    else if (command === program && word === "help") return null;
    else if (
      command === program || (command.commands.length > 0 && command.registeredArguments.length === 0)
    ) {
      return `${nameOf(command)} has no command ${word}`;
    }
  }
  return null;
}

function isOption(command: Command, flag: string): boolean {
  if (["-h", "--help"].includes(flag)) return true;
  if (DASHED.includes(command.name()) && !flag.startsWith("--")) return true;
  if (command === program && ["--version", "-V"].includes(flag)) return true;
  for (let at: Command | null = command; at !== null; at = at.parent) {
    if (at.options.some(({ long, short }) => flag === long || flag === short)) return true;
  }
  return false;
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
