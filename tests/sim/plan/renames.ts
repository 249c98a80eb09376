/**
 * Into a plan, directories that are renamed whole: to names that were never there, and mostly after a rest, so that they are told as what they
 * are (R29). Around each rename somebody else, or the same person, does something in the tree under either name.
 */
import type { Rng } from "../disk/rng.ts";
import type { Plan, Step, UserStep } from "./step.ts";

const TREES = ["d", "d/s", "e", "d/t", "t"];
/** What could hide within the clock's grain is looked at again by then. */
const RESTS_MS = [0, 1_000, 6_000, 8_000, 12_000, 20_000];

/** No kernel holds back for a minute what was written (YOUNG_MS). */
const WRITE_BACK_MS = 30_000;

/** The same plan with renames in it; a pure function. */
export function withRenames(plan: Plan, rng: Rng): Plan {
  const count = rng.between(2, 5);
  const lastMs = plan.steps.at(-1)?.atMs ?? 0;
  let steps: readonly Step[] = plan.steps;
  let startsMs = plan.startsMs;
  let tree = rng.pick(TREES);
  let token = 900_000;
  for (let i = 0; i < count; i++) {
    const fromMs = lastMs * (0.2 + 0.8 * rng.next()) + i;
    const pauseMs = rng.pick(RESTS_MS);
    const shifted = (atMs: number) => atMs > fromMs ? atMs + pauseMs : atMs;
    const [device, other] = [rng.below(plan.devices), rng.below(plan.devices)];
    const to = `${rng.pick(["", "", "d/", "e/"])}n${i}`;
    const atMs = fromMs + pauseMs;
    const out: Step[] = [];
    // There has to be something in it.
    for (const name of ["f1", "s/f2"]) {
      const write: UserStep = {
        do: "write",
        path: `${tree}/${name}`,
        token: token++,
        size: 40,
        how: "save",
        gapMs: 1,
      };
      if (rng.chance(0.8)) out.push({ atMs: Math.max(0, fromMs - rng.below(3_000)), device, ...write });
    }
    out.push({ atMs, device, do: "rename", path: tree, to });
    for (const under of [tree, to, to]) {
      const path = `${under}/${rng.pick(["f1", "s/f2", "s/f3", "x"])}`;
      const nearMs = Math.max(0, atMs + rng.between(-60, 400));
      const at = rng.next();
      if (at < 0.3) {
        const how = rng.pick<"save" | "in-place">(["save", "in-place"]);
        const write: UserStep = { do: "write", path, token: token++, size: 60, how, gapMs: 1 };
        out.push({ atMs: nearMs, device: other, ...write });
      } else if (at < 0.4) out.push({ atMs: nearMs, device: other, do: "delete", path });
      else if (at < 0.5) out.push({ atMs: nearMs, device: other, do: "rename", path: under, to: `n${i}b` });
      else if (at < 0.55) out.push({ atMs: nearMs, device: other, do: "chmod", path, mode: 0o600 });
    }
    steps = [...steps.map((step) => ({ ...step, atMs: shifted(step.atMs) })), ...out];
    startsMs = startsMs.map(shifted);
    if (rng.chance(0.5)) tree = to;
    else tree = rng.pick(TREES);
  }
  const all = [
    ...steps,
    ...writeBacks(plan.devices, Math.max(...startsMs, ...steps.map(({ atMs }) => atMs))),
  ];
  return { ...plan, steps: all.sort((a, b) => a.atMs - b.atMs), startsMs };
}

function writeBacks(devices: number, untilMs: number): Step[] {
  return Array.from({ length: Math.floor(untilMs / WRITE_BACK_MS) * devices }, (_, i) => ({
    atMs: WRITE_BACK_MS * (1 + Math.floor(i / devices)),
    device: i % devices,
    do: "write-back" as const,
    isWhole: true as const,
  }));
}
