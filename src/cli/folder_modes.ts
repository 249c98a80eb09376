/** `cairn folders add|mode|remove`, `cairn override` and `cairn revert`: how this device takes part in a folder. */
import { Argument, type Command, Option } from "commander";
import { type Mode, MODES } from "../core/mode.ts";
import type { LeaveAnswer, ModeAnswer, OverrideAnswer, RevertAnswer } from "../daemon/modes_types.ts";
import { parseName } from "./arguments.ts";
import { type Client, connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, plural, printable, tildePath } from "./format.ts";
import { absolutePath, homeFor, userHome } from "./home.ts";
import { QUIET } from "./quiet.ts";
import { say } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly json?: boolean;
  readonly mode?: Mode;
  readonly name?: string;
  readonly add?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly purgeVersions?: boolean;
}

const MODE_WORDS = "sync: takes and gives; send: only gives; receive: only takes; index: neither, but listed";

export function addModes(program: Command, folders: Command, context: Context): void {
  folders.command("add")
    .description("share a directory as a new folder, or with NAME PATH take a folder of the library there")
    .argument("<path-or-name>", "the directory; with a second argument, the name of the folder")
    .argument("[path]", "where the folder of that name is to be on this device")
    .addOption(new Option("--mode <mode>", MODE_WORDS).choices(MODES))
    .option("--name <name>", "the new folder's name; its directory's unless given", parseName)
    .option("--add", "with NAME, after this device was removed: add the files that are only here")
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText(
      "after",
      "\nExamples:\n  cairn folders add ~/Pictures --mode index\n  cairn folders add Photos ~/Photos --mode receive",
    )
    .action((first: string, second: string | undefined, _options, command: Command) =>
      addFolder(context, first, second, command.optsWithGlobals())
    );
  folders.command("mode")
    .description(`change how this device takes part in a folder (${MODE_WORDS})`)
    .argument("<folder>", "its name or path")
    .addArgument(new Argument("<mode>", "what it does from then on").choices(MODES))
    .option("--dry-run", "only say what would happen")
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText("after", "\nExample:\n  cairn folders mode Photos receive --dry-run")
    .action((folder: string, mode: Mode, _options, command: Command) =>
      answered(
        context,
        command,
        (client, { dryRun = false }) => client.changeMode({ folder, mode, dryRun }),
        modeLines,
      )
    );
  folders.command("remove")
    .description("leave a folder on this device; its files stay, and the other devices go on")
    .argument("<folder>", "its name or path")
    .option("--purge-versions", "also delete what the version store in it keeps")
    .option("--dry-run", "only say what would happen")
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText("after", "\nExample:\n  cairn folders remove Photos --dry-run")
    .action((folder: string, _options, command: Command) =>
      answered(
        context,
        command,
        (client, { dryRun = false, purgeVersions = false }) =>
          client.leaveFolder({ folder, dryRun, purgeVersions }),
        leaveLines,
      )
    );
  program.command("override")
    .description(
      "make what is here hold on every device, of a folder that this device only sends; without --yes only say what would happen",
    )
    .argument("<folder>", "its name or path")
    .option("--yes", "do it")
    .option("--dry-run", "only say what would happen")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn override Photos\n  cairn override Photos --yes")
    .action((folder: string, _options, command: Command) =>
      answered(
        context,
        command,
        (client, options) => client.overrideFolder({ folder, isMeant: isMeant(options) }),
        overrideLines,
      )
    );
  program.command("revert")
    .description(
      "undo what was changed here, of a folder that this device only receives; without --yes only say what would happen",
    )
    .argument("<folder>", "its name or path")
    .option("--yes", "do it")
    .option("--dry-run", "only say what would happen")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn revert Photos\n  cairn revert Photos --yes")
    .action((folder: string, _options, command: Command) =>
      answered(
        context,
        command,
        (client, options) => client.revertFolder({ folder, isMeant: isMeant(options) }),
        revertLines,
      )
    );
}

function isMeant({ yes = false, dryRun = false }: Options): boolean {
  return yes && !dryRun;
}

async function answered<T>(
  { terminal, env }: Context,
  command: Command,
  ask: (client: Client, options: Options) => Promise<T>,
  linesOf: (answer: T) => string[],
): Promise<void> {
  const options = command.optsWithGlobals<Options>();
  const answer = await ask(connect(homeFor(options.home, env, Deno.build.os, Deno.cwd())), options);
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  for (const line of linesOf(answer)) say(terminal, line);
}

