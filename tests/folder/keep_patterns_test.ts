import assert from "node:assert/strict";
import { KEEP_PATTERN_CHARACTERS, KEEP_PATTERNS } from "../../src/core/limits.ts";
import { keepFault, keepRules } from "../../src/folder/keep_patterns.ts";

function kept(patterns: readonly string[], ...paths: readonly string[]): string[] {
  assert.equal(keepFault(patterns), null);
  const rules = keepRules(patterns);
  return paths.filter((path) => rules.keeps(path));
}

Deno.test("a pattern that matches a directory speaks of all in it, and the last one that speaks of a file decides", () => {
  const paths = [
    "2025/a.jpg",
    "2025/raw/b.raw",
    "2025/raw/best/c.raw",
    "2019/d.jpg",
    "2019/2025/e.jpg",
    "2025x",
  ];
  assert.deepEqual(kept([], ...paths), paths);
  assert.deepEqual(kept(["2025/**"], ...paths), ["2025/a.jpg", "2025/raw/b.raw", "2025/raw/best/c.raw"]);
  assert.deepEqual(kept(["/2025/"], ...paths), kept(["2025/**"], ...paths));
  assert.deepEqual(kept(["2025"], ...paths), [...kept(["2025/**"], ...paths), "2019/2025/e.jpg"]);
  assert.deepEqual(kept(["2025/**", "!2025/raw/", "2025/raw/best/**"], ...paths), [
    "2025/a.jpg",
    "2025/raw/best/c.raw",
  ]);
  assert.deepEqual(kept(["*.jpg"], ...paths), ["2025/a.jpg", "2019/d.jpg", "2019/2025/e.jpg"]);
  assert.deepEqual(kept(["2025/"], "2025"), [], "a file is no directory");
});

Deno.test("where all patterns begin with !, what none speaks of is kept; the lines of what is ignored are kept always", () => {
  assert.deepEqual(kept(["!*.mov", "!raw/"], "a.jpg", "a.mov", "raw/b", "c/raw/d"), ["a.jpg"]);
  assert.deepEqual(kept(["!*.mov", "2025/"], "a.jpg", "2025/b.mov"), ["2025/b.mov"]);
  assert.deepEqual(kept(["2025/**"], ".cairnignore", "2019/.cairnignore"), [".cairnignore"]);
});

Deno.test("what is no pattern, too long or too many is told", () => {
  for (const bad of ["", "  ", "# 2025", "a\nb", "[a", "/"]) {
    assert.match(keepFault(["fine", bad])!, /is no pattern/, JSON.stringify(bad));
  }
  const most = Array.from({ length: KEEP_PATTERNS }, (_, i) => `p${i}`);
  assert.equal(keepFault(most), null);
  assert.match(keepFault([...most, "one"])!, /There are 257 patterns, and at most 256/);
  assert.equal(keepFault(["x".repeat(KEEP_PATTERN_CHARACTERS)]), null);
  assert.match(keepFault(["x".repeat(KEEP_PATTERN_CHARACTERS + 1)])!, /1025 characters/);
});
