/** `cairn pause`: a folder, a device or all rest until `cairn resume`. */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import type { PauseAnswer, PauseRequest } from "../daemon/pausing_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { printable } from "./format.ts";
import { absolutePath, homeFor } from "./home.ts";
import { say } from "./terminal.ts";

interface PauseOptions {
  readonly home?: string;
  readonly json?: boolean;
}

export function addPause(program: Command, context: Context): void {
  program.command("pause")
    .description("let a folder, a device or all rest, over restarts too, until cairn resume")
    .argument("[what...]", "a folder's or device's NAME, folder NAME, device NAME, or all (the default)")
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLES)
    .action((what: string[], _options, command: Command) => pause(context, what, command.optsWithGlobals()));
}

async function pause({ terminal, env }: Context, what: string[], options: PauseOptions): Promise<void> {
  const wanted = wantedOf(what, "pause", (path) => absolutePath(path, env, Deno.cwd()));
  const answer = await connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()))
    .pause({ ...wanted, isPaused: true });
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  for (const line of pauseLines(answer)) say(terminal, line);
}

/** No name begins so: names have no slashes. */
const LOOKS_LIKE_PATH = /^(?:[/~]|\.\.?(?:[/\\]|$))/;

/** What `pause` and `resume` are said of. Throws CairnError "usage". */
export function wantedOf(
  what: readonly string[],
  verb: "pause" | "resume",
  toAbsolute: (path: string) => string,
): Pick<PauseRequest, "kind" | "name"> {
  const [first = "all", second, ...more] = what;
  if (second === undefined) {
    if (first === "all") return { kind: "all", name: "" };
    return { kind: "any", name: LOOKS_LIKE_PATH.test(first) ? toAbsolute(first) : first };
  }
  if ((first === "folder" || first === "device") && more.length === 0) return { kind: first, name: second };
  throw new CairnError(
    "usage",
    `"${what.join(" ")}" names nothing that can be ${verb}d`,
    `Say: cairn ${verb} NAME, cairn ${verb} folder NAME, cairn ${verb} device NAME, or cairn ${verb} all. ` +
      "Put a name with blanks into quotes.",
  );
}

/** What holds now, and what else is paused. */
export function pauseLines(answer: PauseAnswer): string[] {
  const { kind, name, isPaused, hasChanged } = answer;
  const shown = printable(name);
  if (!isPaused) return [...resumedLine(answer), ...stillLines(answer)];
  const verb = hasChanged ? "is paused" : "was paused already";
  switch (kind) {
    case "all":
      return [
        `This device ${verb}: it talks to no other, and what changes here is noted. Go on with: cairn resume all`,
      ];
    case "folder":
      return [
        `${shown} ${verb}: nothing is taken or given, and what changes here is noted. Go on with: cairn resume ${
          word(shown)
        }`,
      ];
    case "device":
      return [`${shown} ${verb}: there is no connection with it. Go on with: cairn resume ${word(shown)}`];
  }
}

function resumedLine({ kind, name, hasChanged }: PauseAnswer): string[] {
  const what = kind === "all" ? "This device" : printable(name);
  return [hasChanged ? `${what} goes on.` : `${what} was not paused${kind === "all" ? " as a whole" : ""}.`];
}

function stillLines({ paused: { all, folders, devices } }: PauseAnswer): string[] {
  const each = [
    ...folders.map((name) => `folder ${word(printable(name))}`),
    ...devices.map((name) => `device ${word(printable(name))}`),
  ];
  return [
    ...(all ? ["All is paused still: cairn resume all"] : []),
    ...each.map((what) => `Paused still: ${what} (cairn resume ${what})`),
  ];
}

function word(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `"${name}"`;
}

const EXAMPLES = `
Examples:
  cairn pause Photos           nothing of this folder is taken or given
  cairn pause device nas       no connection with this device
  cairn pause all              with none at all`;
