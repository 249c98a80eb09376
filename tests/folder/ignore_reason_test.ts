import assert from "node:assert/strict";
import fc from "fast-check";
import type { RelPath } from "../../src/core/ids.ts";
import { IGNORE_FILE, parseIgnore } from "../../src/folder/ignore.ts";
import { ignoreReason, patternLines } from "../../src/folder/ignore_reason.ts";

const TEXT = "# of the build\nbuild/\n\n*.tmp\n!keep.tmp\n";

function reason(path: string, isDirectory = false) {
  const found = ignoreReason(TEXT, path as RelPath, isDirectory);
  return found && [found.isIgnored, found.line, found.pattern, found.of];
}

Deno.test("the line that decides is told, and what it speaks of", () => {
  assert.deepEqual(reason("a/b.tmp"), [true, 4, "*.tmp", "a/b.tmp"]);
  assert.deepEqual(reason("keep.tmp"), [false, 5, "!keep.tmp", "keep.tmp"]);
  assert.deepEqual(reason("x/build/keep.tmp"), [true, 2, "build/", "x/build"]);
  assert.deepEqual(reason("build", true), [true, 2, "build/", "build"]);
  assert.equal(reason("build"), null);
  assert.equal(reason("a.txt"), null);
  assert.equal(ignoreReason("*", IGNORE_FILE, false), null);
  assert.deepEqual(patternLines("a\r\n#b\r\nc").map(({ line }) => line), [1, 3]);
});

Deno.test("what is told is what the folder does, whatever the lines and paths", () => {
  const word = fc.constantFrom("a", "b", "*", "?", "**", "a*");
  const line = fc.tuple(
    fc.constantFrom("", "!", "/"),
    fc.array(word, { minLength: 1, maxLength: 3 }),
    fc.boolean(),
  )
    .map(([head, words, isDirectory]) => head + words.join("/") + (isDirectory ? "/" : ""));
  const path = fc.array(fc.constantFrom("a", "b", "ab", "c"), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), path, fc.boolean(), (lines, names, isDirectory) => {
      const text = lines.join("\n");
      const at = names.join("/") as RelPath;
      const told = ignoreReason(text, at, isDirectory)?.isIgnored ?? false;
      assert.equal(told, parseIgnore(text).ignores(at, isDirectory));
    }),
    { numRuns: 500 },
  );
});
