/** `cairn drop`: files stay listed on this device and are not kept, where others keep them. */
import type { Command } from "commander";
import { CairnError, type ErrorCode } from "../core/errors.ts";
import type { DropAnswer, DropEvent } from "../daemon/dropping_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, formatCount, plural, printable } from "./format.ts";
import { progressText } from "./get.ts";
import { homeFor } from "./home.ts";
import { fileAsked } from "./place_argument.ts";
import { failureOut, QUIET } from "./quiet.ts";
import { cutToWidth } from "./table.ts";
import { say } from "./terminal.ts";

interface DropOptions {
  readonly home?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Files that stay, shown with the reason; --json has more. */
const LINES = 20;
const CLEAR_LINE = "\r\x1b[K";

export function addDrop(program: Command, context: Context): void {
  program.command("drop <address>")
    .description("keep a file or directory of a folder on other devices only: it stays listed here")
    .option("--dry-run", "only say what would be dropped, and what would stay")
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText(
      "after",
      "\nA file goes when as many other devices as `cairn guard` asks for, one at least,\nhave read their copy again just now and promised to keep it. Others' changes of\nit are listed; `cairn get` brings it back, and `cairn cat` reads it meanwhile.\n\nExamples:\n  cairn drop Photos/2019 --dry-run\n  cairn drop Photos/2019",
    )
    .action((address: string, _options, command: Command) =>
      drop(context, address, command.optsWithGlobals())
    );
}

async function drop(context: Context, address: string, options: DropOptions): Promise<void> {
  const { terminal, env } = context;
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const dryRun = options.dryRun ?? false;
  const startedMs = performance.now();
  let plan: Extract<DropEvent, { kind: "plan" }> | null = null;
  let end: DropAnswer | null = null;
  let isShown = false;
  for await (const event of client.drop({ ...fileAsked(address, context), dryRun })) {
    if (event.kind === "plan") plan = event;
    else if (event.kind === "end") {
      const { kind: _kind, ...answer } = event;
      end = answer;
    } else if (plan !== null && !options.json && terminal.interactive) {
      const line = progressText(event, plan, performance.now() - startedMs);
      terminal.out(CLEAR_LINE + cutToWidth(line, terminal.columns() - 1));
      isShown = true;
    }
  }
  if (isShown) terminal.out(CLEAR_LINE);
  if (end === null) {
    throw new CairnError(
      "not-running",
      `The device stopped while it dropped ${printable(address)}`,
      "Start it with: cairn up; what was not dropped is there.",
    );
  }
  const { error, refusedTotal } = end;
  if (options.json) {
    say(terminal, JSON.stringify({ schema: "cairn.drop/1", address, dryRun, ...end }, null, 2));
  } else if (error === null) {
    const tell = failureOut(terminal, refusedTotal > 0, options);
    for (const line of dropText(end, dryRun)) tell(line);
  }
  if (error !== null) throw new CairnError(error.code as ErrorCode, error.message, error.hint);
  if (refusedTotal > 0) {
    throw new CairnError(
      "not-dropped",
      `${plural(refusedTotal, "file")} ${dryRun ? "would stay" : "stayed"}`,
      "Each is listed with its cause, and what would help.",
    );
  }
}

export function dropText(answer: DropAnswer, dryRun: boolean): string[] {
  const { files, bytes } = answer;
  const place = printable([answer.folder, answer.path].filter((part) => part !== "").join("/"));
  const done = `${plural(files, "file")}, ${formatBytes(bytes)}`;
  return [
    dryRun
      ? `${place}: ${done} would be dropped, if the devices that have them read them again and promise to keep them`
      : `${place}: ${done} dropped; listed here, and kept elsewhere`,
    ...stayLines(answer),
  ];
}

/** Files that stay, and why; nothing where none does. */
export function stayLines(
  { refused, refusedTotal, refusedBytes }: Pick<DropAnswer, "refused" | "refusedTotal" | "refusedBytes">,
): string[] {
  if (refusedTotal === 0) return [];
  const stay = refusedTotal === 1 ? "stays" : "stay";
  const out = [`${plural(refusedTotal, "file")}, ${formatBytes(refusedBytes)} ${stay}:`];
  for (const { path, cause, remedy } of refused.slice(0, LINES)) {
    out.push(`  ${printable(path)}: ${printable(cause)}. ${printable(remedy)}`);
  }
  if (refusedTotal > LINES) out.push(`  … and ${formatCount(refusedTotal - LINES)} more`);
  return out;
}
