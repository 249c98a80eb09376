/**
 * The first look after a stop does not reach everything: a listing fails once, or the program is stopped before its end. What it did not
 * show is not settled: neither what was placed and not recorded (R19), nor what a crash has damaged (R16).
 */
import assert from "node:assert/strict";
import { ProcessDied } from "../disk/sim_disk.ts";
import { ROOT } from "../world/device.ts";
import { LAST_LOOKS_MS, onStage, ownRow, type Stage, textAt, treeOf, troublesOf, write } from "./stage.ts";

/** The next listing of a directory fails. */
function failListing({ b }: Stage, directory: string): void {
  b.disk.faults.add({
    code: "too-many-files",
    calls: ["list"],
    path: (at) => at === `${ROOT}/${directory}`,
    times: 1,
  });
}

Deno.test("a replacement: killed before every step, and its directory cannot be listed at first: it is no edit of ours (R19)", async () => {
  const steps = await onStage({}, (stage) => {
    const { a, b } = stage;
    for (let step = 1;; step++) {
      const at = `d${step}/f`;
      write(a, at, "first");
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      let isDead = false;
      const isOver = stage.endAt(b, step, () => {
        isDead = true;
        b.kill();
      });
      write(a, at, "second");
      stage.world.scheduler.runUntil(() => isDead, 1_000);
      if (!isOver()) return step - 1;
      write(a, at, "last");
      stage.go(200);
      failListing(stage, `d${step}`);
      b.start();
      stage.settle();
      stage.go(LAST_LOOKS_MS);
      stage.settle();
      for (const device of [a, b]) assert.equal(textAt(device, at), "last", `${device.name}: ${step}`);
      assert.equal(ownRow(b, at)!.row.entry.writer, a.identity.id, `b minted nothing: ${step}`);
      const copies = Object.keys(treeOf(a)).filter((path) => path.includes(".conflict-"));
      assert.deepEqual(copies, [], `no conflict copy: ${step}`);
    }
  });
  assert.ok(steps > 15, `there were ${steps} steps`);
});

/** Both have `d/f`; power goes at `b`, and `damage` is done to it. */
function cut(stage: Stage, damage: () => void): void {
  const { b } = stage;
  write(b, "d/f", "what was written");
  stage.settle();
  stage.go(LAST_LOOKS_MS);
  b.catalogue.mark();
  b.powerCut("ordered", 1);
  damage();
}

function checkHeld({ a, b }: Stage): void {
  assert.equal(textAt(a, "d/f"), "what was written");
  assert.match(troublesOf(b)["d/f"] ?? "", /machine crashed/);
}

Deno.test("a file that a crash has emptied is held back also where the first listing of its directory fails (R16)", async () => {
  await onStage({}, (stage) => {
    const { b } = stage;
    cut(stage, () => write(b, "d/f", "", "in-place"));
    failListing(stage, "d");
    b.start();
    stage.go(20_000);
    checkHeld(stage);
    // It is settled there by a later scan: what somebody empties then is news.
    write(b, "d/g", "not damaged");
    stage.go(4_000_000);
    write(b, "d/g", "", "in-place");
    stage.until("a has it", () => textAt(stage.a, "d/g") === "");
  });
});

for (const how of ["killed", "stopped"] as const) {
  Deno.test(`what a crash has emptied is held back also when the first start after it is ${how} before it has looked at all (R16)`, async () => {
    await onStage({}, (stage) => {
      const { b } = stage;
      cut(stage, () => write(b, "d/f", "", "in-place"));
      let isOver = false;
      b.disk.beforeCall = (step, path) => {
        if (step !== "list" || path !== `${ROOT}/d` || isOver) return;
        isOver = true;
        if (how === "stopped") return void b.stop();
        b.kill();
        throw new ProcessDied();
      };
      b.start();
      stage.until("it has come to that", () => isOver);
      stage.go(1_000);
      b.disk.beforeCall = null;
      b.start();
      stage.go(20_000);
      checkHeld(stage);
    });
  });
}
