/** A program that stays: its output in a log, its end in order. */

/** A profile of some minutes takes its time to be written. */
const STOP_LIMIT_MS = 60_000;
const TAIL_LINES = 15;
/** The shell makes way for the program: the process is the program's, and nobody has to copy its words. */
const TO_LOG = 'exec "$@" >>"$BENCH_LOG" 2>&1 </dev/null';

/** All that were started and have not ended. */
const living = new Set<Program>();

/** Kills what still runs, whoever started it. */
export function killAll(): void {
  for (const program of living) program.kill();
}

export class Program {
  readonly #child: Deno.ChildProcess;
  readonly #log: string;
  #hasEnded = false;

  private constructor(child: Deno.ChildProcess, log: string) {
    this.#child = child;
    this.#log = log;
    living.add(this);
    child.status.then(() => {
      this.#hasEnded = true;
      living.delete(this);
    });
  }

  /** Starts it; `wrap` takes it to its host. */
  static start(
    argv: readonly string[],
    log: string,
    wrap: (argv: readonly string[]) => string[],
    env: Record<string, string> = {},
  ): Program {
    const [program, ...args] = wrap(["sh", "-c", TO_LOG, "sh", ...argv]);
    const child = new Deno.Command(program!, {
      args,
      env: { ...env, BENCH_LOG: log },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    return new Program(child, log);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Asks it to end and waits; kills it when it does not. */
  async stop(): Promise<void> {
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.kill(), STOP_LIMIT_MS);
    await this.#child.status;
    clearTimeout(timer);
  }

  kill(): void {
    this.#signal("SIGKILL");
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended by itself.
    }
  }

  /** The last lines that it said. */
  lastWords(): string {
    try {
      return Deno.readTextFileSync(this.#log).trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
    } catch {
      return "(no log)";
    }
  }
}

/** Runs a program to its end; its standard output. Throws with its last words when it fails. */
export async function outputOf(argv: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const [program, ...args] = argv;
  const done = await new Deno.Command(program!, { args, env, stdin: "null" }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!done.success) {
    throw new Error(`${argv.join(" ")}: exit ${done.code}: ${text(done.stderr).slice(-800)}`);
  }
  return text(done.stdout);
}
