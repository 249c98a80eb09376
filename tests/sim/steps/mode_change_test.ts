/** Changes of mode, and reverts, stopped at any step: a device goes on by one of two modes, and nothing is lost (R9, R11). */
import assert from "node:assert/strict";
import type { Mode } from "../../../src/core/mode.ts";
import { revert } from "../../../src/sync/revert.ts";
import type { SimDevice } from "../world/device.ts";
import { change, doRevert, minted } from "./apart.ts";
import { keptBy, onStage, ownRow, remove, type Stage, textAt, treeOf, write } from "./stage.ts";

const CHANGES: readonly (readonly [Mode, Mode])[] = [
  ["index", "sync"],
  ["sync", "index"],
  ["receive", "sync"],
  ["index", "receive"],
  ["receive", "index"],
];

for (const [from, to] of CHANGES) {
  Deno.test(`stopped at any step of the change from ${from} to ${to}, a device goes on by one of the two`, async () => {
    const story = (stage: Stage, end: ((device: SimDevice) => void) | null): void => {
      const { a, b } = stage;
      for (const name of ["x", "y", "z"]) write(a, name, name);
      stage.rest();
      write(b, "x", "edited here");
      write(b, "new", "made here");
      if (from !== "index" && from !== "sync") remove(b, "y");
      stage.rest();
      end?.(b);
      void b.folder!.modes.change(to).catch(() => {});
      stage.go(5_000);
      if (!b.isRunning) b.start();
      stage.until("b runs", () => b.folder !== null);
      stage.rest();
      const { mode } = b.folder!.replica;
      assert.ok(mode === from || mode === to, mode);
      assert.ok(b.folder!.modes.isSettled);
      const gave = from === "sync" || (to === "sync" && mode === to);
      if (!gave) assert.equal(minted(b, stage), 0);
      assert.equal(textAt(a, "z"), "z");
      assert.equal(textAt(a, "x"), gave ? "edited here" : "x");
      assert.equal(textAt(b, "x"), "edited here");
      // In whichever it is, back to sync all that anyone has is everywhere.
      change(stage, b, "sync");
      stage.settle();
      assert.equal(textAt(a, "new"), "made here");
    };
    let steps = 0;
    await onStage({ modes: ["sync", from] }, (stage) =>
      story(stage, (b) => {
        stage.watchSteps(b, () => steps++);
      }));
    assert.ok(steps > 20);
    const most = Math.min(steps, 60);
    for (let step = 1; step <= most; step += 3) {
      for (const how of ["kill", "power"] as const) {
        await onStage({ modes: ["sync", from], seed: step }, (stage) =>
          story(stage, (b) => {
            stage.endAt(b, step, () => how === "kill" ? b.kill() : b.powerCut("ordered", 0));
          }));
      }
    }
  });
}

Deno.test("stopped at any step of a revert nothing is lost, and said again it is done", async () => {
  const story = (stage: Stage, end: ((device: SimDevice) => void) | null): void => {
    const { a, b } = stage;
    for (const name of ["x", "y", "z"]) write(a, name, name);
    stage.rest();
    write(b, "x", "edited here");
    write(b, "d/new", "made here");
    remove(b, "y");
    stage.rest();
    end?.(b);
    void revert(b.folder!.replica, true).catch(() => {});
    stage.go(5_000);
    if (!b.isRunning) b.start();
    stage.until("b runs", () => b.folder !== null);
    stage.rest();
    doRevert(stage, b);
    stage.settle();
    assert.deepEqual(treeOf(b), { x: "x", y: "y", z: "z" });
    for (const text of ["edited here", "made here"]) assert.ok(keptBy(b).has(text), text);
    assert.equal(minted(b, stage), 0);
  };
  for (let step = 1; step <= 60; step += 3) {
    await onStage({ modes: ["sync", "receive"], seed: step }, (stage) =>
      story(stage, (b) => {
        stage.endAt(b, step, () => b.kill());
      }));
  }
});

Deno.test("a catalogue that is made anew from the journal knows what was withheld (R26)", () =>
  onStage({ modes: ["sync", "receive"] }, (stage) => {
    const { a, b } = stage;
    write(a, "x", "x");
    stage.settle();
    write(b, "x", "edited here");
    write(b, "new", "made here");
    stage.rest();
    stage.done(b.device!.ledger.snapshot());
    write(b, "later", "made later");
    stage.rest();
    const before = ownRow(b, "x");
    stage.done(b.stop());
    b.catalogue.restore(null);
    b.start();
    stage.until("b runs", () => b.folder !== null);
    stage.rest();
    assert.deepEqual(ownRow(b, "x")!.row, before!.row);
    assert.equal(b.folder!.modes.localChanges, 3);
    assert.equal(minted(b, stage), 0);
    assert.deepEqual(treeOf(a), { x: "x" });
  }));
