/**
 * The same as `kill_test.ts` with the power cut before every step: what was not synced is lost, kept or torn, in the ways of three
 * kinds of file systems, and so are the catalogue's last commits.
 */
import assert from "node:assert/strict";
import { CHANGES, dieAtEveryStep } from "./received.ts";
import { CRASH_MODES, onStage } from "./stage.ts";

for (const mode of CRASH_MODES) {
  for (const change of CHANGES) {
    Deno.test(`${change.name}: power cut (${mode}) before every step from its announcement to its record, the peer editing twice meanwhile (R19, R20)`, async () => {
      const steps = await onStage({ disk: { persistence: mode } }, (stage) => {
        let cuts = 0;
        return dieAtEveryStep(stage, change, {
          end: ({ b }) => b.powerCut(mode, cuts++ % 2),
          mayLoseKept: mode === "scattered",
          slowness: 30,
        });
      });
      assert.ok(steps > 15, `there were ${steps} steps`);
    });
  }
}
