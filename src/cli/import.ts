/** `cairn import FILE`: makes the device anew that `cairn export` wrote; `cairn import syncthing` stands beside it. */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import type { PlannedRoot, RootFound } from "../daemon/backup/import_home.ts";
import type { Context } from "./context.ts";
import { printable, tildePath } from "./format.ts";
import { absolutePath, homeFor, userHome } from "./home.ts";
import { addImportSyncthing } from "./import_syncthing.ts";
import { askPassphrase, givenPassphrase } from "./passphrase.ts";
import { say } from "./terminal.ts";

interface ImportOptions {
  readonly home?: string;
  readonly passphraseFile?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addImport(program: Command, context: Context): void {
  const command = program.command("import")
    .description("make this device out of a file of `cairn export`; or take over what another program synced")
    .argument("<export>", "the file; ./syncthing for one of that name")
    .option("--yes", "do it; without it, say what that would be")
    .option(
      "--passphrase-file <path>",
      "take the passphrase from the first line of a file (also CAIRN_PASSPHRASE)",
    )
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nIt is for a machine that is lost or was set up anew: one device must never run twice. What is in the folders' directories is kept;\n" +
        "another device of the library says what this one had, and then it goes on as before.\n\n" +
        "Examples:\n  cairn import ~/laptop.export\n  cairn import ~/laptop.export --yes\n" +
        "  cairn import syncthing ~/.local/state/syncthing/config.xml",
    )
    .action((file: string, _options, command: Command) =>
      importDevice(context, file, command.optsWithGlobals())
    );
  addImportSyncthing(command, context);
}

async function importDevice(context: Context, file: string, options: ImportOptions): Promise<void> {
  const { terminal, env } = context;
  const home = homeFor(options.home, env, Deno.build.os, Deno.cwd());
  const path = absolutePath(file, env, Deno.cwd());
  const [{ importInto }, { planImport, refuseUsedHome }, { MOST_FILE_BYTES, readExport }, { realFs }] =
    await Promise.all([
      import("../daemon/backup/resting.ts"),
      import("../daemon/backup/import_home.ts"),
      import("../daemon/backup/file.ts"),
      import("../platform/real/fs.ts"),
    ]);
  const fs = realFs();
  const read = readExport(textOf(() => fs.readSmall(path, MOST_FILE_BYTES), path));
  // Before anybody is asked for anything.
  refuseUsedHome(fs, home);
  const contents = read.open(read.isEncrypted ? passphraseFor(context, options) : null);
  const tell = options.json ? () => {} : (line: string) => say(terminal, printable(line));
  const done = options.yes === true;
  const folders = done ? await importInto(home, contents, tell) : planImport(fs, contents);
  const { name, madeMs } = contents;
  if (options.json) {
    const answer = { schema: "cairn.import/1", done, device: name, madeMs, home, folders };
    return say(terminal, JSON.stringify(answer, null, 2));
  }
  const short = (at: string) => tildePath(at, userHome(env));
  tell(
    `${name}, as it was on ${new Date(madeMs).toISOString().slice(0, 10)}${done ? "," : ""} ${
      done ? "is" : "would be"
    } in ${short(home)}.`,
  );
  for (const folder of folders) tell(`  ${rootLine(folder, short)}`);
  if (done) {
    tell(
      "Start it with: cairn up. Its folders begin when another device of the library has said what it had.",
    );
    tell("The machine that it was on must not start Cairn again; if it can, remove the home there first.");
  } else tell("Nothing was done. Do it with --yes, where the former device does not run any more.");
}

function textOf(reading: () => Uint8Array | null, path: string): string {
  let bytes: Uint8Array | null;
  try {
    bytes = reading();
  } catch (error) {
    throw new CairnError(
      "path-unusable",
      `${path} cannot be read`,
      "Name the file that export wrote.",
      error,
    );
  }
  if (bytes !== null) return new TextDecoder().decode(bytes);
  throw new CairnError(
    "usage",
    `There is no ${path}`,
    "Name the file that `cairn export` wrote, or `syncthing`.",
  );
}

function passphraseFor(context: Context, { passphraseFile }: ImportOptions): string {
  const passphrase = givenPassphrase(context, passphraseFile) ?? askPassphrase(context, "Passphrase");
  if (passphrase !== null) return passphrase;
  throw new CairnError(
    "usage",
    "The file is encrypted, and nobody can be asked for the passphrase here",
    "Give it in a file with --passphrase-file, or in CAIRN_PASSPHRASE.",
  );
}

const FOUND: Readonly<Record<RootFound, string>> = {
  there: "is there, and goes on with what is in it",
  empty: "is empty: all is fetched into it",
  missing: "is not there: it goes on when its disk is. If that is lost, make the directory before the import",
  unknown: "does not have the folder's marker: it stops there until you say what it is (cairn status)",
};

function rootLine({ name, path, found }: PlannedRoot, short: (path: string) => string): string {
  return `${name} in ${short(path)} ${FOUND[found]}`;
}
