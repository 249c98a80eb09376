/** A renamed directory is one message and one rename on disk (R29); where it cannot be, others move its files one by one. */
import assert from "node:assert/strict";
import { isAlive } from "../../../src/core/entry.ts";
import { entriesIn } from "../../../src/core/move.ts";
import type { JournalRecord } from "../../../src/core/record.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { LAST_LOOKS_MS, move, onStage, ownRow, type Stage, textAt, treeOf, write } from "./stage.ts";

const FILES = 500;

const WAYS = [
  { where: "in its directory", from: "old", to: "moved" },
  { where: "out of a directory", from: "x/old", to: "moved" },
  { where: "into a directory", from: "old", to: "y/moved" },
];

/** What `work` makes a device record. */
function recordsOf(device: SimDevice, work: () => void): JournalRecord[] {
  const records: JournalRecord[] = [];
  const end = device.device!.ledger.onApplied((applied) =>
    records.push(...applied.map(({ record }) => record))
  );
  work();
  end();
  return records;
}

function movedBy(records: readonly JournalRecord[]): number {
  return records.reduce((sum, record) => record.type === "moved" ? sum + entriesIn(record.move) : sum, 0);
}

/** Paths of files that rows say. */
function rowsIn(records: readonly JournalRecord[]): string[] {
  return records.flatMap((record) => record.type === "rows" ? record.rows.map(({ path }) => path) : []);
}

function fill({ b }: Stage, from: string): void {
  write(b, "x/stays", "in x");
  write(b, "y/stays", "in y");
  for (let i = 0; i < FILES; i++) write(b, `${from}/${i % 3 === 0 ? "sub/" : ""}${i}`, `text ${i}`);
}

for (const { where, from, to } of WAYS) {
  Deno.test(`a directory of ${FILES} files that is renamed ${where} is renamed as one on both sides, and recorded as one (R29)`, async () => {
    await onStage({}, (stage) => {
      const { a, b } = stage;
      fill(stage, from);
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      const before = treeOf(b);
      const inode = a.disk.peek(`${ROOT}/${from}`)!.ino;
      const renames: string[] = [];
      let told: JournalRecord[] = [];
      const taken = recordsOf(a, () => {
        told = recordsOf(b, () => {
          const end = stage.watchSteps(a, (_, step, path) => {
            if (step === "rename" && !path.includes("/.cairn/")) renames.push(path);
          });
          move(b, from, to);
          stage.until("a has it", () => `${to}/1` in treeOf(a));
          end();
          stage.settle();
        });
      });
      // Its files, the directory in it, and itself.
      assert.deepEqual([told, taken].map(movedBy), [FILES + 2, FILES + 2]);
      assert.deepEqual([told, taken].map(rowsIn), [[], []]);
      assert.equal(renames.length, 1, renames.join());
      assert.equal(a.disk.peek(`${ROOT}/${to}`)!.ino, inode);
      const after = Object.fromEntries(
        Object.entries(before).map((
          [path, text],
        ) => [path.startsWith(`${from}/`) ? to + path.slice(from.length) : path, text]),
      );
      assert.deepEqual(treeOf(a), after);
      // Nothing of it is an edit to the next look at everything, on either side.
      const later = recordsOf(a, () => {
        stage.go(2 * 3_600_000);
        stage.settle();
      });
      assert.deepEqual(rowsIn(later), []);
      assert.equal(ownRow(a, `${to}/1`)!.row.entry.writer, b.identity.id);
    });
  });

  Deno.test(`a directory of ${FILES} files, one of them young, that is renamed ${where} is announced with each new path beside the one that it left (R29)`, async () => {
    await onStage({}, (stage) => {
      const { a, b } = stage;
      fill(stage, from);
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      write(b, `${from}/young`, "young");
      stage.settle();
      const told = recordsOf(b, () => {
        move(b, from, to);
        stage.until("a has it", () => `${to}/1` in treeOf(a));
        stage.settle();
      });
      assert.equal(movedBy(told), 0);
      const moved = new Set<string>();
      for (const record of told) {
        if (record.type !== "rows") continue;
        const gone = record.rows.filter(({ entry }) => !isAlive(entry)).map(({ path }) => path as string);
        const come = record.rows.filter(({ path, entry }) =>
          entry.kind === "file" && path.startsWith(`${to}/`)
        );
        for (const { path } of come) {
          if (!path.endsWith("/young")) assert.ok(gone.includes(path.replace(to, from)), path);
          moved.add(path);
        }
      }
      assert.equal(moved.size, FILES + 1);
      assert.equal(Object.keys(treeOf(a)).length, FILES + 3);
    });
  });
}

Deno.test("what somebody does in a directory that is being renamed elsewhere moves with it, and is an edit there", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    fill(stage, "old");
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    // Right before the rename on `a`'s disk, between what it knows and what stands there.
    let isDone = false;
    const end = stage.watchSteps(a, (_, step, path) => {
      if (isDone || step !== "rename" || path.includes("/.cairn/")) return;
      isDone = true;
      write(a, "old/1", "edited unseen", "in-place");
      write(a, "old/new", "made unseen");
      a.disk.user.rmTree(`${ROOT}/old/2`);
    });
    move(b, "old", "moved");
    stage.until("a has it", () => "moved/4" in treeOf(a));
    end();
    stage.settle();
    assert.ok(isDone);
    for (const device of [a, b]) {
      assert.equal(textAt(device, "moved/1"), "edited unseen");
      assert.equal(textAt(device, "moved/new"), "made unseen");
      assert.equal(textAt(device, "moved/2"), null);
      assert.equal(Object.keys(treeOf(device)).length, FILES + 2);
    }
  });
});

Deno.test("a directory that is renamed on both sides at once comes under both names, and nothing is lost", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    fill(stage, "old");
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    move(a, "old", "here");
    move(b, "old", "there");
    stage.settle();
    for (const device of [a, b]) {
      const tree = treeOf(device);
      for (const path of ["here/1", "there/1"]) assert.equal(tree[path], "text 1", path);
      assert.equal(Object.keys(tree).filter((path) => path.startsWith("old/")).length, 0);
    }
  });
});

Deno.test("a third device that was away is told of a rename as rows, and one that is there is told of it as one by whoever made it", async () => {
  await onStage({ devices: 3 }, (stage) => {
    const { a, b, world: { devices } } = stage;
    const c = devices[2]!;
    fill(stage, "old");
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    c.kill();
    move(b, "old", "moved");
    stage.until("a has it", () => "moved/1" in treeOf(a));
    stage.go(LAST_LOOKS_MS);
    c.start();
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    for (const device of devices) assert.equal(textAt(device, "moved/1"), "text 1");
    const taken = recordsOf(c, () => {
      move(b, "moved", "again");
      stage.until("c has it", () => "again/1" in treeOf(c));
      stage.settle();
    });
    assert.equal(movedBy(taken), FILES + 2);
    for (const device of devices) assert.equal(Object.keys(treeOf(device)).length, FILES + 2);
  });
});
