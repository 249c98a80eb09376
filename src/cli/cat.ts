/** `cairn cat`: a file's bytes to standard output, from whichever device has it. */
import type { Command } from "commander";
import { CairnError, type ErrorCode } from "../core/errors.ts";
import type { CatNews } from "../daemon/contents_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { copiesText } from "./copies_view.ts";
import { formatCount, printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { fileAsked } from "./place_argument.ts";

interface CatOptions {
  readonly home?: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

export function addCat(program: Command, context: Context): void {
  program.command("cat <address>")
    .description(
      "write a file to standard output, from wherever it is: laptop:Photos/a.jpg, Photos/a.jpg, content:7f3a9c",
    )
    .option("-v, --verbose", "say on standard error which device it comes from, and why")
    .option("--json", "the same as JSON, and what came of it, on standard error")
    .addHelpText(
      "after",
      "\nEvery part is checked before it is written. Where the content cannot be completed\nthe exit code is 1, and standard error says at which byte and why.\n\nExample:\n  cairn cat nas:Notes/todo.md | head",
    )
    .action((address: string, _options, command: Command) =>
      cat(context, address, command.optsWithGlobals())
    );
}

async function cat(context: Context, address: string, options: CatOptions): Promise<void> {
  const { terminal, env } = context;
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const say = (value: unknown) => terminal.err(JSON.stringify(value) + "\n");
  let bytes = 0;
  for await (const frame of client.cat(fileAsked(address, context))) {
    if (frame.kind === "bytes") {
      bytes += frame.bytes.length;
      await terminal.bytes(frame.bytes);
    } else if (frame.kind === "news") {
      if (options.json) say({ schema: "cairn.cat.source/1", ...frame.news });
      else if (options.verbose) { for (const line of newsText(frame.news)) terminal.err(line + "\n"); }
    } else {
      const { error, copies } = frame.end;
      if (options.json) say({ schema: "cairn.cat/1", address, ...frame.end });
      if (error === null) return;
      if (!options.json) { for (const line of copiesText(copies, Date.now())) terminal.err(line + "\n"); }
      throw new CairnError(error.code as ErrorCode, error.message, error.hint);
    }
  }
  throw new CairnError(
    "not-running",
    `The device stopped at byte ${formatCount(bytes)} of ${printable(address)}`,
    "Start it with: cairn up",
  );
}

export function newsText({ name, device, at, because, copies }: CatNews): string[] {
  const from = `${printable(name)} from ${printable(device)}`;
  if (because !== "") return [`${from} from byte ${formatCount(at)} on: ${because}`];
  return [from, ...copiesText(copies, Date.now())];
}
