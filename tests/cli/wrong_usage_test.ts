/** Every command and option of the help with wrong input: its message, what to run next, and exit code 2. */
import assert from "node:assert/strict";
import { run } from "../../src/cli/program.ts";
import {
  allCommands,
  mandatory,
  NOWHERE,
  operandsFor,
  requiredOperands,
  takesValue,
} from "./all_commands.ts";
import { fakeContext } from "./fake_terminal.ts";

/** Runs `argv`; asserts that it is refused as wrong usage, with words that match. */
async function refused(argv: readonly string[], words: RegExp, help: string): Promise<void> {
  const context = fakeContext(NOWHERE);
  const code = await run(argv, context);
  const { out, err } = context.terminal.taken();
  const what = `cairn ${argv.map((word) => JSON.stringify(word)).join(" ")}: ${err}`;
  assert.equal(code, 2, what);
  assert.equal(out, "", what);
  assert.match(err, words, what);
  assert.ok(err.startsWith("cairn: "), what);
  assert.ok(err.endsWith(`→ Run: ${help} --help\n`), what);
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

for (const one of allCommands()) {
  const { command, name, words, options } = one;
  const arguments_ = command.registeredArguments;
  const operands = operandsFor(one, requiredOperands(one));
  const good = [...words, ...operands, ...mandatory(one)];

  Deno.test(`${name} refuses an option that there is not`, async () => {
    await refused([...good, "--no-such-option"], /unknown option '--no-such-option'/, name);
  });

  if (operands.length > 0) {
    Deno.test(`${name} says which argument is missing`, async () => {
      const missing = arguments_[operands.length - 1]!;
      const given = [...words, ...operands.slice(0, -1), ...mandatory(one)];
      const expected = new RegExp(`missing required argument '${escaped(missing.name())}'`);
      await refused(given, expected, name);
    });
  }

  if (!arguments_.some(({ variadic }) => variadic)) {
    Deno.test(`${name} refuses an argument too many`, async () => {
      const given = [...words, ...operandsFor(one, arguments_.length), "extra", ...mandatory(one)];
      await refused(given, /too many arguments|unknown command 'extra'/, name);
    });
  }

  for (const [i, argument] of arguments_.entries()) {
    // Without either, any word will do as far as the command knows.
    if (argument.argChoices === undefined && argument.parseArg === undefined) continue;
    Deno.test(`${name} refuses a bad <${argument.name()}>`, async () => {
      const given = operandsFor(one, arguments_.length).with(i, "no such value");
      await refused([...words, ...given, ...mandatory(one)], new RegExp(`'${argument.name()}'`), name);
    });
  }

  for (const option of options.filter(takesValue)) {
    const flags = new RegExp(escaped(option.flags));
    if (option.required) {
      Deno.test(`${name} ${option.long} wants a value`, async () => {
        // An option that the group has too is the group's: it is that which misses the value.
        const isGroups = command.parent!.options.some(({ long }) => long === option.long);
        const help = isGroups ? name.slice(0, name.lastIndexOf(" ")) : name;
        await refused([...words, ...operands, option.long!], flags, help);
      });
    }
    if (option.argChoices === undefined && option.parseArg === undefined) continue;
    Deno.test(`${name} ${option.long} refuses a bad value`, async () => {
      await refused([...words, ...operands, option.long!, ""], flags, name);
    });
  }
}

Deno.test("--home wants a value, and the program a command that there is", async () => {
  await refused(["--home"], /'--home <dir>' argument missing/, "cairn");
  await refused(["no-such-command"], /unknown command 'no-such-command'/, "cairn");
});
