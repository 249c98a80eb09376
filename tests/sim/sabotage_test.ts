/** A daemon that breaks a promise is found out within a thousand seeds. */
import assert from "node:assert/strict";
import { generatePlan, type PlanOptions } from "./plan/generate.ts";
import { type RunOptions, runPlan } from "./run.ts";
import { withoutDamages, withoutLook, withoutSync, withoutTombstones, withoutTouched } from "./sabotage.ts";

const MOST_SEEDS = 1_000;

/** Some seed among the first must fail, and say what was broken. */
async function assertCaught(shows: RegExp, plans: PlanOptions, run: RunOptions): Promise<void> {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const { failure } = await runPlan(generatePlan(seed, plans), run);
    if (failure !== null && shows.test(failure)) return;
  }
  throw new assert.AssertionError({ message: `nobody noticed in ${MOST_SEEDS} seeds` });
}

Deno.test("a daemon that syncs nothing is caught", async () => {
  await assertCaught(/power cut took it|lacks|has come to|lost/, { faults: ["power"], faultChance: 1 }, {
    sabotage: withoutSync,
  });
});

Deno.test("a daemon that does not look before it renames is caught", async () => {
  await assertCaught(/had not seen|lost/, { faults: [] }, { sabotage: withoutLook });
});

Deno.test("a daemon that records no tombstones is caught", async () => {
  const mend = withoutTombstones();
  try {
    await assertCaught(/come back|trees differ|not done/, { faults: [] }, {});
  } finally {
    mend();
  }
});

Deno.test("a daemon that takes rot for an edit, and spreads it, is caught", async () => {
  const mend = withoutTouched();
  try {
    await assertCaught(/that nobody ever had/, { faults: [], rot: true, devices: 2 }, {});
  } finally {
    mend();
  }
});

Deno.test("a daemon that reads all again and tells of nothing is caught", async () => {
  const mend = withoutDamages();
  try {
    await assertCaught(/nothing tells of/, { faults: [], rot: true, devices: 2 }, {});
  } finally {
    mend();
  }
});
