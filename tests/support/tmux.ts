/**
 * A terminal as a person has it: panes of a tmux of our own, in which lines are typed and of which the screen is read. Its server, socket
 * and environment are the test's alone.
 */
import { waitFor } from "./wait.ts";

/** What a machine without tmux is told. */
export const NO_TMUX =
  "There is no tmux here, and screens are recorded with it. Install it: apt-get install tmux (or dnf, pacman, brew install tmux)";

const LIMIT_MS = 60_000;

export interface PaneStart {
  readonly columns: number;
  readonly rows: number;
  /** Runs in the pane; when it ends the pane is gone. */
  readonly argv: readonly string[];
}

export class Tmux implements AsyncDisposable {
  readonly #socket: string;
  #panes = 0;

  /** `work` is a directory of the test's own; short, since a socket's path may not be long. */
  constructor(work: string) {
    this.#socket = `${work}/tmux`;
  }

  async open({ columns, rows, argv }: PaneStart): Promise<Pane> {
    const name = `p${++this.#panes}`;
    // Nothing of tmux itself is on the screen. The option would be the server's, which a first session starts.
    const session = ["new-session", "-d", "-s", name, "-x", String(columns), "-y", String(rows)];
    await this.run(...session, "--", ...argv);
    await this.run("set-option", "-g", "status", "off");
    const pane = new Pane(this, name);
    await pane.resize(columns, rows);
    return pane;
  }

  /** One command of tmux; its standard output. */
  async run(...args: readonly string[]): Promise<string> {
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    let done: Deno.CommandOutput;
    try {
      done = await new Deno.Command("tmux", {
        args: ["-u", "-f", "/dev/null", "-S", this.#socket, ...args],
        stdin: "null",
        clearEnv: true,
        env: {
          PATH: Deno.env.get("PATH") ?? "",
          LC_ALL: "C.UTF-8",
          TERM: "xterm-256color",
          SHELL: "/bin/sh",
        },
      }).output();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) throw new Error(NO_TMUX, { cause: error });
      throw error;
    }
    if (!done.success) throw new Error(`tmux ${args.join(" ")}: ${text(done.stderr).trim()}`);
    return text(done.stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // With the last pane the server has gone by itself.
    await this.run("kill-server").catch(() => {});
  }
}

export class Pane {
  readonly #tmux: Tmux;
  readonly #name: string;

  constructor(tmux: Tmux, name: string) {
    [this.#tmux, this.#name] = [tmux, name];
  }

  /** Types a line, with the key at its end. */
  async type(line: string): Promise<void> {
    await this.#tmux.run("send-keys", "-t", this.#name, "-l", "--", line);
    await this.key("Enter");
  }

  /** A key as tmux calls it, such as `C-c`. */
  async key(key: string): Promise<void> {
    await this.#tmux.run("send-keys", "-t", this.#name, key);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux.run("resize-window", "-t", this.#name, "-x", String(columns), "-y", String(rows));
  }

  /** What is on the screen, without the empty lines at its end. */
  async screen(): Promise<string> {
    const lines = (await this.#tmux.run("capture-pane", "-p", "-t", this.#name)).split("\n");
    return lines.map((line) => line.trimEnd()).join("\n").trimEnd() + "\n";
  }

  /** The screen once it is as wanted. What it was instead is told. */
  async shows(what: string, wanted: RegExp | ((screen: string) => boolean)): Promise<string> {
    const isWanted = wanted instanceof RegExp ? (screen: string) => wanted.test(screen) : wanted;
    let last = "";
    try {
      await waitFor(what, async () => isWanted(last = await this.screen()), LIMIT_MS);
    } catch (error) {
      throw new Error(`${(error as Error).message}; the screen shows:\n${last}`, { cause: error });
    }
    return last;
  }
}
