/** `cairn folders`: the folders of the library, how this device takes part in them, and their settings. */
import type { Command } from "commander";
import type { FolderStatus } from "../daemon/api_types.ts";
import type { FolderSetting, FolderSettingsAnswer } from "../daemon/settings_types.ts";
import { type Client, connect } from "./client.ts";
import type { Context } from "./context.ts";
import { printable } from "./format.ts";
import { addKeep } from "./folder_keep.ts";
import { addModes } from "./folder_modes.ts";
import { homeFor, userHome } from "./home.ts";
import { QUIET } from "./quiet.ts";
import { addFolderRenames } from "./renames.ts";
import { folderRows } from "./status_view.ts";
import { alignRows } from "./table.ts";
import { say, widthOf } from "./terminal.ts";

export function addFolders(program: Command, context: Context): void {
  const all = program.command("folders")
    .description("list the folders of the library, and how each device takes part")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn folders")
    .action((_options, command: Command) => folders(context, command.optsWithGlobals()));
  addModes(program, all, context);
  addKeep(all, context);
  addFolderRenames(all, context);
  all.command("settings")
    .description("show the settings of a folder")
    .argument("<name>", "the folder's name")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn folders settings Photos")
    .action((name: string, _options, command: Command) =>
      showSettings(context, command.optsWithGlobals(), (client) => client.folderSettings(name))
    );
  all.command("set")
    .description("change a setting of a folder; it holds at once")
    .argument("<name>", "the folder's name")
    .argument("<key>", "which setting; `folders settings` lists them")
    .argument("<value>", "its new value")
    .option("--json", "as JSON")
    .option(...QUIET)
    .addHelpText("after", "\nExample:\n  cairn folders set Photos versions-days 90")
    .action((folder: string, name: string, value: string, _options, command: Command) =>
      showSettings(
        context,
        command.optsWithGlobals(),
        (client) => client.setFolderSetting({ folder, name, value }),
        name,
      )
    );
}

async function showSettings(
  { terminal, env }: Context,
  options: { home?: string; json?: boolean },
  ask: (client: Client) => Promise<FolderSettingsAnswer>,
  only: string | null = null,
): Promise<void> {
  const answer = await ask(connect(homeFor(options.home, env, Deno.build.os, Deno.cwd())));
  if (options.json) {
    return say(terminal, JSON.stringify({ schema: "cairn.folders.settings/1", ...answer }, null, 2));
  }
  const shown = answer.settings.filter(({ name }) => only === null || name === only);
  for (const row of settingRows(shown)) say(terminal, row);
}

/** One line a setting: name, value, whose it is, what it means. */
export function settingRows(
  settings: readonly Pick<FolderSetting, "name" | "text" | "isShared" | "meaning">[],
): string[] {
  return alignRows(
    settings.map(({ name, text, isShared, meaning }) => [
      name,
      printable(text),
      isShared ? "all devices" : "this device",
      meaning,
    ]),
  );
}

async function folders(
  { terminal, env }: Context,
  options: { home?: string; json?: boolean },
): Promise<void> {
  const answer = await connect(homeFor(options.home, env, Deno.build.os, Deno.cwd())).folders();
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  const view = {
    colour: terminal.colour,
    userHome: userHome(env),
    nowMs: Date.now(),
    columns: widthOf(terminal),
  };
  for (const [i, row] of folderRows(answer.folders, view).entries()) {
    say(terminal, row);
    say(terminal, `  ${modesLine(answer.folders[i]!)}`);
  }
  if (answer.folders.length === 0) say(terminal, "No folder yet. Share one with: cairn up PATH");
  for (const { name, elsewhere } of answer.notHere) {
    const where = elsewhere.length === 0 ? "on no device that is known" : `on ${elsewhereWords(elsewhere)}`;
    const word = /^[\w.-]+$/.test(name) ? name : `"${printable(name)}"`;
    say(terminal, `${printable(name)}  not here, ${where}; take it with: cairn folders add ${word} PATH`);
  }
}

/** How each device takes part in a folder. */
export function modesLine({ mode, elsewhere }: Pick<FolderStatus, "mode" | "elsewhere">): string {
  return `${printable(mode)} here${elsewhere.length === 0 ? "" : `, ${elsewhereWords(elsewhere)}`}`;
}

function elsewhereWords(elsewhere: FolderStatus["elsewhere"]): string {
  return elsewhere.map(({ device, mode }) => `${printable(device)} (${printable(mode)})`).join(", ");
}
