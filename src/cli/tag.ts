/** `cairn tag` and `cairn tags`: what people say of their files. */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import type { LabelsAnswer, TagsAnswer } from "../daemon/labels_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { formatCount, printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { ADDRESS_HELP, placeAsked } from "./place_argument.ts";
import { QUIET } from "./quiet.ts";
import { alignRows } from "./table.ts";
import { say } from "./terminal.ts";

interface Options {
  readonly home?: string;
  readonly note?: string;
  readonly path?: boolean;
  readonly json?: boolean;
}

export function addTag(program: Command, context: Context): void {
  program.command("tag")
    .description("put tags on a file, take them off, or list them")
    .argument("<address>", "the file")
    .argument("[changes...]", "+work puts a tag on, -draft takes one off")
    .option("--note <text>", 'what is to be remembered of it; "" takes the note away')
    .option("--path", "of the place, and not of the content")
    .option("--json", "as JSON")
    // `-q` would be a tag that is taken off.
    .option("--quiet", QUIET[1])
    .addHelpText("after", `${ADDRESS_HELP}\n${HELP}`)
    .action((address: string, changes: string[], _options, command: Command) =>
      tag(context, address, changes, command.optsWithGlobals())
    );
  program.command("tags")
    .description("list all tags, with how many files have each")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExample:\n  cairn tags")
    .action((_options, command: Command) => tags(context, command.optsWithGlobals()));
}

const HELP = `
A tag belongs to the content: every copy of the file has it, under any name and on
any device, also one that comes later. An edit makes another content. With --path
it belongs to the place, whatever comes to stand there; so does a tag of a
directory, which has no content of its own.
Tags have levels: work/tax is also found by work.

Examples:
  cairn tag Documents/2024/tax.pdf +work/tax -draft --note "sent in May"
  cairn find tag:work`;

/** `+work`, `-draft`; anything else is a mistake. Throws CairnError "usage". */
export function tagChanges(changes: readonly string[]): { on: string[]; off: string[] } {
  const wrong = changes.find((change) => !/^(\+|-(?!-)).+/.test(change));
  if (wrong !== undefined) {
    throw new CairnError(
      "usage",
      `"${wrong}" says nothing to do with a tag`,
      "Write +work to put a tag on, and -work to take it off.",
    );
  }
  const named = (sign: string) =>
    changes.filter((change) => change.startsWith(sign)).map((change) => change.slice(1));
  return { on: named("+"), off: named("-") };
}

async function tag(
  context: Context,
  address: string,
  changes: readonly string[],
  options: Options,
): Promise<void> {
  const { terminal, env } = context;
  const { on, off } = tagChanges(changes);
  const { labels } = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const answer = await labels.labels({
    place: placeAsked(address, context),
    ofPlace: options.path ?? false,
    on,
    off,
    note: options.note ?? null,
  });
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  for (const line of labelsText(answer)) say(terminal, line);
}

export function labelsText(answer: LabelsAnswer): string[] {
  const words = (tags: readonly string[], note: string) => [
    ...tags.length === 0 ? [] : [`  ${tags.map(printable).join(" ")}`],
    ...note === "" ? [] : note.split("\n").map((line) => `  “${printable(line)}”`),
  ];
  const own = words(answer.tags, answer.note);
  const place = words(answer.placeTags, answer.placeNote);
  return [
    printable(answer.address),
    ...own.length + place.length === 0 ? ["  no tags, no note"] : own,
    ...place.length === 0 ? [] : ["  of the place:", ...place.map((line) => `  ${line}`)],
  ];
}

async function tags({ terminal, env }: Context, options: Options): Promise<void> {
  const { labels } = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const answer: TagsAnswer = await labels.tags();
  if (options.json) return say(terminal, JSON.stringify(answer, null, 2));
  if (answer.tags.length === 0) return say(terminal, "No tags. Put one on with: cairn tag FILE +work");
  for (
    const row of alignRows(answer.tags.map(({ tag, count }) => [printable(tag), formatCount(count)]), [
      "left",
      "right",
    ])
  ) {
    say(terminal, row);
  }
}
