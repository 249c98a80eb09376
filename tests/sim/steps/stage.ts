/**
 * A small world for tests that need one exact moment: two devices, `a` and `b`, that are paired and at rest, a person at each,
 * and a hook before every step of one of them. All of it in virtual time, the same each time.
 */
import { SELF } from "../../../src/catalogue/interning.ts";
import type { HeldRow } from "../../../src/catalogue/rows.ts";
import type { RelPath } from "../../../src/core/ids.ts";
import type { Mode } from "../../../src/core/mode.ts";
import { type Call, type CrashMode, ProcessDied } from "../disk/sim_disk.ts";
import { allClaimToBeDone, allDifferences, statusKind, whatTheySay } from "../oracle/quiet.ts";
import type { DiskKind } from "../plan/step.ts";
import { HOME, ROOT, type SimDevice } from "../world/device.ts";
import { inMacrotask } from "../world/scheduler.ts";
import { World } from "../world/world.ts";

/** Virtual time in which devices must have become equal. */
const CONVERGE_MS = 30 * 60_000;
/** What is named in `status` and passes by itself has passed within this. */
const NAMED_MS = 60_000;
/** All must claim to be done for so long. */
const STILL_MS = 400;
const LOOK_MS = 50;
/** Longer than the last look at a file that was young when it was seen. */
export const LAST_LOOKS_MS = 4_000;

export interface StageOptions {
  readonly seed?: number;
  readonly devices?: number;
  /** What the disk of `b`, and of those behind it, is like. */
  readonly disk?: Partial<DiskKind>;
  readonly keepTrace?: boolean;
  /** How the devices take part in the folder (R9); all as `sync` where nothing is said. */
  readonly modes?: readonly Mode[];
}

/** What a device does next: a call of its disk, or a transaction of its catalogue that is about to be kept. */
export type Step = Call | "commit";

export class Stage {
  readonly world: World;
  readonly a: SimDevice;
  readonly b: SimDevice;

  constructor({ seed = 1, devices = 2, disk = {}, keepTrace = false, modes = [] }: StageOptions) {
    const usual: DiskKind = {
      persistence: "ordered",
      hardLinks: true,
      birthTimes: true,
      inodeReuse: "at-once",
      grainMs: 0.000001,
    };
    this.world = new World({
      seed,
      devices,
      topology: "mesh",
      faults: [],
      disks: Array.from({ length: devices }, (_, i) => i === 0 ? usual : { ...usual, ...disk }),
      startsMs: [],
      modes,
      steps: [],
    }, keepTrace);
    this.a = this.world.devices[0]!;
    this.b = this.world.devices[1]!;
    this.world.pair();
    for (const device of this.world.devices) {
      // What B mints by mistake must win, or nobody would notice.
      if (device !== this.a) device.wallOffsetMs = 3_600_000;
      device.start();
    }
    this.settle();
  }

  // ---------------------------------------------------------------------------------- time

  go(ms: number): void {
    this.world.scheduler.runFor(ms);
  }

  /** Runs until something is so; throws when it does not become so. */
  until(what: string, isSo: () => boolean, mostMs = 60_000): void {
    if (!this.world.scheduler.runUntil(isSo, mostMs)) {
      throw new Error(`never: ${what}\n${whatTheySay(this.world)}`);
    }
  }

  /** Runs until all are done and say so, and their trees are equal. */
  settle(stillMs = STILL_MS): void {
    const { scheduler, devices } = this.world;
    const untilMs = scheduler.nowMs + CONVERGE_MS;
    let still = 0;
    // What somebody has just done is noticed within that.
    this.go(LOOK_MS);
    while (still < stillMs) {
      this.go(LOOK_MS);
      // Not being allowed to read something is no part of the work: it is named, and looked at again soon.
      const isNamed = scheduler.nowMs < untilMs - CONVERGE_MS + NAMED_MS &&
        devices.some((device) => (device.folder?.replica.troubles.size ?? 0) > 0);
      still = allClaimToBeDone(this.world) && !isNamed ? still + LOOK_MS : 0;
      if (scheduler.nowMs > untilMs) {
        throw new Error(`not done\n${whatTheySay(this.world)}\n${allDifferences(devices).join("\n")}`);
      }
    }
    const different = allDifferences(devices);
    if (different.length > 0) throw new Error(`all are done, and differ\n${different.join("\n")}`);
    for (const device of devices) {
      const kind = statusKind(device);
      if (kind !== "up-to-date") {
        throw new Error(`${device.name} is done and says ${kind}\n${whatTheySay(this.world)}`);
      }
    }
  }

  /** Runs until nothing is left that any device would do by itself, whatever the trees are (R9). */
  rest(stillMs = STILL_MS): void {
    const { scheduler, devices, net } = this.world;
    const untilMs = scheduler.nowMs + CONVERGE_MS;
    this.go(LOOK_MS);
    for (let still = 0; still < stillMs;) {
      this.go(LOOK_MS);
      const isQuiet = net.bytesInFlight < 200 &&
        devices.every((device) =>
          device.folder?.isDone === true && device.device!.links.sessions().length === devices.length - 1 &&
          device.device!.links.sessions().every((session) => device.device!.hasIndexOf(session))
        );
      still = isQuiet ? still + LOOK_MS : 0;
      if (scheduler.nowMs > untilMs) throw new Error(`no rest\n${whatTheySay(this.world)}`);
    }
  }

