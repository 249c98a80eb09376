/** Makes a plan from a seed: a pure function, all chance from the seed. */
import { Rng } from "../disk/rng.ts";
import type { CrashMode } from "../disk/sim_disk.ts";
import { withAbsence } from "./absence.ts";
import { withDrops } from "./drops.ts";
import { withKeeps } from "./keeps.ts";
import { faultSteps } from "./generate_faults.ts";
import { withLabels } from "./labels.ts";
import { withModes } from "./modes.ts";
import { withRenames } from "./renames.ts";
import { withRot } from "./rot.ts";
import {
  type DiskKind,
  FAULT_CLASSES,
  type FaultClass,
  type Plan,
  type Step,
  type Topology,
  type UserStep,
} from "./step.ts";

/** Few paths, so that people get into each other's way. */
const DIRECTORIES = ["", "", "d/", "d/", "d/s/", "e/"];
const NAMES = ["f1", "f2", "f3.txt", "t", "s"];
const TREES = ["d", "e", "d/s", "d/t", "t"];
/** Most seeds are small worlds: one of five devices takes as long as five of two. */
const DEVICES = [2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 5];
/** Hours that pass cost more than all else: of what other classes have, this one has so much. */
const AWAY_CHANCE = 0.12;
const MODES = [0o644, 0o600, 0o755, 0o444];

export interface PlanOptions {
  /** Which classes may occur; all when left out. */
  readonly faults?: readonly FaultClass[];
  readonly devices?: number;
  readonly topology?: Topology;
  /** How likely each class is in a seed; 0.35 when left out. */
  readonly faultChance?: number;
  /** Directories are renamed whole, again and again. */
  readonly renames?: boolean;
  /** Devices take part in different ways. */
  readonly modes?: boolean;
  /** Disks flip bits. */
  readonly rot?: boolean;
  /** People drop what is kept elsewhere. */
  readonly drops?: boolean;
  readonly keeps?: boolean;
}

export function generatePlan(seed: number, options: PlanOptions = {}): Plan {
  const rng = new Rng(`plan/${seed}`);
  const devices = options.devices ?? rng.pick(DEVICES);
  const topology = options.topology ??
    (devices === 2 ? "mesh" : rng.pick<Topology>(["mesh", "mesh", "line", "star"]));
  const allowed = options.faults ?? FAULT_CLASSES;
  const faults = FAULT_CLASSES.filter((one) =>
    one !== "away" && rng.next() < (options.faultChance ?? 0.35) && allowed.includes(one)
  );
  const maker = new Maker(rng.fork("steps"), devices);
  const steps = maker.steps();
  const lastMs = Math.max(...steps.map(({ atMs }) => atMs));
  steps.push(...faultSteps(rng.fork("faults"), faults, devices, lastMs));
  steps.sort((a, b) => a.atMs - b.atMs);
  const startsMs = Array.from(
    { length: devices },
    () => rng.chance(0.2) ? rng.below(Math.max(1, Math.floor(lastMs))) : rng.below(500),
  );
  const isOdd = faults.includes("odd");
  const platforms = new Rng(`platforms/${seed}`);
  const disks = Array.from({ length: devices }, () => ({
    ...diskKind(rng, isOdd),
    ...(isOdd ? platform(platforms, faults.includes("clock")) : {}),
  }));
  const clocks = rng.fork("clocks");
  const clocksMs = disks.map(() => clocks.chance(0.5) ? 0 : clocks.between(-2_000, 2_000));
  const plain = { seed, devices, topology, faults, disks, startsMs, clocksMs, steps };
  const calm = withLabels(plain, new Rng(`labels/${seed}`));
  const renamed = options.renames ? withRenames(calm, new Rng(`renames/${seed}`)) : calm;
  const moded = options.modes ? withModes(renamed, new Rng(`modes/${seed}`), options.rot) : renamed;
  const dropping = options.drops ? withDrops(moded, new Rng(`drops/${seed}`)) : moded;
  const keeping = options.keeps ? withKeeps(dropping, new Rng(`keeps/${seed}`)) : dropping;
  const plan = options.rot ? withRot(keeping, new Rng(`rot/${seed}`)) : keeping;
  const away = new Rng(`away/${seed}`);
  const isAway = allowed.includes("away") && away.chance(AWAY_CHANCE * (options.faultChance ?? 0.35));
  return isAway ? withAbsence({ ...plan, faults: [...faults, "away"] }, away) : plan;
}

