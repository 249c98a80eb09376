import assert from "node:assert/strict";
import fc from "fast-check";
import type { Row } from "../../src/core/entry.ts";
import type { Fingerprint } from "../../src/core/fingerprint.ts";
import type { Mode } from "../../src/core/mode.ts";
import { supersedes } from "../../src/core/reconcile.ts";
import { nextStamp, stampAt } from "../../src/core/stamp.ts";
import { covers, sameVersion } from "../../src/core/version.ts";
import {
  type Mint,
  rowOfGone,
  rowOfRevived,
  rowOfSeen,
  type SeenContent,
} from "../../src/sync/local_change.ts";
import { anyEntry, contentOf, deviceOf, dot, entryOf, pathOf, rowOf, stampOf } from "../support/entries.ts";

const PATH = pathOf("a.txt");
const NOW_MS = 1_000_000;

/** Mints dots 100, 101 … of actor 7. */
function minting(nowMs = NOW_MS, mode: Mode = "sync"): Mint & { minted: number } {
  const mint = {
    minted: 0,
    mode,
    device: deviceOf(7),
    dot: () => dot(7, 100 + mint.minted++),
    stamp: (replaced: Parameters<Mint["stamp"]>[0]) => nextStamp(stampOf(0), nowMs, replaced),
    found: (writtenMs: number) => stampAt(Math.min(writtenMs, nowMs)),
  };
  return mint;
}

function seenFile(text: string, over: Partial<SeenContent> = {}): SeenContent {
  return {
    kind: "file",
    size: text.length,
    mtimeMs: 5_000,
    writtenMs: 5_000,
    mode: 0o644,
    content: contentOf(text),
    target: null,
    ...over,
  };
}

function printed(over: Partial<Fingerprint> = {}): Fingerprint {
  return {
    size: 4,
    mtimeMs: 5_000,
    ctimeMs: 1,
    birthMs: 1,
    ino: 1,
    dev: 0,
    mode: 0o644,
    settled: true,
    ...over,
  };
}

const OWN: Row = rowOf(
  PATH,
  entryOf({ text: "text", dots: [dot(1, 5)], seen: [dot(2, 6)], stamp: 50, mtimeMs: 5_000 }),
);

Deno.test("a file seen for the first time gets one dot, and the stamp of its last write (R2, R26)", () => {
  const mint = minting();
  const { entry, offered, held } = rowOfSeen(PATH, null, null, seenFile("text"), mint)!;
  assert.deepEqual(entry.version.dots, [dot(7, 100)]);
  assert.deepEqual([...entry.version.context], [[dot(7, 0).actor, 100]]);
  assert.deepEqual([entry.stamp, entry.writer, offered, held], [stampAt(5_000), deviceOf(7), true, true]);
  assert.equal(mint.minted, 1);
});

Deno.test("what our entry says already is no change, and mints nothing", () => {
  const mint = minting();
  assert.equal(rowOfSeen(PATH, OWN, printed(), seenFile("text"), mint), null);
  assert.equal(rowOfSeen(PATH, OWN, null, seenFile("text"), mint), null);
  assert.equal(mint.minted, 0);
});

Deno.test("an edit supersedes the entry that it is based on, with a later stamp and one new dot (R2, R7)", () => {
  fc.assert(fc.property(anyEntry, (entry) => {
    const mint = minting();
    const row = rowOfSeen(PATH, { ...OWN, entry }, null, seenFile("something else entirely, 12345"), mint)!;
    assert.deepEqual(row.entry.version.dots, [dot(7, 100)]);
    assert.ok(row.entry.stamp > entry.stamp);
    for (const [actor, counter] of entry.version.context) {
      assert.ok(covers(row.entry.version.context, { actor, counter }));
    }
    if (
      entry.version.dots.every((old) =>
        !covers(entry.version.context, dot(7, 100)) && old.actor !== dot(7, 0).actor
      )
    ) {
      assert.ok(supersedes(row.entry, entry));
    }
  }));
});

Deno.test({
  name: "an edit's metadata is later than the metadata that it replaces, also on a slow clock (R7)",
  // src/sync/local_change.ts, newContent(): stamps look at replaced.stamp and not at replaced.version.metaStamp.
  fn() {
    const chmodded = entryOf({
      text: "text",
      dots: [dot(1, 5)],
      meta: dot(2, 9),
      stamp: 50,
      metaStamp: stampAt(NOW_MS * 2),
    });
    const row = rowOfSeen(PATH, { ...OWN, entry: chmodded }, null, seenFile("edited"), minting())!;
    assert.ok(row.entry.version.metaStamp > chmodded.version.metaStamp);
  },
});

Deno.test("a file where a directory or a tombstone was is new content, based on it", () => {
  for (const kind of ["directory", "deleted", "symlink"] as const) {
    const before = entryOf({ kind, text: "t", dots: [dot(1, 5)], stamp: stampAt(NOW_MS) });
    const row = rowOfSeen(PATH, { ...OWN, entry: before }, null, seenFile("text"), minting())!;
    assert.ok(supersedes(row.entry, before));
    assert.ok(row.entry.stamp > before.stamp);
  }
});

