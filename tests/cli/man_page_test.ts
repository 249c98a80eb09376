import assert from "node:assert/strict";
import { run } from "../../src/cli/program.ts";
import { isInstalled } from "../support/completing.ts";
import { tempDir } from "../support/temp_dir.ts";
import { allCommands, NOWHERE } from "./all_commands.ts";
import { fakeContext } from "./fake_terminal.ts";

async function page(): Promise<string> {
  const context = fakeContext(NOWHERE);
  assert.equal(await run(["man"], context), 0);
  return context.terminal.taken().out;
}

Deno.test("the man page has every command with its options and an example, and the exit codes", async () => {
  const text = (await page()).replaceAll("\\-", "-").replaceAll("\\e", "\\");
  for (const { name, command, options } of allCommands()) {
    assert.ok(text.includes(`.SS ${name} ${command.usage()}\n`), name);
    for (const { flags } of options) assert.ok(text.includes(`.B ${flags}\n`), `${name} ${flags}`);
  }
  assert.match(text, /\.SH EXIT STATUS\n\.TP\n\.B 0\ndone/);
  assert.match(text, /\n\.B CAIRN_HOME\n/);
});

Deno.test("no line of the man page is a request by chance", async () => {
  for (const line of (await page()).split("\n")) {
    assert.ok(!/^['.]/.test(line) || /^\.(?:TH|SH|SS|TP|B|PP|nf|fi|sp)\b/.test(line), line);
  }
});

/** Runs a reader of man pages over the page; what it complains of. */
async function complaints(program: string, ...args: string[]): Promise<string> {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.at("cairn.1"), await page());
  const command = new Deno.Command(program, { args: [...args, dir.at("cairn.1")], stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return `${code === 0 ? "" : decoder.decode(stdout)}${decoder.decode(stderr)}`;
}

Deno.test({
  name: "groff has nothing to complain of in the man page",
  ignore: !isInstalled("groff"),
  fn: async () => assert.equal(await complaints("groff", "-man", "-Tutf8", "-ww", "-z"), ""),
});

Deno.test({
  name: "mandoc finds no error in the man page",
  // It knows no --version to ask for.
  ignore: !isThere("mandoc"),
  fn: async () => assert.equal(await complaints("mandoc", "-T", "lint", "-W", "error"), ""),
});

function isThere(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((directory) => {
    try {
      return Deno.statSync(`${directory}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}
