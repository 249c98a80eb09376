/** `cairn folders keep`: patterns of what this device keeps of a folder. */
import type { Command } from "commander";
import { CairnError, type ErrorCode } from "../core/errors.ts";
import type { KeepAnswer, KeepEvent, KeepRequest, KeptCount } from "../daemon/folder_keep_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { stayLines } from "./drop.ts";
import { formatBytes, plural, printable } from "./format.ts";
import { progressText } from "./get.ts";
import { homeFor } from "./home.ts";
import { failureOut, QUIET } from "./quiet.ts";
import { cutToWidth } from "./table.ts";
import { say } from "./terminal.ts";

interface KeepOptions {
  readonly home?: string;
  readonly all?: boolean;
  readonly again?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const CLEAR_LINE = "\r\x1b[K";

export function addKeep(folders: Command, context: Context): void {
  folders.command("keep")
    .description("show or change which part of a folder this device keeps; the rest is listed here")
    .argument("<folder>", "its name")
    .argument("[patterns...]", "what to keep, as in .cairnignore; the last that matches a file decides")
    .option("--all", "keep all of it again: what is listed comes")
    .option("--again", "drop what is here outside of the patterns that hold")
    .option("--dry-run", "only say what would happen")
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText(
      "after",
      "\nWhat others make outside of the patterns is listed and not fetched. What is here\noutside of them is dropped as by `cairn drop`: only where other devices promise to\nkeep it. What this device's own people make is kept until then.\n\nExamples:\n  cairn folders keep Photos '2025/**' '*.raw' --dry-run\n  cairn folders keep Photos '!*.mov'\n  cairn folders keep Photos --all",
    )
    .action((folder: string, patterns: string[], _options, command: Command) =>
      keep(context, folder, patterns, command.optsWithGlobals())
    );
}

async function keep(
  context: Context,
  folder: string,
  patterns: readonly string[],
  options: KeepOptions,
): Promise<void> {
  const { terminal, env } = context;
  const request = requestOf(folder, patterns, options);
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const startedMs = performance.now();
  let plan: Extract<KeepEvent, { kind: "plan" }> | null = null;
  let end: KeepAnswer | null = null;
  let isShown = false;
  for await (const event of client.keep(request)) {
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
      "The device stopped before it was done",
      "Start it with: cairn up; then see: cairn folders keep FOLDER",
    );
  }
  const { error, refusedTotal } = end;
  const { dryRun } = request;
  const isChange = request.patterns !== null || request.again;
  if (options.json) {
    say(terminal, JSON.stringify({ schema: "cairn.folders.keep/1", dryRun, ...end }, null, 2));
  } else if (error === null) {
    const tell = failureOut(terminal, refusedTotal > 0, options);
    for (const line of isChange ? changeLines(end, dryRun) : showLines(end)) tell(line);
  }
  if (error !== null) throw new CairnError(error.code as ErrorCode, error.message, error.hint);
  if (refusedTotal > 0) {
    throw new CairnError(
      "not-dropped",
      `${plural(refusedTotal, "file")} outside of the patterns ${dryRun ? "would stay" : "stayed"}`,
      "Each is listed with its cause; --again tries it again.",
    );
  }
}

/** Throws CairnError "usage" where the words do not go together. */
export function requestOf(
  folder: string,
  patterns: readonly string[],
  { all = false, again = false, dryRun = false }: KeepOptions,
): KeepRequest {
  const isGiven = patterns.length > 0;
  if (Number(isGiven) + Number(all) + Number(again) > 1) {
    throw new CairnError("usage", "Patterns, --all and --again do not go together", "Say one of them.");
  }
  if (dryRun && !isGiven && !all && !again) {
    throw new CairnError("usage", "--dry-run is for patterns, --all or --again", "Say one of them, too.");
  }
  return { folder, patterns: isGiven ? patterns : all ? [] : null, again, dryRun };
}

/** What holds, and how the folder stands to it. */
export function showLines({ folder, patterns, kept, listed, outside }: KeepAnswer): string[] {
  return [
    rulesLine(folder, patterns, "keeps"),
    `  ${count(kept)} kept here; ${count(listed)} listed here, and kept elsewhere`,
    ...outside.files === 0
      ? []
      : [`  ${count(outside)} of what is here outside of the patterns; --again drops it`],
  ];
}

/** What a change did, or would do. */
export function changeLines(answer: KeepAnswer, dryRun: boolean): string[] {
  const { folder, patterns, dropped, coming, absent } = answer;
  const would = dryRun ? " would be" : "";
  return [
    rulesLine(folder, patterns, dryRun ? "would keep" : "keeps"),
    ...dropped.files === 0 ? [] : [
      dryRun
        ? `  ${
          count(dropped)
        } would be dropped, if the devices that have them read them again and promise to keep them`
        : `  ${count(dropped)} dropped; listed here, and kept elsewhere`,
    ],
    ...coming.files === 0 ? [] : [`  ${count(coming)}${would} on the way here`],
    ...absent.files === 0 ? [] : [
      `  ${count(absent)} to be kept that no other device has at present: listed still; see \`cairn where\``,
    ],
    ...stayLines(answer).map((line) => `  ${line}`),
  ];
}

function rulesLine(folder: string, patterns: readonly string[], keeps: string): string {
  const what = patterns.length === 0 ? "all" : patterns.map((one) => `'${printable(one)}'`).join(" ");
  return `${printable(folder)}: this device ${keeps} ${what}`;
}

function count({ files, bytes }: KeptCount): string {
  return `${plural(files, "file")}, ${formatBytes(bytes)}`;
}
