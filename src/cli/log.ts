/** `cairn log`: what happened, out of the journal. */
import type { Command } from "commander";
import type { LogLine } from "../daemon/api_types.ts";
import { parseLimit } from "./arguments.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatTime, printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { paint } from "./paint.ts";
import { say } from "./terminal.ts";

interface LogOptions {
  readonly home?: string;
  readonly follow?: boolean;
  readonly limit: number;
  readonly json?: boolean;
}

/** A few screens. */
const DEFAULT_LIMIT = 100;
/** Wide enough for the events there are, so that a log that goes on lines up with what came before. */
const EVENT_CELLS = 12;

export function addLog(program: Command, context: Context): void {
  program.command("log")
    .description("show what happened to files and devices, oldest first")
    .option("-f, --follow", "keep showing what happens")
    .option("-n, --limit <n>", "how many of the latest entries", parseLimit, DEFAULT_LIMIT)
    .option("--json", "one JSON object a line")
    .addHelpText("after", "\nExamples:\n  cairn log -n 20\n  cairn log --follow")
    .action((_options, command: Command) => log(context, command.optsWithGlobals()));
}

async function log({ terminal, env }: Context, options: LogOptions): Promise<void> {
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  for await (const line of client.log(options.limit, options.follow ?? false)) {
    say(
      terminal,
      options.json ? JSON.stringify({ schema: "cairn.log/1", ...line }) : logText(line, terminal.colour),
    );
  }
}

/** `2026-11-22 03:44:28  changed       Notes/docs/a.txt  from laptop`. */
export function logText(line: LogLine, colour: boolean): string {
  const where = [line.folder, line.path].filter((part) => part !== "").map(printable).join("/");
  return [
    paint({ colour }, "dim", formatTime(line.timeMs)),
    printable(line.event).padEnd(EVENT_CELLS),
    where,
    printable(line.detail),
  ].filter((part) => part !== "").join("  ").trimEnd();
}
