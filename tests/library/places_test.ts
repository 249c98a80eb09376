import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAddress, type PlaceAddress } from "../../src/core/address.ts";
import type { Row } from "../../src/core/entry.ts";
import { withheldVersion } from "../../src/core/version.ts";
import { findFiles } from "../../src/library/find.ts";
import { usageOf } from "../../src/library/disk_usage.ts";
import { type Listing, listPlace } from "../../src/library/listing.ts";
import { answerNow } from "../../src/library/questions.ts";
import { contentCalled, deviceCalled, resolvePlace } from "../../src/library/resolve.ts";
import { type Tree, walkPlace } from "../../src/library/walk.ts";
import { statPlace, whereIsContent } from "../../src/library/whereabouts.ts";
import { contentOf, dot, entryOf, type EntryParts, pathOf, rowOf, stampOf } from "../support/entries.ts";
import { deviceIdOf, Five, type Name, NAMES } from "../support/five_devices.ts";

let counter = 0;
/** A file, by its text, as one write; `over` says how a device stands to it. */
function file(path: string, text: string, over: Partial<Row> = {}, parts: Partial<EntryParts> = {}): Row {
  return rowOf(path, entryOf({ text, dots: [dot(1, ++counter)], stamp: 1024 * counter, ...parts }), over);
}
function directory(path: string): Row {
  return rowOf(path, entryOf({ kind: "directory", dots: [dot(1, ++counter)], mode: 0o755 }));
}

