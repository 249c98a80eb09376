/** What every command is given. */
import type { Daemon, DaemonOptions } from "../daemon/daemon.ts";
import type { Terminal } from "./terminal.ts";

export interface Context {
  readonly terminal: Terminal;
  /** An environment variable; an empty one counts as not set. */
  env(name: string): string | undefined;
  /** Starts the engine. */
  startDaemon(options: DaemonOptions): Promise<Daemon>;
}
