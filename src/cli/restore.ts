/** `cairn restore`: brings a former content of a file, or a directory's former state, back. */
import { type Command, Option } from "commander";
import { CairnError } from "../core/errors.ts";
import type { RestoreAnswer, RestoredItem } from "../daemon/versions_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, formatTime, plural, printable, tildePath } from "./format.ts";
import { absolutePath, homeFor, userHome } from "./home.ts";
import { parseMoment } from "./moment.ts";
import { failureOut, QUIET } from "./quiet.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";

interface RestoreOptions {
  readonly home?: string;
  readonly at?: string;
  readonly version?: string;
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Lines shown; --json has them all. */
const LINES = 40;

export function addRestore(program: Command, context: Context): void {
  program.command("restore <path>")
    .description("bring back what was replaced or deleted: a file, or a directory as of a time")
    .addOption(
      new Option("--at <time>", 'what stood there then: "2h ago", 14:30, 2026-11-20T14:30').conflicts(
        "version",
      ),
    )
    .option("--version <id>", "this one of `cairn versions`")
    .option("--to <path>", "put it there instead; nothing that exists is replaced")
    .option("--dry-run", "only say what would be done")
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText(
      "after",
      '\nWithout a time or a version, a file gets what was last replaced or deleted. What stands there now is kept in its turn.\n\nExamples:\n  cairn restore ~/Notes/todo.txt\n  cairn restore ~/Notes --at "2h ago" --dry-run',
    )
    .action((path: string, _options, command: Command) => restore(context, path, command.opts(), command));
}

async function restore(
  { terminal, env }: Context,
  path: string,
  options: RestoreOptions,
  command: Command,
): Promise<void> {
  const { home } = command.optsWithGlobals<{ home?: string }>();
  const atMs = options.at === undefined ? null : parseMoment(options.at, Date.now());
  const client = connect(homeFor(home, env, Deno.build.os, Deno.cwd()));
  const answer = await client.restore({
    path: absolutePath(path, env, Deno.cwd()),
    atMs,
    version: options.version ?? null,
    to: options.to === undefined ? null : absolutePath(options.to, env, Deno.cwd()),
    dryRun: options.dryRun ?? false,
  });
  if (options.json) say(terminal, JSON.stringify({ schema: "cairn.restore/1", ...answer }, null, 2));
  else {
    const tell = failureOut(terminal, answer.failedTotal > 0, options);
    for (const line of restoreText(answer, atMs, userHome(env))) tell(line);
  }
  if (answer.failedTotal > 0) {
    throw new CairnError(
      "path-unusable",
      `${plural(answer.failedTotal, "file")} of ${answer.itemsTotal} could not be restored`,
      "Each is listed with its cause; the others are done.",
    );
  }
}

export function restoreText(answer: RestoreAnswer, atMs: number | null, home: string | undefined): string[] {
  const { items, itemsTotal, failedTotal, dryRun, same, unknownTotal, unknown } = answer;
  const asOf = atMs === null ? "" : ` as of ${formatTime(atMs)}`;
  const done = itemsTotal - failedTotal;
  const head = itemsTotal === 0
    ? `Nothing to restore${asOf}${same > 0 ? ": the content is there already" : ""}.`
    : dryRun
    ? `Would restore ${plural(itemsTotal, "file")}${asOf}:`
    : `Restored ${plural(done, "file")}${asOf}${failedTotal > 0 ? `, ${failedTotal} failed` : ""}:`;
  const shown = items.slice(0, LINES);
  const out = [head, ...alignRows(shown.map((item) => lineOf(item, home)), ["left", "right"])];
  if (itemsTotal > shown.length) out.push(`… and ${itemsTotal - shown.length} more`);
  if (answer.isDirectory && same > 0) {
    out.push(`${plural(same, "file")} ${same === 1 ? "is" : "are"} as then already.`);
  }
  if (unknownTotal > 0) {
    out.push(
      `${plural(unknownTotal, "file")} ${
        unknownTotal === 1 ? "stays" : "stay"
      } as now, since nothing of that time is kept: ` +
        unknown.slice(0, 3).map(printable).join(", ") + (unknownTotal > 3 ? " …" : ""),
    );
  }
  return out;
}

function lineOf(
  { to, size, sinceMs, isExact, replaces, failure }: RestoredItem,
  home: string | undefined,
): string[] {
  const what = failure !== null ? `${printable(failure.cause)}. ${printable(failure.remedy)}` : [
    sinceMs === 0 ? "as it was recorded" : `written ${formatTime(sinceMs)}`,
    ...(isExact ? [] : ["the nearest that is kept"]),
    ...(replaces ? ["replaces what is there"] : []),
  ].join(", ");
  return [`  ${printable(tildePath(to, home))}`, formatBytes(size), what];
}
