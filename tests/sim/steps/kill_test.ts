/**
 * "Kill at every step around intent, rename and record, the peer editing twice meanwhile" (the last section of the rules; R19, R20).
 * A step is a call of the disk, or a transaction of the catalogue that is about to be kept.
 */
import assert from "node:assert/strict";
import { CHANGES, type Death, dieAtEveryStep } from "./received.ts";
import { onStage } from "./stage.ts";

const KILLED: Death = { end: ({ b }) => b.kill(), slowness: 30 };
const WITHOUT_CATALOGUE: Death = {
  end: ({ b }) => {
    b.kill();
    b.catalogue.restore(null);
  },
  slowness: 30,
};

for (const change of CHANGES) {
  Deno.test(`${change.name}: killed before every step from its announcement to its record, the peer editing twice meanwhile (R19)`, async () => {
    const steps = await onStage({}, (stage) => dieAtEveryStep(stage, change, KILLED));
    assert.ok(steps > 15, `there were ${steps} steps`);
  });

  Deno.test(`${change.name}: killed before every step, and the catalogue deleted: the journal's intents tell what was placed (R19, invariant 9)`, async () => {
    const steps = await onStage({}, (stage) => dieAtEveryStep(stage, change, WITHOUT_CATALOGUE));
    assert.ok(steps > 15, `there were ${steps} steps`);
  });
}
