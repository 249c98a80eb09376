/**
 * "Kill at every step around intent, rename and record, the peer editing twice meanwhile" (the last section of the rules; R19, R20).
 * A step is a call of the disk, or a transaction of the catalogue that is about to be kept.
 */
import assert from "node:assert/strict";
import { CHANGES, dieAtEveryStep } from "./received.ts";
import { onStage } from "./stage.ts";

for (const change of CHANGES) {
  Deno.test(`${change.name}: killed before every step from its announcement to its record, the peer editing twice meanwhile (R19)`, async () => {
    const steps = await onStage({}, (stage) => dieAtEveryStep(stage, change, { end: ({ b }) => b.kill(), slowness: 30 }));
    assert.ok(steps > 15, `there were ${steps} steps`);
  });
}
