import assert from "node:assert/strict";
import { posix } from "node:path";
import fc from "fast-check";
import type { RelPath } from "../../src/core/ids.ts";
import { NAME_BYTES, PATH_BYTES } from "../../src/core/limits.ts";
import {
  ancestorsOf,
  checkName,
  checkPath,
  childOf,
  depthOf,
  isBelow,
  nameOf,
  parentOf,
  relPath,
  RESERVED_TOP,
  ROOT,
  utf8Length,
} from "../../src/core/path.ts";
import { anyPath, pathOf } from "../support/entries.ts";

const hostileName = fc.constantFrom(
  ...[
    "",
    ".",
    "..",
    "...",
    RESERVED_TOP,
    "a",
    "a\0b",
    "\0",
    "\\",
    "..\\",
    "C:",
    "~",
    "\ud800",
    "\udfff",
    "\ufffd",
  ],
  ...["x".repeat(NAME_BYTES), "x".repeat(NAME_BYTES + 1), ".CAIRN", "%2e%2e", "．．", "é", "\u{1f600}"],
);
const hostilePath = fc.oneof(
  fc.array(fc.oneof(hostileName, fc.string({ maxLength: 3, unit: "binary" })), { maxLength: 30 })
    .map((names) => names.join("/")),
  fc.string({ unit: fc.constantFrom("/", ".", "a", "\0", "\\") }),
);

Deno.test("whatever is accepted as a path stays inside the root when it is joined to it (invariant 6)", () => {
  let accepted = 0;
  fc.assert(
    fc.property(hostilePath, (path) => {
      if (relPath(path) === null) return;
      accepted++;
      for (const root of ["/home/me/Notes", "/"]) {
        const joined = posix.resolve(root, path);
        assert.equal(joined, posix.join(root, path));
        assert.ok(joined.startsWith(root === "/" ? root : `${root}/`) && joined !== root, joined);
        assert.equal(posix.relative(root, joined), path);
        assert.ok(posix.relative(posix.join(root, RESERVED_TOP), joined).startsWith("../"), "Cairn's own");
      }
      assert.ok(!path.includes("\0") && path.isWellFormed());
      assert.ok(new TextEncoder().encode(path).length <= PATH_BYTES);
      assert.ok(path.split("/").every((name) => new TextEncoder().encode(name).length <= NAME_BYTES));
    }),
    { numRuns: 1000 },
  );
  assert.ok(accepted > 20, `only ${accepted} paths were accepted`);
});

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ["the root itself", "", /empty/],
  ["an absolute path", "/etc/passwd", /empty/],
  ["a path with an empty name", "a//b", /empty/],
  ["a path that ends in a slash", "a/", /empty/],
  ["a way out at the start", "../a", /not a name/],
  ["a way out in the middle", "a/../../b", /not a name/],
  ["a way out at the end", "a/..", /not a name/],
  ["a name of one dot", "./a", /not a name/],
  ["NUL", "a\0.txt", /NUL/],
  ["a lone high surrogate", "a\ud83d", /Unicode/],
  ["a lone low surrogate", "\ude00/a", /Unicode/],
  ["U+FFFD, which is what a name in no Unicode reads as", "caf\ufffd", /Unicode/],
  ["a byte order mark in front, which decoders leave out", "a/\ufeffb", /byte order mark/],
  ["a name of one byte too many", "x".repeat(NAME_BYTES + 1), /longer/],
  ["a name of few characters and too many bytes", "ß".repeat(128), /longer/],
  ["Cairn's own directory", RESERVED_TOP, /own/],
  ["Cairn's own directory, as a disk without case takes it", ".Cairn/x", /own/],
  ["what is in Cairn's own directory", `${RESERVED_TOP}/stage/x`, /own/],
  ["Cairn's own directory by its short name (NTFS, FAT)", "CAIRN~1/x", /own/],
  ["a stream of Cairn's own directory (NTFS)", ".cairn::$DATA", /own/],
  ["an index of Cairn's own directory (NTFS)", ".cairn:$I30:$INDEX_ALLOCATION/x", /own/],
  ["Cairn's own directory with a dot behind (Windows)", ".cairn./x", /own/],
  ["Cairn's own directory with a space behind (Windows)", ".cairn /x", /own/],
  ["Cairn's own directory with a character that HFS+ leaves out", ".cai\u200crn/x", /own/],
  ["Cairn's own directory with a byte order mark in it", ".CA\ufeffIRN/x", /own/],
  ["Cairn's own directory in full width", "\uff0e\uff43airn", /own/],
  ["Cairn's own directory with a dotless i", ".ca\u0131rn", /own/],
  ["Cairn's own directory with a dotted capital I", ".CA\u0130RN", /own/],
];
for (const [what, path, why] of REFUSED) {
  Deno.test(`checkPath() refuses ${what}`, () => {
    assert.match(checkPath(path) ?? "it was accepted", why);
    assert.equal(relPath(path), null);
  });
}

