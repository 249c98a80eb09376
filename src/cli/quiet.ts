/**
 * `--quiet`: a command that does something says nothing when it is done. What was asked to be seen is no such word: commands that only
 * tell have no `--quiet`, and beside `--json` or `--dry-run` it has no effect. Errors are always told.
 */
import type { Command } from "commander";
import type { Context } from "./context.ts";
import type { Terminal } from "./terminal.ts";

/** As `option()` takes it. */
export const QUIET = ["-q, --quiet", "say nothing but errors"] as const;

interface QuietOptions {
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}

/**
 * The same context, until `hush`; from then on standard output is silent. From `plain` on it is for a program, which breaks and cuts no
 * line, whoever looks.
 */
export function hushable(context: Context): { readonly context: Context; hush(): void; plain(): void } {
  const { terminal } = context;
  let isHushed = false;
  let isPlain = false;
  return {
    context: {
      ...context,
      terminal: {
        ...terminal,
        out: (text) => isHushed ? undefined : terminal.out(text),
        get person() {
          return terminal.person && !isPlain;
        },
      },
    },
    hush: () => void (isHushed = true),
    plain: () => void (isPlain = true),
  };
}

/** Whether the command that runs was told to be quiet, and has no other reason to speak. */
export function isQuiet(command: Command): boolean {
  const { quiet, json, dryRun } = command.optsWithGlobals<QuietOptions>();
  return quiet === true && json !== true && dryRun !== true;
}

/** Where the lines go that tell what failed in part: they are errors, also when all else is silent. */
export function failureOut(
  terminal: Terminal,
  isFailure: boolean,
  { quiet }: { readonly quiet?: boolean | undefined },
): (line: string) => void {
  return (line) => isFailure && quiet === true ? terminal.err(line + "\n") : terminal.out(line + "\n");
}
