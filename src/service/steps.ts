/**
 * What is done to install, start and stop, as data: so that `--dry-run` shows the very thing that would be done.
 */
import { dirname } from "node:path";
import { CairnError } from "../core/errors.ts";
import { type Fs, FsError, type Tools } from "../platform/ports.ts";

export type Step =
  /** `shown` is the text as a person reads it. */
  | {
    readonly do: "write";
    readonly path: string;
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly shown: string;
  }
  | { readonly do: "remove"; readonly path: string }
  /** `mayFail`: its only sense is that something be so afterwards which may be so already. */
  | {
    readonly do: "run";
    readonly argv: readonly string[];
    readonly stdin?: { readonly bytes: Uint8Array<ArrayBuffer>; readonly shown: string };
    readonly mayFail?: boolean;
  }
  /** Starts the keeper apart from this process. */
  | { readonly do: "keep" }
  /** Asks the device, and who looks after it, to stop. */
  | { readonly do: "down" };

/** What the steps need from the world. */
export interface StepWorld {
  readonly fs: Fs;
  readonly tools: Tools;
  keep(): Promise<void>;
  down(): Promise<void>;
}

/** Does the steps in order. Throws CairnError "service-unusable" at the first that fails. */
export async function perform(steps: readonly Step[], world: StepWorld): Promise<void> {
  for (const step of steps) await performOne(step, world);
}

async function performOne(step: Step, { fs, tools, keep, down }: StepWorld): Promise<void> {
  switch (step.do) {
    case "write":
      return await onFile(step.path, "write", async () => {
        fs.makeDirectories(dirname(step.path));
        await fs.writeDurably(step.path, step.bytes);
      });
    case "remove":
      return await onFile(step.path, "remove", () => {
        if (fs.lstat(step.path) !== null) fs.unlink(step.path);
        return Promise.resolve();
      });
    case "run":
      return void await runTool(tools, step.argv, step);
    case "keep":
      return await keep();
    case "down":
      return await down();
  }
}

/** Runs a tool; what it said on standard output. Throws CairnError "service-unusable" where it is missing or refuses. */
export async function runTool(
  tools: Tools,
  argv: readonly string[],
  { stdin, mayFail }: Pick<Step & { do: "run" }, "stdin" | "mayFail"> = {},
): Promise<Uint8Array> {
  const answer = await tools.run(argv, stdin?.bytes);
  if (answer === null) {
    throw new CairnError(
      "service-unusable",
      `There is no ${argv[0]} on this machine`,
      "Another kind may do: cairn service install --kind …, or run it apart from the terminal: cairn up --detach",
    );
  }
  if (answer.code !== 0 && !mayFail) throw refusal(argv, answer.stderr, answer.code);
  return answer.stdout;
}

/** A tool's refusal, with what to do about those that are known. */
export function refusal(argv: readonly string[], stderr: string, code: number): CairnError {
  const words = stderr.trim().split("\n").at(-1)?.trim() || `exit code ${code}`;
  return new CairnError("service-unusable", `${briefly(argv)} failed: ${words}`, hintFor(argv, stderr));
}

/** Enough of a command to know it by. */
function briefly(argv: readonly string[]): string {
  return argv.length <= 4 ? argv.join(" ") : `${argv.slice(0, 4).join(" ")} …`;
}

function hintFor(argv: readonly string[], stderr: string): string {
  if (/connect to (user scope )?bus|XDG_RUNTIME_DIR|No medium found/i.test(stderr)) {
    return argv.includes("--user")
      ? "This user has no systemd of its own now. Log in as that user (not by su or sudo), or have it always: sudo loginctl enable-linger USER"
      : "systemd does not run here. Another kind may do: cairn service install --kind cron";
  }
  if (
    /access denied|permission denied|authentication is required|authentication required|not permitted|must be root|not allowed/i
      .test(stderr)
  ) {
    return "This asks for an administrator: run it with sudo, or install it for this user alone, without --system.";
  }
  if (/does not support specified action|Domain does not exist/i.test(stderr)) {
    return "An agent belongs to somebody who is logged in at the screen: log in there, or install it with: sudo cairn service install --system";
  }
  return "See what it would do with: cairn service install --dry-run";
}

async function onFile(path: string, verb: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    const isForbidden = error.code === "permission" || error.code === "read-only";
    throw new CairnError(
      "service-unusable",
      `Cannot ${verb} ${path}: ${error.code === "permission" ? "permission denied" : error.code}`,
      isForbidden
        ? "Run it as the user to whom it belongs, with --system as root: sudo cairn service …"
        : "Look at that path.",
      error,
    );
  }
}

/** The steps as lines for people. */
export function describeSteps(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    switch (step.do) {
      case "write":
        return [`Write ${step.path}:`, ...indented(step.shown)];
      case "remove":
        return [`Remove ${step.path}`];
      case "run":
        return step.stdin === undefined
          ? [`Run ${step.argv.join(" ")}`]
          : [`Run ${step.argv.join(" ")} with:`, ...indented(step.stdin.shown)];
      case "keep":
        return ["Start the device apart from the terminal"];
      case "down":
        return ["Stop the device if it runs"];
    }
  });
}

function indented(text: string): string[] {
  return text.trimEnd().split("\n").map((line) => line === "" ? "" : `    ${line}`);
}
