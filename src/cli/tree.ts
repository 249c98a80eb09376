/** `cairn tree`: a directory and all below it, on one device or on any. */
import type { Command } from "commander";
import type { TreeAnswer } from "../daemon/places_types.ts";
import type { Branch } from "../library/walk.ts";
import { parseLimit } from "./arguments.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatCount } from "./format.ts";
import { homeFor } from "./home.ts";
import { nameWords } from "./ls.ts";
import { paint } from "./paint.ts";
import { ADDRESS_HELP, placeAsked } from "./place_argument.ts";
import { say } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly depth: number;
  readonly limit: number;
  readonly json?: boolean;
}

/** Entries asked for at once. */
const PAGE = 1_000;
/** Some hundred screens: more is seldom what was meant. */
const DEFAULT_LIMIT = 10_000;
/** Paths have no more names. */
const DEEPEST = 256;

export function addTree(program: Command, context: Context): void {
  program.command("tree [address]")
    .description("list a directory and all below it, as it stands on a device, or on any")
    .option("--depth <n>", "how far down", parseLimit, DEEPEST)
    .option("--limit <n>", "how many entries at most", parseLimit, DEFAULT_LIMIT)
    .option("--json", "as JSON")
    .addHelpText("after", `${ADDRESS_HELP}\n\nExample:\n  cairn tree Photos --depth 2`)
    .action((address: string | undefined, _options, command: Command) =>
      tree(context, address, command.optsWithGlobals())
    );
}

async function tree(context: Context, address: string | undefined, options: Options): Promise<void> {
  const { terminal, env } = context;
  const { places } = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const place = placeAsked(address, context);
  const depth = Math.min(options.depth, DEEPEST);
  const branches: Branch[] = [];
  let told = 0;
  for (let after: string | null = null;;) {
    const page: TreeAnswer = await places.tree({
      place,
      depth,
      after,
      limit: Math.min(PAGE, options.limit - told),
    });
    told += page.branches.length;
    if (options.json) branches.push(...page.branches);
    else for (const branch of page.branches) say(terminal, branchText(branch));
    after = page.next;
    if (after !== null && told < options.limit) continue;
    if (options.json) say(terminal, JSON.stringify({ ...page, branches }, null, 2));
    else if (after !== null) {
      say(
        terminal,
        paint(terminal, "dim", `… there is more than ${formatCount(told)}; see --limit and --depth`),
      );
    }
    return;
  }
}

export function branchText(branch: Branch): string {
  return "  ".repeat(branch.depth - 1) + nameWords(branch);
}
