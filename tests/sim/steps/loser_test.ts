/**
 * A device has lost a conflict, and its own edit has to make way for the winner: killed, or refused one call of its disk, before every
 * step of that. Both edits are files on both devices in the end, on disks with hard links and without (R4, R5, invariant 4).
 */
import assert from "node:assert/strict";
import { LAST_LOOKS_MS, onStage, type Stage, treeOf, write } from "./stage.ts";

const BEFORE = "what both have";
const LOSER = "written here";
const WINNER = "written there, and later";

/** Before step after step of the loser's device; how many steps there were. */
function loseAtEveryStep(stage: Stage, what: "kill" | "refuse"): number {
  const { a, b } = stage;
  // Whose clock is late loses.
  b.wallOffsetMs = -3_600_000;
  for (let step = 1;; step++) {
    const at = `p${step}`;
    write(a, at, BEFORE);
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    b.catalogue.mark();
    let hasMetStep = false;
    const end = what === "kill"
      ? stage.endAt(b, step, () => b.kill())
      : stage.watchSteps(b, (number, call) => {
        if (number !== step) return;
        hasMetStep = true;
        if (call !== "commit") b.disk.faults.add({ code: "io", times: 1 });
      });
    write(b, at, LOSER);
    stage.go(1);
    write(a, at, WINNER);
    if (what === "kill") stage.world.scheduler.runUntil(() => !b.isRunning, 3_000);
    else stage.settle();
    if (!(end() ?? hasMetStep)) return step - 1;
    if (what === "kill") b.start();
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    stage.settle();
    b.disk.faults.clear();
    for (const device of [a, b]) {
      const texts = Object.entries(treeOf(device)).filter(([path]) =>
        path === at || path.startsWith(`${at}.`)
      );
      assert.deepEqual(
        texts.map(([, text]) => text).sort(),
        [LOSER, WINNER],
        `${device.name}, ${what} before step ${step}`,
      );
    }
  }
}

for (const hardLinks of [true, false]) {
  for (const what of ["kill", "refuse"] as const) {
    const disk = hardLinks ? "with hard links" : "without hard links";
    const deed = what === "kill" ? "killed" : "refused a call";
    Deno.test(`a device that lost a conflict, ${deed} before any step of making way, keeps both edits on a disk ${disk} (R4)`, async () => {
      const steps = await onStage({ disk: { hardLinks } }, (stage) => loseAtEveryStep(stage, what));
      assert.ok(steps > 20, `there were ${steps} steps`);
    });
  }
}