  /** Waits for what a device was asked to do. */
  done<T>(work: Promise<T>, mostMs = 60_000): T {
    return this.world.scheduler.wait(work, mostMs);
  }

  // ---------------------------------------------------------------------------------- one device's steps

  /** Calls `each` right before every step of a device from now on, with its number from 1. The answer ends it. */
  watchSteps(device: SimDevice, each: (number: number, step: Step, path: string) => void): () => void {
    let number = 0;
    device.disk.beforeCall = (call, path) => each(++number, call, path);
    device.catalogue.beforeCommit = () => each(++number, "commit", HOME);
    return () => {
      device.disk.beforeCall = null;
      device.catalogue.beforeCommit = null;
    };
  }

  /** Lets `how` end the device right before its `count`-th step from now. The answer says whether it came to that. */
  endAt(device: SimDevice, count: number, how: () => void): () => boolean {
    let isOver = false;
    const end = this.watchSteps(device, (number) => {
      if (number < count) return;
      end();
      isOver = true;
      how();
      throw new ProcessDied();
    });
    return () => {
      end();
      return isOver;
    };
  }

  /** How many steps the device takes while `work` runs. */
  countSteps(device: SimDevice, work: () => void): number {
    let count = 0;
    const end = this.watchSteps(device, (number) => count = number);
    work();
    end();
    return count;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes text as a person does, aside and renamed over, or in place. */
export function write(
  device: SimDevice,
  path: string,
  text: string,
  how: "save" | "in-place" = "save",
): void {
  const { user } = device.disk;
  const slash = path.lastIndexOf("/");
  if (slash > 0) user.mkdir(`${ROOT}/${path.slice(0, slash)}`);
  if (how === "save") user.save(`${ROOT}/${path}`, encoder.encode(text));
  else user.writeFile(`${ROOT}/${path}`, encoder.encode(text));
}

export function remove(device: SimDevice, path: string): void {
  device.disk.user.rmTree(`${ROOT}/${path}`);
}

export function move(device: SimDevice, from: string, to: string): void {
  device.disk.user.rename(`${ROOT}/${from}`, `${ROOT}/${to}`);
}

/** What a file says; null when there is none. */
export function textAt(device: SimDevice, path: string): string | null {
  const found = device.disk.peek(`${ROOT}/${path}`);
  return found?.kind === "file" ? decoder.decode(found.bytes) : null;
}

/** Files of the folder, without directories, with what they say. */
export function treeOf(device: SimDevice): Record<string, string> {
  const out: Record<string, string> = {};
  device.disk.walk(ROOT, (path, { kind, bytes }) => {
    if (kind === "file" && !path.startsWith(".cairn/")) out[path] = decoder.decode(bytes);
  });
  return out;
}

/** What the version store holds. */
export function keptBy(device: SimDevice): Set<string> {
  const out = new Set<string>();
  device.disk.walk(`${ROOT}/.cairn/versions`, (path, { kind, bytes }) => {
    if (kind === "file" && !path.startsWith("index")) out.add(decoder.decode(bytes));
  });
  return out;
}

/** The device's own row of a path. */
export function ownRow(device: SimDevice, path: string): HeldRow | null {
  const { catalogue, number } = device.folder!.replica;
  return catalogue.rows.at(number, path as RelPath).find((row) => row.device === SELF) ?? null;
}

/** Causes that `status` names, by path. */
export function troublesOf(device: SimDevice): Record<string, string> {
  return Object.fromEntries([...device.folder!.replica.troubles].map(([path, { cause }]) => [path, cause]));
}

let rejections: unknown[] = [];
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  rejections.push(event.reason);
});

/** Who was killed in the middle of something comes to no good end, and nobody minds. */
function isOfTheDead(reason: unknown): boolean {
  return reason instanceof Error &&
    (reason.name === "ProcessDied" ||
      /database is not open|statement has been finalized/.test(reason.message));
}

/** Runs a test's work on a stage of its own. Rejections that nobody handled fail it: a daemon would die of them. */
export async function onStage<T>(options: StageOptions, work: (stage: Stage) => T): Promise<T> {
  rejections = [];
  const result = await inMacrotask(() => {
    const stage = new Stage(options);
    try {
      return work(stage);
    } finally {
      for (const device of stage.world.devices) device.kill();
    }
  });
  // What was rejected is told in a turn of its own.
  await inMacrotask(() => {});
  const unhandled = rejections.find((reason) => !isOfTheDead(reason));
  if (unhandled !== undefined) throw unhandled;
  return result;
}

export const CRASH_MODES: readonly CrashMode[] = ["ordered", "loose", "scattered"];
