/**
 * The one place where an error becomes words on standard error and an exit code:
 * 0 done, 1 failed, 2 wrong usage, 3 done, and something needs attention (`cairn doctor`).
 */
import { CommanderError } from "commander";
import { CairnError, type ErrorCode, messageOf } from "../core/errors.ts";
import type { Context } from "./context.ts";
import { wrapText } from "./fit.ts";
import { printable } from "./format.ts";

export const DONE = 0;
export const FAILED = 1;
export const WRONG_USAGE = 2;
export const NEEDS_ATTENTION = 3;

/** What is wrong with the words of the command itself; everything else failed while being done. */
export const USAGE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "usage",
  "code-malformed",
  "address-malformed",
]);

/** The exit code of whatever a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE;
  if (isClosedPipe(error)) return DONE;
  if (!(error instanceof CairnError)) return FAILED;
  if (error.code === "needs-attention") return NEEDS_ATTENTION;
  return USAGE_CODES.has(error.code) ? WRONG_USAGE : FAILED;
}

/** Tells the error to the person, in one or two lines, and answers the exit code. */
export function reportError(error: unknown, { terminal, env }: Context): number {
  const code = exitCodeOf(error);
  // Commander has printed its own; and who closed the pipe (`cairn log | head`) has read enough.
  if (error instanceof CommanderError || isClosedPipe(error)) return code;
  const { message, hint } = wordsFor(error);
  const tell = (line: string) => terminal.err(wrapText(line, terminal.errorWidth()) + "\n");
  tell(`cairn: ${printable(message)}`);
  if (hint !== "") tell(`→ ${printable(hint)}`);
  if (env("CAIRN_DEBUG") && error instanceof Error) terminal.err(`${error.stack ?? ""}\n`);
  return code;
}

function wordsFor(error: unknown): { message: string; hint: string } {
  if (error instanceof CairnError) return { message: error.message, hint: error.hint };
  return {
    message: `Unexpected failure: ${messageOf(error)}`,
    hint: "Run it again with CAIRN_DEBUG=1 for the details, and please report them",
  };
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe;
}
