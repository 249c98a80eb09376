/**
 * One Cairn device as a real process of its own: `main.ts`, or an executable, with a home, a data directory and a log, at a host.
 */
import { fileURLToPath } from "node:url";
import type { Status } from "../../src/daemon/api_types.ts";
import { GaveUp, waitFor } from "./wait.ts";

/** Where a device runs: this machine, or a namespace of a `Lan`. */
export interface Host {
  /** The address that other hosts dial. */
  readonly address: string;
  /** The command line that runs `argv` there; the process it makes must be `argv` itself (signals go to it). */
  wrap(argv: readonly string[]): string[];
  /** All devices share this machine's loopback. */
  readonly loopback: boolean;
}

export const LOOPBACK: Host = { address: "127.0.0.1", wrap: (argv) => [...argv], loopback: true };

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
/** An executable that stands in for main.ts in a whole run. */
const GIVEN = Deno.env.get("CAIRN_TEST_PROGRAM");
/** The words that start the program. */
export const PROGRAM = GIVEN
  ? [GIVEN]
  : [Deno.execPath(), "run", "-A", "--cached-only", "--config", CONFIG, MAIN];
const STOP_LIMIT_MS = 20_000;
const TAIL_LINES = 25;

let cached: Promise<void> | null = null;

/** Fetches what main.ts imports, once: a host without internet cannot. */
export function prepareDevices(): Promise<void> {
  return cached ??= (async () => {
    const args = ["cache", "--quiet", "--config", CONFIG, MAIN];
    const done = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
    if (!done.success) {
      throw new Error(`Cannot fetch Cairn's packages: ${new TextDecoder().decode(done.stderr)}`);
    }
  })();
}

export class Device {
  readonly home: string;
  readonly data: string;
  readonly log: string;
  #process: Deno.ChildProcess | null = null;
  #copying: Promise<void> = Promise.resolve();

  /** `work` is a directory for this device alone; home, data and log come to stand in it. */
  constructor(
    readonly name: string,
    readonly work: string,
    readonly host: Host = LOOPBACK,
    readonly program: readonly string[] = PROGRAM,
  ) {
    this.home = `${work}/home`;
    this.data = `${work}/data`;
    this.log = `${work}/log`;
    Deno.mkdirSync(this.data, { recursive: true });
  }

  get running(): boolean {
    return this.#process !== null;
  }

  /** Process id of the running device. */
  get pid(): number {
    if (this.#process === null) throw new Error(`${this.name} does not run`);
    return this.#process.pid;
  }

  /** Starts `cairn ARGS` that stays (`up`, `join`); its words go to the log. Returns at once. */
  async start(...args: string[]): Promise<void> {
    if (this.#process !== null) throw new Error(`${this.name} runs already`);
    await prepareDevices();
    const [program, ...rest] = this.#command(args);
    const child = new Deno.Command(program!, {
      args: rest,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: ENVIRONMENT,
    }).spawn();
    this.#process = child;
    const log = Deno.openSync(this.log, { create: true, append: true, write: true });
    const copy = async (stream: ReadableStream<Uint8Array>) => {
      for await (const bytes of stream) log.writeSync(bytes);
    };
    this.#copying = Promise.all([copy(child.stdout), copy(child.stderr)]).then(() => log.close());
    child.status.then(() => {
      if (this.#process === child) this.#process = null;
    });
  }

  /** Starts as `start` does and waits until the device answers. */
  async startAndWait(...args: string[]): Promise<void> {
    await this.start(...args);
    await waitFor(`${this.name} to answer`, async () => {
      if (!this.running) throw new GaveUp(`${this.name} ended at once:\n${this.logTail()}`);
      return (await this.run("status", "--json")).code === 0;
    });
  }

  /** Runs one command to its end, whatever its exit code. */
  run(...args: string[]): Promise<Finished> {
    return this.runAt(Deno.cwd(), ...args);
  }

  /** The same, in a directory. */
  async runAt(cwd: string, ...args: string[]): Promise<Finished> {
    await prepareDevices();
    const [program, ...rest] = this.#command(args);
    const options = { args: rest, stdin: "null", env: ENVIRONMENT, cwd } as const;
    const done = await new Deno.Command(program!, options).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code: done.code, stdout: text(done.stdout), stderr: text(done.stderr) };
  }

  /** Runs one command that must succeed; its standard output, trimmed. */
  async cli(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) throw new Error(`${this.name}: cairn ${args.join(" ")}: exit ${code}: ${stderr.trim()}`);
    return stdout.trim();
  }

  async status(): Promise<Status> {
    return JSON.parse(await this.cli("status", "--json")) as Status;
  }

  /** Whether every folder says so itself. */
  async upToDate(): Promise<boolean> {
    const { folders } = await this.status();
    return folders.length > 0 && folders.every((folder) => folder.state.kind === "up-to-date");
  }

  /** `HOST:PORT` at which other devices reach it. */
  async address(): Promise<string> {
    return `${this.host.address}:${(await this.status()).device.port}`;
  }

  /** A new code from the running device. */
  invite(): Promise<string> {
    return this.cli("invite");
  }

  /** Stops the device and waits for its end; its exit code. One that does not obey is killed, which is an error. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<number> {
    const child = this.#process;
    if (child === null) return 0;
    signalProcess(child, signal);
    let obeyed = true;
    const timer = setTimeout(() => {
      obeyed = false;
      signalProcess(child, "SIGKILL");
    }, STOP_LIMIT_MS);
    const { code } = await child.status;
    clearTimeout(timer);
    await this.#copying;
    this.#process = null;
    if (!obeyed) throw new Error(`${this.name} did not stop within ${STOP_LIMIT_MS / 1000} s of ${signal}`);
    return code;
  }

  /** Ends it as a power cut would, as far as the process is concerned. */
  async kill(): Promise<void> {
    await this.stop("SIGKILL");
  }

  /** The last lines that the device said. */
  logTail(lines = TAIL_LINES): string {
    try {
      return Deno.readTextFileSync(this.log).trimEnd().split("\n").slice(-lines).join("\n");
    } catch {
      return "(no log)";
    }
  }

  #command(args: readonly string[]): string[] {
    return this.host.wrap([...this.program, "--home", this.home, ...args]);
  }
}

/** A caller's own CAIRN_HOME must not leak in, and logs are read by eye. */
const ENVIRONMENT = { CAIRN_HOME: "", NO_COLOR: "1" };

function signalProcess(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}
