/** docs/cli.md and the program say the same. */
import assert from "node:assert/strict";
import { PAGE, withGenerated } from "../../scripts/docs.ts";
import { messagesIn } from "../../scripts/docs/messages.ts";
import { allCommands } from "../cli/all_commands.ts";

const page = Deno.readTextFileSync(PAGE);

Deno.test("what docs/cli.md says of the program is what the program says", () => {
  assert.ok(withGenerated(page) === page, "docs/cli.md is stale: write it anew with `deno task docs`");
});

Deno.test("a mark that is gone from docs/cli.md is told", () => {
  assert.throws(() => withGenerated(page.replace("<!-- end of messages -->", "")), /end of messages/);
});

/** What people have written: before the first generated part. */
const written = page.slice(0, page.indexOf("## All commands"));

Deno.test("every command is explained in docs/cli.md by a heading", () => {
  const headings = [...written.matchAll(/^##+ .+$/gm)].map(([line]) => line).join("\n");
  const missing = allCommands().filter(({ words }) => words.length === 1)
    .filter(({ name }) => !new RegExp(`\`${name}[ \`]`).test(headings)).map(({ name }) => name);
  assert.deepEqual(missing, []);
});

Deno.test("options that docs/cli.md explains are options of the commands in the heading above", () => {
  const commands = allCommands();
  const wrong: string[] = [];
  let explained = 0;
  for (const section of written.split(/^(?=##+ )/m)) {
    const heading = section.slice(0, section.indexOf("\n"));
    const names = [...heading.matchAll(/`(cairn [a-z]+)/g)].map(([, name]) => name!);
    const known = new Set(
      commands.filter(({ name }) => names.some((one) => name === one || name.startsWith(`${one} `)))
        .flatMap(({ options }) => options.flatMap(({ long, short }) => [long, short])),
    );
    if (names.length === 0) continue;
    for (const [, cell] of section.matchAll(/^\| (`-[^|]*) \|/gm)) {
      for (const [flag] of cell!.matchAll(/(?<=`|\/|, )--?[a-z][a-z-]*/g)) {
        explained++;
        if (!known.has(flag)) wrong.push(`${heading}: ${flag}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(explained > 40, `${explained} options`);
});

Deno.test("messagesIn() reads what an error says, whatever its words are made of", () => {
  const source = [
    'throw new CairnError("usage", `Cannot use "${printable(name)}"`, "Say " + "another.");',
    'throw new CairnError(isNew ? "network" : "internal", a ? `of ${x.nameHere}` : "of none", `${join(a, b)} is`, error);',
    'throw new InvalidArgumentError("It is a number, (from 1).");',
    "throw new CairnError(error.code as ErrorCode, error.message, error.hint);",
    '// new CairnError("usage", "in a comment")',
  ].join("\n");
  assert.deepEqual(messagesIn(source), [
    { code: "usage", message: 'Cannot use "NAME"', hint: "Say another." },
    { code: "network", message: "of NAME-HERE", hint: "… is" },
    { code: "network", message: "of none", hint: "… is" },
    { code: "internal", message: "of NAME-HERE", hint: "… is" },
    { code: "internal", message: "of none", hint: "… is" },
    { code: "usage", message: "It is a number, (from 1).", hint: "" },
  ]);
});
