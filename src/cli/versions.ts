/** `cairn versions`: what is kept of a file or directory. */
import type { Command } from "commander";
import type { KeptVersion, VersionsAnswer } from "../daemon/versions_types.ts";
import { parseLimit } from "./arguments.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, formatCount, formatTime, plural, printable } from "./format.ts";
import { absolutePath, homeFor } from "./home.ts";
import { paint } from "./paint.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";

interface VersionsOptions {
  readonly home?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** Two screens. */
const DEFAULT_LIMIT = 50;
const MOST = 10_000;

export function addVersions(program: Command, context: Context): void {
  program.command("versions <path>")
    .description("list the former contents of a file, or of all files in a directory, that are kept here")
    .option("-n, --limit <n>", "how many of the newest", parseLimit, DEFAULT_LIMIT)
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nKept is what another device's change replaced or deleted. Bring one back with: cairn restore\n\nExample:\n  cairn versions ~/Notes/todo.txt",
    )
    .action((path: string, _options, command: Command) => versions(context, path, command.optsWithGlobals()));
}

async function versions({ terminal, env }: Context, path: string, options: VersionsOptions): Promise<void> {
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const answer = await client.versions({
    path: absolutePath(path, env, Deno.cwd()),
    limit: Math.min(options.limit, MOST),
  });
  if (options.json) return say(terminal, JSON.stringify({ schema: "cairn.versions/1", ...answer }, null, 2));
  for (const line of versionsText(answer, terminal.colour)) say(terminal, line);
}

export function versionsText(answer: VersionsAnswer, colour: boolean): string[] {
  const { versions, total, heldBack, isDirectory } = answer;
  const where = printable([answer.folder, answer.path].filter((part) => part !== "").join("/"));
  const held = heldBack.map((path) =>
    paint({ colour }, "bold", `${printable(path)} was emptied by a crash and is held back`) +
    "; `cairn restore` brings back what it was"
  );
  if (versions.length === 0) {
    return [
      ...held,
      `Nothing is kept of ${where} on this device.`,
      "→ Kept is what another device's change replaced or deleted here. What was changed here is kept on the others: ask there.",
    ];
  }
  const head = ["VERSION", "WRITTEN", "TAKEN AWAY", "SIZE", "WHY", ...(isDirectory ? ["PATH"] : [])];
  const [first, ...rows] = alignRows(
    [head, ...versions.map((version) => rowOf(version, isDirectory))],
    ["left", "left", "left", "right"],
  );
  const more = total > versions.length
    ? [paint({ colour }, "dim", `… and ${formatCount(total - versions.length)} older; see --limit`)]
    : [];
  return [
    ...held,
    `${where}: ${plural(total, "version")}`,
    paint({ colour }, "dim", first!),
    ...rows,
    ...more,
  ];
}

function rowOf(version: KeptVersion, isDirectory: boolean): string[] {
  const { id, sinceMs, keptMs, kind, size, path } = version;
  return [
    id,
    formatTime(sinceMs),
    formatTime(keptMs),
    kind === "symlink" ? "symlink" : formatBytes(size),
    whyOf(version),
    ...(isDirectory ? [printable(path)] : []),
  ];
}

const WHY: Readonly<Record<string, string>> = {
  replaced: "replaced by",
  deleted: "deleted by",
  conflict: "lost a conflict with",
  restored: "an older one was restored by",
  damaged: "damaged by the disk, healed by",
};

function whyOf({ why, by }: KeptVersion): string {
  return `${WHY[why] ?? printable(why)} ${printable(by)}`;
}
