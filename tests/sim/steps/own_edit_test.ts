/**
 * A person writes to a path while this device knows of a peer's edit of it and has not recorded it: at every step from the
 * announcement to the record. What is written without the peer's edit at hand is concurrent to it: both are kept (R12, R20).
 */
import assert from "node:assert/strict";
import { keptBy, LAST_LOOKS_MS, onStage, ownRow, type Stage, textAt, treeOf, write } from "./stage.ts";

const BEFORE = "what both have";
const HERE = "written here";
const THERE = "written there";

for (const how of ["save", "in-place"] as const) {
  Deno.test(`an edit made here (${how}) at any step of taking a peer's edit is no successor of it: both are kept (R12)`, async () => {
    const { steps, conflicts } = await onStage({}, (stage) => editAtEveryStep(stage, how));
    assert.ok(steps > 15, `there were ${steps} steps`);
    assert.ok(conflicts > 5, `${conflicts} of them came before the peer's bytes stood here`);
  });
}

function editAtEveryStep(stage: Stage, how: "save" | "in-place"): { steps: number; conflicts: number } {
  const { a, b } = stage;
  for (let step = 1, conflicts = 0;; step++) {
    const at = `p${step}`;
    write(a, at, BEFORE);
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    let stood: string | null = null;
    const end = stage.watchSteps(b, (number) => {
      if (number !== step) return;
      stood = textAt(b, at);
      write(b, at, HERE, how);
    });
    write(a, at, THERE);
    const isRecorded = () => ownRow(b, at)!.row.entry.size === THERE.length;
    stage.until("b has recorded it, or is edited", () => stood !== null || isRecorded());
    end();
    if (stood === null) return { steps: step - 1, conflicts };
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    stage.settle();
    const files = Object.entries(treeOf(a)).filter(([path]) => path === at || path.startsWith(`${at}.`));
    const texts = files.map(([, text]) => text).sort();
    if (stood === BEFORE) {
      conflicts++;
      assert.deepEqual(texts, [HERE, THERE], `edited before step ${step}`);
    } else {
      assert.ok(texts.includes(HERE), `edited before step ${step}`);
      const kept = new Set([...texts, ...keptBy(a), ...keptBy(b)]);
      assert.ok(kept.has(THERE), `the peer's edit is there, edited before step ${step}`);
    }
  }
}
