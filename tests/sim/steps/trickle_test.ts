/** An `rm -rf` arrives as hundreds of small batches (R38): the whole of it, from one device's disk to the other's. */
import assert from "node:assert/strict";
import { statusKind } from "../oracle/quiet.ts";
import { onStage, remove, treeOf, write } from "./stage.ts";

const FILES = 10_000;
const DIRECTORIES = 100;
/** What is removed in 300 ms. */
const AT_ONCE = 25;

Deno.test("a trickled rm -rf of 10,000 files is stopped half-way, with nothing lost that was not asked for (R38)", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    const paths = Array.from({ length: FILES }, (_, i) => `d${i % DIRECTORIES}/${i}`).sort();
    for (const path of paths) write(a, path, `text of ${path}`);
    stage.settle();
    let batches = 0;
    let before = b.device!.ledger.lastLsn;
    const isHalted = () => b.folder!.replica.brake.halt !== null;
    while (paths.length > 0) {
      // The rest of it comes at once, and is held back.
      for (const path of paths.splice(0, isHalted() ? FILES : AT_ONCE)) remove(a, path);
      stage.go(300);
      const now = b.device!.ledger.lastLsn;
      if (now > before && !isHalted()) batches++;
      before = now;
    }
    stage.go(60_000);
    assert.ok(batches > 100, `it came in ${batches} batches`);
    assert.equal(Object.keys(treeOf(a)).length, 0);
    const left = Object.keys(treeOf(b)).length;
    assert.ok(left >= FILES / 2 && left < FILES, `${left} files are left`);
    assert.equal(statusKind(b), "stopped");
    const { halt } = b.folder!.replica.brake;
    assert.ok(halt !== null && halt.files === FILES && halt.taken > 0);
  });
});
