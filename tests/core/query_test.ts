import assert from "node:assert/strict";
import fc from "fast-check";
import { readPeriod } from "../../src/core/periods.ts";
import {
  type Filter,
  formatQuery,
  hasFilter,
  parseQuery,
  type Query,
  sizeOf,
  type Word,
} from "../../src/core/query.ts";
import { fitOf, foldForSearch, trigramsOf } from "../../src/core/search_text.ts";

const NOW = +new Date(2026, 10, 23, 16, 30);
const read = (text: string) => parseQuery(text, (period) => readPeriod(period, NOW));

Deno.test("parseQuery() reads words and every filter", () => {
  const { query, problems } = read(
    'tax "annual report" -draft kind:image,video size:>1GB date:2024 -device:"my nas" dup:no copies:<2',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(query.words, [
    { text: "tax", isNot: false },
    { text: "annual report", isNot: false },
    { text: "draft", isNot: true },
  ]);
  assert.deepEqual(query.filters, [
    { key: "kind", isNot: false, kinds: ["image", "video"] },
    { key: "size", isNot: false, range: { min: 1_000_000_001, max: Infinity } },
    { key: "date", isNot: false, range: { min: +new Date(2024, 0, 1), max: +new Date(2025, 0, 1) } },
    { key: "device", isNot: true, names: ["my nas"] },
    { key: "dup", isNot: true },
    { key: "copies", isNot: false, range: { min: -Infinity, max: 2 } },
  ]);
});

Deno.test("what cannot be read is told, and the rest is asked", () => {
  const cases: [string, string, string, RegExp][] = [
    ["tax kind:picture", "tax", "kind:picture", /"picture" is no kind: there is image,/],
    ["tax size:>big", "tax", "size:>big", /number with a unit/],
    ["date:soon tax", "tax", "date:soon", /a date is such as/],
    ["tax colour:red", 'tax "colour:red"', "colour:red", /no filter colour: .*taken as a word/],
    ["tax ext:", "tax", "ext:", /nothing is named/],
    ["dup:maybe tax", "tax", "dup:maybe", /dup:yes or dup:no/],
    ['tax "open end', 'tax "open end"', '"open end', /quote is not closed/],
    ["date:2024..2022 tax", "tax", "date:2024..2022", /a date is/],
  ];
  for (const [text, rest, part, why] of cases) {
    const { query, problems } = read(text);
    assert.equal(formatQuery(query), rest, text);
    assert.equal(problems[0]?.part, part, text);
    assert.match(problems[0]!.why, why);
  }
  const many = read(Array.from({ length: 50 }, (_, i) => `w${i}`).join(" "));
  assert.equal(many.query.words.length, 32);
  assert.match(many.problems[0]!.why, /32 parts at most/);
  assert.equal(read("12:30 c:x -").problems.length, 0);
});

Deno.test("hasFilter() tells a query from a plain question", () => {
  for (const yes of ["a kind:image", "-ext:pdf", 'x date:"last week"', "KIND:video"]) {
    assert.ok(hasFilter(yes), yes);
  }
  for (const no of ["photos from last year", "12:30", 'colour:red "kind:image"', ""]) {
    assert.ok(!hasFilter(no), no);
  }
});

const word: fc.Arbitrary<Word> = fc.record({
  text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) =>
    !/["\s]/.test(text) && foldForSearch(text) !== "" && text !== "-"
  ),
  isNot: fc.boolean(),
}, { noNullPrototype: true });
const names = fc.array(fc.constantFrom("a", "my nas", "Büro", "work/tax"), { minLength: 1, maxLength: 3 });
const bounds = fc.constantFrom([-Infinity, 2], [1, Infinity], [3, 4], [2, 9]).map(([min, max]) => ({
  min: min!,
  max: max!,
}));
const moments = fc.tuple(fc.integer({ min: 1, max: 900_000 }), fc.integer({ min: 1, max: 900_000 })).map(
  ([a, b]) => {
    const from = +new Date(2001, 0, 1) + a * 1_000;
    return { min: from, max: from + b * 1_000 };
  },
);
const filter: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    key: fc.constantFrom("ext" as const, "device" as const, "folder" as const, "tag" as const),
    isNot: fc.boolean(),
    names,
  }, { noNullPrototype: true }).map((it) => it.key === "ext" ? { ...it, names: ["pdf", "tar"] } : it),
  fc.record(
    { key: fc.constantFrom("size" as const, "copies" as const), isNot: fc.boolean(), range: bounds },
    { noNullPrototype: true },
  ),
  fc.record({ key: fc.constant("date" as const), isNot: fc.boolean(), range: moments }, {
    noNullPrototype: true,
  }),
  fc.record({ key: fc.constant("dup" as const), isNot: fc.boolean() }, { noNullPrototype: true }),
  fc.record({
    key: fc.constant("kind" as const),
    isNot: fc.boolean(),
    kinds: fc.constant(["image" as const, "file" as const]),
  }, {
    noNullPrototype: true,
  }),
);
const query: fc.Arbitrary<Query> = fc.record({
  words: fc.array(word, { maxLength: 5 }),
  filters: fc.array(filter, { maxLength: 5 }),
}, { noNullPrototype: true });

Deno.test("a query is read again as it was printed", () => {
  fc.assert(
    fc.property(query, (it) => {
      const printed = formatQuery(it);
      const again = read(printed);
      assert.deepEqual(again.problems, [], printed);
      assert.deepEqual(again.query, it, printed);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("sizeOf() reads decimal and binary units", () => {
  for (
    const [text, bytes] of [["7", 7], ["1kB", 1_000], ["1.5MB", 1_500_000], ["1GiB", 2 ** 30], [
      "2 tb",
      2e12,
    ]] as const
  ) {
    assert.equal(sizeOf(text)?.min, bytes, text);
  }
  for (const wrong of ["", "GB", "1iB", "1XB", "-1", "1.", "1e9"]) assert.equal(sizeOf(wrong), null, wrong);
});

Deno.test("a name that has the needle has all of its trigrams, whatever the case, form and accents", () => {
  assert.equal(foldForSearch("GRÖSSE.Txt"), "grosse.txt");
  assert.equal(foldForSearch("re\u0301sume\u0301"), "resume");
  assert.equal(foldForSearch("カ\u3099"), "ガ");
  const any = fc.string({ unit: "grapheme", maxLength: 8 });
  fc.assert(
    fc.property(any, any, any, (before, middle, behind) => {
      const [whole, needle] = [foldForSearch(before + middle + behind), foldForSearch(middle)];
      if (!whole.includes(needle)) return;
      const all = new Set(trigramsOf(whole));
      for (const trigram of trigramsOf(needle)) assert.ok(all.has(trigram));
    }),
  );
});

Deno.test("fitOf() tells whole words from beginnings and from middles", () => {
  assert.equal(fitOf("tax-report 2024.pdf", "tax"), 3);
  assert.equal(fitOf("taxes.pdf", "tax"), 2);
  assert.equal(fitOf("syntax.ts", "tax"), 1);
  assert.equal(fitOf("syntax tax", "tax"), 3);
  assert.equal(fitOf("img_0071.jpg", "0071"), 3);
  assert.equal(fitOf("img0071.jpg", "img"), 3);
  assert.equal(fitOf("a.txt", "tax"), 0);
});
