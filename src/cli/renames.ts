/** `cairn folders rename`, `cairn folders move`, `cairn devices rename`. */
import type { Command } from "commander";
import type { MoveAnswer, RenameAnswer } from "../daemon/renaming_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { printable } from "./format.ts";
import { absolutePath, homeFor } from "./home.ts";
import { say } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly json?: boolean;
}

export function addFolderRenames(folders: Command, context: Context): void {
  folders.command("rename")
    .description("give a folder another name, on all devices; where it is on them stays")
    .argument("<name>", "the folder's name")
    .argument("<new>", "its new name")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn folders rename Photos Pictures")
    .action(async (of: string, name: string, _options, command: Command) => {
      const options: Options = command.optsWithGlobals();
      const answer = await clientOf(context, options).renameFolder({ of, name });
      show(context, options, "cairn.folders.rename/1", answer, renamedLine(answer));
    });
  folders.command("move")
    .description(
      "have a folder in another directory of this device: moves it, or goes on where you have moved it",
    )
    .argument("<name>", "the folder's name")
    .argument(
      "<path>",
      "its new place: nothing is there, or an empty directory, or the folder that you have moved",
    )
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn folders move Photos /data/Photos")
    .action(async (folder: string, path: string, _options, command: Command) => {
      const options: Options = command.optsWithGlobals();
      const to = absolutePath(path, context.env, Deno.cwd());
      const answer = await clientOf(context, options).moveFolder({ folder, to });
      show(context, options, "cairn.folders.move/1", answer, movedLine(answer));
    });
}

export function addDeviceRename(devices: Command, context: Context): void {
  devices.command("rename")
    .description("give a device of the library another name")
    .argument("<name>", "its name, or the first digits of its id")
    .argument("<new>", "its new name")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn devices rename old-laptop attic")
    .action(async (of: string, name: string, _options, command: Command) => {
      const options: Options = command.optsWithGlobals();
      const answer = await clientOf(context, options).renameDevice({ of, name });
      show(context, options, "cairn.devices.rename/1", answer, renamedLine(answer));
    });
}

function clientOf({ env }: Context, { home }: Options) {
  return connect(homeFor(home, env, Deno.build.os, Deno.cwd()));
}

function show({ terminal }: Context, { json }: Options, schema: string, answer: object, line: string): void {
  say(terminal, json ? JSON.stringify({ schema, ...answer }, null, 2) : line);
}

export function renamedLine({ from, name }: RenameAnswer): string {
  return `${printable(from)} is called ${printable(name)} now, on all devices.`;
}

export function movedLine({ folder, from, wasThere }: MoveAnswer): string {
  const [name, path] = [printable(folder.name), printable(folder.path)];
  return wasThere ? `${name} goes on in ${path}.` : `${name} is moved from ${printable(from)} to ${path}.`;
}