const ACCEPTED = [
  ...[
    "a",
    ".a",
    "...",
    "..a",
    "a..",
    "a b",
    " ",
    "\\",
    "a\nb",
    "é",
    "e\u0301",
    "\u{1f600}",
    "~",
    "C:",
    "-rf",
    "*",
  ],
  ...[
    "cairn",
    "cairn~",
    "cairn~x",
    "cairn~1x",
    ".cairns",
    "x.cairn",
    ".c\u00e1irn",
    ".\u00e7airn",
    ".cairn-",
    "\u200c",
  ],
  ...[
    `a/${RESERVED_TOP}`,
    "a/CAIRN~1",
    `${RESERVED_TOP}x`,
    ".cairnignore",
    "x".repeat(NAME_BYTES),
    "ß".repeat(127),
  ],
];
for (const path of ACCEPTED) {
  Deno.test(`checkPath() accepts ${JSON.stringify(path.slice(0, 20))} (${utf8Length(path)} bytes)`, () => {
    assert.equal(checkPath(path), null);
  });
}

Deno.test("a path of the limit is accepted, one byte more is not (invariant 10)", () => {
  const name = "x".repeat(199);
  const path = Array.from({ length: 20 }, () => name).join("/");
  assert.equal(path.length, PATH_BYTES - 1);
  assert.equal(checkPath(`${path}x`), null);
  assert.match(checkPath(`${path}ß`)!, /path is longer/);
  assert.match(checkPath(`${path}/x`)!, /path is longer/);
});

Deno.test("relPath() takes strings alone", () => {
  for (const value of [null, undefined, 1, {}, ["a"], new Uint8Array(1)]) assert.equal(relPath(value), null);
});

Deno.test("checkName() refuses a slash, which only a path has", () => {
  assert.match(checkName("a/b")!, /slash/);
  assert.equal(checkName("ab"), null);
});

Deno.test("utf8Length() is the number of bytes that the name takes on disk", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(utf8Length(text), new TextEncoder().encode(text).length);
  }));
});

Deno.test("a path is its parent and its name, and lies below each of its ancestors", () => {
  fc.assert(fc.property(anyPath, (path) => {
    assert.equal(childOf(parentOf(path), nameOf(path)), path);
    const ancestors = ancestorsOf(path);
    assert.equal(ancestors.length, depthOf(path) - 1);
    assert.deepEqual(ancestors.map(depthOf), ancestors.map((_, i) => i + 1));
    for (const ancestor of [ROOT, ...ancestors]) assert.ok(isBelow(path, ancestor));
    assert.ok(!isBelow(path, path));
    assert.equal(ancestors.at(-1) ?? ROOT, parentOf(path));
  }));
  assert.equal(depthOf(ROOT), 0);
});

Deno.test("a path is not below another that merely starts its name", () => {
  assert.ok(!isBelow(pathOf("ab/c"), pathOf("a")));
  assert.ok(!isBelow(ROOT, ROOT) && !isBelow(ROOT, "a" as RelPath));
  assert.ok(isBelow(pathOf("a/c"), pathOf("a")));
});
