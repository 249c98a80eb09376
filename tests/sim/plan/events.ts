/** Makes a plan's steps happen: users, machines, network. What was broken is mended again by `heal`. */
import { HOME, ROOT, type SimDevice } from "../world/device.ts";
import type { World } from "../world/world.ts";
import type { Call } from "../disk/sim_disk.ts";
import { Rng } from "../disk/rng.ts";
import { CairnError } from "../../../src/core/errors.ts";
import { FsError } from "../../../src/platform/ports.ts";
import type { PowerCuts } from "../oracle/power.ts";
import type { Rots } from "../oracle/rot.ts";
import { doDrop } from "./drops.ts";
import { doKeep } from "./keeps.ts";
import { changeHome, type HomeCopy } from "./home_faults.ts";
import { doLabel } from "./labels.ts";
import type { DeviceStep, NetStep, Plan, Step } from "./step.ts";
import type { SimUser } from "./user.ts";

const CALLS: Record<"syncs" | "changes" | "opens" | "all", readonly Call[] | undefined> = {
  syncs: ["syncFile", "syncDirectory", "syncFileSystem"],
  changes: [
    "create",
    "write",
    "rename",
    "link",
    "unlink",
    "makeDirectory",
    "truncate",
    "symlink",
    "chmod",
    "setMtime",
  ],
  opens: ["open", "list", "pin", "read"],
  all: undefined,
};
/** A device that could not start tries again, as a service manager makes it do. */
const START_AGAIN_MS = 5_000;

export class Events {
  readonly #world: World;
  readonly #users: readonly SimUser[];
  readonly #power: PowerCuts;
  readonly #rots: Rots;
  readonly #rng: Rng;
  readonly #copies = new Map<number, HomeCopy>();
  /** Ends of processes that are still to come. */
  readonly #armed: (() => void)[] = [];
  #isHealed = false;

