import assert from "node:assert/strict";
import fc from "fast-check";
import { IGNORE_FILE, parseIgnore, readIgnore } from "../../src/folder/ignore.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { anyPath, pathOf } from "../support/entries.ts";
import { tempDir } from "../support/temp_dir.ts";

function ignored(text: string, paths: readonly string[]): string[] {
  const rules = parseIgnore(text);
  return paths.filter((path) => rules.ignores(pathOf(path.replace(/\/$/, "")), path.endsWith("/")));
}

const CASES: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ["a name at any depth", "*.log", ["a.log", "d/b.log"], ["a.txt", "log"]],
  ["a name at the top alone", "/build", ["build", "build/"], ["d/build"]],
  ["a directory and not a file of that name", "target/", ["target/", "d/target/"], ["target"]],
  ["all in a directory", "target/", ["target/a", "target/d/e"], ["d/a"]],
  ["what a later line takes back", "*.log\n!keep.log", ["a.log"], ["keep.log"]],
  ["by case, on every device alike", "*.LOG", ["a.LOG"], ["a.log"]],
  ["no comment and no empty line", "# a.txt\n\n   \n", [], ["a.txt", "# a.txt"]],
  ["lines that end as on Windows", "*.tmp\r\n*.bak\r\n", ["a.tmp", "a.bak"], ["a"]],
  ["directories in between", "a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["z", "b/z"]],
];
for (const [what, text, yes, no] of CASES) {
  Deno.test(`an ignore line means ${what}`, () => assert.deepEqual(ignored(text, [...yes, ...no]), [...yes]));
}

Deno.test("the ignore file itself is never ignored, but one of its name deeper down may be (R18)", () => {
  const rules = parseIgnore("*\n.cairnignore");
  assert.ok(!rules.ignores(IGNORE_FILE, false));
  assert.ok(rules.ignores(pathOf(`d/${IGNORE_FILE}`), false));
});

Deno.test("no rules ignore nothing", () => {
  fc.assert(fc.property(anyPath, fc.boolean(), (path, isDirectory) => {
    assert.ok(!parseIgnore("").ignores(path, isDirectory));
    assert.ok(!parseIgnore(" \n\t\n").ignores(path, isDirectory));
  }));
});

Deno.test("whatever people write into the file, every path gets an answer", () => {
  const line = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({
      maxLength: 8,
      unit: fc.constantFrom("[", "]", "*", "?", "\\", "!", "/", "a", "-", "^", "(", "{", "|", "$", " "),
    }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), anyPath, fc.boolean(), (lines, path, isDirectory) => {
      assert.equal(typeof parseIgnore(lines.join("\n")).ignores(path, isDirectory), "boolean");
    }),
    { numRuns: 1000 },
  );
});

Deno.test("rules are read from the root, and none are when there is no file, or something else of that name", () => {
  using dir = tempDir();
  assert.equal(readIgnore(realFs(), dir.path).text, "");
  Deno.mkdirSync(dir.at(IGNORE_FILE));
  assert.equal(readIgnore(realFs(), dir.path).text, "");
  Deno.removeSync(dir.at(IGNORE_FILE));
  Deno.writeTextFileSync(dir.at("elsewhere"), "*");
  Deno.symlinkSync("elsewhere", dir.at(IGNORE_FILE));
  assert.equal(readIgnore(realFs(), dir.path).text, "", "a link is not followed");
  Deno.removeSync(dir.at(IGNORE_FILE));
  Deno.writeTextFileSync(dir.at(IGNORE_FILE), "*.log\n");
  assert.ok(readIgnore(realFs(), dir.path).ignores(pathOf("a.log"), false));
});
