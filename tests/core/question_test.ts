import assert from "node:assert/strict";
import fc from "fast-check";
import { readPeriod } from "../../src/core/periods.ts";
import { formatQuery } from "../../src/core/query.ts";
import { readQuestion } from "../../src/core/question.ts";

/** A Monday, in the time zone of whoever runs this. */
const NOW = +new Date(2026, 10, 23, 16, 30);
const KNOWN = {
  devices: ["laptop", "desktop", "nas", "nas 2", "Büro-PC"],
  folders: ["Photos", "Documents", "Tax 2025"],
};

function understood(question: string): string {
  return formatQuery(readQuestion(question, NOW, KNOWN).query);
}

Deno.test("plain questions are understood as people mean them", () => {
  const cases: [string, string][] = [
    ["tax documents from last year", "tax date:2025 kind:document"],
    ["videos over 1 GB on the nas", "size:>=1000000000 device:nas kind:video"],
    [
      "photos from last summer that exist only on the laptop",
      "device:laptop devices:1 date:2026-06-01..2026-08-31 kind:image",
    ],
    ["what changed on desktop yesterday", "device:desktop date:2026-11-22"],
    ["What's new on the nas 2 this week?", 'device:"nas 2" date:2026-11-23..2026-11-29'],
    ["files under 10 MB in Documents", "size:<10000000 folder:Documents kind:file"],
    ["pdf files since March", "date:>=2026-03-01 ext:pdf"],
    ["PDFs before 2020", "date:<2020-01-01 ext:pdf"],
    ["music between 5 and 10 MB", "size:5000000..9999999 kind:audio"],
    ["photos and videos from May 2023", "date:2023-05 kind:image,video"],
    ["photos between 2020 and 2022", "date:2020-01-01..2022-12-31 kind:image"],
    ["letters from 3 March 2021 to 5 April 2021", "letters date:2021-03-03..2021-04-05"],
    ["photos in May", "date:2026-05 kind:image"],
    ["notes from the last 3 days", "notes date:2026-11-20..2026-11-23"],
    ["invoices until last friday", "invoices date:<2026-11-21"],
    ["winter pictures 2024", "winter 2024 kind:image"],
    ["pictures from winter 2024", "date:2024-12-01..2025-02-28 kind:image"],
    ["documents with only one copy", "copies:1 kind:document"],
    ["documents on only one device", "devices:1 kind:document"],
    ["wombat -well", "-well wombat"],
    ['photos -"first draft" -beach', '-"first draft" -beach kind:image'],
    ["photos -videos", "-videos kind:image"],
    ["x - b", 'x "-" b'],
    ["videos with fewer than 2 copies not on the nas", "copies:<2 -device:nas kind:video"],
    ["duplicate photos in the Photos folder", "dup:yes folder:Photos kind:image"],
    ["receipts in Tax 2025 tagged work/tax", 'receipts folder:"Tax 2025" tag:work/tax'],
    ["contracts on my büro-pc", "contracts device:Büro-PC"],
    ['"annual report" from 2024', '"annual report" date:2024'],
    // One word is a word, and so is what is all fillers.
    ["music", "music"],
    ["-music", "-music"],
    ["2024", "2024"],
    ["may", "may"],
    ["to do list", "to do list"],
    ["march madness", "march madness"],
    ["report 2024", "report 2024"],
  ];
  for (const [question, means] of cases) {
    assert.equal(understood(question), means, question);
  }
});

Deno.test("what a question names and is not there is said, and taken as a word", () => {
  const { query, problems } = readQuestion("photos from 2020 on the fridge", NOW, KNOWN);
  assert.equal(formatQuery(query), "fridge date:2020 kind:image");
  assert.deepEqual(problems, [{
    part: "on the fridge",
    why: 'no device is called "fridge"; taken as a word',
  }]);
});

Deno.test("any text is a question, and nothing is made of nothing", () => {
  const word = fc.constantFrom(
    ...'photos over 1 GB on the nas only from last year since 2020 before between and " tagged not in Photos ? ( may 5 to'
      .split(" "),
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.array(word, { maxLength: 14 }).map((all) => all.join(" "))),
      (text) => {
        const { query } = readQuestion(text, NOW, KNOWN);
        assert.ok(query.words.length + query.filters.length <= 64);
        for (const filter of query.filters) {
          if ("range" in filter) {
            assert.ok(
              filter.range.min < filter.range.max || /between|from/.test(text),
              text,
            );
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("readPeriod() reads stretches and not moments", () => {
  const local = (text: string | null) => {
    if (text === null) return null;
    const [from, to] = text.split("..").map((day) => {
      const [y, m, d] = day.split("-").map(Number);
      return +new Date(y!, m! - 1, d!);
    });
    return { min: from, max: to };
  };
  const cases: [string, string | null][] = [
    ["2024", "2024-01-01..2025-01-01"],
    ["2024-02", "2024-02-01..2024-03-01"],
    ["2024-02-29", "2024-02-29..2024-03-01"],
    ["2024-13", null],
    ["yesterday", "2026-11-22..2026-11-23"],
    ["today", "2026-11-23..2026-11-24"],
    ["this week", "2026-11-23..2026-11-30"],
    ["last week", "2026-11-16..2026-11-23"],
    ["last month", "2026-10-01..2026-11-01"],
    ["last quarter", "2026-07-01..2026-10-01"],
    ["last 2 weeks", "2026-11-09..2026-11-24"],
    ["past year", "2025-11-23..2026-11-24"],
    ["last summer", "2026-06-01..2026-09-01"],
    ["last autumn", "2025-09-01..2025-12-01"],
    ["May 2023", "2023-05-01..2023-06-01"],
    ["may", "2026-05-01..2026-06-01"],
    ["december", "2025-12-01..2026-01-01"],
    ["15 March 2021", "2021-03-15..2021-03-16"],
    ["2 weeks ago", "2026-11-09..2026-11-10"],
    ["last friday", "2026-11-20..2026-11-21"],
    ["whenever", null],
    ["", null],
    ["2024 or so", null],
  ];
  for (const [text, means] of cases) assert.deepEqual(readPeriod(text, NOW), local(means), text);
});
