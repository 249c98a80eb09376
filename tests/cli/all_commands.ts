/** All commands as the program has them, for tests that hold for each. */
import type { Argument, Command, Option } from "commander";
import { buildProgram } from "../../src/cli/program.ts";
import { nameOf, visibleCommands } from "../../src/cli/reference.ts";
import { fakeContext } from "./fake_terminal.ts";

/** No device is there. */
export const NOWHERE = { CAIRN_HOME: "/nonexistent" };

export interface OneCommand {
  readonly command: Command;
  /** `cairn folders add`. */
  readonly name: string;
  /** `["folders", "add"]`. */
  readonly words: readonly string[];
  /** Without `--help` and `--version`. */
  readonly options: readonly Option[];
}

/** Every visible command below the program. */
export function allCommands(): OneCommand[] {
  return visibleCommands(buildProgram(fakeContext(NOWHERE))).slice(1).map((command) => {
    const name = nameOf(command);
    return { command, name, words: name.split(" ").slice(1), options: command.options };
  });
}

export function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** Operands that a command takes, `count` of them. */
export function operandsFor({ command }: OneCommand, count: number): string[] {
  const all = command.registeredArguments;
  return Array.from({ length: count }, (_, i) => valueFor(all[Math.min(i, all.length - 1)]));
}

/** The options that have to be given. */
export function mandatory({ options }: OneCommand): string[] {
  return options.filter((one) => one.mandatory).flatMap((one) => [one.long!, valueFor(one)]);
}

function valueFor(of: Argument | Option | undefined): string {
  return of?.argChoices?.[0] ?? "x";
}

export function requiredOperands({ command }: OneCommand): number {
  return command.registeredArguments.filter(({ required }) => required).length;
}
