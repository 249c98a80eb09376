/** What the docs say shows something is there, and says so by that name. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** `tests/x_test.ts` "name of a test" */
const CITED = /`(tests\/[^`\s]+\.ts)`(?::? "([^"]+)")?/g;

Deno.test("each test that the docs cite exists, by the name that they give it", () => {
  const pages = ["README.md", ...[...Deno.readDirSync(`${ROOT}/docs`)].map(({ name }) => `docs/${name}`)];
  const wrong: string[] = [];
  let cited = 0;
  for (const page of pages) {
    if (!page.endsWith(".md")) continue;
    for (const [, file, name] of Deno.readTextFileSync(`${ROOT}/${page}`).matchAll(CITED)) {
      cited++;
      let text = "";
      try {
        text = Deno.readTextFileSync(`${ROOT}/${file}`);
      } catch {
        wrong.push(`${page} cites ${file}, which is not there`);
        continue;
      }
      if (name !== undefined && !text.includes(name)) wrong.push(`${page}: no test "${name}" in ${file}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(cited > 0);
});
