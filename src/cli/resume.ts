/**
 * `cairn resume`: ends a pause; or a person's word on a folder that has stopped taking changes, or whose root was emptied. Without
 * --accept and --reject a pause is ended if there is one, and else what is held back is shown.
 */
import type { Command } from "commander";
import { CairnError } from "../core/errors.ts";
import { givesOwn, takesOthers } from "../core/mode.ts";
import type { ResumeAnswer } from "../daemon/api_types.ts";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { plural, printable } from "./format.ts";
import { absolutePath, homeFor } from "./home.ts";
import { pauseLines, wantedOf } from "./pause.ts";
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
      "end a pause; or decide about a folder that was halted: without --accept or --reject only show what is held back",
    )
    .argument("[what...]", "a folder (its name or path), folder NAME, device NAME, or all (the default)")
    .option("--accept", "take the deletes and replacements that are held back")
    .option("--reject", "bring the files back, on every device")
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLES)
    .action((what: string[], _options, command: Command) => resume(context, what, command.optsWithGlobals()));
}

async function resume({ terminal, env }: Context, what: string[], options: ResumeOptions): Promise<void> {
  if (options.accept && options.reject) {
    throw new CairnError("usage", "--accept and --reject exclude each other", "Say one of them.");
  }
  const verdict = options.accept ? "accept" : options.reject ? "reject" : null;
  const wanted = wantedOf(what, "resume", (path) => absolutePath(path, env, Deno.cwd()));
  const isFolder = wanted.kind === "folder" || wanted.kind === "any";
  if (verdict !== null && !isFolder) {
    throw new CairnError(
      "usage",
      `--${verdict} is a word on one folder, and none is named`,
      `Say which: cairn resume FOLDER --${verdict}`,
    );
  }
  const client = connect(homeFor(options.home, env, Deno.build.os, Deno.cwd()));
  if (verdict === null) {
    const ended = await client.pause({ ...wanted, isPaused: false });
    // What was not paused may be halted.
    if (ended.kind !== "folder" || ended.hasChanged) {
      if (options.json) return say(terminal, JSON.stringify(ended, null, 2));
      return pauseLines(ended).forEach((line) => say(terminal, line));
    }
  }
  const answer = await client.resume({ folder: wanted.name, verdict });
  if (options.json) return say(terminal, JSON.stringify({ schema: "cairn.resume/1", ...answer }, null, 2));
  for (const line of resumeLines(answer)) say(terminal, line);
}

const EXAMPLES = `
Examples:
  cairn resume Photos            the pause of a folder or device ends
  cairn resume all               the pause of all ends; what was paused for itself stays so
  cairn resume Photos --accept   a folder that was halted takes what it holds back`;

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

function acceptWords({ kind, deletes, replaces, missing, mode }: ResumeAnswer, are: string): string {
  if (kind !== "changes" && !givesOwn(mode)) {
    return `what is here ${are} taken for meant on this device alone; nothing changes on the others (mode ${mode}).`;
  }
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
  const { kind, deletes, replaces, taken, broughtBack, missing, elsewhere, verdict, aside, mode } = answer;
  const come = (count: number) => would !== "" ? `${would} come` : count === 1 ? "comes" : "come";
  const takesNothing = `nothing comes from the other devices in mode ${mode} (cairn folders mode)`;
  if (kind === "emptied" && !takesOthers(mode)) {
    return `nothing counts as deleted, and ${takesNothing}.`;
  }
  if (kind === "emptied") {
    const nowhere = missing - elsewhere;
    const rest = nowhere > 0 ? ` ${plural(nowhere, "file")} on no other device cannot.` : "";
    return `${plural(elsewhere, "file")} ${come(elsewhere)} back from the other devices.${rest}`;
  }
  if (kind === "older") {
    const where = aside === null ? "put aside" : `in ${printable(aside)}`;
    const [is, comes] = would === "" ? ["is", "comes"] : ["would be", "would come"];
    if (!takesOthers(mode)) return `what was here ${is} ${where}, and ${takesNothing}.`;
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
  const one = deletes + replaces === 1;
  if (!givesOwn(mode)) {
    const stay = would !== "" ? `${would} stay` : one ? "stays" : "stay";
    return `${files} ${stay} as ${one ? "it is" : "they are"} on this device alone (mode ${mode}).${before}`;
  }
  return `${files} ${come(deletes + replaces)} back on every device, as ${
    one ? "it is" : "they are"
  } here.${before}`;
}
