import assert from "node:assert/strict";
import fc from "fast-check";
import { isNote, isTag, isTagWithin, labelKey, labelledBy, tagFrom } from "../../src/core/label.ts";
import { NOTE_CHARACTERS, TAG_CHARACTERS } from "../../src/core/limits.ts";
import { anyPath, contentOf, folderOf, pathOf } from "../support/entries.ts";

Deno.test("a tag is kept in one form, whatever it was typed as", () => {
  assert.equal(tagFrom("Work/Tax"), "work/tax");
  assert.equal(tagFrom(" work / tax "), "work/tax");
  assert.equal(tagFrom("Cafe\u0301"), "caf\u00e9");
  assert.equal(tagFrom("steuer-2024_v1.2"), "steuer-2024_v1.2");
});

Deno.test("what could not be typed behind tag:, or says what to do with a tag, is none", () => {
  for (
    const text of [
      "",
      "/",
      "a//b",
      "a/",
      "+a",
      "-a",
      "a/-b",
      "two words",
      'a"b',
      "a:b",
      "a,b",
      "a\u0000",
      "\u202ea",
      "\ud800",
    ]
  ) {
    assert.equal(tagFrom(text), null, JSON.stringify(text));
  }
  assert.equal(tagFrom("x".repeat(TAG_CHARACTERS + 1)), null);
  assert.equal(tagFrom("a/b/c/d/e/f/g/h/i"), null);
});

Deno.test("what became a tag is one, and stays as it is", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 20 }), (text) => {
    const tag = tagFrom(text);
    if (tag !== null) assert.ok(isTag(tag), tag);
  }));
});

Deno.test("tags stand below others", () => {
  assert.ok(isTagWithin("work/tax", "work"));
  assert.ok(isTagWithin("work", "work"));
  assert.ok(!isTagWithin("workshop", "work"));
  assert.ok(!isTagWithin("work", "work/tax"));
});

Deno.test("a note has lines, and nothing that a terminal would obey", () => {
  assert.ok(isNote("one\n\ttwo ü"));
  assert.ok(!isNote(""));
  assert.ok(!isNote("\u001b[31mred"));
  assert.ok(!isNote("x".repeat(NOTE_CHARACTERS + 1)));
});

Deno.test("a key says what it is of, and nothing else is a key", () => {
  const content = contentOf("x");
  assert.deepEqual(labelledBy(content), { kind: "content", content });
  fc.assert(fc.property(anyPath, (path) => {
    const place = { kind: "place", folder: folderOf(1), path } as const;
    assert.deepEqual(labelledBy(labelKey(place)), place);
  }));
  for (
    const key of [
      "",
      "a",
      `${folderOf(1)}`,
      `${folderOf(1)}/`,
      `${folderOf(1)}/../x`,
      `/x`,
      `${content}0`,
      pathOf("a/b"),
    ]
  ) {
    assert.equal(labelledBy(key), null, key);
  }
});
