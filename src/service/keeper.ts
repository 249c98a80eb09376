/**
 * Keeps a device running: starts it again when it failed, after pauses that grow, and leaves it in peace when it ended well. systemd does that by
 * itself; for cron, launchd, Windows and a detached device this does.
 */
import { RESTART_WELL_MS } from "../core/limits.ts";
import { messageOf } from "../core/errors.ts";
import type { Child, Clock } from "../platform/ports.ts";
import { restartPause } from "./pauses.ts";

/** The exit code that says: the words of the command are wrong, and will be the next time. */
const WRONG_USAGE = 2;
/** As a shell says that a program is not there. */
const NOT_STARTED = 127;
const LOOK_EVERY_MS = 100;

export interface KeeperPorts {
  readonly clock: Pick<Clock, "monotonic" | "after">;
  /** Throws where the program cannot be run. */
  start(): Child;
  /** A word of the keeper's own for the log. */
  note(line: string): void;
  /** What the device says. */
  hear(bytes: Uint8Array): Promise<void>;
  /** Whether the process has come so far that it answers. */
  isUp(pid: number): boolean;
}

export class Keeper {
  readonly #ports: KeeperPorts;
  readonly #mustStart: boolean;
  #child: Child | null = null;
  #isStopping = false;
  #hasBeenUp = false;
  #endRest: () => void = () => {};

  /** `mustStart`: who starts it waits for it, so that a device that never came up is not tried again. */
  constructor(ports: KeeperPorts, mustStart: boolean) {
    this.#ports = ports;
    this.#mustStart = mustStart;
  }

  /** Asks the device to stop; each further time is passed on to it. */
  stop(): void {
    this.#isStopping = true;
    this.#child?.stop();
    this.#endRest();
  }

  /** Resolves with an exit code when the device ended well, was asked to stop, or cannot be started at all. */
  async run(): Promise<number> {
    const { clock, note } = this.#ports;
    let failures = 0;
    while (!this.#isStopping) {
      const startedMs = clock.monotonic();
      const code = await this.#once();
      if (code === 0 || this.#isStopping) return code;
      if (code === WRONG_USAGE || (this.#mustStart && !this.#hasBeenUp)) return code;
      if (clock.monotonic() - startedMs >= RESTART_WELL_MS) failures = 0;
      const pauseMs = restartPause(failures++);
      note(`The device ended with exit code ${code}. It is started again in ${pauseMs / 1000} s.`);
      await this.#rest(pauseMs);
    }
    return 0;
  }

  async #once(): Promise<number> {
    let child: Child;
    try {
      child = this.#ports.start();
    } catch (error) {
      this.#ports.note(`The device cannot be started: ${messageOf(error)}`);
      return NOT_STARTED;
    }
    this.#child = child;
    const endLooking = this.#look(child.pid);
    const hearing = this.#hear(child);
    const code = await child.ended;
    await hearing;
    endLooking();
    // A device that died leaves behind that it was up.
    this.#hasBeenUp ||= this.#ports.isUp(child.pid);
    this.#child = null;
    return code;
  }

  async #hear({ said }: Child): Promise<void> {
    for await (const bytes of said) await this.#ports.hear(bytes);
  }

  #look(pid: number): () => void {
    if (!this.#mustStart || this.#hasBeenUp) return () => {};
    let cancel = () => {};
    const look = () => {
      this.#hasBeenUp = this.#ports.isUp(pid);
      if (!this.#hasBeenUp) cancel = this.#ports.clock.after(LOOK_EVERY_MS, look);
    };
    look();
    return () => cancel();
  }

  #rest(pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#ports.clock.after(pauseMs, resolve);
      this.#endRest = () => {
        cancel();
        resolve();
      };
    });
  }
}
