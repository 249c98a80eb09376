/**
 * The commands as they are, in plain values: for the man page, docs/cli.md and the tests. Read off the commands and their own help,
 * so that nothing is said twice.
 */
import type { Argument, Command, Option } from "commander";

export interface CommandTold {
  /** `cairn folders add`. */
  readonly name: string;
  readonly summary: string;
  /** What stands behind the name: `[options] <path-or-name> [path]`. */
  readonly usage: string;
  readonly operands: readonly Told[];
  readonly options: readonly Told[];
  /** What the help says below, without the examples. */
  readonly notes: string;
  readonly examples: readonly Example[];
}

export interface Told {
  readonly term: string;
  readonly meaning: string;
  /** "" for none. */
  readonly byDefault: string;
}

export interface Example {
  readonly line: string;
  readonly meaning: string;
}

/** The program first, then every command that is not hidden, each before those below it. */
export function referenceOf(program: Command): CommandTold[] {
  return visibleCommands(program).map(told);
}

/** The same as Commander has them; without `help`, which is none of ours. */
export function visibleCommands(command: Command): Command[] {
  const below = command.createHelp().visibleCommands(command).filter((one) => command.commands.includes(one));
  return [command, ...below.flatMap(visibleCommands)];
}

export function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function told(command: Command): CommandTold {
  const help = command.createHelp();
  const after = textBelow(command);
  return {
    name: nameOf(command),
    summary: command.description(),
    usage: command.usage(),
    operands: command.registeredArguments.map((one) => ({
      term: `${one.required ? "<" : "["}${one.name()}${one.variadic ? "..." : ""}${one.required ? ">" : "]"}`,
      meaning: meaningOf(one, one.description),
      byDefault: defaultOf(one),
    })),
    options: help.visibleOptions(command).map((one) => ({
      term: one.flags,
      meaning: meaningOf(one, one.description),
      byDefault: defaultOf(one),
    })),
    notes: after.filter((line) => exampleIn(line) === null && !/^Examples?:$/.test(line)).join("\n").trim(),
    examples: after.flatMap((line) => exampleIn(line) ?? []),
  };
}

/** The lines that `addHelpText` puts below. */
function textBelow(command: Command): string[] {
  let text = "";
  command.configureOutput({ writeOut: (more) => void (text += more), getOutHelpWidth: () => 1_000 });
  command.outputHelp();
  return text.slice(command.helpInformation().length).split("\n");
}

/** `  cairn up ~/Notes      share a directory`. */
function exampleIn(line: string): Example | null {
  const match = /^ {2}(cairn(?: \S+)*)(?: {2,}(\S.*))?$/.exec(line);
  return match === null ? null : { line: match[1]!, meaning: match[2] ?? "" };
}

function meaningOf({ argChoices }: Argument | Option, description: string): string {
  return argChoices === undefined ? description : `${description}: ${argChoices.join(", ")}`;
}

/** A switch that is on until `--no-…` has no default to tell. */
function defaultOf(of: Argument | Option): string {
  const { defaultValue, defaultValueDescription } = of;
  if (defaultValue === undefined || typeof defaultValue === "boolean" || defaultValue === "") return "";
  return defaultValueDescription ?? String(defaultValue);
}
