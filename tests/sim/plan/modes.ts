/** Devices that take part in a folder in different ways, as a seed says (R9). */
import { MODES } from "../../../src/core/mode.ts";
import type { Rng } from "../disk/rng.ts";
import type { Plan } from "./step.ts";

/** Changes of mode, and words of people about what differs, in a seed that has them. */
const CHANGES = 4;

/**
 * The same plan with modes in it; a pure function. The first device takes and gives; the others take part in ways that chance says. In every other
 * seed they change them now and then, and people undo what was done on a device, or make it hold, while all else goes on. All meet all: who
 * takes nothing brings nothing to who is behind him. `isAged`: the plan lets days pass, after which version stores keep one an hour (R21).
 */
export function withModes(plan: Plan, rng: Rng, isAged = false): Plan {
  const others = Array.from({ length: plan.devices - 1 }, () => rng.pick(MODES));
  const lastMs = Math.max(1, Math.floor(plan.steps.at(-1)?.atMs ?? 0));
  const isCalm = plan.seed % 2 === 0;
  const some = () => ({ atMs: rng.below(lastMs), device: 1 + rng.below(plan.devices - 1) });
  const modeChanges = Array.from({ length: isCalm ? 0 : CHANGES }, () => ({
    ...some(),
    mode: rng.pick(MODES),
  }));
  // What is undone is in a version store alone, which thins what is a day old, forgets what a clock that jumps makes a year old, and loses what a disk lied about.
  const mayUndo = !isCalm && !isAged && !plan.faults.includes("clock") && !plan.faults.includes("lie");
  const settlings = Array.from({ length: mayUndo ? CHANGES : 0 }, some);
  return { ...plan, topology: "mesh", modes: ["sync", ...others], modeChanges, settlings };
}
