import assert from "node:assert/strict";
import fc from "fast-check";
import { fileKindOf } from "../../src/core/file_kinds.ts";
import { readPeriod } from "../../src/core/periods.ts";
import { parseQuery, type Query } from "../../src/core/query.ts";
import { foldForSearch } from "../../src/core/search_text.ts";
import { DISK, diskValue } from "../../src/library/disks.ts";
import { findFiles, type FindSources, type FoundFiles } from "../../src/library/find.ts";
import { catchUp } from "../../src/library/guardian.ts";
import { indexNames } from "../../src/library/name_indexer.ts";
import { answerNow } from "../../src/library/questions.ts";
import { contentOf, dot, entryOf, type EntryParts, lsnOf, rowOf } from "../support/entries.ts";
import { deviceIdOf, Five, FOLDERS, type Name, NAMES } from "../support/five_devices.ts";
import { fillCatalogue } from "../support/many_files.ts";

const NOW = +new Date(2026, 10, 23, 16, 30);
const NONE: FindSources = { tags: null, texts: null };

function queryOf(text: string): Query {
  const { query, problems } = parseQuery(text, (period) => readPeriod(period, NOW));
  assert.deepEqual(problems, [], text);
  return query;
}
function find(five: Pick<Five, "asking">, text: string, limit = 1_000, sources = NONE): FoundFiles {
  return answerNow(findFiles(five.asking, queryOf(text), limit, sources));
}
function paths(found: FoundFiles): string[] {
  return found.found.map(({ path }) => path);
}

let counter = 0;
function file(path: string, parts: Partial<EntryParts> = {}) {
  counter++;
  return rowOf(
    path,
    entryOf({ text: `${counter}`, dots: [dot(1, counter)], stamp: 1024 * counter, ...parts }),
  );
}

Deno.test("find tells each path once, with all devices that hold it, the best fit first", () => {
  using five = new Five();
  const both = file("2025/Tax return.pdf", { mtimeMs: 5_000 });
  five.say("laptop", "Documents", [
    both,
    file("notes/syntax.md", { mtimeMs: 9_000 }),
    file("TAXES.txt", { mtimeMs: 1_000 }),
  ]);
  five.say("nas", "Documents", [both]);
  // Another version of the same path, and the file under another name.
  five.say("phone", "Documents", [file("2025/Tax return.pdf", { mtimeMs: 7_000 }), file("other.txt")]);
  five.online.add("nas");
  const answer = find(five, "tax");
  assert.deepEqual(answer.found.map(({ address, devices }) => [address, devices.map(({ name }) => name)]), [
    ["Documents/2025/Tax return.pdf", ["laptop", "nas", "phone"]],
    ["Documents/TAXES.txt", ["laptop"]],
    ["Documents/notes/syntax.md", ["laptop"]],
  ]);
  assert.deepEqual([answer.isCut, answer.behind], [false, 0]);
  assert.deepEqual(paths(find(five, "tax -syn -taxes")), ["2025/Tax return.pdf"]);
  assert.deepEqual(paths(find(five, '"tax return"')), ["2025/Tax return.pdf"]);
  assert.deepEqual(find(five, "tax", 2).isCut, true);
});

Deno.test("names are found in any case and form, without their accents, and by one letter or two", () => {
  using five = new Five();
  five.say("laptop", "Documents", [
    file("Größe".normalize("NFD")),
    file("RÉSUMÉ.pdf"),
    file("カメラ.jpg"),
    file("a.b"),
    file("日本"),
  ]);
  for (const isIndexed of [false, true]) {
    if (isIndexed) answerNow(indexNames(five.catalogue.views.names));
    assert.deepEqual(paths(find(five, "GRÖSSE")), []);
    assert.deepEqual(paths(find(five, "größe")), ["Größe".normalize("NFD")]);
    assert.deepEqual(paths(find(five, "grö")), ["Größe".normalize("NFD")]);
    assert.deepEqual(paths(find(five, "resume")), ["RÉSUMÉ.pdf"]);
    assert.deepEqual(paths(find(five, "カメラ")), ["カメラ.jpg"]);
    assert.deepEqual(paths(find(five, "本")), ["日本"]);
    assert.deepEqual(paths(find(five, "b")), ["a.b"]);
    assert.deepEqual(paths(find(five, 'f" OR')), []);
    assert.deepEqual(paths(find(five, '"%%%"')), []);
  }
});

