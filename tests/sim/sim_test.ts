/** The simulated world (docs/architecture.md): seeds, and what was found with it once. `deno task sim` runs as many as one likes. */
import assert from "node:assert/strict";
import { treeOf } from "./oracle/quiet.ts";
import { generatePlan } from "./plan/generate.ts";
import { apartPlan, shuffled } from "./plan/shuffle.ts";
import type { Plan } from "./plan/step.ts";
import { runPlan } from "./run.ts";

const SEEDS = 200;
const FIRST_SEED = 1;
const MODE_SEEDS = 60;
const ROT_SEEDS = 40;

function assertGood(failure: string | null, plan: Plan): void {
  assert.equal(
    failure,
    null,
    `seed ${plan.seed}: ${failure}\n  deno task sim --seed ${plan.seed}${
      plan.rot === true ? " --rot" : ""
    } --trace`,
  );
}

Deno.test(`${SEEDS} seeds with all faults end in equal trees, with nothing lost`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const plan = generatePlan(seed);
    assertGood((await runPlan(plan)).failure, plan);
  }
});

Deno.test(`${MODE_SEEDS} seeds in which devices take part in different ways: who may gives and takes, nobody else does, and nothing is lost`, async () => {
  for (let seed = 1; seed <= MODE_SEEDS; seed++) {
    const plan = generatePlan(seed, { devices: 3, modes: true });
    assertGood((await runPlan(plan)).failure, plan);
  }
});

Deno.test(`${ROT_SEEDS} seeds in which disks flip bits: all are found, none goes anywhere else, and who can is healed (R15)`, async () => {
  for (let seed = 1; seed <= ROT_SEEDS; seed++) {
    const plan = generatePlan(seed, { rot: true });
    assertGood((await runPlan(plan)).failure, plan);
  }
});

Deno.test("the same seed gives the same trace, byte for byte", async () => {
  for (const seed of [3, 17, 99, 640, 1234]) {
    const plan = generatePlan(seed, { faultChance: 0.7 });
    const first = await runPlan(plan, { keepTrace: true });
    const second = await runPlan(plan, { keepTrace: true });
    assert.deepEqual(first.trace, second.trace);
    assert.equal(first.traceHash, second.traceHash);
    assert.ok(first.trace.length > 100);
  }
});

Deno.test("another seed gives another trace", async () => {
  const [first, second] = [await runPlan(generatePlan(1)), await runPlan(generatePlan(2))];
  assert.notEqual(first.traceHash, second.traceHash);
});

Deno.test("shuffling what independent devices do gives the same trees", async () => {
  for (let seed = 1; seed <= 15; seed++) {
    const plan = apartPlan(seed);
    const first = await runPlan(plan);
    assertGood(first.failure, plan);
    const second = await runPlan(shuffled(plan));
    assertGood(second.failure, plan);
    assert.deepEqual(treeOf(second.world.devices[0]!), treeOf(first.world.devices[0]!), `seed ${seed}`);
  }
});

/** Plans that found something once, by what they found. */
for (const { name } of Deno.readDirSync(new URL("./pinned", import.meta.url))) {
  const pinned = JSON.parse(Deno.readTextFileSync(new URL(`./pinned/${name}`, import.meta.url)));
  Deno.test(pinned.name, async () => assertGood((await runPlan(pinned.plan)).failure, pinned.plan));
}
