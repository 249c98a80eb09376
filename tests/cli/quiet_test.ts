import assert from "node:assert/strict";
import { buildProgram } from "../../src/cli/program.ts";
import { failureOut } from "../../src/cli/quiet.ts";
import { fakeContext, fakeTerminal } from "./fake_terminal.ts";

/** What comes of a line on each stream when a command was given these words. */
async function spoken(...argv: string[]) {
  const context = fakeContext();
  const program = buildProgram(context);
  const folders = program.commands.find((one) => one.name() === "folders")!;
  const remove = folders.commands.find((one) => one.name() === "remove")!;
  // Writing through the program's own output is what commands do with the context that it gave them.
  remove.action(() => {
    remove.configureOutput().writeOut!("done\n");
    remove.configureOutput().writeErr!("trouble\n");
  });
  await program.parseAsync(["folders", "remove", "Photos", ...argv], { from: "user" });
  return context.terminal.taken();
}

Deno.test("--quiet silences what is done, and no error", async () => {
  assert.deepEqual(await spoken(), { out: "done\n", err: "trouble\n" });
  assert.deepEqual(await spoken("--quiet"), { out: "", err: "trouble\n" });
  assert.deepEqual(await spoken("-q"), { out: "", err: "trouble\n" });
});

Deno.test("--quiet does not silence what was asked for", async () => {
  assert.equal((await spoken("--quiet", "--json")).out, "done\n");
  assert.equal((await spoken("--quiet", "--dry-run")).out, "done\n");
});

Deno.test("failureOut() tells what failed as errors where all else is silent", () => {
  const terminal = fakeTerminal();
  failureOut(terminal, true, { quiet: true })("a: gone");
  assert.deepEqual(terminal.taken(), { out: "", err: "a: gone\n" });
  failureOut(terminal, true, {})("a: gone");
  failureOut(terminal, false, { quiet: true })("b: done");
  assert.deepEqual(terminal.taken(), { out: "a: gone\nb: done\n", err: "" });
});
