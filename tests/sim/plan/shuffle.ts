/**
 * Two tellings of one plan that must end in the same trees: users act on devices that do not reach each other, so what the others do
 * meanwhile, before or after, makes no difference. In the second telling each device lives its part at another time, and its clock shows
 * the same hours as in the first.
 */
import { Rng } from "../disk/rng.ts";
import { generatePlan } from "./generate.ts";
import type { Plan } from "./step.ts";

/** Users' acts are this far apart: further than anything that a daemon does about one of them. */
const APART_MS = 400;
const MOST_SHIFT_MS = 40_000;

/** A plan without faults but one: nobody reaches anybody until all has been done. */
export function apartPlan(seed: number): Plan {
  const plan = generatePlan(seed, { faults: [] });
  const steps = plan.steps.map((step, i) => ({
    ...step,
    atMs: 1_000 + i * APART_MS,
    ...(step.do === "write" ? { gapMs: 150 } : {}),
  }));
  const forMs = 1_000 + steps.length * APART_MS + 2 * MOST_SHIFT_MS;
  const sides = Array.from({ length: plan.devices }, (_, i) => i);
  return {
    ...plan,
    topology: "mesh",
    startsMs: plan.startsMs.map(() => 500),
    clocksMs: plan.startsMs.map(() => 0),
    steps: [
      { atMs: 0, device: 0, do: "partition", sides, forMs },
      ...steps,
    ],
  };
}

/** The same, each device's part at another time. */
export function shuffled(plan: Plan): Plan {
  const rng = new Rng(`shuffle/${plan.seed}`);
  const shifts = plan.startsMs.map(() => rng.below(MOST_SHIFT_MS));
  const steps = plan.steps.map((step) =>
    step.do === "partition" ? step : { ...step, atMs: step.atMs + shifts[step.device]! }
  );
  return {
    ...plan,
    startsMs: plan.startsMs.map((atMs, i) => atMs + shifts[i]!),
    clocksMs: shifts.map((ms) => -ms),
    steps: steps.sort((a, b) => a.atMs - b.atMs),
  };
}
