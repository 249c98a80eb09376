import assert from "node:assert/strict";
import { ignoredWords, ignoreLines } from "../../src/cli/ignore.ts";
import { run } from "../../src/cli/program.ts";
import { fakeContext } from "./fake_terminal.ts";

const PATH = {
  asked: "/n/b/a.o",
  folder: "Notes",
  path: "b/a.o",
  isIgnored: true,
  line: 3,
  pattern: "b/",
  of: "b",
};

Deno.test("the line that ignores a path is told with its file, and with what it speaks of", () => {
  const file = "/n/.cairnignore";
  assert.equal(
    ignoredWords({ ...PATH, file }),
    "ignored: line 3 of /n/.cairnignore: b/ (of b/, in which it lies)",
  );
  assert.equal(
    ignoredWords({ ...PATH, file, isIgnored: false, pattern: "!a.o", of: "b/a.o" }),
    "not ignored: line 3 of /n/.cairnignore: !a.o",
  );
  assert.match(ignoredWords({ ...PATH, file, line: 0 }), /^not ignored: no line/);
  const answer = {
    schema: "cairn.ignore/1",
    folder: "Notes",
    file,
    patterns: [{ line: 2, pattern: "*.tmp" }, { line: 10, pattern: "b/" }],
    hasChanged: true,
  } as const;
  assert.deepEqual(ignoreLines({ folder: "Notes" }, answer), [file, "   2  *.tmp", "  10  b/"]);
  assert.match(ignoreLines({ folder: "Notes", add: "b/" }, answer)[0]!, /ignores b\/ from now on/);
});

for (
  const argv of [["ignored"], ["ignore"], ["ignore", "add", "Notes"], ["ignore", "remove"], [
    "ignore",
    "list",
  ]]
) {
  Deno.test(`cairn ${argv.join(" ")} is wrong usage`, async () => {
    assert.equal(await run(argv, fakeContext({ CAIRN_HOME: "/nonexistent" })), 2);
  });
}
