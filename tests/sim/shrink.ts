/** Makes a failing plan smaller while it still fails: drops steps, in halves first, then one by one. */
import { runPlan } from "./run.ts";
import type { Plan, Step } from "./plan/step.ts";

/** Runs that it may take. */
const MOST_RUNS = 400;

export async function shrink(plan: Plan, say: (line: string) => void): Promise<Plan> {
  let runs = 0;
  const fails = async (steps: readonly Step[]) => {
    runs++;
    return (await runPlan({ ...plan, steps })).failure !== null;
  };
  if (!await fails(plan.steps)) return plan;
  let steps = plan.steps;
  for (let size = steps.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < steps.length && runs < MOST_RUNS;) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (await fails(fewer)) {
        steps = fewer;
        say(`${steps.length} steps`);
      } else at += size;
    }
  }
  return { ...plan, steps };
}
