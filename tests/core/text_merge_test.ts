import assert from "node:assert/strict";
import fc from "fast-check";
import { MERGE_BYTES, mergeTexts, textOf, unifiedDiff } from "../../src/core/text_merge.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const BASE = "one\ntwo\nthree\nfour\nfive\n";

Deno.test("changes in different lines are merged", () => {
  const ours = BASE.replace("one", "ONE");
  const theirs = BASE.replace("five", "FIVE\nsix");
  assert.equal(mergeTexts(BASE, ours, theirs), "ONE\ntwo\nthree\nfour\nFIVE\nsix\n");
});

Deno.test("changes in the same line are not merged", () => {
  assert.equal(mergeTexts(BASE, BASE.replace("two", "2"), BASE.replace("two", "II")), null);
});

Deno.test("a change that both made is one change", () => {
  const both = BASE.replace("two", "2");
  assert.equal(mergeTexts(BASE, both, both.replace("five", "5")), both.replace("five", "5"));
});

Deno.test("line ends, and a last line without one, stay as they are", () => {
  assert.equal(mergeTexts("a\r\nb\r\nc\r\nd", "A\r\nb\r\nc\r\nd", "a\r\nb\r\nc\r\nD"), "A\r\nb\r\nc\r\nD");
});

Deno.test("who did not change anything has the other's text", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (base, other) => {
    assert.equal(mergeTexts(base, base, other), other);
    assert.equal(mergeTexts(base, other, base), other);
  }));
});

Deno.test("a merge is the same whoever makes it", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 }).map((lines) =>
    lines.map((line) => line + "\n").join("")
  );
  fc.assert(fc.property(text, text, text, (base, a, b) => {
    assert.equal(mergeTexts(base, a, b), mergeTexts(base, b, a));
  }));
});

Deno.test("what is too much to compare is left alone, at once", () => {
  const many = (line: string) => `${line}\n`.repeat(20_000);
  assert.equal(mergeTexts(many("x"), many("x") + "a\n", "b\n" + many("x")), null);
  assert.equal(unifiedDiff(["a", "b"], many("x"), "b\n" + many("x")), null);
});

Deno.test("bytes with NUL, that are not UTF-8, or too many are no text", () => {
  assert.equal(textOf(bytes("a\0b")), null);
  assert.equal(textOf(new Uint8Array([0x61, 0xff])), null);
  assert.equal(textOf(new Uint8Array(MERGE_BYTES + 1).fill(0x61)), null);
  assert.equal(textOf(new Uint8Array(MERGE_BYTES).fill(0x61))?.length, MERGE_BYTES);
  assert.equal(textOf(bytes("\ufeffa"))?.length, 2);
});

Deno.test("a diff is what diff -u says", () => {
  assert.equal(
    unifiedDiff(["a.txt", "b.txt"], BASE, BASE.replace("two", "2")),
    "--- a.txt\n+++ b.txt\n@@ -1,5 +1,5 @@\n one\n-two\n+2\n three\n four\n five\n",
  );
  assert.equal(
    unifiedDiff(["a", "b"], "", "x"),
    "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n",
  );
  assert.equal(unifiedDiff(["a", "b"], "same", "same"), "");
});

/** The text that a unified diff makes of another, which must be the one that it speaks of. */
function patched(before: string, diff: string): string {
  const lines = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const out: string[] = [];
  let at = 0;
  const said = diff.replaceAll("\n\\ No newline at end of file\n", "¬").match(
    /[^\n¬]*[\n¬]/g,
  )!;
  for (const line of said.slice(2).map((line) => line.replace(/¬$/, ""))) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? /.exec(line);
    if (hunk !== null) {
      const first = Number(hunk[1]) - (hunk[2] === "0" ? 0 : 1);
      out.push(...lines.slice(at, first));
      at = first;
      continue;
    }
    if (line[0] !== "+") assert.equal(lines[at++], line.slice(1));
    if (line[0] !== "-") out.push(line.slice(1));
  }
  return [...out, ...lines.slice(at)].join("");
}

Deno.test("a diff makes of the one text the other", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "", "dd"), { maxLength: 30 })
    .map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = unifiedDiff(["x", "x"], before, after)!;
      assert.equal(diff === "" ? before : patched(before, diff), after);
    }),
    { numRuns: 1000 },
  );
});
