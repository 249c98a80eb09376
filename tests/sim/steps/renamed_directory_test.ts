/** A renamed directory is one message (R29): others move theirs, and never have its files twice or not at all. */
import assert from "node:assert/strict";
import { isAlive } from "../../../src/core/entry.ts";
import { LAST_LOOKS_MS, move, onStage, type Stage, treeOf, write } from "./stage.ts";

const FILES = 500;

/** What `work` makes `b` record: for each record, the paths that live and those that are gone. */
function recordsOf({ b }: Stage, work: () => void): { living: string[]; gone: string[] }[] {
  const records: { living: string[]; gone: string[] }[] = [];
  const end = b.device!.ledger.onApplied((applied) => {
    for (const { record } of applied) {
      if (record.type !== "rows") continue;
      const files = record.rows.filter(({ path }) => path.includes("/"));
      records.push({
        living: files.filter(({ entry }) => isAlive(entry)).map(({ path }) => path),
        gone: files.filter(({ entry }) => !isAlive(entry)).map(({ path }) => path),
      });
    }
  });
  work();
  end();
  return records;
}

for (
  const { where, from, to } of [
    { where: "in its directory", from: "old", to: "moved" },
    { where: "out of a directory", from: "x/old", to: "moved" },
    { where: "into a directory", from: "old", to: "y/moved" },
  ]
) {
  Deno.test(`a directory of ${FILES} files that is renamed ${where} is announced with each new path beside the one that it left (R29)`, async () => {
    await onStage({}, (stage) => {
      const { a, b } = stage;
      write(b, "x/stays", "in x");
      write(b, "y/stays", "in y");
      for (let i = 0; i < FILES; i++) write(b, `${from}/${i}`, `text ${i}`);
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      const records = recordsOf(stage, () => {
        move(b, from, to);
        stage.until("a has it", () => `${to}/0` in treeOf(a));
        stage.settle();
      });
      const told = records.flatMap(({ living }) => living.filter((path) => path.startsWith(`${to}/`)));
      assert.equal(new Set(told).size, FILES);
      for (const { living, gone } of records) {
        const left = living.filter((path) => path.startsWith(`${to}/`)).map((path) => path.replace(to, from));
        assert.deepEqual(left.filter((path) => !gone.includes(path)), []);
      }
      assert.equal(Object.keys(treeOf(a)).length, FILES + 2);
    });
  });
}
