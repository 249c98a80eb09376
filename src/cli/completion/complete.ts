/**
 * `cairn __complete`: what the scripts of `cairn completion` ask. Its answer is a line that says what the shell itself is to list
 * (`files`, `directories`, or `-` for nothing), and a line for each candidate.
 */
import type { Argument, Command, Option } from "commander";
import type { Context } from "../context.ts";
import { printable } from "../format.ts";
import { type Candidate, candidatesOf, localPaths } from "./candidates.ts";
import { locate, type Located, optionsOf, subcommandsOf, type Taken } from "./locate.ts";
import { listsFiles, readWord, type Shell, typedWord } from "./shells.ts";
import { kindsOf, type ValueKind } from "./values.ts";

export interface CompletionAsked {
  readonly shell: Shell;
  /** The words before the one that is typed, and that one. */
  readonly words: readonly string[];
  readonly current: string;
  /** bash's COMP_WORDBREAKS. */
  readonly breaks: string;
}

/** The lines of the answer. */
export async function completionLines(
  program: Command,
  { shell, words, current, breaks }: CompletionAsked,
  context: Context,
): Promise<string[]> {
  const word = typedWord(shell, current, breaks);
  const located = locate(program, [...words.map((one) => readWord(shell, one)), word.text]);
  const kinds = located.takes.flatMap((taken) => kindsTaken(taken, located));
  const files = filesWanted(kinds, located.typed);
  const here = files === "-" || listsFiles(shell)
    ? []
    : localPaths(located.typed, files === "directories", context);
  const named = await Promise.all(located.takes.map((taken) => candidatesTaken(taken, located, context)));
  const fit = [...named.flat(), ...here]
    // What would move the cursor or end the line cannot be typed, either.
    .filter(({ value }) => value.startsWith(located.typed) && printable(value) === value)
    .map(({ value, note }) => ({ value: located.prefix + value, note: printable(note) }))
    .sort((a, b) => a.value < b.value ? -1 : a.value > b.value ? 1 : 0)
    // A folder may be a directory here, too.
    .filter(({ value }, i, all) => value !== all[i - 1]?.value);
  return [listsFiles(shell) ? files : "-", ...word.write(fit)];
}

function kindsTaken(taken: Taken, { path }: Located): readonly ValueKind[] {
  if (taken.kind !== "value" || taken.of.argChoices !== undefined) return [];
  return kindsOf(path, nameOf(taken.of)) ?? [];
}

function nameOf(of: Argument | Option): string {
  return "long" in of ? of.long ?? "" : of.name();
}

/** Words for `find` may be paths of a folder, but are none of this disk. */
function filesWanted(kinds: readonly ValueKind[], typed: string): "files" | "directories" | "-" {
  if (kinds.includes("path")) return "files";
  // `laptop:` is no path of this computer.
  if (kinds.includes("address")) return typed.includes(":") ? "-" : "files";
  return kinds.includes("directory") ? "directories" : "-";
}

async function candidatesTaken(taken: Taken, located: Located, context: Context): Promise<Candidate[]> {
  const { command, group } = located;
  if (taken.kind === "option") return optionCandidates(located);
  if (taken.kind === "command") return commandCandidates(command);
  if (taken.of.argChoices !== undefined) return taken.of.argChoices.map((value) => ({ value, note: "" }));
  const kinds = kindsTaken(taken, located);
  if (kinds.includes("command")) return commandCandidates(group);
  return (await Promise.all(kinds.map((kind) => candidatesOf(kind, located, context)))).flat();
}

function commandCandidates(command: Command): Candidate[] {
  return subcommandsOf(command).map((one) => ({ value: one.name(), note: one.description() }));
}

/** By their long names: a person who knows the short one has typed it. */
function optionCandidates({ command, given }: Located): Candidate[] {
  return optionsOf(command)
    .filter(({ long, variadic }) => long != null && (variadic || !given.has(long)))
    .map(({ long, description }) => ({ value: long!, note: description }));
}