Deno.test("a chmod is a new metadata dot on the same content (R3)", () => {
  const mint = minting();
  const { entry } = rowOfSeen(PATH, OWN, printed(), seenFile("text", { mode: 0o600 }), mint)!;
  assert.deepEqual([entry.mode, entry.version.dots, entry.stamp], [
    0o600,
    OWN.entry.version.dots,
    OWN.entry.stamp,
  ]);
  assert.deepEqual(entry.version.meta, dot(7, 100));
  assert.ok(
    entry.version.metaStamp > OWN.entry.version.metaStamp && covers(entry.version.context, dot(7, 100)),
  );
  assert.equal(mint.minted, 1);
});

Deno.test("a touch is a new metadata dot on the same content (R3)", () => {
  const { entry } = rowOfSeen(PATH, OWN, printed(), seenFile("text", { mtimeMs: 9_000 }), minting())!;
  assert.deepEqual([entry.mtimeMs, entry.version.dots], [9_000, OWN.entry.version.dots]);
});

Deno.test("a disk that rounds mtimes, or has no modes, mints nothing and keeps the entry's values (R3)", () => {
  const mint = minting();
  const exact: Row = { ...OWN, entry: { ...OWN.entry, mtimeMs: 5_001, mode: 0o600 } };
  const onDisk = printed({ mtimeMs: 4_000, mode: 0o777 }); // as it was when we placed it
  assert.equal(rowOfSeen(PATH, exact, onDisk, seenFile("text", { mtimeMs: 4_000, mode: 0o777 }), mint), null);
  assert.equal(mint.minted, 0);
  const { entry } = rowOfSeen(PATH, exact, onDisk, seenFile("text", { mtimeMs: 8_000, mode: 0o777 }), mint)!;
  assert.deepEqual([entry.mtimeMs, entry.mode], [8_000, 0o600], "what nobody touched stays the entry's");
});

Deno.test("parts of a millisecond are no touch", () => {
  assert.equal(rowOfSeen(PATH, OWN, printed({ mtimeMs: 5_000.75 }), seenFile("text"), minting()), null);
});

Deno.test("without a print, what a coarse disk makes of the entry's mtime is the entry's, and no other time is (R3)", () => {
  const own: Row = { ...OWN, entry: { ...OWN.entry, mtimeMs: 5_001 } };
  const touches = [5_001, 5_000, 4_000, 6_000, 5_002, 5_500, 7_000, 3_000, 0].filter((mtimeMs) =>
    rowOfSeen(PATH, own, null, seenFile("text", { mtimeMs }), minting()) !== null
  );
  assert.deepEqual(touches, [5_002, 5_500, 7_000, 3_000, 0]);
});

Deno.test("symlinks have no mode and, like directories, no time worth telling", () => {
  const link = rowOf(PATH, entryOf({ kind: "symlink", text: "t", dots: [dot(1, 5)], mode: 0o777 }));
  const seen: SeenContent = {
    kind: "symlink",
    size: 0,
    mtimeMs: 0,
    writtenMs: 9,
    mode: 0o700,
    content: null,
    target: "t",
  };
  assert.equal(rowOfSeen(PATH, link, printed({ mode: 0o777 }), seen, minting()), null);
  const { entry } = rowOfSeen(PATH, link, printed(), { ...seen, target: "u" }, minting())!;
  assert.deepEqual([entry.target, entry.version.dots], ["u", [dot(7, 100)]]);
});

Deno.test("a row that was not offered, or not held, is both once it is seen again, with no new dot (R9, R10)", () => {
  const mint = minting();
  for (const over of [{ offered: false }, { held: false }]) {
    const row = rowOfSeen(PATH, { ...OWN, ...over }, printed(), seenFile("text"), mint)!;
    assert.deepEqual([row.offered, row.held], [true, true]);
    assert.ok(sameVersion(row.entry.version, OWN.entry.version));
  }
  assert.equal(mint.minted, 0);
});

Deno.test("a tombstone supersedes what it deletes, says nothing else, and is not held (R2)", () => {
  fc.assert(fc.property(anyEntry, (entry) => {
    const { entry: gone, offered, held, path } = rowOfGone({ ...OWN, entry }, minting());
    assert.deepEqual([path, gone.kind, gone.size, gone.content, gone.target], [
      PATH,
      "deleted",
      0,
      null,
      null,
    ]);
    assert.deepEqual([offered, held, gone.writer], [true, false, deviceOf(7)]);
    assert.ok(gone.stamp > entry.stamp);
    for (const [actor, counter] of entry.version.context) {
      assert.ok(covers(gone.version.context, { actor, counter }));
    }
  }));
});

Deno.test("a directory that is revived supersedes what deleted it, and what it was (R6)", () => {
  const own = rowOf("d", entryOf({ kind: "directory", dots: [dot(1, 5)], stamp: 50, mode: 0o750 }));
  const gone = entryOf({
    kind: "deleted",
    dots: [dot(2, 8)],
    seen: [dot(1, 5)],
    stamp: stampAt(NOW_MS) + 5,
    writer: 2,
  });
  const { entry, offered, held } = rowOfRevived(own, gone, minting());
  assert.deepEqual([entry.kind, entry.mode, offered, held], ["directory", 0o750, true, true]);
  assert.ok(supersedes(entry, gone) && supersedes(entry, own.entry));
  assert.ok(entry.stamp > gone.stamp);
});
