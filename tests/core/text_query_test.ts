import assert from "node:assert/strict";
import fc from "fast-check";
import { TEXT_BYTES, TEXT_NOTE_CHARACTERS } from "../../src/core/limits.ts";
import { textKindOf } from "../../src/core/text_kinds.ts";
import { fold, matchOf, snippetOf, textTermsOf } from "../../src/core/text_query.ts";
import { isBetterText, normalNote, normalText, type TextHead } from "../../src/core/text_record.ts";

Deno.test("textTermsOf() knows words, phrases and beginnings", () => {
  assert.deepEqual(textTermsOf(`Tax "final notice" invoi* "two wor"*`), [
    { words: ["tax"], isPrefix: false },
    { words: ["final", "notice"], isPrefix: false },
    { words: ["invoi"], isPrefix: true },
    { words: ["two", "wor"], isPrefix: true },
  ]);
});

Deno.test("textTermsOf() takes a beginning of less than three letters for a word", () => {
  assert.deepEqual(textTermsOf("ab*"), [{ words: ["ab"], isPrefix: false }]);
});

Deno.test("textTermsOf() finds nothing where there is no word", () => {
  assert.deepEqual(textTermsOf(` - "" "  * ( ) AND-`.replace("AND", "")), []);
});

Deno.test("matchOf() quotes all that FTS5 would take for an operator", () => {
  assert.equal(
    matchOf(textTermsOf(`NEAR(a b) OR col:x "un`)),
    `"near a" AND "b" AND "or" AND "col x" AND "un"`,
  );
  assert.equal(matchOf(textTermsOf("a b"), textTermsOf("c d*")), `("a" AND "b") NOT ("c" OR "d")`);
});

Deno.test("snippetOf() shows the stretch with most of what was looked for, and marks it", () => {
  const filler = (n: number) => Array.from({ length: n }, (_, i) => `w${i}`).join(" ");
  const text = `alpha ${filler(100)} alpha the Größe beta ${filler(100)}`;
  const { text: snippet, marks } = snippetOf(text, textTermsOf("alpha grosse* beta große größe"));
  assert.ok(snippet.startsWith("… ") && snippet.endsWith(" …"));
  assert.deepEqual(marks.map(([from, until]) => snippet.slice(from, until)), ["alpha", "Größe", "beta"]);
});

Deno.test("snippetOf() never marks beyond its text", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 400 }),
      fc.string({ maxLength: 20 }),
      (raw, words) => {
        const { text, marks } = snippetOf(normalText(raw), textTermsOf(words));
        let at = 0;
        for (const [from, until] of marks) {
          assert.ok(from >= at && from < until && until <= text.length);
          at = until;
        }
      },
    ),
  );
});

Deno.test("fold() knows neither case nor accents", () => {
  assert.equal(fold("ÉTÉ"), "ete");
  assert.equal(fold("Ångström"), "angstrom");
});

Deno.test("normalText() has one form for a text, within its bound", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (raw) => {
    const once = normalText(raw);
    assert.equal(normalText(once), once);
    assert.ok(!/[\p{Cc}\p{Cf}\p{Cs}]| {2}|^ | $/u.test(once));
  }));
  const long = normalText("€ ".repeat(TEXT_BYTES));
  assert.ok(new TextEncoder().encode(long).length <= TEXT_BYTES);
  assert.equal(normalText(long), long);
});

Deno.test("normalText() has nothing that turns a terminal or a line around", () => {
  assert.equal(normalText("a\u202eb\x1b[31mc\u00add\0e"), "a b [31mcd e");
});

Deno.test("normalNote() is one short line, and the same when done twice", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 1000 }), (raw) => {
    const once = normalNote(raw);
    assert.equal(normalNote(once), once);
    assert.ok(once.length <= TEXT_NOTE_CHARACTERS);
  }));
});

Deno.test("isBetterText() takes a later extractor, or a text where there was none", () => {
  const head = (version: number, note: string | null) => ({ version, note } as TextHead);
  assert.equal(isBetterText(head(1, "x"), null), true);
  assert.equal(isBetterText(head(1, null), head(1, null)), false);
  assert.equal(isBetterText(head(1, null), head(1, "x")), true);
  assert.equal(isBetterText(head(1, "x"), head(1, null)), false);
  assert.equal(isBetterText(head(2, "x"), head(1, null)), true);
  assert.equal(isBetterText(head(1, null), head(2, "x")), false);
});

Deno.test("textKindOf() goes by the name", () => {
  assert.equal(textKindOf("Report.PDF"), "pdf");
  assert.equal(textKindOf("README"), "plain");
  assert.equal(textKindOf("main.rs"), "plain");
  assert.equal(textKindOf(".txt"), null);
  assert.equal(textKindOf("photo.jpg"), null);
});
