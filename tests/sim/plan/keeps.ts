/** Into a plan, people who change what of the folder their devices keep (docs/selective.md), with what is here outside of it dropped, as they do. */
import type { RelPath } from "../../../src/core/ids.ts";
import { KEEP_ALL, keepRules } from "../../../src/folder/keep_patterns.ts";
import { takesOthers } from "../../../src/core/mode.ts";
import type { Rng } from "../disk/rng.ts";
import type { SimDevice } from "../world/device.ts";
import type { KeepStep, Plan, Step } from "./step.ts";

const PATTERNS = [[], ["d/**"], ["!d/"], ["e", "t"], ["nothing"], ["!*a*", "t/**"], ["d/s/", "e/**"]];

/** The same plan with such people; a pure function. As with drops, there are none with a disk that lies. */
export function withKeeps(plan: Plan, rng: Rng): Plan {
  if (plan.faults.includes("lie")) return plan;
  const lastMs = plan.steps.at(-1)?.atMs ?? 0;
  const steps: Step[] = [];
  for (let i = rng.between(2, 6); i > 0; i--) {
    const device = rng.below(plan.devices);
    const atMs = lastMs * rng.next();
    steps.push({ atMs, device, do: "keep", patterns: rng.pick(PATTERNS) });
    if (rng.chance(0.3)) {
      const calls = 1 + rng.below(60);
      steps.push({ atMs, device, do: "kill-between", calls, downMs: rng.pick([10, 500, 4_000]) });
    }
  }
  return { ...plan, drops: true, steps: [...plan.steps, ...steps].sort((a, b) => a.atMs - b.atMs) };
}

/** What `cairn folders keep` does. */
export async function doKeep({ device, folder }: SimDevice, { patterns }: KeepStep): Promise<void> {
  if (device === null || folder === null || !takesOthers(folder.replica.mode)) return;
  const rules = keepRules(patterns);
  await folder.parts.change(rules);
  const { outside } = await folder.parts.look(rules);
  await device.selective.drops.drop(folder, outside, () => {}, () => folder.replica.keep !== rules);
}

/** In the end all is kept again. True where it is so. */
export function keepsAll({ folder }: SimDevice): boolean {
  if (folder === null || folder.replica.keep.patterns.length === 0) return true;
  folder.parts.change(KEEP_ALL).catch((): RelPath[] => []);
  return false;
}