  constructor(plan: Plan, world: World, users: readonly SimUser[], power: PowerCuts, rots: Rots) {
    this.#world = world;
    this.#users = users;
    this.#power = power;
    this.#rots = rots;
    this.#rng = new Rng(`events/${plan.seed}`);
    for (const step of plan.steps) {
      if (step.atMs > 0) world.scheduler.after(step.atMs, () => this.#do(step));
      else this.#do(step);
    }
    plan.startsMs.slice(0, plan.devices).forEach((atMs, index) => {
      world.scheduler.after(atMs, () => this.#start(world.devices[index]!));
    });
  }

  #later(ms: number, run: () => void): void {
    this.#world.scheduler.after(ms, run);
  }

  #start(device: SimDevice): void {
    if (device.isRunning) return;
    device.start();
    this.#later(START_AGAIN_MS, () => {
      if (!device.isRunning && device.startFailure !== null) this.#start(device);
    });
  }

  #do(step: Step): void {
    if (this.#isHealed) return;
    const device = this.#world.devices[step.device]!;
    switch (step.do) {
      case "write":
      case "append":
      case "truncate":
      case "rename":
      case "copy":
      case "delete":
      case "mkdir":
      case "symlink":
      case "chmod":
      case "touch":
      case "to-directory":
      case "to-file": {
        this.#world.scheduler.trace(`${device.name} user: ${JSON.stringify(step)}`);
        this.#users[step.device]!.do(step);
        break;
      }
      case "drop":
      case "get":
      case "keep":
        this.#world.scheduler.trace(`${device.name}: ${JSON.stringify(step)}`);
        (step.do === "keep" ? doKeep(device, step) : doDrop(device, step)).catch((error) => {
          if (!(error instanceof CairnError || error instanceof FsError)) throw error;
        });
        break;
      case "partition":
      case "cut-links":
      case "stall":
      case "slow-wire":
        this.#world.scheduler.trace(JSON.stringify(step));
        this.#onNet(step);
        break;
      case "tag":
      case "note":
      case "policy":
        this.#world.scheduler.trace(`${device.name}: ${JSON.stringify(step)}`);
        // A disk that refuses says so to its person; nothing is promised then.
        doLabel(device, step).catch((error) => {
          if (!(error instanceof CairnError || error instanceof FsError)) throw error;
        });
        break;
      default:
        this.#world.scheduler.trace(`${device.name}: ${JSON.stringify(step)}`);
        this.#onDevice(device, step);
    }
  }

  #onNet(step: NetStep): void {
    const { net } = this.#world;
    const links = () => net.links();
    switch (step.do) {
      case "partition":
        net.partition(step.sides);
        net.beaconLoss = 0.5;
        this.#later(step.forMs, () => net.heal());
        break;
      case "cut-links":
        for (const link of links()) if (this.#rng.chance(0.6)) link.cut();
        break;
      case "stall":
        for (const link of links()) if (this.#rng.chance(0.6)) net.stall(link, step.ms);
        break;
      case "slow-wire": {
        const { latencyMs, bytesPerMs } = net.wire;
        net.wire.latencyMs = step.latencyMs;
        net.wire.bytesPerMs = step.bytesPerMs;
        this.#later(step.forMs, () => Object.assign(net.wire, { latencyMs, bytesPerMs }));
      }
    }
  }

  #onDevice(device: SimDevice, step: DeviceStep): void {
    const { disk } = device;
    switch (step.do) {
      case "kill":
        device.kill();
        this.#later(step.downMs, () => this.#start(device));
        break;
      case "kill-between":
        if (!device.isRunning) break;
        this.#armed.push(disk.killAfter(step.calls, () => {
          device.kill();
          this.#later(step.downMs, () => this.#start(device));
        }));
        break;
      case "stop":
        void device.stop().then(() => this.#later(step.downMs, () => this.#start(device)));
        break;
      case "power-cut": {
        const cut = () => {
          // Of what the catalogue forgets the fingerprints are lost: what stands there then is what it is.
          if (step.marks > 0) this.#users[device.index]!.acceptAll();
          this.#power.cut(device, step.mode, step.marks);
          this.#later(step.downMs, () => this.#start(device));
        };
        if (step.calls > 0 && device.isRunning) this.#armed.push(disk.killAfter(step.calls, cut));
        else cut();
        break;
      }
      case "rot": {
        const path = device.isHomeChanged || this.#power.lies.has(device)
          ? null
          : this.#rots.rot(device, step.path, step.of);
        this.#world.scheduler.trace(`${device.name}: a bit of ${path} flips`);
        break;
      }
      case "mark":
        device.catalogue.mark();
        break;
      case "write-back":
        if (step.isWhole) disk.writeBack();
        else disk.writeBackSome();
        break;
      case "clock":
        device.wallOffsetMs += step.jumpMs;
        break;
      case "disk-fault": {
        const calls = CALLS[step.on];
        // What it had seen or done and could not record may be undone before it can.
        if (step.where !== "root") device.hasForgotten = true;
        const path = step.where === "everywhere" ? undefined : step.where === "home" ? HOME : ROOT;
        const end = disk.faults.add({
          code: step.code,
          chance: step.chance,
          ...(calls === undefined ? {} : { calls }),
          ...(path === undefined ? {} : { path }),
        });
        this.#later(step.forMs, end);
        break;
      }
      case "full":
        device.hasForgotten = true;
        disk.setCapacity("/", disk.used("/") + step.freeBytes);
        this.#later(step.forMs, () => disk.setCapacity("/", Infinity));
        break;
      case "lie":
        disk.lie = step.lie;
        this.#power.lies.add(device);
        this.#later(step.forMs, () => disk.lie = "no");
        break;
      case "watch":
        device.isUnwatched = true;
        Object.assign(disk.watches, {
          loss: step.loss,
          toParent: 0.1,
          duplicate: 0.1,
          maxDelayMs: step.delayMs,
        });
        this.#later(step.forMs, () => Object.assign(disk.watches, CALM));
        break;
      case "no-watches":
        disk.failWatches("there are no more watches");
        break;
      case "slow-disk":
        device.slowness = step.ms;
        this.#later(step.forMs, () => device.slowness = 0.3);
        break;
      case "home":
      case "back-up":
        this.#home(device, step);
    }
  }

  #home(device: SimDevice, step: DeviceStep & { do: "home" | "back-up" }): void {
    const down = async () => {
      if (step.do === "home" && step.killed) device.kill();
      else await device.stop();
    };
    void down().then(() => {
      const changed = changeHome(device, step, this.#copies);
      if (changed) {
        this.#users[device.index]!.acceptAll();
        this.#power.wentVague(device);
      }
      this.#later(step.do === "home" ? step.downMs : 1, () => this.#start(device));
    });
  }

  /** Mends whatever is broken, and starts all that does not run. */
  heal(): void {
    this.#isHealed = true;
    const { net, devices, scheduler } = this.#world;
    scheduler.trace("all is mended");
    for (const cancel of this.#armed) cancel();
    net.heal();
    Object.assign(net.wire, { latencyMs: 0.2, bytesPerMs: 50_000 });
    for (const device of devices) {
      const { disk } = device;
      disk.faults.clear();
      disk.setCapacity("/", Infinity);
      disk.lie = "no";
      device.slowness = 0.3;
      Object.assign(disk.watches, CALM);
      net.setUp(device.index, true);
      this.#start(device);
    }
    net.resume();
  }
}

const CALM = { loss: 0, toParent: 0, duplicate: 0, minDelayMs: 1, maxDelayMs: 20 };
