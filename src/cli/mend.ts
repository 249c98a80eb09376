/**
 * A service names its program by its path. When that is moved, or a newer one stands elsewhere, the next command of the program notices and has the
 * service name it, and says so.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { VERSION } from "../core/version_name.ts";
import { ownCommand } from "../platform/real/own_command.ts";
import { encodeRecord, isSame, reasonToMend } from "../service/record.ts";
import { RECORD_FILE } from "../service/record_name.ts";
import { perform } from "../service/steps.ts";
import type { Context } from "./context.ts";
import { printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { placeOf, readRecord } from "./service_place.ts";

/** Before any other command; what goes wrong here is told and stops nothing. */
export async function mendService(context: Context, option: string | undefined): Promise<void> {
  const home = homeFor(option, context.env, Deno.build.os, Deno.cwd());
  const record = readRecord(home);
  if (record === null || !isOwn(join(home, RECORD_FILE))) return;
  const command = ownCommand().argv;
  const reason = reasonToMend(record, { command, version: VERSION, exists: existsSync });
  if (reason === null) return;
  const tell = (line: string) => context.terminal.err(`${printable(line)}\n`);
  try {
    const { manager, ports } = await placeOf(context, { home });
    const steps = await manager.installSteps();
    // launchd would stop the device for it: what stands in the file is read at the next login.
    const needed = manager.kind === "launchd" ? steps.filter((step) => step.do === "write") : steps;
    await perform(needed, { ...ports, keep: () => Promise.resolve(), down: () => Promise.resolve() });
    const text = encodeRecord({ kind: record.kind, command: [...command], version: VERSION });
    await ports.fs.writeDurably(join(home, RECORD_FILE), new TextEncoder().encode(text), 0o600);
    if (isSame(record.command, command)) return;
    const [before, now] = [record.command.join(" "), command.join(" ")];
    tell(
      reason === "gone"
        ? `The service named ${before}, which is gone. From its next start on it runs ${now}.`
        : `The service named ${before}, of version ${record.version}. From its next start on it runs ${now}.`,
    );
  } catch (error) {
    tell(`cairn: The service could not be brought to run this program: ${messageOf(error)}`);
    tell("→ Run: cairn service install");
  }
}

/** Root, in somebody's home, has no business with that user's service. */
function isOwn(path: string): boolean {
  return Deno.build.os === "windows" || Deno.lstatSync(path).uid === Deno.uid();
}
