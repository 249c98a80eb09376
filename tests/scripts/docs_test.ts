/** What the docs say shows something is there, and says so by that name. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** `tests/x_test.ts` "name of a test or step", "and of another" */
const CITED = /`(tests\/[^`\s]+\.ts)`((?:(?::|,| and|, and)?\s+"[^"]+")*)/g;
/** A test of whatever form. */
const MENTIONED = /`([^`\s]*_test\.ts)`/g;
/** Where a name stands: of a test, of a step, or as `name` of either. It may be put together of several pieces. */
const NAMED =
  /(?:Deno\.test\(|\.step\(|\bname:)\s*(?:\{\s*name:\s*)?((?:"[^"\n]*"|`[^`]*`)(?:\s*\+\s*(?:"[^"\n]*"|`[^`]*`))*)/g;

/** Names of the tests and steps of a file, as patterns: what a template fills in may be anything. */
function namesIn(text: string): RegExp[] {
  return [...text.matchAll(NAMED)].flatMap(([, pieces]) => {
    const name = pieces!.replace(/\s*\n\s*/g, "").replace(/["`]\s*\+\s*["`]/g, "").slice(1, -1);
    const literal = name.split(/\$\{(?:[^{}]|\{[^}]*\})*\}/).map((part) =>
      part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    );
    // What says nothing of its own would be a name of everything.
    return literal.join("").length < 5 ? [] : [new RegExp(`^${literal.join(".*")}$`)];
  });
}

function pages(): { page: string; text: string }[] {
  const docs = [...Deno.readDirSync(`${ROOT}/docs`)].map(({ name }) => `docs/${name}`).sort();
  return ["README.md", ...docs].filter((page) => page.endsWith(".md"))
    .map((page) => ({ page, text: Deno.readTextFileSync(`${ROOT}/${page}`) }));
}

function textOf(file: string): string | null {
  try {
    return Deno.readTextFileSync(`${ROOT}/${file}`);
  } catch {
    return null;
  }
}

Deno.test("each test that the docs cite exists, by the name that they give it", () => {
  const wrong: string[] = [];
  let cited = 0;
  for (const { page, text } of pages()) {
    for (const [, file] of text.matchAll(MENTIONED)) {
      if (!/^tests\//.test(file!)) wrong.push(`${page} cites ${file}, without its whole path`);
    }
    for (const [, file, names] of text.matchAll(CITED)) {
      cited++;
      const source = file!.includes("*") ? "" : textOf(file!);
      if (source === null) {
        wrong.push(`${page} cites ${file}, which is not there`);
        continue;
      }
      const known = namesIn(source);
      for (const [, quoted] of names!.matchAll(/"([^"]+)"/g)) {
        const name = quoted!.replace(/\s+/g, " ").replace(/\\\|/g, "|");
        if (!known.some((pattern) => pattern.test(name))) wrong.push(`${page}: no test "${name}" in ${file}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(cited > 100, `${cited} citations`);
});

/** [words](page.md#heading), within the project. */
const LINKED = /\]\(((?!https?:)[^)#\s]*)(?:#([^)\s]+))?\)/g;

function anchorsIn(text: string): Set<string> {
  return new Set(
    [...text.replace(/```[^]*?```/g, "").matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-")
    ),
  );
}

Deno.test("each link of the docs leads to a page and a heading that are there", () => {
  const wrong: string[] = [];
  let links = 0;
  for (const { page, text } of pages()) {
    for (const [, to, anchor] of text.matchAll(LINKED)) {
      links++;
      const at = to === "" ? page : new URL(to!, `file:///${page}`).pathname.slice(1);
      const there = textOf(at);
      if (there === null) wrong.push(`${page}: no ${at}`);
      else if (anchor !== undefined && !anchorsIn(there).has(anchor)) {
        wrong.push(`${page}: no heading #${anchor} in ${at}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(links > 30, `${links} links`);
});

Deno.test("a name is found however it is written, and one that is not there is not", () => {
  const source = [
    'Deno.test("plain (R1)", () => {});',
    'Deno.test({\n  name: `of ${a ? "x" : b} and ${c}: all`,\n});',
    'await t.step(\n  "a step",\n);',
    'Deno.test(\n  "in two " +\n    "pieces",\n  () => {},\n);',
    "for (const plan of PLANS) Deno.test({ name: `${plan.name}: done` });",
  ].join("\n");
  const isNamed = (name: string) => namesIn(source).some((pattern) => pattern.test(name));
  for (const name of ["plain (R1)", "of x and y: all", "a step", "in two pieces", "a delete: done"]) {
    assert.ok(isNamed(name), name);
  }
  for (const name of ["plain", "plain (R11)", "of x and y", "a step more", "in two", "done"]) {
    assert.ok(!isNamed(name), name);
  }
});
