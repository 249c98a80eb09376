/** A world of devices: built from a plan's frame, with nothing happening in it yet. */
import type { Plan, Topology } from "../plan/step.ts";
import { Rng } from "../disk/rng.ts";
import { SimDevice } from "./device.ts";
import { SimNet } from "./net.ts";
import { Scheduler } from "./scheduler.ts";

/** Virtual time that pairing may take: it takes some milliseconds. */
const PAIRING_MS = 60_000;

export class World {
  readonly scheduler: Scheduler;
  readonly net: SimNet;
  readonly devices: readonly SimDevice[];
  readonly #plan: Plan;

  constructor(plan: Plan, keepTrace = false) {
    this.#plan = plan;
    const rng = new Rng(`world/${plan.seed}`);
    this.scheduler = new Scheduler(rng.fork("order"), keepTrace);
    this.net = new SimNet(this.scheduler, rng.fork("net"), wiring(plan.devices, plan.topology));
    this.devices = plan.disks.slice(0, plan.devices).map(
      ({ grainMs, exchanges, ...kind }, index) => {
        const device = new SimDevice(this.scheduler, this.net, rng.fork(`device ${index}`), index, {
          ...kind,
          exchanges: exchanges ?? kind.birthTimes,
        });
        device.disk.times.storeMs = grainMs;
        device.scrubs = plan.rot ?? false;
        device.wallOffsetMs = plan.clocksMs?.[index] ?? 0;
        return device;
      },
    );
  }

  /** Makes every device as pairing leaves it; all of that is durable. */
  pair(): void {
    const { scheduler, devices } = this;
    const { modes } = this.#plan;
    const pairing = devices.map((device, i) => device.pair(devices.length, modes?.[i]));
    scheduler.wait(Promise.all(pairing), PAIRING_MS);
    for (const { disk } of devices) disk.settle();
  }
}

function wiring(count: number, topology: Topology): boolean[][] {
  const isWired = (a: number, b: number) =>
    topology === "mesh" || (topology === "line" ? Math.abs(a - b) === 1 : a === 0 || b === 0);
  return Array.from(
    { length: count },
    (_, a) => Array.from({ length: count }, (_, b) => a !== b && isWired(a, b)),
  );
}
