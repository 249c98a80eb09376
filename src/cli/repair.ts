/** `cairn repair`: makes the catalogue anew out of the journal, and keeps the old one. */
import type { Command } from "commander";
import type { Repaired, RepairPlan } from "../daemon/repair.ts";
import type { Context } from "./context.ts";
import { formatBytes, formatCount, plural, printable, tildePath } from "./format.ts";
import { homeFor, userHome } from "./home.ts";
import { say } from "./terminal.ts";

interface RepairOptions {
  readonly home?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addRepair(program: Command, context: Context): void {
  program.command("repair")
    .description("make the catalogue anew out of the journal; without --yes, say what that would be")
    .option("--yes", "do it")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nThe device must not run. The old catalogue is kept beside the new one, and no folder is touched.\n\n" +
        "Examples:\n  cairn repair\n  cairn repair --yes",
    )
    .action((_options, command: Command) => repair(context, command.optsWithGlobals()));
}

async function repair({ terminal, env }: Context, options: RepairOptions): Promise<void> {
  const home = homeFor(options.home, env, Deno.build.os, Deno.cwd());
  const [{ planRepair, repair }, { withRestingHome }] = await Promise.all([
    import("../daemon/repair.ts"),
    import("../daemon/resting_home.ts"),
  ]);
  const tell = options.json ? () => {} : (line: string) => say(terminal, printable(line));
  const short = (path: string) => tildePath(path, userHome(env));
  await withRestingHome(home, tell, async (ports) => {
    const plan = await planRepair(ports);
    if (!options.json) { for (const line of planText(plan, short)) tell(line); }
    const done = options.yes ? await repair(ports, plan) : null;
    if (options.json) {
      say(
        terminal,
        JSON.stringify({ schema: "cairn.repair/1", done: done !== null, ...done ?? plan }, null, 2),
      );
    } else if (done === null) tell("Nothing was done. Do it with: cairn repair --yes");
    else for (const line of doneText(done, short)) tell(line);
  });
}

function planText(
  { damage, catalogueBytes, records, segments, aside }: RepairPlan,
  short: (path: string) => string,
): string[] {
  const stands = damage === "" ? "is sound; a repair is not needed" : `needs it: ${damage}`;
  return [
    `The catalogue (${formatBytes(catalogueBytes)}) ${stands}.`,
    "A repair",
    ...aside === null ? [] : [`  keeps it as ${short(aside)}`],
    `  makes a new one out of the journal: ${formatCount(records)} records in ${plural(segments, "segment")}`,
    "  and has the next start read the files of all folders again, and fetch from the other devices what they have.",
    "No folder is touched, and nothing is sent anew.",
  ];
}

function doneText({ folders, aside }: Repaired, short: (path: string) => string): string[] {
  return [
    `Done. It knows ${plural(folders.length, "folder")} of this device:`,
    ...folders.map(({ name, path, files }) => `  ${name} in ${short(path)}, ${plural(files, "file")}`),
    ...aside === null ? [] : [`The old catalogue is ${short(aside)}: delete it when all is well.`],
    "Start the device with: cairn up",
  ];
}
