import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeKept,
  encodeKept,
  isNamedAfterPath,
  keptName,
  roomOf,
  versionId,
} from "../../src/core/kept.ts";
import { dot, pathOf } from "../support/entries.ts";
import { keptOf } from "../support/kept.ts";

const LINE = encodeKept(keptOf());

Deno.test("a line of the index says what it said, for every kind", () => {
  const symlink = keptOf({ kind: "symlink", content: null, target: "../a\nb", size: 0 });
  const loser = keptOf({ why: "conflict", lost: { dots: [dot(1, 5)], winner: [dot(2, 7), dot(3, 1)] } });
  const odd = keptOf({ path: pathOf('a "quoted"\n\u{1f600}') });
  for (const kept of [keptOf(), symlink, loser, odd]) {
    assert.deepEqual(decodeKept(encodeKept(kept)), kept);
    assert.ok(!encodeKept(kept).includes("\n"), "it is one line");
  }
});

Deno.test("the form of a line is frozen: stores on disk have it", () => {
  assert.equal(
    LINE,
    '{"file":"fb24e5f7a1d0a2c3","path":"d/notes.txt"}'.replace("fb24e5f7a1d0a2c3", keptOf().file).replace(
      "}",
      `,"kind":"file","size":4,"mtime_ms":1000.5,"mode":420,"content":"${keptOf().content}",` +
        `"since_ms":1000,"why":"replaced","by":"${"02".repeat(32)}"}`,
    ),
  );
  assert.match(keptOf().file, /^[0-9a-f]{32}-2000-1$/);
});

Deno.test("a torn or damaged line is none, wherever it is cut", () => {
  for (let end = 0; end < LINE.length; end++) {
    assert.equal(decodeKept(LINE.slice(0, end)), null, `cut at ${end}`);
  }
});

Deno.test("whatever a line holds, it is a well-formed version or none (bad input)", () => {
  const good = JSON.parse(LINE) as Record<string, unknown>;
  fc.assert(fc.property(fc.constantFrom(...Object.keys(good)), fc.jsonValue(), (key, value) => {
    const kept = decodeKept(JSON.stringify({ ...good, [key]: value }));
    if (kept === null) return;
    assert.ok(Number.isFinite(kept.mtimeMs) && kept.size >= 0 && kept.mode <= 0o777);
    assert.deepEqual(decodeKept(encodeKept(kept)), kept);
  }));
  for (const path of ["../up", "/etc/passwd", ".cairn/marker.json", "a//b", ""]) {
    assert.equal(decodeKept(JSON.stringify({ ...good, path })), null, path);
  }
  assert.equal(decodeKept(JSON.stringify({ ...good, file: "../../marker.json" })), null);
});

Deno.test("a line whose path is not that of its name is found out", () => {
  assert.equal(isNamedAfterPath(keptOf()), true);
  assert.equal(isNamedAfterPath({ ...keptOf(), path: pathOf("d/notes.txT") }), false);
});

Deno.test("versionId() tells the versions of a path apart", () => {
  const path = pathOf("a");
  const files = [[1, 1], [1, 2], [2, 1], [1_700_000_000_000, 12]] as const;
  assert.equal(new Set(files.map(([ms, n]) => versionId({ file: keptName(path, ms, n) }))).size, 4);
});

Deno.test("roomOf() counts whole blocks, and one for an empty file", () => {
  assert.deepEqual([0, 1, 4_096, 4_097].map((size) => roomOf({ size })), [4_096, 4_096, 4_096, 8_192]);
});
