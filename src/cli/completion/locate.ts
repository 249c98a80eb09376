/**
 * Which word of a command line is being typed, and what may stand there: read off the commands themselves, so that what they
 * take and what is completed cannot differ. Pure.
 */
import type { Argument, Command, Option } from "commander";

export interface Located {
  /** The command that the word belongs to, and the words that name it (`folders mode`; "" for the program). */
  readonly command: Command;
  readonly path: string;
  /** The group that it stands in. */
  readonly group: Command;
  /** What may stand there; several where the words leave it open. */
  readonly takes: readonly Taken[];
  /** What is typed already of the value, and what stands before it in the same word (`--home=`). */
  readonly typed: string;
  readonly prefix: string;
  /** Operands of the command before it. */
  readonly operands: readonly string[];
  /** Values of the options before it, by their long names. */
  readonly given: ReadonlyMap<string, string>;
}

export type Taken =
  | { readonly kind: "option" }
  | { readonly kind: "command" }
  | { readonly kind: "value"; readonly of: Argument | Option };

/** `words`: all behind the program's name; the last one is being typed, and may be empty. */
export function locate(program: Command, words: readonly string[]): Located {
  const reader = new Reader(program);
  for (const word of words.slice(0, -1)) reader.read(word);
  return reader.locate(words.at(-1) ?? "");
}

class Reader {
  #command: Command;
  /** Commander's `help` knows no parent. */
  #group: Command;
  #path: string[] = [];
  #operands: string[] = [];
  readonly #given = new Map<string, string>();
  /** Takes the next word, whatever it is. */
  #awaiting: Option | null = null;
  /** Takes words until one begins with a dash. */
  #collecting: Option | null = null;
  /** Behind `--`. */
  #isLiteral = false;

  constructor(program: Command) {
    this.#command = program;
    this.#group = program;
  }

  read(word: string): void {
    if (this.#awaiting !== null) return this.#take(this.#awaiting, word);
    if (!this.#isLiteral && word.length > 1 && word.startsWith("-")) return this.#readOption(word);
    if (this.#collecting !== null) return;
    const next = this.#operands.length === 0 ? subcommand(this.#command, word) : undefined;
    if (next === undefined || this.#isLiteral) return void this.#operands.push(word);
    this.#group = this.#command;
    this.#command = next;
    this.#path = [...this.#path, next.name()];
  }

  #readOption(word: string): void {
    this.#collecting = null;
    if (word === "--") return void (this.#isLiteral = true);
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const option = optionCalled(this.#command, equals < 0 ? word : word.slice(0, equals));
    if (option === undefined || !takesValue(option)) return;
    if (equals >= 0) this.#given.set(nameOf(option), word.slice(equals + 1));
    else if (option.required) this.#awaiting = option;
  }

  #take(option: Option, word: string): void {
    this.#given.set(nameOf(option), word);
    this.#awaiting = null;
    this.#collecting = option.variadic ? option : null;
  }

  locate(word: string): Located {
    const found = (takes: readonly Taken[], typed = word, prefix = ""): Located => ({
      command: this.#command,
      path: this.#path.join(" "),
      group: this.#group,
      takes,
      typed,
      prefix,
      operands: this.#operands,
      given: this.#given,
    });
    if (this.#awaiting !== null) return found([{ kind: "value", of: this.#awaiting }]);
    const operand = this.#operand();
    if (!this.#isLiteral && word.startsWith("-")) {
      const equals = word.startsWith("--") ? word.indexOf("=") : -1;
      // `-draft` is an operand of `tag`.
      if (equals < 0) return found([{ kind: "option" }, ...operand]);
      const option = optionCalled(this.#command, word.slice(0, equals));
      const takes = option !== undefined && takesValue(option)
        ? [{ kind: "value", of: option } as const]
        : [];
      return found(takes, word.slice(equals + 1), word.slice(0, equals + 1));
    }
    if (this.#collecting !== null) return found([{ kind: "value", of: this.#collecting }]);
    const isFirst = this.#operands.length === 0 && this.#command.commands.length > 0;
    return found([...isFirst && !this.#isLiteral ? [{ kind: "command" } as const] : [], ...operand]);
  }

  #operand(): Taken[] {
    const all = this.#command.registeredArguments;
    const last = all.at(-1);
    const argument = all[this.#operands.length] ?? (last?.variadic ? last : undefined);
    return argument === undefined ? [] : [{ kind: "value", of: argument }];
  }
}

/** The options that a command takes: its own, and those of the commands above it. */
export function optionsOf(command: Command): Option[] {
  const help = command.createHelp();
  return [
    ...help.visibleOptions(command),
    ...ancestorsOf(command).flatMap((one) => help.visibleOptions(one)),
  ].filter((option, i, all) => all.findIndex(({ long }) => long === option.long) === i);
}

function ancestorsOf({ parent }: Command): Command[] {
  return parent === null ? [] : [parent, ...ancestorsOf(parent)];
}

/** The visible commands of a group, `help` among them. */
export function subcommandsOf(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

function subcommand(command: Command, word: string): Command | undefined {
  return subcommandsOf(command).find((one) => one.name() === word || one.aliases().includes(word));
}

function optionCalled(command: Command, flag: string): Option | undefined {
  return optionsOf(command).find(({ long, short }) => flag === long || flag === short);
}

export function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function nameOf({ long, short }: Option): string {
  return long ?? short ?? "";
}
