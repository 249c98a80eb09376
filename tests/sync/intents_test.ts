/** What a scan makes of placements that were announced before a crash (R19), against what our rows have come to since. */
import assert from "node:assert/strict";
import { isAlive, type Row } from "../../src/core/entry.ts";
import { printOf } from "../../src/core/fingerprint.ts";
import { openVersionStore } from "../../src/folder/versions.ts";
import { relativeStat } from "../../src/folder/scan.ts";
import type { HashPool } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { OpenIntents, placedBy } from "../../src/sync/open_intents.ts";
import { Replica } from "../../src/sync/replica.ts";
import { HOME_RESERVE, Room } from "../../src/sync/room.ts";
import { deviceOf, dot, entryOf, lsnOf, pathOf, rowOf } from "../support/entries.ts";
import { FOLDER, homeAt, rowsRecord } from "../support/ledgers.ts";
import { type TestRoot, testRoot } from "../support/roots.ts";
import { tempDir } from "../support/temp_dir.ts";

const PATH = pathOf("file");
const PLACED = rowOf("file", entryOf({ text: "text", dots: [dot(5, 5)], writer: 2 }));

/** Our row after the first scan, where the disk has "text" at the path, an intent for it is open, and `own` is recorded. */
async function seen(own: Row | null, placed: Row = PLACED): Promise<Row> {
  using root = testRoot();
  root.write("file", "text");
  // As the entries have it.
  Deno.chmodSync(root.at("file"), 0o644);
  Deno.utimeSync(root.at("file"), 1, 1);
  const { row } = await seenAt(root, own, placed);
  return row;
}

/** The same of what stands at `file` of a root; whether a mode is owed to it too. */
async function seenAt(
  root: TestRoot,
  own: Row | null,
  placed: Row,
): Promise<{ row: Row; owesMode: boolean }> {
  using home = tempDir();
  const { clock, open } = homeAt(home.path);
  const ledger = await open();
  try {
    await ledger.commit({ type: "intent", folder: FOLDER, rows: [placed] });
    if (own !== null) await ledger.commit(rowsRecord([own]));
    const fs = realFs();
    const replica = new Replica(
      {
        fs,
        clock,
        ledger,
        pool: {} as HashPool,
        device: deviceOf(1),
        homeRoom: new Room(fs, clock, home.path, HOME_RESERVE),
      },
      {
        folder: FOLDER,
        root: root.root,
        rootDev: root.rootDev,
        versions: openVersionStore(fs, clock, root.root),
      },
    );
    const stat = fs.lstat(root.at("file"))!;
    await replica.commitLocal(
      [{
        path: PATH,
        basedOn: replica.own(PATH)?.state ?? null,
        kind: stat.kind as "file" | "directory",
        size: placed.entry.size,
        mtimeMs: stat.kind === "file" ? Math.floor(stat.mtimeMs) : 0,
        writtenMs: stat.mtimeMs,
        mode: stat.mode,
        content: placed.entry.content,
        target: null,
        print: printOf(relativeStat(stat, root.rootDev), clock.now()),
        hasLinks: false,
        movedState: null,
      }],
      [],
      [],
    );
    return { row: replica.own(PATH)!.row, owesMode: !replica.directoryModes.isEmpty };
  } finally {
    await ledger.close();
  }
}

Deno.test("what stands where it was to be placed is that version, and no edit of ours (R19)", async () => {
  const { entry } = await seen(null);
  assert.deepEqual(entry.version.dots, PLACED.entry.version.dots);
});

Deno.test("a row that knows of the placement and more is not set back to it (R19)", async () => {
  const own = rowOf("file", entryOf({ text: "text", dots: [dot(5, 5), dot(6, 7)], writer: 2 }));
  const { entry } = await seen(own);
  assert.deepEqual(entry.version.dots, own.entry.version.dots);
  assert.ok((entry.version.context.get(dot(6, 7).actor) ?? 0) >= 7);
});

Deno.test("what somebody writes again after it was placed and deleted is an edit, not the old version (R19)", async () => {
  const own = rowOf("file", entryOf({ kind: "deleted", dots: [dot(7, 9)], seen: [dot(5, 5)] }));
  const { entry } = await seen(own);
  assert.ok(isAlive(entry));
  assert.notDeepEqual(entry.version.dots, PLACED.entry.version.dots);
  assert.ok((entry.version.context.get(dot(7, 9).actor) ?? 0) >= 9, "it knows of the delete");
});

