import assert from "node:assert/strict";
import fc from "fast-check";
import {
  conflictCopy,
  conflictForms,
  conflictPath,
  copyActorsIn,
  isUntouchedCopy,
  newActor,
} from "../../src/core/conflict_name.ts";
import { sha256 } from "../../src/core/content.ts";
import { toHex } from "../../src/core/ids.ts";
import { NAME_BYTES, PATH_BYTES } from "../../src/core/limits.ts";
import { isBelow, nameOf, parentOf, relPath, utf8Length } from "../../src/core/path.ts";
import { stampAt } from "../../src/core/stamp.ts";
import { anyEntry, anyPath, dot, entryOf, pathOf } from "../support/entries.ts";

const LOSER = entryOf({ text: "lost", dots: [dot(1, 1)], stamp: stampAt(Date.UTC(2026, 6, 9, 23, 59)) });
const HASH = LOSER.content!.slice(2, 10);
const TAG = `.conflict-20260709-${HASH}`;

const NAMES: readonly (readonly [string, string, string])[] = [
  ["stands before the extension", "notes.md", `notes${TAG}.md`],
  ["stands before the last of several extensions", "a.tar.gz", `a.tar${TAG}.gz`],
  ["stands at the end of a name without extension", "Makefile", `Makefile${TAG}`],
  ["takes a leading dot for no extension", ".profile", `.profile${TAG}`],
  ["finds the extension of a hidden file", ".config.json", `.config${TAG}.json`],
  ["takes a trailing dot for no extension", "odd.", `odd.${TAG}`],
  ["stays in the file's directory", "a/b/c.txt", `a/b/c${TAG}.txt`],
  ["leaves a dot of the directory alone", "a.b/c", `a.b/c${TAG}`],
];
for (const [what, path, expected] of NAMES) {
  Deno.test(`the conflict mark ${what} (R5)`, () =>
    assert.equal(conflictPath(pathOf(path), LOSER), expected));
}

Deno.test("the date is that of the loser's stamp in UTC, wherever we are (R5)", () => {
  const at = (ms: number) => conflictPath(pathOf("a"), { ...LOSER, stamp: stampAt(ms) });
  assert.equal(at(Date.UTC(2026, 0, 1) - 1), `a.conflict-20251231-${HASH}`);
  assert.equal(at(Date.UTC(2026, 0, 1)), `a.conflict-20260101-${HASH}`);
  assert.equal(at(0), `a.conflict-19700101-${HASH}`);
});

Deno.test("the name depends on the loser's content and stamp, and on nothing else (R5)", () => {
  const path = pathOf("a.txt");
  const elsewhere = entryOf({ text: "lost", dots: [dot(3, 9)], writer: 4, mode: 0o600, stamp: LOSER.stamp });
  assert.equal(conflictPath(path, elsewhere), conflictPath(path, LOSER));
  assert.notEqual(conflictPath(path, { ...LOSER, content: null, target: "x" }), conflictPath(path, LOSER));
});

Deno.test("a symlink's copy carries the hash of its target (R5)", () => {
  const link = entryOf({ kind: "symlink", text: "../somewhere", dots: [dot(1, 1)], stamp: LOSER.stamp });
  const hash = toHex(sha256(new TextEncoder().encode("../somewhere"))).slice(0, 8);
  assert.equal(conflictPath(pathOf("link"), link), `link.conflict-20260709-${hash}`);
});

Deno.test("a long name is cut to 255 bytes between code points, its extension kept (R5)", () => {
  const cut = nameOf(conflictPath(pathOf(`${"x".repeat(251)}.txt`), LOSER));
  assert.equal(utf8Length(cut), NAME_BYTES);
  assert.ok(cut.endsWith(`${TAG}.txt`));
  const emoji = nameOf(conflictPath(pathOf(`${"\u{1f600}".repeat(62)}.txt`), LOSER));
  assert.match(emoji, /^\u{1f600}+\.conflict/u);
  assert.ok(utf8Length(emoji) <= NAME_BYTES && utf8Length(emoji) > NAME_BYTES - 4);
});

Deno.test("an extension that leaves no room is cut as a name without one (R5)", () => {
  const name = nameOf(conflictPath(pathOf(`a.${"x".repeat(253)}`), LOSER));
  assert.equal(name, `a${TAG}`);
  assert.ok(utf8Length(name) <= NAME_BYTES);
});

Deno.test("where the path would be too long the copy goes to the longest ancestor that fits (R5)", () => {
  const directory = Array.from({ length: 20 }, () => "d".repeat(198)).join("/");
  const path = pathOf(`${directory}/${"n".repeat(PATH_BYTES - directory.length - 1)}`);
  const copy = conflictPath(path, LOSER);
  assert.equal(parentOf(copy), parentOf(parentOf(path)));
  const short = pathOf(`${directory.slice(0, -40)}/a`);
  assert.equal(parentOf(conflictPath(short, LOSER)), parentOf(short));
});

Deno.test("a conflict name is always a path, in the file's directory or above, and another than the file's", () => {
  const loser = anyEntry.filter(({ kind }) => kind === "file" || kind === "symlink");
  fc.assert(fc.property(anyPath, loser, (path, entry) => {
    const copy = conflictPath(path, entry);
    assert.notEqual(relPath(copy), null, copy);
    assert.notEqual(copy, path);
    assert.ok(isBelow(path, parentOf(copy)));
  }));
});

Deno.test("a copy says by its actors that it is one, and goes on to say so when it is edited (R4)", () => {
  const copy = conflictCopy(pathOf("a.txt"), LOSER);
  assert.equal(copyActorsIn(LOSER.version).length, 0);
  assert.equal(copyActorsIn(copy.entry.version).length, 1);
  assert.ok(isUntouchedCopy(copy.entry.version));
  const own = dot(3, 7);
  const context = new Map([...copy.entry.version.context, [own.actor, own.counter]]);
  const edited = { ...copy.entry.version, dots: [own], meta: own, context };
  assert.equal(copyActorsIn(edited).length, 1);
  assert.ok(!isUntouchedCopy(edited));
});

Deno.test("no journal's actor is taken for a copy's", () => {
  const random = new Uint8Array([0xc0, 0xf1, 1, 2, 3, 4, 5, 6]);
  assert.equal(newActor(random), "0000010203040506");
  assert.equal(newActor(random.fill(0xc0)), "c0".repeat(8));
});

Deno.test("a conflict name is taken apart into what it was made of", () => {
  fc.assert(fc.property(anyPath, anyEntry, (path, loser) => {
    const name = nameOf(conflictPath(path, loser));
    const isCut = !conflictForms(name).some(({ stem, extension }) => stem + extension === nameOf(path));
    assert.ok(!isCut || utf8Length(name) > NAME_BYTES - 4, name);
  }));
  for (
    const name of ["a.conflict-2026-0123abcd", "a.conflict-20260101-0123ABCD", "conflict-20260101-0123abcd"]
  ) {
    assert.deepEqual(conflictForms(name), [], name);
  }
});
