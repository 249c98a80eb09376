/** The steps of each class of faults, spread over the time of a plan. */
import type { FsCode } from "../../../src/platform/ports.ts";
import type { Rng } from "../disk/rng.ts";
import type { CrashMode } from "../disk/sim_disk.ts";
import type { DeviceStep, FaultClass, NetStep, Step } from "./step.ts";

const YEAR_MS = 365 * 86_400_000;

export function faultSteps(
  rng: Rng,
  classes: readonly FaultClass[],
  devices: number,
  lastMs: number,
): Step[] {
  const out: Step[] = [];
  const add = (step: DeviceStep | NetStep, atMs = rng.next() * (lastMs + 500), device = rng.below(devices)) =>
    out.push({ atMs, device, ...step });
  const times = (most: number, work: () => void) => {
    for (let i = 1 + rng.below(most); i > 0; i--) work();
  };
  for (const one of classes) {
    switch (one) {
      case "net":
        times(4, () => add(netStep(rng, devices)));
        break;
      case "kill":
        times(3, () => add(killStep(rng)));
        break;
      case "power":
        times(4, () => add({ do: "write-back" }));
        times(3, () => add({ do: "mark" }));
        times(2, () => add(powerStep(rng)));
        break;
      case "disk":
        times(3, () => add(diskStep(rng)));
        break;
      case "lie":
        add({ do: "lie", lie: rng.pick(["a-while", "until-cut"]), forMs: rng.pick([1_000, 20_000, 60_000]) });
        break;
      case "watch":
        times(2, () => add(watchStep(rng)));
        break;
      case "clock":
        times(2, () => add({ do: "clock", jumpMs: clockJump(rng) }));
        break;
      case "home": {
        const device = rng.below(devices);
        if (rng.chance(0.4)) {
          add({ do: "back-up" }, rng.next() * lastMs * 0.5, device);
          add(homeStep(rng, "put-back"), lastMs * (0.5 + rng.next() * 0.5), device);
        } else add(homeStep(rng, null), undefined, device);
        break;
      }
      case "odd": // the disks', not an event
      case "away": // the whole plan's: `withAbsence`
        break;
    }
  }
  return out;
}

function netStep(rng: Rng, devices: number): NetStep {
  switch (rng.below(6)) {
    case 0:
    case 1:
      return { do: "cut-links" };
    case 2:
      return { do: "stall", ms: rng.pick([50, 2_000, 50_000]) };
    case 3:
      return {
        do: "slow-wire",
        latencyMs: rng.pick([5, 200]),
        bytesPerMs: rng.pick([50, 1000]),
        forMs: rng.pick([2_000, 20_000]),
      };
    default:
      return {
        do: "partition",
        sides: Array.from({ length: devices }, () => rng.below(2)),
        forMs: rng.pick([200, 5_000, 30_000, 120_000]),
      };
  }
}

function downMs(rng: Rng): number {
  return rng.pick([1, 300, 5_000, 60_000]);
}

function killStep(rng: Rng): DeviceStep {
  if (rng.chance(0.5)) return { do: "kill-between", calls: 1 + rng.below(60), downMs: downMs(rng) };
  return rng.chance(0.7) ? { do: "kill", downMs: downMs(rng) } : { do: "stop", downMs: downMs(rng) };
}

function powerStep(rng: Rng): DeviceStep {
  return {
    do: "power-cut",
    mode: rng.pick<CrashMode>(["ordered", "ordered", "loose"]),
    calls: rng.chance(0.5) ? 1 + rng.below(60) : 0,
    marks: rng.below(3),
    downMs: downMs(rng),
  };
}

function diskStep(rng: Rng): DeviceStep {
  const forMs = rng.pick([100, 2_000, 20_000]);
  if (rng.chance(0.25)) return { do: "full", freeBytes: rng.pick([0, 100, 5_000]), forMs };
  return {
    do: "disk-fault",
    code: rng.pick<FsCode>(["io", "io", "no-space", "permission", "too-many-files"]),
    where: rng.pick(["home", "root", "everywhere"]),
    on: rng.pick(["syncs", "changes", "opens", "all"]),
    chance: rng.pick([0.1, 0.5, 1]),
    forMs,
  };
}

function watchStep(rng: Rng): DeviceStep {
  if (rng.chance(0.15)) return { do: "no-watches" };
  return {
    do: "watch",
    loss: rng.pick([0, 0.2, 1]),
    delayMs: rng.pick([20, 500, 4_000]),
    forMs: rng.pick([2_000, 30_000]),
  };
}

function clockJump(rng: Rng): number {
  const size = rng.pick([3_000, 86_400_000, YEAR_MS, 70 * YEAR_MS]);
  return rng.chance(0.5) ? size : -Math.min(size, 20 * YEAR_MS);
}

function homeStep(rng: Rng, what: "put-back" | null): DeviceStep {
  return {
    do: "home",
    what: what ?? rng.pick(
      [
        "delete-catalogue",
        "delete-catalogue",
        "damage-catalogue",
        "zero-catalogue",
        "cut-journal",
        "damage-journal",
        "delete-journal",
      ] as const,
    ),
    killed: rng.chance(0.5),
    at: rng.next(),
    downMs: downMs(rng),
  };
}
