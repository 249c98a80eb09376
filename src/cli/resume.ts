/** `cairn resume`: a person's word on a folder that has stopped taking changes, or whose root was emptied. */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import type { ResumeAnswer } from "../daemon/api_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { plural, printable } from "./format.ts";
import { homeFor } from "./home.ts";
import { say } from "./terminal.ts";

interface ResumeOptions {
  readonly home?: string;
  readonly accept?: boolean;
  readonly reject?: boolean;
  readonly json?: boolean;
}

export function addResume(program: Command, context: Context): void {
  program.command("resume")
    .description(
      "decide about a folder that was halted; without --accept or --reject only show what is held back",
    )
    .argument("<folder>", "its name or path")
    .option("--accept", "take the deletes and replacements that are held back")
    .option("--reject", "bring the files back, on every device")
    .option("--json", "as JSON")
    .addHelpText("after", "\nExamples:\n  cairn resume Photos\n  cairn resume Photos --reject")
    .action((folder: string, _options, command: Command) =>
      resume(context, folder, command.optsWithGlobals())
    );
}

async function resume({ terminal, env }: Context, folder: string, options: ResumeOptions): Promise<void> {
  if (options.accept && options.reject) {
    throw new CairnError("usage", "--accept and --reject exclude each other", "Say one of them.");
  }
  const verdict = options.accept ? "accept" : options.reject ? "reject" : null;
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  const answer = await client.resume({ folder, verdict });
  if (options.json) return say(terminal, JSON.stringify({ schema: "cairn.resume/1", ...answer }, null, 2));
  for (const line of resumeLines(answer)) say(terminal, line);
}

/** What was done, or what each word would do. */
export function resumeLines(answer: ResumeAnswer): string[] {
  const name = printable(answer.folder.name);
  if (answer.verdict === null) {
    return [
      `${name} is halted: ${heldWords(answer)}.`,
      `  --accept  ${acceptWords(answer, "would be")}`,
      `  --reject  ${rejectWords(answer, "would")}`,
    ];
  }
  const done = answer.verdict === "accept" ? acceptWords(answer, "are") : rejectWords(answer, "");
  return [`${name} goes on: ${done}`];
}

function heldWords({ kind, deletes, replaces, taken, missing, files }: ResumeAnswer): string {
  if (kind === "emptied") {
    return `${plural(missing, "file")} of ${files} ${missing === 1 ? "is" : "are"} missing on this device`;
  }
  if (kind === "older") {
    return `its root is older than it was, as if put back from a backup; ${
      plural(missing, "file")
    } of ${files} ${missing === 1 ? "is" : "are"} missing, and others may be older`;
  }
  const before = taken > 0 ? `, after ${plural(taken, "file")} within the hour before` : "";
  return `other devices deleted ${plural(deletes, "file")} and replaced ${
    plural(replaces, "file")
  } of ${files}${before}`;
}

function acceptWords({ kind, deletes, replaces, missing }: ResumeAnswer, are: string): string {
  if (kind === "emptied") {
    return `${plural(missing, "file")} that ${
      missing === 1 ? "is" : "are"
    } missing here ${are} deleted on the other devices too.`;
  }
  if (kind === "older") {
    return `what is here ${are} taken for meant, everywhere; ${
      plural(missing, "file")
    } missing here ${are} deleted there too.`;
  }
  return `${plural(deletes, "file")} ${are} deleted here and ${
    plural(replaces, "file")
  } replaced; what they held is kept in the version store.`;
}

function rejectWords(answer: ResumeAnswer, would: string): string {
  const { kind, deletes, replaces, taken, broughtBack, missing, elsewhere, verdict, aside } = answer;
  const come = (count: number) => would !== "" ? `${would} come` : count === 1 ? "comes" : "come";
  if (kind === "emptied") {
    const nowhere = missing - elsewhere;
    const rest = nowhere > 0 ? ` ${plural(nowhere, "file")} on no other device cannot.` : "";
    return `${plural(elsewhere, "file")} ${come(elsewhere)} back from the other devices.${rest}`;
  }
  if (kind === "older") {
    const where = aside === null ? "put aside" : `in ${printable(aside)}`;
    const [is, comes] = would === "" ? ["is", "comes"] : ["would be", "would come"];
    return `what was here ${is} ${where}, and what the other devices have ${comes} in its place.`;
  }
  const files = plural(deletes + replaces, "file");
  const before = taken === 0
    ? ""
    : verdict === null
    ? ` So would those of ${
      plural(taken, "file")
    } taken within the hour before that the version store still has.`
    : ` ${plural(broughtBack, "file")} of ${taken} taken within the hour before ${
      broughtBack === 1 ? "is" : "are"
    } back from the version store.`;
  return `${files} ${come(deletes + replaces)} back on every device, as ${
    deletes + replaces === 1 ? "it is" : "they are"
  } here.${before}`;
}
