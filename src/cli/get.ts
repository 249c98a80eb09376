/** `cairn get`: a file or a directory of any device as ordinary files of this computer. */
import type { Command } from "commander";
import { CairnError, type ErrorCode } from "../core/errors.ts";
import type { GetAnswer, GetEvent } from "../daemon/contents_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { copiesText } from "./copies_view.ts";
import { formatBytes, formatCount, formatDuration, plural, printable, tildePath } from "./format.ts";
import { absolutePath, homeFor, userHome } from "./home.ts";
import { fileAsked } from "./place_argument.ts";
import { ofBytes } from "./progress.ts";
import { failureOut, QUIET } from "./quiet.ts";
import { cutToWidth } from "./table.ts";
import { say, type Terminal } from "./terminal.ts";

interface GetOptions {
  readonly home?: string;
  readonly force?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Failures shown; --json has more. */
const LINES = 20;
const CLEAR_LINE = "\r\x1b[K";

export function addGet(program: Command, context: Context): void {
  program.command("get <address> [to]")
    .description(
      "fetch a file or a directory from wherever it is: laptop:Photos/a.jpg, Photos/2024, content:7f3a9c",
    )
    .option("--force", "replace what stands there")
    .option("-v, --verbose", "say which devices have it, and where it came from")
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText(
      "after",
      "\nWithout TO it comes into the present directory. What was begun is gone on with\nwhen it is asked for again; what is there is whole and checked, or not there. What was dropped in a folder\nof this device comes back to its place there, unless TO is given.\n\nExamples:\n  cairn get Photos/2024/a.jpg\n  cairn get nas:Photos/2024 ~/trip",
    )
    .action((address: string, to: string | undefined, _options, command: Command) =>
      get(context, address, to, command.optsWithGlobals())
    );
}

async function get(
  context: Context,
  address: string,
  to: string | undefined,
  options: GetOptions,
): Promise<void> {
  const { terminal, env } = context;
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const request = {
    ...fileAsked(address, context),
    to: absolutePath(to ?? ".", env, Deno.cwd()),
    into: to === undefined,
    force: options.force ?? false,
  };
  const progress = new GetProgress(options.json ? null : terminal, userHome(env), performance.now());
  for await (const event of client.get(request)) {
    progress.show(event, performance.now());
    if (event.kind === "plan" && options.verbose && !options.json) {
      for (const line of copiesText(event.copies, Date.now())) say(terminal, line);
    }
    if (event.kind === "end") return tell(terminal, address, event, options, userHome(env));
  }
  throw new CairnError(
    "not-running",
    `The device stopped while it fetched ${printable(address)}`,
    "Start it with: cairn up; then get it again, and it goes on.",
  );
}

function tell(
  terminal: Terminal,
  address: string,
  { kind: _kind, ...answer }: Extract<GetEvent, { kind: "end" }>,
  { json, verbose, quiet }: GetOptions,
  home: string | undefined,
): void {
  const { error, failedTotal, copies } = answer;
  if (json) say(terminal, JSON.stringify({ schema: "cairn.get/1", address, ...answer }, null, 2));
  else if (error === null) {
    const tell = failureOut(terminal, failedTotal > 0, { quiet });
    for (const line of getText(answer, verbose === true, home)) tell(line);
  } else for (const line of copiesText(copies, Date.now())) terminal.err(line + "\n");
  if (error !== null) throw new CairnError(error.code as ErrorCode, error.message, error.hint);
  if (failedTotal > 0) {
    throw new CairnError(
      "path-unusable",
      `${plural(failedTotal, "file")} could not be fetched`,
      "Each is listed with its cause; get it again for the rest.",
    );
  }
}

export function getText(answer: GetAnswer, verbose: boolean, home: string | undefined): string[] {
  const { to, isDirectory, files, bytes, already, from, failed, failedTotal } = answer;
  const what = isDirectory ? `${plural(files, "file")}, ${formatBytes(bytes)}` : formatBytes(bytes);
  const sources = from.map((one) =>
    verbose ? `${printable(one.device)} (${formatBytes(one.bytes)})` : printable(one.device)
  );
  const out = [
    `${printable(tildePath(to, home))}: ${what}${sources.length > 0 ? ` from ${sources.join(", ")}` : ""}`,
  ];
  if (already > 0) out.push(`${plural(already, "file")} ${already === 1 ? "was" : "were"} there already.`);
  for (const { path, cause, remedy } of failed.slice(0, LINES)) {
    out.push(`  ${printable(path)}: ${printable(cause)}. ${printable(remedy)}`);
  }
  if (failedTotal > LINES) out.push(`  … and ${formatCount(failedTotal - LINES)} more`);
  return out;
}

/** One line that redraws itself on a terminal; a directory's count is said first anywhere. */
class GetProgress {
  readonly #terminal: Terminal | null;
  readonly #home: string | undefined;
  readonly #sinceMs: number;
  #plan: Extract<GetEvent, { kind: "plan" }> | null = null;
  #isShown = false;

  constructor(terminal: Terminal | null, home: string | undefined, nowMs: number) {
    this.#terminal = terminal;
    this.#home = home;
    this.#sinceMs = nowMs;
  }

  show(event: GetEvent, nowMs: number): void {
    const terminal = this.#terminal;
    if (terminal === null) return;
    if (event.kind === "plan") {
      this.#plan = event;
      if (event.isDirectory) {
        say(
          terminal,
          `${plural(event.files, "file")}, ${formatBytes(event.bytes)}, to ${
            printable(tildePath(event.to, this.#home))
          }`,
        );
      }
    } else if (event.kind === "end") {
      if (this.#isShown) terminal.out(CLEAR_LINE);
    } else if (terminal.interactive && this.#plan !== null) {
      const line = progressText(event, this.#plan, nowMs - this.#sinceMs);
      terminal.out(CLEAR_LINE + cutToWidth(line, terminal.columns() - 1));
      this.#isShown = true;
    }
  }
}

/** `412 of 10,412 files, 1.9 of 3.1 GB, 41 MB/s, 29 s left`. */
export function progressText(
  { files, bytes }: { readonly files: number; readonly bytes: number },
  plan: { readonly files: number; readonly bytes: number },
  elapsedMs: number,
): string {
  const rate = elapsedMs > 0 ? bytes / elapsedMs * 1000 : 0;
  const leftMs = rate > 0 ? (plan.bytes - bytes) / rate * 1000 : 0;
  return [
    ...(plan.files > 1 ? [`${formatCount(files)} of ${formatCount(plan.files)} files`] : []),
    ofBytes(Math.min(bytes, plan.bytes), plan.bytes),
    ...(rate > 0 ? [`${formatBytes(rate)}/s`] : []),
    ...(leftMs > 0 ? [`${formatDuration(leftMs)} left`] : []),
  ].join(", ");
}
