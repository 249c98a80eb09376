/** The bench's command line. Pure. */
import { parseArgs } from "node:util";
import { MIB } from "./content.ts";
import type { Sizes } from "./suite.ts";
import { Usage } from "./usage.ts";

export interface Options {
  /** Names of scenarios. */
  readonly scenarios: readonly string[];
  readonly withSyncthing: boolean;
  /** Plays what cannot be left out too, by the plainest program that does it. */
  readonly withFloor: boolean;
  readonly sizes: Sizes;
  /** How often each scenario is played; the median counts. */
  readonly runs: number;
  /** The directory in which all files are made; null: the system's for temporary files. */
  readonly dir: string | null;
  /** The command that is measured; null: this checkout, built or as it stands. */
  readonly command: readonly string[] | null;
  /** This checkout's modules are measured as they stand, and not what is built of them. */
  readonly isSource: boolean;
  readonly isJson: boolean;
}

const FILES_MOST = 10_000_000;
/** Less would be no large file: it would travel whole. */
const BIG_LEAST_MIB = 4;
const BIG_MOST_MIB = 64 * 1024;
const RUNS_MOST = 20;
const RUNS = 3;
const BIG_MIB = 1024;

/** Reads the arguments. Throws `Usage` with one line that says what is wrong with them. */
export function parseOptions(
  args: readonly string[],
  known: readonly string[],
  usual: readonly string[],
): Options {
  const { values, positionals } = parse(args);
  if (values.help) throw new Usage("help");
  if (values.peer !== undefined && values.peer !== "syncthing") {
    throw new Usage(`"${values.peer}" is no peer: the only one is syncthing`);
  }
  for (const name of positionals) {
    if (name !== "all" && !known.includes(name)) {
      throw new Usage(`"${name}" is no scenario: choose from ${known.join(", ")}, or all`);
    }
  }
  const files = values.files === undefined ? null : wholeNumber("--files", values.files, 10, FILES_MOST);
  const bigMib = values.size === undefined
    ? BIG_MIB
    : wholeNumber("--size", values.size, BIG_LEAST_MIB, BIG_MOST_MIB);
  const command = values.cairn?.trim().split(/\s+/) ?? null;
  if (command?.[0] === "") throw new Usage("--cairn names no command");
  if (command !== null && values.source) throw new Usage("--cairn and --source exclude each other");
  return {
    scenarios: positionals.includes("all") ? known : positionals.length === 0 ? usual : positionals,
    withSyncthing: values.peer !== undefined,
    withFloor: true,
    sizes: { files, bigBytes: bigMib * MIB },
    runs: values.runs === undefined ? RUNS : wholeNumber("--runs", values.runs, 1, RUNS_MOST),
    dir: values.dir ?? null,
    command,
    isSource: values.source ?? false,
    isJson: values.json ?? false,
  };
}

/** Whether the sizes are those that the targets are set for. */
export function areStandard({ files, bigBytes }: Sizes): boolean {
  return files === null && bigBytes === BIG_MIB * MIB;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        peer: { type: "string" },
        files: { type: "string" },
        size: { type: "string" },
        runs: { type: "string" },
        dir: { type: "string" },
        cairn: { type: "string" },
        source: { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const digits = text.replace(/[,_]/g, "");
  const number = /^\d+$/.test(digits) ? Number(digits) : NaN;
  if (number >= least && number <= most) return number;
  throw new Usage(`${option} wants a whole number from ${least} to ${most}, not "${text}"`);
}
