/**
 * Assembles the commands and runs one of them.
 */
import { Command } from "commander";
import { versionWithCommit } from "../core/version_name.ts";
import { addCat } from "./cat.ts";
import { addCompletion } from "./completion.ts";
import { addConflicts } from "./conflicts.ts";
import type { Context } from "./context.ts";
import { addDevices } from "./devices.ts";
import { addDoctor } from "./doctor.ts";
import { addDrop } from "./drop.ts";
import { addDupes } from "./dupes.ts";
import { addDown } from "./down.ts";
import { addDu } from "./du.ts";
import { EVERYDAY } from "./everyday.ts";
import { DONE, reportError } from "./exit.ts";
import { hasService } from "./has_service.ts";
import { addExport } from "./export.ts";
import { addFind } from "./find.ts";
import { addFolders } from "./folders.ts";
import { addGuard } from "./guard.ts";
import { addGet } from "./get.ts";
import { addImport } from "./import.ts";
import { addInvite } from "./invite.ts";
import { addJoin } from "./join.ts";
import { addLog } from "./log.ts";
import { addLs } from "./ls.ts";
import { addMan } from "./man.ts";
import { hushable, isQuiet } from "./quiet.ts";
import { addRestore } from "./restore.ts";
import { addMetrics } from "./metrics.ts";
import { withOurWord } from "./other_words.ts";
import { addRepair } from "./repair.ts";
import { addResume } from "./resume.ts";
import { addService } from "./service.ts";
import { addStat } from "./stat.ts";
import { addStatus } from "./status.ts";
import { addTree } from "./tree.ts";
import { addTag } from "./tag.ts";
import { addUp } from "./up.ts";
import { addVerify } from "./verify.ts";
import { addVersions } from "./versions.ts";
import { addWhere } from "./where.ts";

/** Runs the command that `argv` names; the exit code. Nothing is thrown. */
export async function run(argv: readonly string[], context: Context): Promise<number> {
  try {
    await buildProgram(context).parseAsync(argvAsMeant(argv), { from: "user" });
    return DONE;
  } catch (error) {
    return reportError(error, context);
  }
}

/** The words in the order and form in which the parser takes them as people mean them. */
export function argvAsMeant(argv: readonly string[]): string[] {
  return withMinusWords(withShortVersion(argv));
}

/**
 * `--version` is the program's only before a command: behind one it is the command's own (`restore`), and the parser
 * would take it for the program's.
 */
function withShortVersion(argv: readonly string[]): string[] {
  const at = argv.indexOf("--version");
  const isFirst = at === 0 || (at === 2 && argv[0] === "--home");
  return isFirst ? argv.with(at, "-V") : [...argv];
}

/** Commands in which `-word` is a word with a minus before it. */
const MINUS_COMMANDS = ["find", "tag"];
/** Options of theirs of one letter, and those with a value behind them. */
const SHORT_OPTIONS = /^-(?:[hV]|n\d*)$/;
const VALUED_OPTIONS = ["--home", "--note", "--limit", "-n"];

/**
 * `find wombat -well` and `tag a.jpg -home`: such words go behind `--`, before the parser takes them for options. The order of words says
 * nothing in either.
 */
function withMinusWords(argv: readonly string[]): string[] {
  const at = argv[0] === "--home" ? 2 : argv[0]?.startsWith("--home=") ? 1 : 0;
  if (!MINUS_COMMANDS.includes(argv[at] ?? "")) return [...argv];
  const end = argv.indexOf("--") < 0 ? argv.length : argv.indexOf("--");
  const isMinusWord = (word: string, i: number) =>
    i > at && i < end && /^-[^-]/.test(word) && !SHORT_OPTIONS.test(word) &&
    !VALUED_OPTIONS.includes(argv[i - 1]!);
  const words = argv.filter(isMinusWord);
  if (words.length === 0) return [...argv];
  const others = argv.slice(0, end).filter((word, i) => !isMinusWord(word, i));
  return [...others, "--", ...words, ...argv.slice(end + 1)];
}

/** The whole command line. Commander throws instead of leaving the process, so that `run` decides. */
export function buildProgram(given: Context): Command {
  const { context, hush, plain } = hushable(given);
  const program = new Command("cairn")
    .description("Keeps folders the same on all of your devices, over the local network, with no cloud.")
    .version(`cairn ${versionWithCommit()}`, "-V", "print the version (also --version)")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .option("--home <dir>", "where this device keeps its identity and journal (also CAIRN_HOME)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.out(text),
      writeErr: (text) => context.terminal.err(text),
      outputError: (text, write) => write(text.replace(/^error: /, "cairn: ")),
      getOutHelpWidth: () => context.terminal.columns(),
      getErrHelpWidth: () => context.terminal.columns(),
      getOutHasColors: () => context.terminal.colour,
      getErrHasColors: () => false,
    })
    .addHelpText("after", EXAMPLES)
    .hook("preAction", (_program, command) => {
      if (isQuiet(command)) hush();
      if (command.optsWithGlobals<{ readonly json?: boolean }>().json) plain();
    })
    .hook("preAction", async (_program, command) => {
      // The service's own commands look for themselves.
      if (command.parent?.name() === "service") return;
      const { home } = command.optsWithGlobals<{ readonly home?: string }>();
      if (hasService(context, home)) await (await import("./mend.ts")).mendService(context, home);
    });
  for (
    const add of [
      addUp,
      addDown,
      addService,
      addJoin,
      addInvite,
      addStatus,
      addDevices,
      addFolders,
      addFind,
      addLs,
      addTree,
      addStat,
      addWhere,
      addDu,
      addDupes,
      addGuard,
      addTag,
      addConflicts,
      addResume,
      addLog,
      addCat,
      addGet,
      addDrop,
      addVersions,
      addRestore,
      addVerify,
      ...EVERYDAY,
      addDoctor,
      addRepair,
      addMetrics,
      addExport,
      addImport,
      addCompletion,
      addMan,
    ]
  ) {
    add(program, context);
  }
  pointToHelp(program, "cairn");
  // Last, so that it is the program's alone: below a command the word means something else.
  program.configureOutput({
    outputError: (text, write) => write(withOurWord(text).replace(/^error: /, "cairn: ")),
  });
  return program;
}

/** Wrong usage leads to the help of the very command. */
function pointToHelp(command: Command, name: string): void {
  command.showHelpAfterError(`→ Run: ${name} --help`);
  for (const below of command.commands) pointToHelp(below, `${name} ${below.name()}`);
}

const EXAMPLES = `
Examples:
  cairn up ~/Notes                        share a folder from this device
  cairn join K7QM-2XTD-9RWA ~/Notes       take part in it on another one
  cairn status                            see how everything stands`;
