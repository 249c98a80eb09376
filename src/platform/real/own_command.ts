/**
 * What runs this same program again: for service files, and for a start beside the terminal. A compiled executable is its own
 * command, a portable file is run by the Deno that it has unpacked and must be named itself, and from source it is Deno with
 * main.ts.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface OwnCommand {
  readonly kind: "compiled" | "portable" | "source";
  /** An absolute program and the words before the arguments of Cairn. No word is quoted for any shell. */
  readonly argv: readonly [string, ...string[]];
  /** The file that is replaced by an upgrade: the executable, the portable file or main.ts. Its links are not followed where we know them. */
  readonly file: string;
}

/** What a process knows of how it was started. */
export interface Birth {
  readonly isCompiled: boolean;
  /** Deno, or the compiled executable. */
  readonly execPath: string;
  /** A URL. */
  readonly mainModule: string;
  readonly processId: number;
  /** `PID:PATH` by the portable file's first lines, which become this process. */
  readonly portable: string | undefined;
  exists(path: string): boolean;
}

/** The variable in which a portable file names itself. */
export const PORTABLE_VARIABLE = "CAIRN_PORTABLE";

/** What Linux says of an executable whose file was replaced while it runs. */
const REPLACED = " (deleted)";

export function ownCommand(): OwnCommand {
  return commandOf({
    isCompiled: Deno.build.standalone,
    execPath: Deno.execPath(),
    mainModule: Deno.mainModule,
    processId: Deno.pid,
    portable: Deno.env.get(PORTABLE_VARIABLE),
    exists: existsSync,
  });
}

/** The same as a function of what is known. */
export function commandOf(birth: Birth): OwnCommand {
  const program = birth.execPath;
  if (birth.isCompiled) {
    const isReplaced = program.endsWith(REPLACED) && !birth.exists(program);
    const file = isReplaced ? program.slice(0, -REPLACED.length) : program;
    return { kind: "compiled", argv: [file], file };
  }
  const portable = portableFile(birth);
  if (portable !== null) return { kind: "portable", argv: [portable], file: portable };
  const run = [program, "run", "-A"] as const;
  if (!birth.mainModule.startsWith("file:")) {
    return { kind: "source", argv: [...run, birth.mainModule], file: birth.mainModule };
  }
  const main = fileURLToPath(birth.mainModule);
  const config = join(dirname(main), "deno.json");
  const rules = birth.exists(config) ? ["--config", config] : ["--no-config"];
  return { kind: "source", argv: [...run, ...rules, main], file: main };
}

/** The portable file that became this process. Children inherit the variable, so it names the process that it is said of. */
function portableFile({ portable, processId }: Birth): string | null {
  const prefix = `${processId}:`;
  return portable?.startsWith(prefix) ? portable.slice(prefix.length) : null;
}