function placeAt(five: Five, address: string) {
  return answerNow(resolvePlace(five.asking, parseAddress(address) as PlaceAddress));
}
function ls(five: Five, address: string, limit = 1_000) {
  const entries = [];
  for (let after: string | null = "", pages = 0; after !== null; pages++) {
    assert.ok(pages < 100);
    const page: Listing = answerNow(listPlace(five.asking, placeAt(five, address), after, limit));
    entries.push(...page.entries);
    after = page.next;
  }
  return entries;
}
function names(five: Five, address: string, limit?: number): string[] {
  return ls(five, address, limit).map(({ name }) => name);
}
function tree(five: Five, address: string, depth: number, limit: number): string[] {
  const lines: string[] = [];
  for (let after: string | null = null, pages = 0; pages === 0 || after !== null; pages++) {
    assert.ok(pages < 1_000);
    const page: Tree = answerNow(walkPlace(five.asking, placeAt(five, address), depth, after, limit));
    lines.push(...page.branches.map((one) => `${"  ".repeat(one.depth - 1)}${one.name}`));
    after = page.next;
  }
  return lines;
}
function refused(work: () => unknown): { code: string; message: string; hint: string } {
  try {
    work();
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
  throw new Error("nothing was refused");
}

function sample(): Five {
  const five = new Five();
  const shared = [directory("2024"), file("2024/a.jpg", "a"), file("2024/b.jpg", "b")];
  five.say("laptop", "Photos", shared);
  five.say("nas", "Photos", [...shared, directory("2023"), file("2023/old.jpg", "old")]);
  five.say("phone", "Documents", [file("Größe.txt".normalize("NFD"), "a")]);
  five.online.add("nas");
  return five;
}

Deno.test("ls of a directory tells what any device has, and of one device what that has", () => {
  using five = sample();
  assert.deepEqual(names(five, ""), ["Documents", "Music", "Photos", "Projects"]);
  assert.deepEqual(names(five, "Photos"), ["2023", "2024"]);
  assert.deepEqual(names(five, "laptop:Photos"), ["2024"]);
  assert.deepEqual(names(five, "phone:Photos"), []);
  const [a] = ls(five, "Photos/2024");
  assert.deepEqual(a, {
    name: "a.jpg",
    address: "Photos/2024/a.jpg",
    kind: "file",
    size: 1,
    mtimeMs: 1_000,
    mode: 0o644,
    content: contentOf("a"),
    target: null,
    devices: ["laptop", "nas"],
    versions: 1,
  });
  assert.equal(ls(five, "nas:Photos/2024")[0]!.address, "nas:Photos/2024/a.jpg");
  assert.deepEqual(names(five, "Photos/2024/a.jpg"), ["a.jpg"]);
});

Deno.test("a directory is told in pages that leave nothing out", () => {
  using five = new Five();
  const rows = Array.from({ length: 57 }, (_, i) => file(`d/${i}.txt`, `${i}`));
  five.say("laptop", "Photos", [directory("d"), ...rows]);
  // Every third has another version elsewhere, every fifth is a tombstone there.
  five.say(
    "nas",
    "Photos",
    rows.filter((_, i) => i % 3 === 0).map(({ path }, i) => file(path, `other ${i}`)),
  );
  five.say("phone", "Photos", [
    rowOf("d/zz", entryOf({ kind: "deleted", dots: [dot(4, 1)] })),
    file("d/only.txt", "phone"),
  ]);
  const all = names(five, "Photos/d");
  assert.deepEqual(all, [...rows.map(({ path }) => path.slice(2)), "only.txt"].sort());
  for (const limit of [1, 2, 7, 1_000]) assert.deepEqual(names(five, "Photos/d", limit), all);
});

Deno.test("an address without a device means what reconcile would choose, else what a device has and does not offer", () => {
  using five = new Five();
  const first = entryOf({ text: "first", dots: [dot(1, 1)], stamp: 5_000 });
  const second = entryOf({ text: "second", dots: [dot(2, 1)], seen: [dot(1, 1)], stamp: 4_000 });
  five.say("laptop", "Photos", [rowOf("x", first)]);
  five.say("nas", "Photos", [rowOf("x", second), file("kept", "index", { offered: false })]);
  five.say("phone", "Photos", [file("gone", "x", { offered: false, held: false })]);
  // Written with knowledge of the first, whatever its stamp.
  assert.equal(placeAt(five, "Photos/x").entry?.content, contentOf("second"));
  assert.equal(placeAt(five, "laptop:Photos/x").entry?.content, contentOf("first"));
  assert.equal(ls(five, "Photos").find(({ name }) => name === "x")?.versions, 2);
  assert.deepEqual(names(five, "Photos"), ["kept", "x"]);
  assert.equal(refused(() => placeAt(five, "Photos/gone")).code, "address-unknown");
  // Deleted with knowledge of both: it is no longer there, but who has it still is asked for by name.
  five.say("tablet", "Photos", [
    rowOf("x", entryOf({ kind: "deleted", dots: [dot(5, 1)], seen: [dot(1, 1), dot(2, 1)] })),
  ]);
  assert.deepEqual(names(five, "Photos"), ["kept"]);
  assert.deepEqual(names(five, "nas:Photos"), ["kept", "x"]);
});

Deno.test("a directory that was deleted is there as long as anything lives in it (R6)", () => {
  using five = new Five();
  five.say("laptop", "Photos", [
    rowOf("d", entryOf({ kind: "deleted", dots: [dot(1, 1)] })),
    directory("d/e"),
  ]);
  five.say("nas", "Photos", [
    file("d/e/x", "x"),
    rowOf("dead", entryOf({ kind: "deleted", dots: [dot(3, 1)] })),
  ]);
  assert.deepEqual(names(five, "Photos"), ["d"]);
  assert.deepEqual(names(five, "Photos/d"), ["e"]);
  assert.deepEqual(names(five, "nas:Photos/d/e"), ["x"]);
  assert.equal(refused(() => placeAt(five, "phone:Photos/d/e")).code, "address-unknown");
});

Deno.test("a tree is told from the top, in pages that go on where they ended", () => {
  using five = sample();
  const whole = [
    "Documents",
    "  Größe.txt".normalize("NFD"),
    "Music",
    "Photos",
    "  2023",
    "    old.jpg",
    "  2024",
  ];
  assert.deepEqual(tree(five, "", 3, 1_000), [...whole, "    a.jpg", "    b.jpg", "Projects"]);
  assert.deepEqual(tree(five, "Photos", 1, 1_000), ["2023", "2024"]);
  assert.deepEqual(tree(five, "Photos/2024", 9, 1_000), ["a.jpg", "b.jpg"]);
  for (const limit of [1, 2, 3, 5]) {
    assert.deepEqual(tree(five, "", 9, limit), [...whole, "    a.jpg", "    b.jpg", "Projects"]);
    assert.deepEqual(tree(five, "", 2, limit), tree(five, "", 2, 1_000));
    assert.deepEqual(tree(five, "nas:Photos", 9, limit), ["2023", "  old.jpg", "2024", "  a.jpg", "  b.jpg"]);
  }
});

Deno.test("names of devices, folders and paths are found in any case and Unicode form, and by the beginning of an id", () => {
  using five = sample();
  assert.deepEqual(names(five, "Documents/Größe.txt".normalize("NFC")), ["Größe.txt".normalize("NFD")]);
  assert.deepEqual(names(five, "NAS:photos/2023"), ["old.jpg"]);
  const id = deviceIdOf("nas");
  assert.equal(deviceCalled(five.asking, id.slice(0, 12)).name, "nas");
});

Deno.test("what an address does not mean is told with what it may have meant", () => {
  using five = sample();
  const cases: [string, string, RegExp, RegExp][] = [
    ["laptpo:Photos", "device-unknown", /no device "laptpo"/, /Did you mean "laptop"\?/],
    [
      "printer:Photos",
      "device-unknown",
      /"printer"/,
      /There is "desktop", "laptop", "nas", "phone", "tablet"\./,
    ],
    ["Fotos", "folder-unknown", /no folder "Fotos"/, /Did you mean "Photos"\?.*\.\//],
    [
      "Photos/2024/c.jpg",
      "address-unknown",
      /no Photos\/2024\/c\.jpg on any device/,
      /"Photos\/2024\/a\.jpg" or/,
    ],
    [
      "nas:Photos/202",
      "address-unknown",
      /no Photos\/202 on nas/,
      /"nas:Photos\/2023" or "nas:Photos\/2024"/,
    ],
    ["Photos/x/y/z", "address-unknown", /no Photos\/x\/y\/z/, /cairn ls Photos\/x\/y$/],
  ];
  for (const [address, code, message, hint] of cases) {
    const error = refused(() => placeAt(five, address));
    assert.equal(error.code, code, address);
    assert.match(error.message, message);
    assert.match(error.hint, hint);
  }
});

Deno.test("a content is found by the first digits of its digest, and several are told", () => {
  using five = new Five();
  const texts = Array.from({ length: 800 }, (_, i) => `text ${i}`);
  five.say("laptop", "Photos", texts.map((text, i) => file(`${i}`, text)));
  for (const length of [16, 17, 64]) {
    const prefix = contentOf("text 7").slice(2, 2 + length);
    assert.equal(contentCalled(five.asking, prefix), contentOf("text 7"));
  }
  const digests = texts.map((text) => contentOf(text).slice(2));
  const four = digests.map((digest) => digest.slice(0, 4));
  const twice = four.find((head, i) => four.indexOf(head) !== i)!;
  const error = refused(() => contentCalled(five.asking, twice));
  assert.equal(error.code, "address-ambiguous");
  for (const digest of digests.filter((one) => one.startsWith(twice))) {
    assert.match(error.hint, new RegExp(digest.slice(0, 8)));
  }
  assert.equal(refused(() => contentCalled(five.asking, "0".repeat(64))).code, "address-unknown");
});

Deno.test("stat tells what every device has, when it was here, and where else the content is", () => {
  using five = sample();
  five.say("phone", "Photos", [file("2024/a.jpg", "mine")]);
  five.say("tablet", "Photos", [rowOf("2024/a.jpg", entryOf({ kind: "deleted", dots: [dot(5, 1)] }))]);
  const { catalogue } = five;
  catalogue.cursors.seen(catalogue.ids.device(deviceIdOf("phone")), 7_000, "");
  const stat = answerNow(statPlace(five.asking, placeAt(five, "laptop:Photos/2024/a.jpg")));
  assert.deepEqual([stat.address, stat.uri], [
    "laptop:Photos/2024/a.jpg",
    "cairn://laptop/Photos/2024/a.jpg",
  ]);
  assert.deepEqual(stat.copies.filter(({ isMeant }) => isMeant).map(({ device }) => device.name), [
    "laptop",
    "nas",
  ]);
  const all = answerNow(statPlace(five.asking, placeAt(five, "Photos/2024/a.jpg")));
  assert.deepEqual(
    all.copies.map((
      copy,
    ) => [copy.device.name, copy.kind, copy.device.online, copy.device.lastSeenMs, copy.isMeant]),
    [
      ["phone", "file", false, 7_000, true],
      ["laptop", "file", true, 0, false],
      ["nas", "file", true, 0, false],
      ["tablet", "deleted", false, 0, false],
    ],
  );
  assert.deepEqual([all.versions, all.elsewhereTotal], [2, 0]);
  const old = answerNow(statPlace(five.asking, placeAt(five, "nas:Photos/2024/a.jpg")));
  assert.deepEqual(old.elsewhere.map(({ address }) => address), ["Documents/Größe.txt".normalize("NFD")]);
});

Deno.test("where tells each path of a content once, with every device that has it there", () => {
  using five = sample();
  // The same content, said with other times: another state of the same path.
  five.say("desktop", "Photos", [file("2024/a.jpg", "a", {}, { mtimeMs: 9_000 })]);
  five.say("tablet", "Photos", [file("2024/a.jpg", "a", { held: false })]);
  const where = answerNow(whereIsContent(five.asking, contentOf("a")));
  assert.deepEqual(where.devices.map(({ name }) => name).sort(), ["desktop", "laptop", "nas", "phone"]);
  assert.deepEqual(
    where.places.map((
      place,
    ) => [place.address, place.devices.map(({ name, held }) => `${name} ${held}`).sort()]),
    [
      ["Photos/2024/a.jpg", ["desktop true", "laptop true", "nas true", "tablet false"]],
      ["Documents/Größe.txt".normalize("NFD"), ["phone true"]],
    ],
  );
  assert.deepEqual([where.placesTotal, where.size], [2, 1]);
});

Deno.test("whose rows do not count is not told of", () => {
  using five = sample();
  five.catalogue.rows.ignored = new Set([five.catalogue.ids.device(deviceIdOf("nas"))]);
  assert.deepEqual(names(five, "Photos"), ["2024"]);
  assert.deepEqual(ls(five, "Photos/2024")[0]!.devices, ["laptop"]);
  assert.equal(refused(() => placeAt(five, "Photos/2023")).code, "address-unknown");
  const usage = answerNow(usageOf(five.asking, placeAt(five, "Photos"), 0));
  assert.deepEqual(usage.total, { files: 2, bytes: 2, uniqueFiles: 1, uniqueBytes: 1 });
  assert.deepEqual(
    answerNow(whereIsContent(five.asking, contentOf("a"))).devices.map(({ name }) => name),
    ["laptop", "phone"],
  );
});

Deno.test("who lists a file without offering it, and who changed one and does not give it, is told by its own name", () => {
  using five = new Five();
  const indexed = file("a.jpg", "indexed");
  const version = withheldVersion(stampOf(2_048), indexed.entry.version.context);
  const withheld: Row = { ...indexed, entry: { ...indexed.entry, version }, offered: false };
  five.say("desktop", "Photos", [withheld]);
  five.say("laptop", "Documents", [{ ...withheld, path: pathOf("b.jpg") }]);
  const of = (address: string) => ls(five, address).map(({ devices }) => devices);
  assert.deepEqual([...of("Photos"), ...of("Documents")], [["desktop"], ["laptop"]]);
  const where = answerNow(whereIsContent(five.asking, contentOf("indexed")));
  assert.deepEqual(
    where.places.map(({ address, devices }) => [address, devices.map(({ name, held }) => [name, held])]),
    [["Photos/a.jpg", [["desktop", true]]], ["Documents/b.jpg", [["laptop", true]]]],
  );
  const { found } = answerNow(
    findFiles(five.asking, { words: [{ text: "jpg", isNot: false }], filters: [] }, 9, {
      tags: null,
      texts: null,
    }),
  );
  assert.deepEqual(
    found.map(({ address, devices }) => [address, devices.map(({ name }) => name)]).sort(),
    [["Documents/b.jpg", ["laptop"]], ["Photos/a.jpg", ["desktop"]]],
  );
});

// ------------------------------------------------------------------------------------ du, beside a count by hand

interface Put {
  readonly device: Name;
  readonly path: string;
  readonly text: string;
  readonly held: boolean;
}
const FOLDER_NAMES = ["Photos", "Documents"] as const;
const put: fc.Arbitrary<Put & { folder: string }> = fc.record({
  device: fc.constantFrom(...NAMES),
  folder: fc.constantFrom(...FOLDER_NAMES),
  path: fc.constantFrom("a", "b", "d/a", "d/b", "d/e/a", "f/a"),
  text: fc.constantFrom("1", "22", "333", "4444", "55555"),
  held: fc.boolean(),
}, { noNullPrototype: true });

Deno.test("du counts what a count of all files by hand does", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(put, { selector: (it) => `${it.device}/${it.folder}/${it.path}`, maxLength: 40 }),
      (all) => {
        using five = new Five();
        for (const { device, folder, path, text, held } of all) {
          five.say(device, folder, [file(path, text, { held })]);
        }
        const scopes = ["", "nas:", "Photos", "Photos/d", "nas:Photos", "laptop:Photos/d"];
        for (const scope of scopes) {
          const { device, folder, path } = parseAddress(scope) as PlaceAddress;
          const here = all.filter((it) =>
            it.held && (device === null || it.device === device) &&
            (folder === null || it.folder === folder) &&
            (path === "" || it.path.startsWith(`${path}/`))
          );
          if (here.length === 0 && path !== "") continue;
          const alone = here.filter((it) =>
            !all.some((other) => other.held && other.text === it.text && other.device !== it.device)
          );
          const bytes = (some: readonly Put[]) => some.reduce((sum, { text }) => sum + text.length, 0);
          const sizes = (of: readonly Put[], only: readonly Put[]) => ({
            files: of.length,
            bytes: bytes(of),
            uniqueFiles: only.length,
            uniqueBytes: bytes(only),
          });
          const usage = answerNow(usageOf(five.asking, placeAt(five, scope), 1));
          assert.deepEqual(usage.total, sizes(here, alone), scope);
          for (const { device: { name }, ...counted } of usage.devices) {
            const of = (some: typeof all) => some.filter((it) => it.device === name);
            assert.deepEqual(counted, sizes(of(here), of(alone)), `${name} in ${scope}`);
          }
          if (scope !== "") continue;
          for (const { address, ...counted } of usage.below) {
            const of = (some: typeof all) => some.filter((it) => it.folder === address);
            assert.deepEqual(counted, sizes(of(here), of(alone)), address);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});
