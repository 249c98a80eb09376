/** `cairn service run`: looks after the device, for systems that cannot do so themselves; also behind `cairn up --detach`. */
import { existsSync } from "node:fs";
import { CairnError } from "../core/errors.ts";
import { realClock } from "../platform/real/clock.ts";
import { realFs } from "../platform/real/fs.ts";
import { takeLock } from "../platform/real/host.ts";
import { ownCommand } from "../platform/real/own_command.ts";
import { realChild } from "../platform/real/tools.ts";
import { Keeper } from "../service/keeper.ts";
import { LogFile } from "../service/log_file.ts";
import { commandToRun } from "../service/record.ts";
import { readAccess } from "./client.ts";
import type { Context } from "./context.ts";
import { keeperFile, keeperLock, logPath, prepareHome } from "./device_places.ts";
import { readRecord } from "./service_place.ts";
import { onStopSignal } from "./signals.ts";
import { enduring } from "./terminal.ts";

export interface RunOptions {
  readonly log: boolean;
  readonly mustStart?: boolean;
  readonly name?: string;
  readonly port?: number;
}

/** Resolves when the device ended well or was asked to stop; else ends the process with the device's exit code. */
export async function keepDevice(context: Context, home: string, options: RunOptions): Promise<void> {
  prepareHome(home);
  const lock = takeLock(keeperLock(home));
  if (lock === null) {
    throw new CairnError(
      "already-running",
      `The device in ${home} is looked after already`,
      "See how it stands with: cairn status",
    );
  }
  const log = options.log ? new LogFile(realFs(), logPath(home), Date.now) : null;
  const terminal = enduring(context.terminal);
  const note = (line: string) => void (log === null ? terminal.out(`${line}\n`) : log.line(line));
  const own = ownCommand().argv;
  const argv = () => [
    ...commandToRun(own, readRecord(home), existsSync),
    "--home",
    home,
    "up",
    "--no-invite",
    ...startWords(options),
  ];
  const keeper = new Keeper({
    clock: realClock(),
    start: () => realChild(argv()),
    note,
    hear: (bytes) =>
      log === null ? Promise.resolve(terminal.out(new TextDecoder().decode(bytes))) : log.hear(bytes),
    isUp: (pid) => readAccess(home)?.pid === pid,
  }, options.mustStart ?? false);
  const signal = onStopSignal(() => keeper.stop());
  void signal.stop.then(() => keeper.stop());
  try {
    Deno.writeTextFileSync(keeperFile(home), JSON.stringify({ pid: Deno.pid }) + "\n", { mode: 0o600 });
    const code = await keeper.run();
    await log?.close();
    if (code !== 0) Deno.exit(code);
  } finally {
    signal.dispose();
    lock.release();
  }
}

export function startWords({ name, port }: Pick<RunOptions, "name" | "port">): string[] {
  return [
    ...name === undefined ? [] : ["--name", name],
    ...port === undefined ? [] : ["--port", String(port)],
  ];
}
