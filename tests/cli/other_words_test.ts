import assert from "node:assert/strict";
import { run } from "../../src/cli/program.ts";
import { OTHER_WORDS, withOurWord } from "../../src/cli/other_words.ts";
import { allCommands, NOWHERE } from "./all_commands.ts";
import { fakeContext } from "./fake_terminal.ts";
import { wrongIn } from "./shown_commands.ts";

async function errorOf(...argv: string[]): Promise<string> {
  const context = fakeContext(NOWHERE);
  assert.equal(await run(argv, context), 2, argv.join(" "));
  return context.terminal.taken().err;
}

Deno.test("another program's word leads to ours, in place of what is spelt like it", async () => {
  assert.equal(
    await errorOf("share", "x"),
    "cairn: unknown command 'share'\n(Did you mean cairn up PATH?)\n→ Run: cairn --help\n",
  );
  assert.match(await errorOf("stop"), /Did you mean cairn down\?/);
});

Deno.test("a directory alone leads to up", async () => {
  for (const path of ["/home/ann/Notes", "./Notes", "~/Notes", "Notes/"]) {
    assert.match(await errorOf(path), /Did you mean cairn up PATH\?/);
  }
});

Deno.test("any other word is answered as before, also below a command", async () => {
  assert.match(await errorOf("statsu"), /Did you mean status\?/);
  assert.doesNotMatch(await errorOf("constructor"), /Did you mean cairn/);
  assert.doesNotMatch(await errorOf("ignore", "rm"), /Did you mean cairn/);
});

Deno.test("no other word is a command, and each of ours is one", () => {
  const own = allCommands().map(({ words }) => words[0]!);
  assert.deepEqual(OTHER_WORDS.filter((word) => own.includes(word)), []);
  for (const word of OTHER_WORDS) {
    const said = withOurWord(`error: unknown command '${word}'\n`);
    const shown = [...said.matchAll(/cairn ([a-z]+(?: [a-z]+)?(?: [A-Z]+)?)/g)].map(([, typed]) => typed!);
    assert.ok(shown.length > 0, word);
    for (const typed of shown) assert.equal(wrongIn(typed.replace(/ (or|here)$/, "")), null, typed);
  }
});
