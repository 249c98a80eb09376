/** `cairn export [FILE]`: who this device is and how it is set, in a file from which `cairn import` makes it again. */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import { findRunning } from "./client.ts";
import type { Context } from "./context.ts";
import { formatBytes, printable, tildePath } from "./format.ts";
import { absolutePath, homeFor, userHome } from "./home.ts";
import { askPassphrase, givenPassphrase } from "./passphrase.ts";
import { say } from "./terminal.ts";

interface ExportOptions {
  readonly home?: string;
  readonly encrypt?: boolean;
  readonly passphraseFile?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addExport(program: Command, context: Context): void {
  program.command("export")
    .description("write this device's identity and settings into a file, against the loss of the machine")
    .argument("[out]", "the file; without it, cairn-NAME-DATE.export in this directory")
    .option("--encrypt", "ask for a passphrase with which the file is encrypted")
    .option(
      "--passphrase-file <path>",
      "take the passphrase from the first line of a file (also CAIRN_PASSPHRASE)",
    )
    .option("--force", "replace a file that is there")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      "\nWhoever can read the file can be this device: keep it where nobody else can, or encrypt it. Files of folders are not in it.\n" +
        "Bring it back with: cairn import FILE\n\n" +
        "Examples:\n  cairn export ~/laptop.export\n  cairn export --encrypt /media/usb/laptop.export",
    )
    .action((out: string | undefined, _options, command: Command) =>
      exportDevice(context, out, command.optsWithGlobals())
    );
}

async function exportDevice(
  context: Context,
  out: string | undefined,
  options: ExportOptions,
): Promise<void> {
  const { terminal, env } = context;
  const home = homeFor(options.home, env, Deno.build.os, Deno.cwd());
  const [{ contentsAtRest, identityText }, { decodeContents }, { encodeExport }, { realFs }, { realRandom }] =
    await Promise.all([
      import("../daemon/backup/resting.ts"),
      import("../daemon/backup/contents.ts"),
      import("../daemon/backup/file.ts"),
      import("../platform/real/fs.ts"),
      import("../platform/real/random.ts"),
    ]);
  const passphrase = newPassphrase(context, options);
  const identity = identityText(home);
  const client = await findRunning(home);
  const contents = client === null
    ? await contentsAtRest(home, (line) => say(terminal, printable(line)))
    : decodeContents(Uint8Array.fromBase64((await client.exportContents()).contents));
  const fs = realFs();
  const path = absolutePath(out ?? nameFor(contents.name, contents.madeMs), env, Deno.cwd());
  if (fs.lstat(path) !== null && options.force !== true) {
    throw new CairnError(
      "usage",
      `${path} is there already`,
      "Name another file, or replace it with --force.",
    );
  }
  const text = encodeExport({ ...contents, identity }, passphrase, realRandom());
  const bytes = new TextEncoder().encode(text);
  try {
    await fs.writeDurably(path, bytes, 0o600);
  } catch (error) {
    throw new CairnError("path-unusable", `${path} cannot be written`, "Name another place.", error);
  }
  const encrypted = passphrase !== null;
  if (options.json) {
    const answer = { schema: "cairn.export/1", path, device: contents.name, bytes: bytes.length, encrypted };
    return say(terminal, JSON.stringify(answer, null, 2));
  }
  const where = printable(tildePath(path, userHome(env)));
  say(terminal, `Wrote ${printable(contents.name)} to ${where} (${formatBytes(bytes.length)}).`);
  say(
    terminal,
    encrypted
      ? "It is encrypted: without the passphrase nobody can use it, you neither."
      : "It has the private key of this device in it, and is not encrypted: keep it where nobody else can read it.",
  );
}

/** Null where nobody wants one. */
function newPassphrase(context: Context, { encrypt, passphraseFile }: ExportOptions): string | null {
  const given = givenPassphrase(context, passphraseFile);
  if (given !== null || encrypt !== true) return given;
  const asked = askPassphrase(context, "Passphrase");
  if (asked === null) {
    throw new CairnError(
      "usage",
      "Nobody can be asked for a passphrase here",
      "Give it in a file with --passphrase-file, or in CAIRN_PASSPHRASE.",
    );
  }
  if (asked === "") throw new CairnError("usage", "The passphrase is empty", "Say it again.");
  if (askPassphrase(context, "The same again") === asked) return asked;
  throw new CairnError("usage", "The two passphrases differ", "Say it again.");
}

function nameFor(device: string, madeMs: number): string {
  const name = device.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[-.]+/, "");
  return `cairn-${name === "" ? "device" : name}-${new Date(madeMs).toISOString().slice(0, 10)}.export`;
}
