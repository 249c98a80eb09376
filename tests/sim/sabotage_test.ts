/** A daemon that breaks a promise is found out within a thousand seeds. */
import assert from "node:assert/strict";
import { generatePlan, type PlanOptions } from "./plan/generate.ts";
import { type RunOptions, runPlan } from "./run.ts";
import { withoutLook, withoutSync, withoutTombstones } from "./sabotage.ts";

const MOST_SEEDS = 1_000;

/** The first seed that fails, with what it says. */
async function firstFailure(plans: PlanOptions, run: RunOptions): Promise<{ seed: number; failure: string }> {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const { failure } = await runPlan(generatePlan(seed, plans), run);
    if (failure !== null) return { seed, failure };
  }
  throw new assert.AssertionError({ message: `nobody noticed in ${MOST_SEEDS} seeds` });
}

Deno.test("a daemon that syncs nothing is caught", async () => {
  const { failure } = await firstFailure({ faults: ["power"], faultChance: 1 }, { sabotage: withoutSync });
  assert.match(failure, /power cut took it|lacks|has come to|lost/);
});

Deno.test("a daemon that does not look before it renames is caught", async () => {
  const { failure } = await firstFailure({ faults: [] }, { sabotage: withoutLook });
  assert.match(failure, /had not seen|lost|empty for a moment/);
});

Deno.test("a daemon that records no tombstones is caught", async () => {
  const mend = withoutTombstones();
  try {
    const { failure } = await firstFailure({ faults: [] }, {});
    assert.match(failure, /come back|trees differ|not done/);
  } finally {
    mend();
  }
});