Deno.test("what a filter names and is not there is told, and the rest is asked", () => {
  using five = new Five();
  five.say("laptop", "Documents", [file("tax.pdf")]);
  const answer = find(five, "tax device:fridge tag:work folder:Documnets");
  assert.deepEqual(paths(answer), ["tax.pdf"]);
  assert.deepEqual(answer.problems.map(({ part }) => part), [
    "device:fridge",
    "tag:work",
    "folder:Documnets",
  ]);
  assert.match(answer.problems[2]!.why, /Did you mean "Documents"\?/);
});

Deno.test("what a device wrote or took away since the index was filled is told as it is", () => {
  using five = new Five();
  const { names } = five.catalogue.views;
  five.say("laptop", "Documents", [file("tax old.pdf"), file("tax gone.pdf"), file("tax here.pdf")]);
  answerNow(indexNames(names));
  five.say("laptop", "Documents", [
    rowOf("tax gone.pdf", entryOf({ kind: "deleted", dots: [dot(1, ++counter)] })),
    file("tax old.pdf", { mtimeMs: 8_000 }),
    file("tax new.pdf", { mtimeMs: 2_000 }),
  ]);
  assert.deepEqual(paths(find(five, "tax")).sort(), ["tax here.pdf", "tax new.pdf", "tax old.pdf"]);
  assert.deepEqual(find(five, "date:>=1969").found.length, 3);
  answerNow(indexNames(names));
  assert.deepEqual(paths(find(five, "tax")).sort(), ["tax here.pdf", "tax new.pdf", "tax old.pdf"]);
  five.catalogue.rows.ignored = new Set([five.catalogue.ids.device(deviceIdOf("laptop"))]);
  assert.deepEqual(paths(find(five, "tax")), []);
});

Deno.test("names and texts are one answer: who has the words in both comes first", () => {
  using five = new Five();
  five.say("laptop", "Documents", [
    file("budget plan.txt", { text: "in both" }),
    file("budget.txt", { text: "name only" }),
    file("letter.txt", { text: "text only" }),
    file("letter.md", { text: "text only" }),
  ]);
  const texts: FindSources["texts"] = {
    *search(words) {
      yield;
      assert.deepEqual(words.map(({ text }) => text), ["budget"]);
      return {
        hits: [
          { content: contentOf("text only"), score: 1, snippet: () => "the budget of" },
          { content: contentOf("in both"), score: 0.5, snippet: () => "our budget" },
        ],
        behind: 3,
      };
    },
  };
  const answer = find(five, "budget", 10, { tags: null, texts });
  assert.deepEqual(answer.found.map(({ path, snippet }) => [path, snippet]), [
    ["budget plan.txt", "our budget"],
    ["budget.txt", null],
    ["letter.md", "the budget of"],
    ["letter.txt", "the budget of"],
  ]);
  assert.equal(answer.behind, 3);
  assert.deepEqual(paths(find(five, "budget ext:md", 10, { tags: null, texts })), ["letter.md"]);
});

Deno.test("what is tagged is found by its tag, of a content and of a path", () => {
  using five = new Five();
  five.say("laptop", "Documents", [
    file("a.txt", { text: "tagged" }),
    file("b.txt"),
    file("c.txt", { text: "tagged" }),
  ]);
  const folder = FOLDERS.find(({ name }) => name === "Documents")!.id;
  const tags: FindSources["tags"] = {
    has: (tag, of) => tag === "work" && (of.content === contentOf("tagged") || of.path === "b.txt"),
    *all() {
      yield;
      return [{ content: contentOf("tagged") }, { folder, path: rowOf("b.txt", file("x").entry).path }];
    },
  };
  const sources = { tags, texts: null };
  assert.deepEqual(paths(find(five, "tag:work", 10, sources)).sort(), ["a.txt", "b.txt", "c.txt"]);
  assert.deepEqual(paths(find(five, "tag:work ext:txt -c", 10, sources)).sort(), ["a.txt", "b.txt"]);
  assert.deepEqual(paths(find(five, "tag:play", 10, sources)), []);
  assert.deepEqual(paths(find(five, "-tag:work kind:file", 10, sources)), []);
});

// ------------------------------------------------------------------------------------ beside a count by hand

