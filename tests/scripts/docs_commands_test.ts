/** Commands that README and docs/ tell people to type are commands of the program, with these options. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { wrongIn } from "../cli/shown_commands.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** At the start of a line, behind a prompt, in backticks, or as an administrator. */
const TYPED = /(?:^|`|^\w+\$ |^\$ |sudo |deno task )cairn ([^`\n]+)/gm;

Deno.test("each command that README and docs/ show is one of the program, with those options", () => {
  const pages = [...Deno.readDirSync(`${ROOT}/docs`)].map(({ name }) => `docs/${name}`)
    .filter((page) => page.endsWith(".md"));
  const wrong: string[] = [];
  let shown = 0;
  for (const page of ["README.md", ...pages.sort()]) {
    for (const [, typed] of Deno.readTextFileSync(`${ROOT}/${page}`).matchAll(TYPED)) {
      shown++;
      const problem = wrongIn(typed!);
      if (problem !== null) wrong.push(`${page}: cairn ${typed}: ${problem}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(shown > 300, `${shown} commands`);
});

Deno.test("a command or an option that is not there is found, and one that is there is not", () => {
  for (
    const typed of [
      "up ~/Notes",
      "join CODE PATH --again",
      "join Y3AH ~/Notes      (valid 10 minutes, once)",
      "service install|uninstall",
      "resume FOLDER [--accept|--reject]",
      "find -word kind:image",
      "--home DIR status --json",
      "status --json | jq --arg x",
    ]
  ) assert.equal(wrongIn(typed), null, typed);
  for (
    const [typed, problem] of [
      ["sync ~/Notes", "cairn has no command sync"],
      ["up --port 1 --invisible", "cairn up has no option --invisible"],
      ["folders list", "cairn folders has no command list"],
      ["devices forget NAME", "cairn devices has no command forget"],
      ["resume FOLDER [--accept|--refuse]", "cairn resume has no option --refuse"],
      ["status --detach", "cairn status has no option --detach"],
    ] as const
  ) assert.equal(wrongIn(typed), problem);
});
