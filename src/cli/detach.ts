/** Starts this device apart from the terminal, with somebody who looks after it, and waits until it answers. */
import { CairnError } from "../core/errors.ts";
import { ownCommand } from "../platform/real/own_command.ts";
import { startApart } from "../platform/real/tools.ts";
import { type Client, findRunning } from "./client.ts";
import type { Context } from "./context.ts";
import { logPath, prepareHome } from "./device_places.ts";
import { keeperPid, stopDevice } from "./down.ts";
import { printable, tildePath } from "./format.ts";
import { userHome } from "./home.ts";
import { lastWords, logEnd } from "./log_tail.ts";
import { startWords } from "./service_run.ts";
import { say } from "./terminal.ts";

interface DetachOptions {
  readonly home: string;
  readonly name: string | undefined;
  readonly port: number | undefined;
}

const LOOK_EVERY_MS = 50;
/** A device that takes longer than this to start says what it waits for: a catalogue is made anew, or a disk wakes up. */
const SILENT_MS = 5_000;
const START_MS = 600_000;

/** Throws what the device said when it did not start. */
export async function startDetached(context: Context, options: DetachOptions): Promise<Client> {
  const { home, name, port } = options;
  prepareHome(home);
  // One that waits to start a device which failed makes way: a person wants it now.
  if (keeperPid(home) !== null) await stopDevice(home);
  const log = logPath(home);
  const from = logEnd(log);
  const words = startWords({ ...name === undefined ? {} : { name }, ...port === undefined ? {} : { port } });
  const argv = [...ownCommand().argv, "--home", home, "service", "run", "--must-start", ...words];
  const { ended } = startApart(argv, home);
  let code: number | null = null;
  void ended.then((ended) => code = ended);
  const sinceMs = performance.now();
  const place = printable(tildePath(log, userHome(context.env)));
  for (let isTold = false;;) {
    const client = await findRunning(home);
    if (client !== null) return client;
    if (code !== null) throw notStarted(home, log, from, code);
    const tookMs = performance.now() - sinceMs;
    if (tookMs > SILENT_MS && !isTold) {
      say(context.terminal, `It takes its time to start. What it does is in ${place}`);
      isTold = true;
    }
    if (tookMs > START_MS) {
      throw new CairnError(
        "no-answer",
        `The device in ${home} does not answer yet`,
        `What it does is in ${log}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** `Cairn goes on in the background.` and where its words go. */
export function sayDetached(context: Context, home: string): void {
  const log = printable(tildePath(logPath(home), userHome(context.env)));
  say(context.terminal, `Cairn goes on in the background, and writes to ${log}. Stop it with: cairn down`);
}

function notStarted(home: string, log: string, from: number, code: number): CairnError {
  const { message, hint } = lastWords(log, from);
  return message === ""
    ? new CairnError("internal", `The device in ${home} ended at once, with exit code ${code}`, `See ${log}`)
    : new CairnError(code === 2 ? "usage" : "not-running", message, hint || `See ${log}`);
}
