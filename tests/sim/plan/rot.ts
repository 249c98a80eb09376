/**
 * Into a plan, bits that flip on disks behind everybody's back (R15), mostly after a rest: what was written a moment ago cannot be told from what its
 * writer wrote. Around each, somebody else does something at that path, or the device starts anew.
 */
import type { Rng } from "../disk/rng.ts";
import type { Plan, Step } from "./step.ts";

const PATHS = ["f1", "f2", "f3.txt", "t", "d/f1", "d/f2", "d/f3.txt", "d/s/f1", "e/f1", "e/f2", "e/f3.txt"];
const TREES = ["d", "e", "d/s"];
const MODES = [0o644, 0o600, 0o755];
/** What could hide within the clock's grain is looked at again by then. */
const RESTS_MS = [4_000, 9_000, 15_000];

/** The same plan with flipped bits in it; a pure function. */
export function withRot(plan: Plan, rng: Rng): Plan {
  const { devices } = plan;
  let atMs = Math.max(plan.steps.at(-1)?.atMs ?? 0, ...plan.startsMs);
  const steps: Step[] = [...plan.steps];
  const rot = (ms: number, device: number, path: string) =>
    steps.push({ atMs: ms, device, do: "rot", path, of: rng.below(64) });
  for (let i = rng.below(3); i > 0; i--) {
    rot(atMs * (0.3 + 0.7 * rng.next()), rng.below(devices), rng.pick(PATHS));
  }
  for (let i = rng.between(1, 4); i > 0; i--) {
    atMs += rng.pick(RESTS_MS);
    const [device, path] = [rng.below(devices), rng.pick(PATHS)];
    rot(atMs, device, path);
    const near = { atMs: atMs + rng.between(-200, 3_000), device: rng.below(devices) };
    switch (rng.below(8)) {
      case 0:
        steps.push({ ...near, do: "write", path, token: 800_000 + i, size: 50, how: "save", gapMs: 1 });
        break;
      case 1:
        steps.push({ ...near, do: "chmod", path, mode: rng.pick(MODES) });
        break;
      case 2:
        steps.push({ ...near, do: "touch", path, backMs: 86_400_000 });
        break;
      case 3:
        steps.push({ ...near, do: "rename", path: rng.pick([path, ...TREES]), to: `n${i}` });
        break;
      case 4:
        steps.push({ ...near, do: "delete", path });
        break;
      case 5:
        steps.push({ ...near, do: "copy", path, to: `${path}-copy` });
        break;
      case 6:
        steps.push({ ...near, device, do: rng.chance(0.5) ? "kill" : "stop", downMs: rng.below(2_000) });
        break;
    }
  }
  steps.sort((a, b) => a.atMs - b.atMs);
  return { ...plan, rot: true, steps };
}