interface Path {
  readonly key: string;
  readonly name: string;
  readonly above: string;
  readonly kind: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly content: string;
  readonly folder: string;
  readonly devices: Set<string>;
}

/** Every path of the catalogue, read with none of what `find` reads it by. */
function allPaths({ catalogue }: Five): Path[] {
  const all = new Map<string, Path>();
  const deviceName = new Map(NAMES.map((name) => [catalogue.ids.device(deviceIdOf(name)), name]));
  const folderName = new Map(FOLDERS.map(({ id, name }) => [catalogue.ids.folder(id), name]));
  for (
    const [folder, directory, name, kind, size, mtimeMs, content, device] of catalogue.db.all(
      `SELECT d.folder, d.path, s.name, s.kind, s.size, s.mtime_ms, hex(s.content), h.device FROM holds h
       JOIN states s ON s.id = h.state JOIN directories d ON d.id = s.directory WHERE s.kind <> 0`,
    )
  ) {
    const of = folderName.get(Number(folder))!;
    const key = `${of}/${directory}/${name}`.replaceAll("//", "/");
    const kindName = fileKindOf(kind === 2 ? "directory" : "file", String(name));
    const known = all.get(key) ?? {
      key,
      name: String(name),
      above: String(directory),
      kind: kindName,
      size: Number(size),
      mtimeMs: Number(mtimeMs),
      content: String(content),
      folder: of,
      devices: new Set<string>(),
    };
    known.devices.add(deviceName.get(Number(device))!);
    all.set(key, known);
  }
  return [...all.values()];
}

Deno.test("copies are counted on different disks, as the guardian does, and devices by themselves", () => {
  using five = new Five();
  const { values, ids } = five.catalogue;
  const lies = (name: Name, folder: string, id: string) =>
    values.putFact(
      ids.device(deviceIdOf(name)),
      DISK + FOLDERS.find((one) => one.name === folder)!.id,
      diskValue({ id, freeShare: 1, isFailing: false }),
      lsnOf(1),
    );
  const text = (path: string, text: string) => file(path, { text });
  five.say("laptop", "Photos", [
    text("one disk.jpg", "a"),
    text("two disks.jpg", "b"),
    text("empty.jpg", ""),
  ]);
  five.say("laptop", "Documents", [text("one disk again.jpg", "a")]);
  five.say("laptop", "Music", [text("two disks again.jpg", "b")]);
  five.say("nas", "Photos", [text("moved drive.jpg", "c")]);
  five.say("phone", "Photos", [text("moved drive too.jpg", "c")]);
  lies("laptop", "Photos", "inner");
  lies("laptop", "Documents", "inner");
  lies("laptop", "Music", "outer");
  lies("nas", "Photos", "drive");
  lies("phone", "Photos", "drive");
  const asked = (query: string) => paths(find(five, query)).sort();
  const check = () => {
    assert.deepEqual(asked("kind:image copies:1"), [
      "moved drive too.jpg",
      "moved drive.jpg",
      "one disk again.jpg",
      "one disk.jpg",
    ]);
    assert.deepEqual(asked("kind:image copies:2"), ["two disks again.jpg", "two disks.jpg"]);
    assert.deepEqual(asked("kind:image devices:2"), ["moved drive too.jpg", "moved drive.jpg"]);
    assert.deepEqual(asked("device:laptop devices:1 copies:>1"), ["two disks again.jpg", "two disks.jpg"]);
    assert.deepEqual(asked("copies:>5"), []);
    assert.deepEqual(asked("dup:yes devices:2"), ["moved drive too.jpg", "moved drive.jpg"]);
  };
  check();
  answerNow(catchUp(five.asking));
  assert.equal(five.catalogue.copies.behind(), 0);
  check();
  // Another copy counts at once, and when it is counted.
  five.say("tablet", "Photos", [text("moved drive too.jpg", "c")]);
  for (const isCounted of [false, true]) {
    if (isCounted) answerNow(catchUp(five.asking));
    assert.equal(five.catalogue.copies.behind() === 0, isCounted);
    assert.deepEqual(asked("devices:3"), ["moved drive too.jpg", "moved drive.jpg"]);
    assert.deepEqual(asked("devices:2"), []);
    assert.deepEqual(asked("-devices:3 kind:image dup:yes").length, 4);
  }
});

