/**
 * Runs this device in the foreground until it is asked to stop, and tells what happens.
 */
import type { Daemon } from "../daemon/daemon.ts";
import type { Status } from "../daemon/api_types.ts";
import type { Context } from "./context.ts";
import { narrate } from "./narrate.ts";
import { createProgress, type Progress } from "./progress.ts";
import { onStopSignal } from "./signals.ts";
import { enduring } from "./terminal.ts";

export interface StartOptions {
  readonly home: string;
  readonly name: string | undefined;
  readonly port: number | undefined;
  /** Comes back as a new device. */
  readonly again?: boolean;
}

/** A device that runs here, and the way to speak below or above its progress. */
export interface Running {
  readonly daemon: Daemon;
  say(line: string): void;
  /** From here on tells each change of the status. */
  follow(): void;
}

/**
 * Starts the device, lets `begin` do its first work and then stays until a signal, or the API, stops it. Should `begin` fail,
 * the device is stopped and the error goes on. A signal while `begin` works ends it in order.
 */
export async function runDevice(
  context: Context,
  options: StartOptions,
  begin: (running: Running) => Promise<void>,
): Promise<void> {
  const terminal = enduring(context.terminal);
  const progress = createProgress(terminal, () => performance.now());
  const signal = onStopSignal(() => {
    progress.end();
    terminal.err("Stopped at once; the next start goes on from the journal.\n");
    Deno.exit(1);
  });
  try {
    const daemon = await context.startDaemon({
      home: options.home,
      name: options.name ?? null,
      port: options.port ?? null,
      again: options.again ?? false,
      say: (line) => progress.line(line),
    });
    try {
      const work = begin({
        daemon,
        say: (line) => progress.line(line),
        follow: () => follow(daemon, progress),
      });
      // A begin that a signal cut short fails on the stopped device, and nobody is left to hear of it.
      work.catch(() => {});
      await Promise.race([work.then(() => daemon.stopped), daemon.stopped, signal.stop]);
      if (signal.received()) progress.line("Stopping …");
    } finally {
      await daemon.stop();
      progress.end();
    }
    progress.line("Stopped.");
  } finally {
    signal.dispose();
  }
}

function follow(daemon: Daemon, progress: Progress): void {
  let before: Status | null = null;
  const tell = () => {
    const now = daemon.status();
    for (const line of narrate(before, now)) progress.line(line);
    progress.show(now.folders);
    before = now;
  };
  daemon.onStatus(tell);
  tell();
}
