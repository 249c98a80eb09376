/** Every command and option of the help with wrong input: its message, what to run next, and exit code 2. */
import assert from "node:assert/strict";
import { run } from "../../src/cli/program.ts";
import { NOWHERE } from "./all_commands.ts";
import { fakeContext } from "./fake_terminal.ts";
import { wrongUses } from "./wrong_uses.ts";

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

for (const { what, argv, words, help } of wrongUses()) {
  Deno.test(what, () => refused(argv, words, help));
}

Deno.test("--home wants a value, and the program a command that there is", async () => {
  await refused(["--home"], /'--home <dir>' argument missing/, "cairn");
  await refused(["no-such-command"], /unknown command 'no-such-command'/, "cairn");
});
