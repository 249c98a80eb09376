/** What holds for the help of every command, also of those to come. */
import assert from "node:assert/strict";
import type { Command } from "commander";
import { ENVIRONMENT } from "../../src/cli/environment.ts";
import { argvAsMeant, buildProgram, run } from "../../src/cli/program.ts";
import { nameOf, referenceOf, visibleCommands } from "../../src/cli/reference.ts";
import { allCommands, NOWHERE } from "./all_commands.ts";
import { fakeContext, fakeTerminal } from "./fake_terminal.ts";

/** The words of an example as a shell would cut them, up to a pipe. */
function shellWords(line: string): string[] {
  const words = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const end = words.findIndex((word) => word === "|" || word === ">");
  return (end < 0 ? words : words.slice(0, end)).map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

/** The command that would run; throws where the words are wrong. Nothing is run. */
async function commandMeant(argv: readonly string[]): Promise<string | null> {
  const program = buildProgram(fakeContext(NOWHERE));
  let meant: string | null = null;
  for (const command of visibleCommands(program).slice(1)) {
    command.action((...args: unknown[]) => void (meant = nameOf(args.at(-1) as Command)));
  }
  await program.parseAsync(argvAsMeant(argv), { from: "user" });
  return meant;
}

for (const { name, usage, examples } of referenceOf(buildProgram(fakeContext(NOWHERE))).slice(1)) {
  Deno.test(`the help of ${name} has an example of it, and all its examples are understood`, async () => {
    const isOwn: boolean[] = [];
    for (const { line } of examples) {
      const meant = await commandMeant(shellWords(line).slice(1)).catch((error) =>
        assert.fail(`${name}: the example "${line}" is not understood: ${error.message}`)
      );
      // A group without a use of its own shows one of its commands.
      isOwn.push(meant === name || (/\[command\]/.test(usage) && (meant ?? "").startsWith(`${name} `)));
    }
    assert.ok(
      isOwn.includes(true),
      `${name} has no example: give its help a line "  ${name} …" (addHelpText("after", …))`,
    );
  });
}

Deno.test("the help of every command comes to standard output, with its examples", async () => {
  for (const { words, name } of allCommands()) {
    const context = fakeContext(NOWHERE);
    assert.equal(await run([...words, "--help"], context), 0);
    const { out, err } = context.terminal.taken();
    assert.equal(err, "");
    assert.ok(out.startsWith(`Usage: ${name} `), out);
    assert.match(out, /\n {2}cairn /, name);
  }
});

/** Commands that have nothing to say in JSON. */
const WITHOUT_JSON: Readonly<Record<string, string>> = {
  "cairn up": "it stays, and tells what happens; `status --watch --json` is for programs",
  "cairn join": "as up",
  "cairn conflicts diff": "takes that of `conflicts`",
  "cairn down": "its exit code says it all",
  "cairn service install": "does what `--dry-run` shows; `service status --json` tells what came of it",
  "cairn service uninstall": "as install",
  "cairn service start": "as install",
  "cairn service stop": "as install",
  "cairn service logs": "prints the log as it is",
  "cairn service run": "as up",
  "cairn metrics": "is for programs: in the format of Prometheus",
  "cairn completion": "prints a script",
  "cairn man": "prints a page",
};

Deno.test("every command answers in JSON too, but for those that have a reason", () => {
  const missing = allCommands().filter(({ command, options }) =>
    // Of a group without a use of its own there is nothing to answer.
    !/^\[options\] \[command\]$/.test(command.usage()) || options.length > 0
  ).filter(({ options, name }) =>
    !options.some(({ long }) => long === "--json") && WITHOUT_JSON[name] === undefined
  ).map(({ name }) => name);
  assert.deepEqual(missing, [], "give it --json, or say in WITHOUT_JSON why it has none");
});

Deno.test("--json, --quiet, --dry-run and --limit mean the same in all commands", () => {
  for (const { options, name } of allCommands()) {
    for (const { long, short, required, optional } of options) {
      if (["--json", "--quiet", "--dry-run"].includes(long ?? "")) assert.ok(!required && !optional, name);
      if (long === "--quiet" && name !== "cairn tag") assert.equal(short, "-q", name);
      if (short === "-q") assert.equal(long, "--quiet", name);
      if (short === "-n") assert.equal(long, "--limit", name);
    }
  }
});

Deno.test("the help has no colours, not even on a terminal that has some", async () => {
  const context = fakeContext(NOWHERE, fakeTerminal({ colour: true, person: true }));
  for (const { words } of allCommands()) {
    await run([...words, "--help"], context);
    assert.ok(!context.terminal.taken().out.includes("\x1b"));
  }
});

/** Source files of a directory and those below, with their text. */
function* sources(directory: URL): Generator<[string, string]> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const at = new URL(isDirectory ? `${name}/` : name, directory);
    if (isDirectory) yield* sources(at);
    else if (name.endsWith(".ts")) yield [at.pathname, Deno.readTextFileSync(at)];
  }
}
const SRC = new URL("../../src/", import.meta.url);

Deno.test("colours come from paint() alone, which asks whether they are wanted", () => {
  const painting = [...sources(new URL("cli/", SRC))]
    .filter(([, text]) => /\\x1b\[(?:\$\{|\d+(?:;\d+)*m)/.test(text)).map(([file]) => file.split("/").at(-1));
  assert.deepEqual(painting, ["paint.ts"]);
});

Deno.test("every variable that the program looks at is told, and no other", () => {
  const read = new Set(
    [...sources(SRC)].flatMap(([, text]) =>
      [...text.matchAll(/\benv(?:\.get)?\("([A-Z][A-Z_]+)"\)/g)].map(([, name]) => name!)
    ),
  );
  assert.deepEqual([...read].sort(), Object.keys(ENVIRONMENT).sort(), "src/cli/environment.ts lists them");
});
