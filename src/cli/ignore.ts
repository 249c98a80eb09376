/** `cairn ignored`: which line ignores a path; `cairn ignore`: the patterns of a folder. */
import type { Command } from "commander";
import type { IgnoreAnswer, IgnoredPath, IgnoreRequest } from "../daemon/ignoring_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { plural, printable } from "./format.ts";
import { absolutePath, homeFor } from "./home.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly json?: boolean;
}

export function addIgnore(program: Command, context: Context): void {
  program.command("ignored")
    .description("tell whether paths are ignored, and which line says so")
    .argument("<path...>", "paths in folders; of what is not there, a slash at the end means a directory")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn ignored ~/Notes/build/a.o")
    .action((paths: string[], _options, command: Command) =>
      ignored(context, paths, command.optsWithGlobals())
    );
  const ignore = program.command("ignore")
    .description("list, add and remove the patterns of a folder's .cairnignore, for all devices")
    .addHelpText("after", EXAMPLES);
  ignore.command("list")
    .description("list the patterns")
    .argument("<folder>", "its name")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn ignore list Notes")
    .action((folder: string, _options, command: Command) =>
      change(context, { folder }, command.optsWithGlobals())
    );
  ignore.command("add")
    .description("add a pattern behind the others")
    .argument("<folder>", "its name")
    .argument("<pattern>", "as for git; in quotes")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn ignore add Notes 'build/'")
    .action((folder: string, add: string, _options, command: Command) =>
      change(context, { folder, add }, command.optsWithGlobals())
    );
  ignore.command("remove")
    .description("remove a pattern; what it named is synced from then on")
    .argument("<folder>", "its name")
    .argument("<pattern>", "as it stands there; in quotes")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn ignore remove Notes 'build/'")
    .action((folder: string, remove: string, _options, command: Command) =>
      change(context, { folder, remove }, command.optsWithGlobals())
    );
}

function clientOf({ env }: Context, { home }: Options) {
  return connect(homeFor(home, env, Deno.build.os, Deno.cwd()));
}

async function ignored(context: Context, paths: readonly string[], options: Options): Promise<void> {
  const { terminal, env } = context;
  const absolute = paths.map((path) =>
    absolutePath(path, env, Deno.cwd()) + (/[/\\]$/.test(path) ? "/" : "")
  );
  const answer = await clientOf(context, options).ignored(absolute);
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  const lines = alignRows(answer.paths.map((one, i) => [printable(paths[i]!), ignoredWords(one)]));
  for (const line of lines) say(terminal, line);
}

export function ignoredWords({ isIgnored, line, pattern, of, path, file }: IgnoredPath): string {
  if (line === 0) return "not ignored: no line speaks of it";
  const what = of === path ? "" : ` (of ${printable(of)}/, in which it lies)`;
  return `${isIgnored ? "ignored" : "not ignored"}: line ${line} of ${printable(file)}: ${
    printable(pattern)
  }${what}`;
}

async function change(context: Context, request: IgnoreRequest, options: Options): Promise<void> {
  const answer = await clientOf(context, options).ignore(request);
  if (options.json) return say(context.terminal, JSON.stringify(answer, null, 2));
  for (const line of ignoreLines(request, answer)) say(context.terminal, line);
}

export function ignoreLines({ add, remove }: IgnoreRequest, answer: IgnoreAnswer): string[] {
  const { folder, file, patterns, hasChanged } = answer;
  const name = printable(folder);
  if (add != null) {
    return [
      hasChanged
        ? `${name} ignores ${printable(add)} from now on, on all devices; what is there stays where it is.`
        : `${name} has ${printable(add)} already.`,
    ];
  }
  if (remove != null) {
    return [
      `${name} has ${printable(remove)} no more, on all devices; ${plural(patterns.length, "pattern")} left.`,
    ];
  }
  if (patterns.length === 0) {
    return [`${name} ignores nothing. Add a pattern with: cairn ignore add ${name} PATTERN`];
  }
  return [
    printable(file),
    ...alignRows(patterns.map(({ line, pattern }) => [`  ${line}`, printable(pattern)]), ["right"]),
  ];
}

const EXAMPLES = `
Examples:
  cairn ignore add Notes 'build/'    a directory of that name, anywhere in the folder
  cairn ignore list Notes
  cairn ignored Notes/build/a.o      says which line it is`;