const DAY = +new Date(2023, 0, 1);
const WORDS = [
  "report",
  "tax",
  "img",
  "pdf",
  "bud",
  "2023",
  "garden",
  "er h",
  "ma",
  "e",
  "_1",
  "winter-s",
  "24/be",
];
/** Words of one letter or two alone are looked for in names. */
const conditions: fc.Arbitrary<
  readonly [string, (path: Path, copies: Map<string, Set<string>>, isAbove: boolean) => boolean]
> = fc
  .oneof(
    {
      weight: 8,
      arbitrary: fc.constantFrom(...WORDS).map((word) =>
        [
          `"${word}"`,
          ({ name, above }: Path, _: unknown, isAbove: boolean) =>
            foldForSearch(name).includes(word) || isAbove && foldForSearch(above).includes(word),
        ] as const
      ),
    },
    fc.constantFrom("summer", "0").map((word) =>
      [`-${word}`, ({ name, above }: Path) => !name.includes(word) && !above.includes(word)] as const
    ),
    fc.constantFrom("image", "document", "folder").map((kind) =>
      [`kind:${kind}`, (path: Path) => path.kind === kind] as const
    ),
    fc.constantFrom("jpg", "mp3").map((ext) =>
      [`ext:${ext}`, ({ name }: Path) => name.endsWith(`.${ext}`)] as const
    ),
    fc.constantFrom(...NAMES).map((name: Name) =>
      [`device:${name}`, ({ devices }: Path) => devices.has(name)] as const
    ),
    fc.constant(
      ["device:phone,tablet", ({ devices }: Path) => devices.has("phone") || devices.has("tablet")] as const,
    ),
    fc.constantFrom(...NAMES).map((name: Name) =>
      [`-device:${name}`, ({ devices }: Path) => !devices.has(name)] as const
    ),
    fc.constantFrom("Photos", "Music").map((name) =>
      [`folder:${name}`, ({ folder }: Path) => folder === name] as const
    ),
    fc.constant(
      ["date:>=2023-01-01", ({ mtimeMs, kind }: Path) => kind !== "folder" && mtimeMs >= DAY] as const,
    ),
    fc.constant(["size:>500kB", ({ size, kind }: Path) => kind !== "folder" && size > 500_000] as const),
    fc.constant(
      [
        "copies:1",
        ({ content }: Path, copies: Map<string, Set<string>>) => copies.get(content)?.size === 1,
      ] as const,
    ),
    fc.constant(
      [
        "devices:>1",
        ({ content }: Path, copies: Map<string, Set<string>>) => (copies.get(content)?.size ?? 0) > 1,
      ] as const,
    ),
  );

Deno.test("find answers what a look at every path does, indexed or not", () => {
  using many = new Five();
  fillCatalogue(many.catalogue, { files: 3_000, duplicates: 20 });
  const all = allPaths(many);
  const copies = new Map<string, Set<string>>();
  for (const { content, devices } of all) {
    if (content === "") continue;
    const holding = copies.get(content) ?? new Set();
    copies.set(content, holding);
    for (const device of devices) holding.add(device);
  }
  const check = () =>
    fc.assert(
      fc.property(fc.array(conditions, { minLength: 1, maxLength: 4 }), (some) => {
        const text = some.map(([part]) => part).join(" ");
        const isAbove = some.some(([part]) => /^"...+"$/.test(part));
        const expected = all.filter((path) => some.every(([, holds]) => holds(path, copies, isAbove)))
          .map(({ key }) => key).sort();
        const answer = find(many, text, 10_000);
        const found = answer.found.map(({ folder, path }) => `${folder}/${path}`).sort();
        if (answer.isCut) {
          const known = new Set(expected);
          assert.ok(found.every((key) => known.has(key)), text);
        } else assert.deepEqual(found, expected, text);
      }),
      { numRuns: 40 },
    );
  check();
  assert.ok(many.catalogue.views.names.behind <= 1_000, "the question has caught up");
  answerNow(indexNames(many.catalogue.views.names));
  assert.equal(many.catalogue.views.names.behind, 0);
  check();
  // How contents stand is known: what does not stand so is not looked at.
  answerNow(catchUp(many.asking));
  assert.equal(many.catalogue.copies.behind(), 0);
  check();
});