Deno.test("a mode that was placed and not recorded is the peer's, and no edit of ours (R3, R19)", async () => {
  const former = rowOf("file", entryOf({ text: "text", dots: [dot(5, 4)], writer: 2 }));
  const touched = { ...PLACED.entry, version: { ...PLACED.entry.version, meta: dot(5, 6) } };
  const own = { ...former, entry: { ...touched, version: { ...touched.version, meta: dot(5, 5) } } };
  const { entry } = await seen(
    own,
    rowOf("file", { ...touched, version: { ...touched.version, context: new Map([[dot(5, 6).actor, 6]]) } }),
  );
  assert.deepEqual(entry.version.meta, dot(5, 6));
});

Deno.test("a directory that was being placed, its mode still open, is the peer's with the mode that it shall have (R3, R19)", async () => {
  using root = testRoot();
  Deno.mkdirSync(root.at("file"));
  Deno.chmodSync(root.at("file"), 0o755);
  const placed = rowOf("file", entryOf({ kind: "directory", mode: 0o555, dots: [dot(5, 5)], writer: 2 }));
  const { row, owesMode } = await seenAt(root, null, placed);
  assert.deepEqual(row.entry, placed.entry);
  assert.ok(owesMode);
});

Deno.test("what an earlier try has placed counts as placed, whatever becomes of the next try (R19)", () => {
  const intents = new OpenIntents([], lsnOf(0));
  intents.add([PLACED], [{ row: PLACED, print: null }], lsnOf(1));
  intents.add([PLACED], [], lsnOf(2));
  assert.equal(intents.at(PATH, null)?.isPlaced, true);
  const newer = rowOf("file", entryOf({ text: "newer", dots: [dot(5, 6)], seen: [dot(5, 5)], writer: 2 }));
  intents.add([newer], [], lsnOf(3));
  assert.equal(intents.at(PATH, null)?.isPlaced, false);
  assert.deepEqual(intents.at(PATH, null)?.beneath, PLACED, "it stands there still");
  intents.add([newer], [], lsnOf(4));
  assert.deepEqual(intents.at(PATH, null)?.beneath, PLACED);
  const held = (row: Row) => ({ row, device: 1, state: 1, lsn: lsnOf(1) });
  assert.equal(intents.at(PATH, held(PLACED))?.beneath, null, "our row knows of it by now");
  assert.equal(intents.at(PATH, held(newer)), null);
  intents.add([newer], [{ row: newer, print: null }], lsnOf(5));
  assert.deepEqual([intents.at(PATH, null)?.isPlaced, intents.at(PATH, null)?.beneath], [true, null]);
});

Deno.test("of what this process placed the print is known, until our row knows of it or another takes its place (R15, R19)", () => {
  const print = printOf(
    { size: 4, mtimeMs: 1, ctimeMs: 2, birthMs: 0, ino: 3, dev: 0, mode: 0o644 },
    1_000_000,
  );
  const intents = new OpenIntents([], lsnOf(0));
  intents.add([PLACED], [{ row: PLACED, print }], lsnOf(1));
  assert.deepEqual(placedBy(intents.at(PATH, null)), { row: PLACED, print });
  intents.add([PLACED], [], lsnOf(2));
  assert.deepEqual(placedBy(intents.at(PATH, null)), { row: PLACED, print });
  const newer = rowOf("file", entryOf({ text: "newer", dots: [dot(5, 6)], seen: [dot(5, 5)], writer: 2 }));
  intents.add([newer], [], lsnOf(3));
  assert.deepEqual(placedBy(intents.at(PATH, null)), { row: PLACED, print }, "it stands there still");
  assert.equal(
    placedBy(intents.at(PATH, { row: PLACED, device: 1, state: 1, lsn: lsnOf(1) })),
    null,
    "our row knows of it by now",
  );
  intents.add([newer], [{ row: newer, print: null }], lsnOf(4));
  assert.deepEqual(placedBy(intents.at(PATH, null)), { row: newer, print: null });
});
