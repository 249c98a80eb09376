/** `cairn conflicts`: what two devices changed at the same time and nobody has settled; `diff` and `resolve` for single ones. */
import { type Command, Option } from "commander";
import type { ConflictSide, ConflictStatus, Keep, ResolvedConflict } from "../daemon/conflicts_types.ts";
import { parseName } from "./arguments.ts";
import { type Client, connect } from "./client.ts";
import type { Context } from "./context.ts";
import { cutMiddle, stackRows } from "./fit.ts";
import { formatBytes, formatTime, plural, printable } from "./format.ts";
import { absolutePath, homeFor } from "./home.ts";
import { paint } from "./paint.ts";
import { QUIET } from "./quiet.ts";
import { say, widthOf } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly json?: boolean;
  readonly folder?: string;
  readonly diff?: boolean;
  readonly keep?: Keep;
}

export function addConflicts(program: Command, context: Context): void {
  const conflicts = program.command("conflicts")
    .description("list what two devices changed at the same time and nobody has settled")
    .argument("[path]", "only what concerns this file or directory")
    .option("--folder <name>", "only this folder", parseName)
    .option("--diff", "with a comparison of the two sides")
    .option("--json", "as JSON")
    .addHelpText("after", HELP)
    .action((path: string | undefined, _options, command: Command) =>
      list(context, path, command.optsWithGlobals())
    );
  conflicts.command("diff")
    .description("compare the two sides of a conflict")
    .argument("<path>", "either of the two files, or a directory")
    .addHelpText("after", "\nExample:\n  cairn conflicts diff ~/Notes/todo.txt")
    .action((path: string, _options, command: Command) =>
      list(context, path, { ...command.optsWithGlobals<Options>(), diff: true })
    );
  conflicts.command("resolve")
    .description("settle a conflict; the other devices follow")
    .argument("<path>", "either of the two files")
    .addOption(
      new Option("--keep <side>", "which side stays").choices(["mine", "theirs", "both"])
        .makeOptionMandatory(),
    )
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText("after", RESOLVE_HELP)
    .action((path: string, _options, command: Command) => resolve(context, path, command.optsWithGlobals()));
}

const HELP = `
Of two contents written at the same time the later one stands at the path. The other is kept beside it as
NAME.conflict-DATE-HASH.EXT. Deleting or renaming that file by hand settles the conflict just as well.

Examples:
  cairn conflicts
  cairn conflicts ~/Notes --diff`;
const RESOLVE_HELP = `
  mine    what was written on this device stays; when neither side was, or both, what stands at the path
  theirs  the other one stays
  both    both stay, and the copy gets a plain name: the path's own if that is free, else one with the
          name of the device that wrote it (a-laptop.txt)
What goes is kept among the former versions.

Example:
  cairn conflicts resolve ~/Notes/todo.txt --keep mine`;

function clientOf({ env }: Context, options: Options): Client {
  return connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
}

async function list(context: Context, path: string | undefined, options: Options): Promise<void> {
  const { conflicts } = await clientOf(context, options).conflicts({
    path: path === undefined ? null : absolutePath(path, context.env, Deno.cwd()),
    folder: options.folder ?? null,
    diff: options.diff ?? false,
  });
  const { terminal } = context;
  if (options.json) return say(terminal, JSON.stringify({ schema: "cairn.conflicts/1", conflicts }, null, 2));
  if (conflicts.length === 0) return say(terminal, "No conflicts.");
  // Lines of people's files are told as they are.
  for (const conflict of conflicts) {
    terminal.out(conflictText(conflict, terminal.colour, widthOf(terminal)) + "\n");
  }
  say(terminal, `${plural(conflicts.length, "conflict")}. Settle one with: ${RESOLVE}`);
}

const RESOLVE = "cairn conflicts resolve PATH --keep mine|theirs|both";

/** What, whose, when and how large; and the comparison, when there is one. */
export function conflictText(
  { folder, path, copyPath, standing, copy, mine, diff }: ConflictStatus,
  colour: boolean,
  columns = Infinity,
): string {
  const title = paint({ colour }, "bold", cutMiddle([folder, path].map(printable).join("/"), columns));
  const row = (name: string, side: ConflictSide, isMine: boolean) => [
    `  ${printable(name)}`,
    side.kind === "file" ? formatBytes(side.size) : side.kind,
    formatTime(side.writtenMs),
    `${printable(side.device)}${side.isOurs ? ", this device" : ""}${isMine ? " (mine)" : ""}`,
  ];
  const rows = [
    ...(standing === null ? [] : [row(path, standing, mine === "standing")]),
    row(copyPath, copy, mine === "copy"),
  ];
  const gone = standing === null ? ["  nothing stands at the path any more"] : [];
  const lines = [title, ...gone, ...stackRows(rows, ["left", "right"], columns)];
  return lines.join("\n") + (diff === null ? "" : `\n${diffText(diff, colour)}`);
}

/** The lines are out of people's files, so they come out harmless; tabs are theirs to keep. */
export function diffText(diff: string, colour: boolean): string {
  const colours = { "+": "green", "-": "red", "@": "dim" } as const;
  return diff.replace(/\n$/, "").split("\n").map((line) => {
    const harmless = line.split("\t").map((part) => printable(part.replace(/\r$/, ""))).join("\t");
    const mark = colours[line[0] as keyof typeof colours];
    return mark === undefined ? harmless : paint({ colour }, mark, harmless);
  }).join("\n");
}

async function resolve(context: Context, path: string, options: Options): Promise<void> {
  const request = { path: absolutePath(path, context.env, Deno.cwd()), keep: options.keep! };
  const { resolved } = await clientOf(context, options).resolveConflict(request);
  const { terminal } = context;
  if (options.json) return say(terminal, JSON.stringify({ schema: "cairn.resolve/1", resolved }, null, 2));
  for (const one of resolved) say(terminal, resolvedText(one));
}

function resolvedText({ folder, path, kept, copyPath }: ResolvedConflict): string {
  const name = [folder, path].map(printable).join("/");
  if (kept === "standing") return `${name} stays as it is; the copy is among its former versions.`;
  if (kept === "copy") {
    return `${name} has the copy's content; what stood there is among its former versions.`;
  }
  return copyPath === path
    ? `${name} is what the copy was.`
    : `${name} stays as it is; the other one is ${printable(copyPath ?? "")} now.`;
}
