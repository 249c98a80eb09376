/** Running other programs: to their end, as a child that is looked after, and apart from this one. */
import { TOOL_MS } from "../../core/limits.ts";
import type { Child, ToolAnswer, Tools } from "../ports.ts";

export function realTools(): Tools {
  return { run };
}

async function run(argv: readonly string[], stdin?: Uint8Array<ArrayBuffer>): Promise<ToolAnswer | null> {
  const [program, ...args] = argv;
  const child = attempt(() =>
    new Deno.Command(program!, {
      args,
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      env: { LC_ALL: "C.UTF-8", SYSTEMD_COLORS: "0", ...runtimeDirectory() },
    }).spawn()
  );
  if (child === null) return null;
  const timer = setTimeout(() => kill(child, "SIGKILL"), TOOL_MS);
  const answered = child.output();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    // Who does not read to the end says by its exit code what it thought of it.
    await writer.write(stdin).then(() => writer.close()).catch(() => {});
  }
  const { code, stdout, stderr } = await answered;
  clearTimeout(timer);
  return { code, stdout, stderr: new TextDecoder().decode(stderr) };
}

/** Where a user's systemd listens, for who came by `su` or from a job and was not told. */
function runtimeDirectory(): Record<string, string> {
  if (Deno.build.os !== "linux" || Deno.env.get("XDG_RUNTIME_DIR")) return {};
  const path = `/run/user/${Deno.uid()}`;
  try {
    return Deno.statSync(path).uid === Deno.uid() ? { XDG_RUNTIME_DIR: path } : {};
  } catch {
    return {};
  }
}

function attempt<T>(start: () => T): T | null {
  try {
    return start();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** A child whose two streams come as one, in the order of their arrival. */
export function realChild(argv: readonly string[]): Child {
  const [program, ...args] = argv;
  const child = new Deno.Command(program!, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const pour = async (from: ReadableStream<Uint8Array>) => {
    for await (const bytes of from) await writer.write(bytes);
  };
  void Promise.allSettled([pour(child.stdout), pour(child.stderr)]).then(() => writer.close()).catch(
    () => {},
  );
  return {
    pid: child.pid,
    said: readable,
    ended: child.status.then(({ code }) => code),
    stop: () => kill(child, "SIGTERM"),
  };
}

/**
 * Starts a program that goes on when this one has ended and its terminal is closed: in a session of its own, with nothing of ours open. Resolves
 * with its exit code should it end while we look.
 */
export function startApart(argv: readonly string[], cwd: string): { pid: number; ended: Promise<number> } {
  const [program, ...args] = argv;
  const streams = { stdin: "null", stdout: "null", stderr: "null" } as const;
  const child = new Deno.Command(program!, { args, cwd, ...streams, detached: true }).spawn();
  child.unref();
  return { pid: child.pid, ended: child.status.then(({ code }) => code) };
}

/** Asks a process of this user to stop; nothing when there is none any more. */
export function askToStop(pid: number): void {
  try {
    Deno.kill(pid, "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}
