/** `cairn import syncthing CONFIG`: takes over the folders of a Syncthing on this machine. */
import type { Command } from "commander";
import { CairnError, messageOf } from "../core/errors.ts";
import { IGNORE_FILE } from "../folder/ignore.ts";
import type { PlannedFolder } from "../daemon/syncthing/plan.ts";
import { type Client, connect, findRunning } from "./client.ts";
import type { Context } from "./context.ts";
import { plural, printable, tildePath } from "./format.ts";
import { absolutePath, homeFor, userHome } from "./home.ts";
import { say } from "./terminal.ts";

interface ImportOptions {
  readonly home?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addImportSyncthing(command: Command, context: Context): void {
  command.command("syncthing <config>")
    .description("take over the folders in Syncthing's config.xml; without --yes, say what that would be")
    .option("--yes", "do it")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nStop Syncthing before --yes: two programs that sync one directory undo one another's work.\n\n" +
        "Examples:\n  cairn import syncthing ~/.local/state/syncthing/config.xml\n" +
        "  cairn import syncthing ~/.local/state/syncthing/config.xml --yes",
    )
    .action((config: string, _options, command: Command) =>
      importSyncthing(context, config, command.optsWithGlobals())
    );
}

async function importSyncthing(
  { terminal, env }: Context,
  config: string,
  options: ImportOptions,
): Promise<void> {
  const home = homeFor(options.home, env, Deno.build.os, Deno.cwd());
  const absolute = (path: string) => absolutePath(path, env, Deno.cwd());
  const [{ planSyncthing }, { realFs }] = await Promise.all([
    import("../daemon/syncthing/plan.ts"),
    import("../platform/real/fs.ts"),
  ]);
  const fs = realFs();
  const plan = planSyncthing(fs, absolute(config), absolute);
  const client = options.yes ? connect(home) : await findRunning(home);
  const elsewhere = client === null ? [] : (await client.folders()).notHere.map(({ name }) => name);
  const done: { name: string; path: string; error: string }[] = [];
  if (!options.json) { for (const line of planText(plan, elsewhere, userHome(env))) say(terminal, line); }
  if (options.yes) {
    for (const folder of plan) {
      if (folder.mode === null) continue;
      const error = await take(
        client!,
        folder,
        elsewhere.includes(folder.name),
        (path, text) => fs.writeDurably(path, new TextEncoder().encode(text)),
      );
      done.push({ name: folder.name, path: folder.path, error });
      if (!options.json) {
        say(
          terminal,
          error === "" ? `Took ${printable(folder.name)}.` : `${printable(folder.name)}: ${printable(error)}`,
        );
      }
    }
  }
  if (options.json) {
    say(terminal, JSON.stringify({ schema: "cairn.import-syncthing/1", plan, done }, null, 2));
  } else if (!options.yes) say(terminal, "Nothing was done. Stop Syncthing, and do it with --yes.");
  const failed = done.filter(({ error }) => error !== "");
  if (failed.length > 0) {
    throw new CairnError(
      "path-unusable",
      `${plural(failed.length, "folder was", "folders were")} not taken`,
      "Each is listed with the reason; mend it and run the same again.",
    );
  }
}

/** What to ignore stands there before the first look at the directory. The reason why it could not be taken; "" when it was. */
async function take(
  client: Client,
  { name, path, mode, ignore }: PlannedFolder,
  isInLibrary: boolean,
  write: (path: string, text: string) => Promise<void>,
): Promise<string> {
  try {
    if (ignore !== null) await write(`${path}/${IGNORE_FILE}`, ignore);
    await client.addFolder({ path, name, take: isInLibrary ? name : null, mode: mode! });
    return "";
  } catch (error) {
    return error instanceof CairnError ? `${error.message}. ${error.hint}` : messageOf(error);
  }
}

function planText(
  plan: readonly PlannedFolder[],
  elsewhere: readonly string[],
  user: string | undefined,
): string[] {
  if (plan.length === 0) return ["Syncthing has no folders."];
  return plan.flatMap(({ name, path, mode, why, ignore, remarks }) => {
    const place = `${printable(name)} in ${printable(tildePath(path, user))}`;
    if (mode === null) return [`${place}: left out, ${printable(why)}`];
    const how = elsewhere.includes(name) ? "takes the library's folder of this name" : "becomes a new folder";
    return [
      `${place}: ${how}, mode ${mode}`,
      ignore === null
        ? `  ${IGNORE_FILE} is there already and stays as it is`
        : `  ${IGNORE_FILE} is written, ${plural(ignore.split("\n").length - 1, "line")}`,
      ...remarks.map(({ line, text, why }) => `  .stignore line ${line}: ${printable(text)}\n    ${why}`),
    ];
  });
}