async function addFolder(
  { terminal, env }: Context,
  first: string,
  second: string | undefined,
  options: Options,
): Promise<void> {
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const folder = await client.addFolder({
    path: absolutePath(second ?? first, env, Deno.cwd()),
    name: options.name ?? null,
    take: second === undefined ? null : first,
    mode: options.mode,
    addFiles: options.add === true,
  });
  if (options.json) return say(terminal, JSON.stringify({ schema: "cairn.folders.add/1", folder }, null, 2));
  const path = printable(tildePath(folder.path, userHome(env)));
  say(
    terminal,
    `${path} is "${printable(folder.name)}" on this device, in the mode ${printable(folder.mode)}.`,
  );
}

/** What a change of mode meant, or would mean. */
export function modeLines({ folder, from, to, dryRun, preview }: ModeAnswer): string[] {
  const name = printable(folder.name);
  if (from === to) return [`${name} is in the mode ${to} already.`];
  const { taken, takenBytes, deleted, conflicts, given, withdrawn, differing } = preview;
  const lines = [
    ...(taken > 0
      ? [`${plural(taken, "file")} (${formatBytes(takenBytes)}) to be taken from the other devices`]
      : []),
    ...(deleted > 0
      ? [
        `${
          plural(deleted, "file")
        } to be deleted here, as on the other devices; the version store keeps them`,
      ]
      : []),
    ...(conflicts > 0 ? [`${plural(conflicts, "file")} that differ here and there: both are kept`] : []),
    ...(given > 0 ? [`${plural(given, "change")} made here to be given to the other devices`] : []),
    ...(withdrawn > 0
      ? [`${plural(withdrawn, "file")} of this device withdrawn; nothing is deleted by it`]
      : []),
    ...(differing > 0
      ? [`${plural(differing, "path")} left as here, and different on the other devices`]
      : []),
  ];
  const head = `${name}: ${from} → ${to}${dryRun ? " would mean" : ""}`;
  return lines.length === 0 ? [`${head}${dryRun ? " no change of any file" : ": no file changes by it"}.`] : [
    `${head}:`,
    ...lines.map((line) => `  ${line}`),
  ];
}

/** What an override did, or would do. */
export function overrideLines({ folder, done, replaced, restored, deleted }: OverrideAnswer): string[] {
  const name = printable(folder.name);
  if (replaced + restored + deleted === 0) return [`${name} is on the other devices as it is here.`];
  const will = done ? "become" : "would become";
  return [
    `On the other devices ${name} ${will} as it is here:`,
    `  ${plural(replaced, "file")} replaced, ${plural(deleted, "file")} deleted, ${
      plural(restored, "file")
    } brought back.`,
    ...(done ? [] : [`What is replaced and deleted is kept in their version stores. To do it, add --yes.`]),
  ];
}

/** What a revert did, or would do. */
export function revertLines({ folder, done, changed, added, deleted, left }: RevertAnswer): string[] {
  const name = printable(folder.name);
  if (changed + added + deleted === 0) return [`Nothing was changed here in ${name}.`];
  const would = done ? "" : "would ";
  return [
    `In ${name}, ${plural(changed, "changed file")} and ${
      plural(added, "new file")
    } ${would}go into the version store, and ${plural(deleted, "deleted file")} ${would}come back.`,
    ...(left > 0
      ? [`${plural(left, "file")} could not be undone now. See: cairn status. Then say it again.`]
      : []),
    ...(done ? [] : ["To do it, add --yes."]),
  ];
}

/** What leaving a folder did, or would do. */
export function leaveLines({ folder, done, files, bytes, onlyHere, isComplete }: LeaveAnswer): string[] {
  const name = printable(folder.name);
  const stay = `${plural(files, "file")} (${formatBytes(bytes)}) ${done ? "stay" : "would stay"} in ${
    printable(folder.path)
  }`;
  return [
    done ? `This device has left ${name}. ${stay}.` : `This device would leave ${name}. ${stay}.`,
    ...(onlyHere > 0
      ? [`No other device is known to have ${plural(onlyHere, "file")} of them as here.`]
      : []),
    ...(done && !isComplete
      ? ["What it said of them is still being withdrawn; that goes on by itself."]
      : []),
  ];
}
