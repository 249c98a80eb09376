/** Patterns of `.cairnignore`: gitignore's meaning, at a cost that nobody can blow up. */
import assert from "node:assert/strict";
import fc from "fast-check";
import ignore from "ignore";
import { IGNORE_PATTERNS, parseIgnore } from "../../src/folder/ignore.ts";
import type { RelPath } from "../../src/core/ids.ts";
import { FsError } from "../../src/platform/ports.ts";

const path = (text: string) => text as RelPath;
const ignores = (lines: string, name: string, isDirectory = false) =>
  parseIgnore(lines).ignores(path(name), isDirectory);

Deno.test("patterns mean what they mean to another program that knows gitignore's syntax", () => {
  const name = fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom("a", "b", ".", "c") });
  const part = fc.oneof(
    { weight: 3, arbitrary: name },
    {
      weight: 3,
      arbitrary: fc.string({
        minLength: 1,
        maxLength: 5,
        unit: fc.constantFrom("a", "b", "*", "?", "[ab]", "[!a]", "[a-c]"),
      })
        .filter((text) => !text.includes("**")),
    },
    fc.constant("**"),
  );
  const line = fc.tuple(
    fc.boolean(),
    fc.boolean(),
    fc.array(part, { minLength: 1, maxLength: 4 }),
    fc.boolean(),
  )
    .map(([negated, top, parts, directory]) =>
      `${negated ? "!" : ""}${top ? "/" : ""}${parts.join("/")}${directory ? "/" : ""}`
    );
  const names = fc.array(name.filter((text) => text !== "." && text !== ".."), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 4 }),
      names,
      fc.boolean(),
      (lines, parts, isDirectory) => {
        const text = lines.join("\n");
        const at = parts.join("/");
        const other = ignore({ ignorecase: false, allowRelativePaths: true }).add(text);
        assert.equal(
          ignores(text, at, isDirectory),
          other.ignores(isDirectory ? `${at}/` : at),
          `${JSON.stringify(text)} at ${at}`,
        );
      },
    ),
    { numRuns: 5000 },
  );
});

const CASES: readonly (readonly [string, string, boolean, boolean])[] = [
  ["a\\*b", "a*b", false, true],
  ["a\\*b", "aab", false, false],
  ["\\#a", "#a", false, true],
  ["\\!a", "!a", false, true],
  ["a\\ ", "a ", false, true],
  ["a   ", "a", false, true],
  ["a\\", "a", false, false],
  ["[]a]", "]", false, true],
  ["[^a]", "b", false, true],
  ["[!a]", "a", false, false],
  ["[a-", "a", false, false],
  ["[\\]]", "]", false, true],
  ["?", "\u{1f600}", false, true],
  ["[\u{1f600}-\u{1f610}]", "\u{1f605}", false, true],
  ["**", "a/b", false, true],
  ["a/**", "a", true, false],
  ["a/**", "a/b", false, true],
  ["**/a", "a", false, true],
  ["a/**/b", "a/b", false, true],
  ["a//b", "a/b", false, false],
  ["/", "a", true, false],
  ["d\n!d/keep", "d/keep", false, true],
  ["d/*\n!d/keep", "d/keep", false, false],
  ["{a,b}", "a", false, false],
  ["(a|b)+", "(a|b)+", false, true],
];
for (const [lines, name, isDirectory, expected] of CASES) {
  Deno.test(`${JSON.stringify(lines)} ${expected ? "ignores" : "leaves"} ${JSON.stringify(name)}`, () =>
    assert.equal(ignores(lines, name, isDirectory), expected));
}

Deno.test("no line takes for ever, however it is written and whatever is matched against it (invariant 10)", () => {
  const lines = [
    `${"**/a/".repeat(60)}b`,
    `${"*a".repeat(120)}*[bc]`,
    `${"**/*a*/".repeat(60)}x`,
    "[".repeat(4000),
    `${"*".repeat(4000)}b`,
    `${"?*".repeat(120)}b`,
    "a".repeat(250) + "*".repeat(3) + "b",
  ];
  const deep = `${"a/".repeat(255)}c`;
  const long = "a".repeat(255);
  const startMs = performance.now();
  for (const line of lines) {
    for (const name of [deep, long, `${long}/`.repeat(15) + long]) {
      parseIgnore(line).ignores(path(name), false);
    }
  }
  // A regular expression of the first line alone takes hours; all of this takes some ten milliseconds.
  assert.ok(performance.now() - startMs < 20_000);
});

Deno.test("so many patterns are taken and not one more (invariant 10)", () => {
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`).join("\n");
  assert.ok(ignores(lines(IGNORE_PATTERNS), "n7"));
  assert.throws(() => parseIgnore(lines(IGNORE_PATTERNS + 1)), FsError);
});