function diskKind(rng: Rng, isOdd: boolean): DiskKind {
  return {
    persistence: rng.pick<CrashMode>(["ordered", "ordered", "loose"]),
    hardLinks: !isOdd || rng.chance(0.6),
    birthTimes: !isOdd || rng.chance(0.6),
    inodeReuse: rng.pick(["at-once", "never"]),
    grainMs: isOdd ? rng.pick([0.000001, 1000, 2000]) : 0.000001,
  };
}

/** What other systems than Linux lack. Without a sync of all, a clock that jumps hides what is young (failure model, window 15). */
function platform(rng: Rng, clockJumps: boolean): Pick<DiskKind, "exchanges" | "pins" | "syncsFileSystem"> {
  return {
    exchanges: rng.chance(0.5),
    pins: rng.chance(0.3) ? "checked" : "descriptor",
    syncsFileSystem: rng.chance(0.5) || clockJumps,
  };
}

class Maker {
  readonly #rng: Rng;
  readonly #devices: number;
  #token = 0;

  constructor(rng: Rng, devices: number) {
    this.#rng = rng;
    this.#devices = devices;
  }

  steps(): Step[] {
    const rng = this.#rng;
    const out: Step[] = [];
    // Something is there before anybody starts.
    const before = rng.below(6);
    for (let i = 0; i < before; i++) {
      out.push({ atMs: 0, device: rng.below(this.#devices), ...this.#write() });
    }
    const count = 8 + rng.below(rng.chance(0.2) ? 32 : 14);
    let atMs = rng.chance(0.5) ? 0 : rng.below(3000);
    let device = rng.below(this.#devices);
    for (let i = 0; i < count; i++) {
      atMs += this.#gap();
      if (rng.chance(0.4)) device = rng.below(this.#devices);
      if (rng.chance(0.12)) {
        out.push(...this.#atOnce(atMs));
        continue;
      }
      out.push({ atMs, device, ...this.#one() });
    }
    return out;
  }

  #gap(): number {
    const rng = this.#rng;
    switch (rng.below(8)) {
      case 0:
      case 1:
        return rng.next() * 4;
      case 2:
      case 3:
      case 4:
        return rng.next() * 100;
      case 5:
      case 6:
        return rng.next() * 3_000;
      default:
        return rng.next() * 20_000;
    }
  }

  /** The same path on several devices within moments; sometimes with the same bytes. */
  #atOnce(atMs: number): Step[] {
    const rng = this.#rng;
    const path = this.#path();
    const same = rng.chance(0.25) ? this.#write(path) : null;
    const out: Step[] = [];
    for (let device = 0; device < this.#devices; device++) {
      if (!rng.chance(0.75)) continue;
      out.push({ atMs: atMs + rng.next() * 30, device, ...(same ?? this.#one(path)) });
    }
    return out;
  }

  #path(): string {
    return this.#rng.pick(DIRECTORIES) + this.#rng.pick(NAMES);
  }

  #size(): number {
    const rng = this.#rng;
    if (rng.chance(0.06)) return rng.between(70_000, 400_000);
    if (rng.chance(0.05)) return 0;
    return rng.between(10, 300);
  }

  #write(path = this.#path()): UserStep {
    const rng = this.#rng;
    return {
      do: "write",
      path,
      token: ++this.#token,
      size: this.#size(),
      how: rng.pick(["in-place", "save", "save", "slow"]),
      gapMs: rng.pick([1, 10, 40, 300, 3000]),
    };
  }

  #one(path = this.#path()): UserStep {
    const rng = this.#rng;
    const tree = () => rng.chance(0.5) ? rng.pick(TREES) : path;
    const part = { token: ++this.#token, size: rng.between(10, 80) };
    const at = rng.next();
    if (at < 0.44) return this.#write(path);
    if (at < 0.52) return { do: "append", path, ...part };
    if (at < 0.56) return { do: "truncate", path, keep: rng.below(100) };
    if (at < 0.67) {
      return { do: "rename", path: tree(), to: rng.chance(0.5) ? this.#path() : rng.pick(TREES) };
    }
    if (at < 0.70) return { do: "copy", path, to: this.#path() };
    if (at < 0.80) return { do: "delete", path: tree() };
    if (at < 0.84) return { do: "mkdir", path: tree() };
    if (at < 0.87) return { do: "symlink", path, token: ++this.#token };
    if (at < 0.90) return { do: "chmod", path: tree(), mode: rng.pick(MODES) };
    if (at < 0.93) return { do: "touch", path, backMs: rng.pick([0, 0, 1000, 86_400_000]) };
    if (at < 0.97) return { do: "to-directory", path: rng.pick([path, "t", "d/t"]), ...part };
    return { do: "to-file", path: tree(), ...part };
  }
}
