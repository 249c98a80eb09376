/**
 * In the middle of a plan, hours pass: a device is off or alone meanwhile, or all are there and nothing happens. Long enough for what
 * runs once an hour: tombstones are forgotten (R28), everything is scanned, the brake's hour is over (R38). No longer than a version store
 * keeps everything (R21).
 */
import type { Rng } from "../disk/rng.ts";
import type { Plan, Step } from "./step.ts";

const HOUR_MS = 3_600_000;
const MOST_EARLIER_MS = 5_000;
const MOST_LATER_MS = 30_000;

/** The same plan with the hours in it; a pure function. */
export function withAbsence(plan: Plan, rng: Rng): Plan {
  const { devices, steps } = plan;
  const lastMs = steps.at(-1)?.atMs ?? 0;
  const pauseMs = rng.pick([1.2, 2.5, 2.5, 9]) * HOUR_MS;
  const fromMs = Math.max(3_000, lastMs * (0.2 + 0.7 * rng.next()));
  const shifted = (atMs: number) => atMs > fromMs ? atMs + pauseMs : atMs;
  const device = rng.below(devices);
  const atMs = Math.max(1, fromMs - rng.below(MOST_EARLIER_MS));
  const forMs = fromMs - atMs + pauseMs + rng.between(-MOST_LATER_MS, MOST_LATER_MS);
  const out: Step[] = steps.map((step) => ({ ...step, atMs: shifted(step.atMs) }));
  switch (rng.below(4)) {
    case 0:
      break;
    case 1: {
      const sides = Array.from({ length: devices }, (_, i) => i === device ? 1 : 0);
      out.push({ atMs, device, do: "partition", sides, forMs });
      break;
    }
    default:
      out.push({ atMs, device, do: rng.chance(0.3) ? "kill" : "stop", downMs: forMs });
  }
  // No kernel holds back for hours what was written.
  for (let one = 0; one < devices; one++) {
    out.push({ atMs: fromMs + pauseMs / 2, device: one, do: "write-back", isWhole: true });
  }
  out.sort((a, b) => a.atMs - b.atMs);
  return { ...plan, steps: out, startsMs: plan.startsMs.map(shifted) };
}
