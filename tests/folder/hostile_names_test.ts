/**
 * Names as a peer may send them (invariant 6): which are refused at the door, and what the others become on the disk. A name that is let
 * in is on the disk byte for byte, in the directory that it names, and nothing else is anywhere.
 */
import assert from "node:assert/strict";
import { checkPath, relPath } from "../../src/core/path.ts";
import { decodeRows, encodeRows } from "../../src/core/row_codec.ts";
import { place } from "../../src/folder/place.ts";
import { FsError } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { dot, entryOf, lsnOf, pathOf, rowOf } from "../support/entries.ts";
import { listingOf, testRoot } from "../support/roots.ts";

const REFUSED: Record<string, readonly string[]> = {
  "traversal": ["..", ".", "../x", "a/../../x", "a/..", "./a", "a/./b", "..//x"],
  "absolute": ["/", "/etc/passwd", "//host/share"],
  "empty": ["", "a//b", "a/"],
  "NUL": ["\0", "a\0", "a/b\0/c"],
  "no Unicode": ["\ud800", "a\udfff", "\udc00\ud800/x", "\ufffd", "a/caf\ufffd"],
  "a mark that decoders leave out": ["\ufeffa", "a/\ufeff", `\ufeff${"x".repeat(230)}`],
  "overlong": [
    "x".repeat(256),
    "ß".repeat(128),
    "\u{1f600}".repeat(64),
    `${"d".repeat(250)}/`.repeat(16) + "xxxx",
  ],
  "Cairn's own": [
    ".cairn",
    ".CAIRN/stage/x",
    ".cairn/../x",
    "CAIRN~1",
    ".cairn:s",
    ".cairn.",
    ".cai\u200crn",
    ".ca\u0131rn/x",
  ],
};

const ACCEPTED: Record<string, readonly string[]> = {
  "dots": ["...", "..a", "a..", ".a", ". .", "..\u200c"],
  "backslash and drive": ["\\", "..\\..\\x", "C:", "C:\\x", "\\\\host\\share", "c:/x"],
  "streams and devices": ["a::$DATA", "CON", "nul.txt", "aux", "COM1"],
  "characters that shells and Windows mind": [
    '<>:"|?*',
    "-rf",
    "~",
    "$(x)",
    "`x`",
    "a;b",
    "%2e%2e%2f",
    "&amp;",
  ],
  "controls and blanks": ["\u0001", "a\nb", "\t", "\u007f", "\u001b[2J", " ", " a ", "a.", "\u00a0"],
  "other forms of Unicode": [
    ...[
      "caf\u00e9",
      "cafe\u0301",
      "\uff0e\uff0e",
      "\uff0f",
      "\u2215",
      "\u202egnp.exe",
      "\u200d",
      "\u{1f600}",
      "a\ufeff",
    ],
  ],
  "as long as can be": ["x".repeat(255), "ß".repeat(127), `${"d".repeat(250)}/`.repeat(15) + "x".repeat(200)],
};

/** The row as a forger puts it on the wire: the encoder does not look. */
function sent(path: string): unknown {
  const entry = entryOf({ text: "hostile", dots: [dot(2, 1)] });
  return encodeRows([{ lsn: lsnOf(1), row: { ...rowOf("x", entry), path: path as never } }]);
}

for (const [what, paths] of Object.entries(REFUSED)) {
  for (const path of paths) {
    Deno.test(`a row for ${JSON.stringify(path.slice(0, 24))} is refused whole: ${what}`, () => {
      assert.equal(relPath(path), null);
      assert.ok(checkPath(path)!.length > 0);
      assert.throws(() => decodeRows(sent(path)), { code: "message-invalid" });
    });
  }
}

for (const [what, paths] of Object.entries(ACCEPTED)) {
  for (const path of paths) {
    Deno.test({
      name: `${JSON.stringify(path.slice(0, 24))} is that name on the disk and nothing else: ${what}`,
      ignore: Deno.build.os !== "linux",
      fn() {
        using root = testRoot();
        const [{ row }] = decodeRows(sent(path)) as [ReturnType<typeof decodeRows>[0]];
        using context = root.context();
        const stage = root.stage("hostile");
        assert.equal(place(context, row.path, null, { kind: "file", stage }).result, "done");
        assert.deepEqual(treeOf(root.root), [path]);
        assert.deepEqual(listingOf(root.outside), []);
        const expected = { kind: "file", print: printAt(root, path) } as const;
        assert.equal(place(context, row.path, expected, { kind: "deleted" }).result, "done");
        assert.deepEqual(treeOf(root.root), []);
        assert.equal(root.kept().join(), "hostile");
      },
    });
  }
}

/** A path may be longer than the system takes in one piece: through its held parent. */
function printAt(root: ReturnType<typeof testRoot>, path: string) {
  using context = root.context();
  const { dev, ...stat } = realFs().lstat(context.pins.at(pathOf(path)))!;
  return { ...stat, dev: dev === root.rootDev ? 0 : dev };
}

/** Files below the root but Cairn's own, by the bytes of their names. */
function treeOf(root: string): string[] {
  const fs = realFs();
  const below = (dir: string): string[] => {
    const pin = fs.pin(root, dir as never);
    try {
      return fs.list(pin.self).flatMap(({ name, kind }) => {
        const path = dir === "" ? name : `${dir}/${name}`;
        return path === ".cairn" ? [] : kind === "directory" ? below(path) : [path];
      });
    } finally {
      pin.close();
    }
  };
  return below("");
}

Deno.test("a path that is too long for the system in one piece is reached piece by piece, or refused with a code", () => {
  using root = testRoot();
  using context = root.context();
  const path = pathOf(`${"d".repeat(255)}/`.repeat(15) + "x".repeat(100));
  try {
    assert.equal(place(context, path, null, { kind: "file", stage: root.stage("deep") }).result, "done");
    assert.deepEqual(treeOf(root.root), [path]);
  } catch (error) {
    assert.ok(error instanceof FsError && error.code === "name-too-long", String(error));
  }
});
