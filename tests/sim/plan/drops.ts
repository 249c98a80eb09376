/**
 * Into a plan, people who drop what is kept elsewhere and get it back (R10): now and then all at once, mostly after a rest, so that there is something
 * that may be dropped; and devices that end in the middle of it.
 */
import { OFFERED } from "../../../src/catalogue/row_sql.ts";
import { isDropped } from "../../../src/core/entry.ts";
import type { RelPath } from "../../../src/core/ids.ts";
import { bringBack, ownFiles } from "../../../src/sync/bring_back.ts";
import type { Rng } from "../disk/rng.ts";
import type { SimDevice } from "../world/device.ts";
import type { DropStep, Plan, Step } from "./step.ts";

const TREES = ["", "", "d", "e", "d/s", "d/t", "t"];
/** What could hide within the clock's grain is looked at again by then. */
const RESTS_MS = [1_000, 6_000, 9_000, 15_000];

/** The same plan with drops in it; a pure function. What a disk that lies loses nobody else need have: there are none with it. */
export function withDrops(plan: Plan, rng: Rng): Plan {
  if (plan.faults.includes("lie")) return plan;
  let steps: readonly Step[] = plan.steps;
  let startsMs = plan.startsMs;
  const lastMs = plan.steps.at(-1)?.atMs ?? 0;
  for (let i = rng.between(2, 4); i > 0; i--) {
    const fromMs = lastMs * (0.2 + 0.8 * rng.next());
    const pauseMs = rng.pick(RESTS_MS);
    const shifted = (atMs: number) => atMs > fromMs ? atMs + pauseMs : atMs;
    const atMs = fromMs + pauseMs;
    const out: Step[] = [];
    for (let device = 0; device < plan.devices; device++) {
      const nearMs = atMs + (rng.chance(0.5) ? rng.next() : rng.next() * 3_000);
      if (rng.chance(0.7)) out.push({ atMs: nearMs, device, do: "drop", path: rng.pick(TREES) });
      if (rng.chance(0.4)) {
        out.push({ atMs: nearMs + rng.next() * 9_000, device, do: "get", path: rng.pick(TREES) });
      }
      const downMs = rng.pick([10, 500, 4_000]);
      if (rng.chance(0.25)) {
        out.push({ atMs: nearMs, device, do: "kill-between", calls: 1 + rng.below(60), downMs });
      } else if (rng.chance(0.1)) {
        const mode = rng.pick(["ordered", "loose"] as const);
        out.push({ atMs: nearMs, device, do: "power-cut", mode, calls: 1 + rng.below(60), marks: 0, downMs });
      }
    }
    steps = [...steps.map((step) => ({ ...step, atMs: shifted(step.atMs) })), ...out];
    startsMs = startsMs.map(shifted);
  }
  return { ...plan, drops: true, startsMs, steps: [...steps].sort((a, b) => a.atMs - b.atMs) };
}

/** What its person asks of a device; one that does not run is not asked. */
export async function doDrop({ device, folder }: SimDevice, { do: what, path }: DropStep): Promise<void> {
  if (device === null || folder === null) return;
  const some: RelPath[] = [];
  for await (
    const files of ownFiles(folder, path as RelPath, ({ row }) => what === "get" ? isDropped(row) : row.held)
  ) {
    some.push(...files);
  }
  if (what === "get") await bringBack(folder, some);
  else await device.selective.drops.drop(folder, some, () => {}, () => false);
}

/** Files that a device lists and does not keep. */
export function droppedOn({ folder }: SimDevice): RelPath[] {
  if (folder === null) return [];
  const { catalogue: { rows }, number } = folder.replica;
  return rows.ownFlagged(number, [0, rows.lastState], OFFERED, OFFERED).filter(({ row }) => isDropped(row))
    .map(({ row }) => row.path);
}
