import assert from "node:assert/strict";
import { kindsOf, saidOf } from "../../../src/cli/completion/values.ts";
import { allCommands, takesValue } from "../all_commands.ts";

/** All that takes a value, and does not say by choices which: `folders set key`, `folders set --home`. */
function valued(): { path: string; name: string }[] {
  const home = { path: "", name: "--home" };
  // The program's own `help [command]`.
  const help = { path: "help", name: "command" };
  return [
    home,
    help,
    ...allCommands().flatMap(({ command, words, options }) =>
      [
        ...command.registeredArguments.map((one) => ({ one, name: one.name() })),
        ...options.filter(takesValue).map((one) => ({ one, name: one.long ?? "" })),
      ].filter(({ one }) => one.argChoices === undefined).map(({ name }) => ({ path: words.join(" "), name }))
    ),
  ];
}

Deno.test("it is said of each operand and option what can stand there", () => {
  const missing = valued().filter(({ path, name }) => kindsOf(path, name) === null);
  assert.deepEqual(
    missing.map(({ path, name }) => `${path} ${name}`),
    [],
    'say in src/cli/completion/values.ts what each of these is ("anything" where there is nothing to offer)',
  );
});

Deno.test("nothing is said of what is not there", () => {
  const known = new Set(valued().flatMap(({ path, name }) => [`${path} ${name}`, name]));
  assert.deepEqual(saidOf().filter((one) => !known.has(one)), [], "src/cli/completion/values.ts");
});
