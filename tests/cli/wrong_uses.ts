/** Wrong input to each command of the program, and what is said of it. */
import {
  allCommands,
  mandatory,
  type OneCommand,
  operandsFor,
  requiredOperands,
  takesValue,
} from "./all_commands.ts";

export interface WrongUse {
  readonly what: string;
  readonly argv: readonly string[];
  /** The message matches it. */
  readonly words: RegExp;
  /** Of which command's help the message tells. */
  readonly help: string;
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

export function wrongUses(): WrongUse[] {
  return allCommands().flatMap((one) => [...ofWords(one), ...ofOptions(one)]);
}

function* ofWords(one: OneCommand): Generator<WrongUse> {
  const { command, name: help, words } = one;
  const arguments_ = command.registeredArguments;
  const operands = operandsFor(one, requiredOperands(one));
  yield {
    what: `${help} refuses an option that there is not`,
    argv: [...words, ...operands, ...mandatory(one), "--no-such-option"],
    words: /unknown option '--no-such-option'/,
    help,
  };
  if (operands.length > 0) {
    yield {
      what: `${help} says which argument is missing`,
      argv: [...words, ...operands.slice(0, -1), ...mandatory(one)],
      words: new RegExp(`missing required argument '${escaped(arguments_[operands.length - 1]!.name())}'`),
      help,
    };
  }
  if (!arguments_.some(({ variadic }) => variadic)) {
    yield {
      what: `${help} refuses an argument too many`,
      argv: [...words, ...operandsFor(one, arguments_.length), "extra", ...mandatory(one)],
      words: /too many arguments|unknown command 'extra'/,
      help,
    };
  }
  for (const [i, argument] of arguments_.entries()) {
    // Without either, any word will do as far as the command knows.
    if (argument.argChoices === undefined && argument.parseArg === undefined) continue;
    yield {
      what: `${help} refuses a bad <${argument.name()}>`,
      argv: [...words, ...operandsFor(one, arguments_.length).with(i, "no such value"), ...mandatory(one)],
      words: new RegExp(`'${argument.name()}'`),
      help,
    };
  }
}

function* ofOptions(one: OneCommand): Generator<WrongUse> {
  const { command, name, words, options } = one;
  const operands = operandsFor(one, requiredOperands(one));
  for (const option of options.filter(takesValue)) {
    const flags = new RegExp(escaped(option.flags));
    if (option.required) {
      // An option that the group has too is the group's: it is that which misses the value.
      const isGroups = command.parent!.options.some(({ long }) => long === option.long);
      yield {
        what: `${name} ${option.long} wants a value`,
        argv: [...words, ...operands, option.long!],
        words: flags,
        help: isGroups ? name.slice(0, name.lastIndexOf(" ")) : name,
      };
    }
    if (option.argChoices === undefined && option.parseArg === undefined) continue;
    yield {
      what: `${name} ${option.long} refuses a bad value`,
      argv: [...words, ...operands, option.long!, ""],
      words: flags,
      help: name,
    };
  }
}
