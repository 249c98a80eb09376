/** Runs one plan in a world of its own and says what went wrong, if anything did. */
import { bringBack } from "../../src/sync/bring_back.ts";
import { override } from "../../src/sync/override.ts";
import { revert } from "../../src/sync/revert.ts";
import { allAreAtRest, whatIsNotApart } from "./oracle/apart.ts";
import { whatWasForgotten } from "./oracle/announced.ts";
import { miscounted } from "./oracle/copies.ts";
import { History, overlap } from "./oracle/history.ts";
import { PowerCuts } from "./oracle/power.ts";
import { allClaimToBeDone, allDifferences, statusKind, whatIsWrong, whatTheySay } from "./oracle/quiet.ts";
import { untold } from "./oracle/recorded.ts";
import { Rots } from "./oracle/rot.ts";
import { sharedDifferences } from "./oracle/shared.ts";
import { DiskOracle } from "./oracle/watcher.ts";
import { droppedOn } from "./plan/drops.ts";
import { keepsAll } from "./plan/keeps.ts";
import { Events } from "./plan/events.ts";
import { SimUser } from "./plan/user.ts";
import type { Plan } from "./plan/step.ts";
import type { RelPath } from "../../src/core/ids.ts";
import { takesOthers } from "../../src/core/mode.ts";
import { resumeFolder } from "../../src/daemon/halts.ts";
import { scrubbed } from "./scrubbed.ts";
import { ROOT, type SimDevice } from "./world/device.ts";
import { inMacrotask } from "./world/scheduler.ts";
import { World } from "./world/world.ts";

/** Virtual time that the devices have to become equal once all is mended. */
const CONVERGE_MS = 30 * 60_000;
/** All must claim to be done for this long: longer than the last looks that are still to come, where a claim is early. */
const STILL_MS = 3_000;
/** The same where no events come: longer than two polls. */
const POLLED_STILL_MS = 25_000;
const LOOK_MS = 250;
/** Users and faults end at most so long behind the last step. */
const AFTERMATH_MS = 3_500;

export interface RunOptions {
  readonly keepTrace?: boolean;
  readonly onLine?: (line: string) => void;
  /** Where a test breaks an invariant. */
  readonly sabotage?: (device: SimDevice) => void;
}

export interface Outcome {
  /** Null: all is well. */
  readonly failure: string | null;
  readonly traceHash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly trace: readonly string[];
  /** The tree that all had at the end. */
  readonly world: World;
}

class Failure extends Error {}

/** Rejections that nobody handled, of the run that is going on. A daemon would die of them. */
let rejections: unknown[] = [];
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  rejections.push(event.reason);
});

export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<Outcome> {
  rejections = [];
  const outcome = await inMacrotask(() => runInside(plan, options));
  // What was rejected is told in a turn of its own.
  await inMacrotask(() => {});
  const [unhandled] = rejections.filter((reason) => !isOfTheDead(reason));
  if (outcome.failure !== null || unhandled === undefined) return outcome;
  const text = unhandled instanceof Error ? unhandled.stack ?? String(unhandled) : String(unhandled);
  return { ...outcome, failure: `nobody handled ${text}` };
}

/** A process that was killed in the middle of something comes to no good end, and nobody minds. */
function isOfTheDead(reason: unknown): boolean {
  return reason instanceof Error &&
    (reason.name === "ProcessDied" ||
      /database is not open|statement has been finalized/.test(reason.message));
}

function runInside(plan: Plan, options: RunOptions): Outcome {
  const world = new World(plan, options.keepTrace ?? false);
  const { scheduler } = world;
  scheduler.onLine = options.onLine ?? null;
  let failure: string | null = null;
  try {
    for (const device of world.devices) options.sabotage?.(device);
    new Run(plan, world).run();
  } catch (error) {
    failure = error instanceof Failure
      ? error.message
      : error instanceof Error
      ? error.stack ?? error.message
      : String(error);
  }
  for (const device of world.devices) {
    device.kill();
    device.catalogue.release();
  }
  return {
    failure,
    traceHash: scheduler.traceHash,
    events: scheduler.number,
    virtualMs: scheduler.nowMs,
    trace: scheduler.lines ?? [],
    world,
  };
}

function isRootLost({ device }: SimDevice): boolean {
  return [...device!.folders.failures.values()].some(({ hint }) => hint.includes("resume FOLDER --reject"));
}

/** What was done on a device that only receives is undone; what is on one that only sends holds everywhere (R9). */
async function settleMode({ folder }: SimDevice): Promise<void> {
  if (folder?.replica.mode === "receive") await revert(folder.replica, true);
  if (folder?.replica.mode === "send") await override(folder.replica, true);
  folder?.inbound.evaluate();
}

class Run {
  readonly #plan: Plan;
  readonly #world: World;
  readonly #history = new History();
  readonly #rots = new Rots();
  readonly #failures: string[] = [];
  /** What stood in a tree without a row at the last look, while its device said that it was up to date. */
  readonly #untold = new Map<SimDevice, readonly string[]>();
  /** Devices whose halted folder is being answered for. */
  readonly #answering = new Set<number>();
  /** Somebody took back what others had deleted. */
  #rejected = false;

  constructor(plan: Plan, world: World) {
    this.#plan = plan;
    this.#world = world;
  }

  run(): void {
    const { scheduler, devices } = this.#world;
    const fail = (what: string) => {
      scheduler.trace(`WRONG: ${what}`);
      this.#failures.push(what);
    };
    this.#world.pair();
    const oracles = devices.map((device, i) =>
      new DiskOracle(device, this.#history, scheduler, this.#plan.disks[i]!, this.#rots, fail)
    );
    const users = devices.map((device, i) =>
      new SimUser(device, oracles[i]!, this.#history, scheduler, this.#rots)
    );
    const power = new PowerCuts(oracles, fail);
    for (const device of devices) {
      device.onStarted = () => {
        users[device.index]!.acceptAll(this.#rots.forgotten(device));
        if (power.lies.has(device) || power.vague.has(device)) return;
        const forgotten = whatWasForgotten(device, devices);
        if (forgotten !== null) fail(forgotten);
      };
    }
    const events = new Events(this.#plan, this.#world, users, power, this.#rots);
    for (const { atMs, device, mode } of this.#plan.modeChanges ?? []) {
      // What its journal refuses, or its end cuts off, is not so or goes on by itself.
      scheduler.after(atMs, () => void devices[device]!.folder?.modes.change(mode).catch(() => {}));
    }
    for (const { atMs, device } of this.#plan.settlings ?? []) {
      scheduler.after(atMs, () => void settleMode(devices[device]!).catch(() => {}));
    }
    const lastMs = this.#plan.steps.at(-1)?.atMs ?? 0;
    this.#go(Math.max(lastMs, ...this.#plan.startsMs) + 50);
    events.heal();
    this.#go(AFTERMATH_MS);
    for (const { disk, unreliable } of devices) {
      for (const path of unreliable) {
        if (disk.peek(`${ROOT}/${path}`)?.kind === "file") disk.user.touch(`${ROOT}/${path}`);
      }
    }
    for (const device of devices) if (device.isUnwatched) this.#restart(device);
    const scrub = () => {
      if (this.#plan.rot !== true) return;
      const wrong = scrubbed(this.#world, this.#rots, users, (ms) => {
        this.#go(ms);
        this.#tend(users);
      });
      if (wrong !== null) throw new Failure(`${wrong}\n${whatTheySay(this.#world)}`);
    };
    scrub();
    if (this.#plan.modes !== undefined) {
      this.#apart(users);
      scrub();
    }
    this.#settle(users);
    // Whatever happened, what comes next arrives.
    const [first] = devices;
    users[0]!.do({ do: "write", path: "last", token: 999_999, size: 40, how: "save", gapMs: 0 });
    this.#settle(users);
    if (first!.disk.peek(`${ROOT}/last`) === null) throw new Failure("the last file is gone");
    const wrong = whatIsWrong(
      this.#world,
      this.#history,
      (index, path) => {
        const device = devices[index]!;
        return !device.hasForgotten && !device.isHomeChanged &&
          ![...device.unsettled].some((one) => overlap(one, path));
      },
      // Who takes part in another way builds on what the others do not have.
      this.#rejected || this.#plan.modes !== undefined,
      (content, found) => this.#rots.isLeftBad(content, found),
    );
    wrong.push(...sharedDifferences(devices), ...miscounted(devices));
    if (wrong.length > 0) throw new Failure(wrong.join("\n"));
  }

  #go(ms: number): void {
    this.#world.scheduler.runFor(ms);
    this.#check();
  }

  #check(): void {
    if (this.#failures.length > 0) throw new Failure(this.#failures.join("\n"));
  }

  /** What was not told by events is found by the scan of a start. */
  #restart(device: SimDevice): void {
    void device.stop().then(() => {
      device.isUnwatched = false;
      device.start();
    });
  }

  /** Devices that take part in different ways come to rest, each as it may; then all take and give, and so all become equal (R9). */
  #apart(users: readonly SimUser[]): void {
    const { scheduler, devices } = this.#world;
    const rest = () => {
      const untilMs = scheduler.nowMs + CONVERGE_MS;
      for (let stillMs = 0, wasDone = false; !wasDone || stillMs < POLLED_STILL_MS;) {
        this.#go(LOOK_MS);
        this.#tend(users);
        const isDone = this.#haveAllBack() && allAreAtRest(this.#world);
        stillMs = isDone || wasDone ? stillMs + LOOK_MS : 0;
        wasDone = isDone;
        if (scheduler.nowMs > untilMs) throw new Failure(`no rest\n${whatTheySay(this.#world)}`);
      }
    };
    rest();
    const hasChanged = new Set((this.#plan.modeChanges ?? []).map(({ device }) => device));
    const wrong = whatIsNotApart(this.#world, ({ index }) => !hasChanged.has(index));
    if (wrong.length > 0) throw new Failure(`${wrong.join("\n")}\n${whatTheySay(this.#world)}`);
    // Some undo what was done on them, or make it hold everywhere, before they take part like the others.
    for (const [i, device] of devices.entries()) {
      if ((this.#plan.seed + i) % 3 !== 0) continue;
      scheduler.wait(settleMode(device), CONVERGE_MS);
      rest();
    }
    for (const { folder } of devices) scheduler.wait(folder!.modes.change("sync"), CONVERGE_MS);
  }

  /** Waits until all have become equal, and say so. */
  #settle(users: readonly SimUser[]): void {
    const { scheduler, devices } = this.#world;
    const untilMs = scheduler.nowMs + CONVERGE_MS;
    let stillMs = 0;
    let wasDone = false;
    // What needs a person is looked at again every ten seconds.
    const wasRefused = this.#plan.steps.some((step) =>
      step.do === "disk-fault" && step.code === "permission"
    );
    const isPolled = () => wasRefused || devices.some(({ folder }) => folder?.watch.pollingReason !== null);
    while (!wasDone || stillMs < (isPolled() ? POLLED_STILL_MS : STILL_MS)) {
      this.#go(LOOK_MS);
      this.#checkClaims();
      this.#tend(users);
      // A look that comes to nothing takes some milliseconds; two of them in a row are none.
      const isDone = this.#haveAllBack() && allClaimToBeDone(this.#world);
      stillMs = isDone || wasDone ? stillMs + LOOK_MS : 0;
      wasDone = isDone;
      if (scheduler.nowMs > untilMs) {
        throw new Failure(
          `not done after ${CONVERGE_MS / 60_000} minutes\n${whatTheySay(this.#world)}\n${
            allDifferences(devices).join("\n")
          }`,
        );
      }
    }
    const differences = allDifferences(devices);
    if (differences.length > 0) {
      throw new Failure(
        `all say that they are done, and their trees differ\n${differences.join("\n")}\n${
          whatTheySay(this.#world)
        }`,
      );
    }
    for (const device of devices) {
      const kind = statusKind(device);
      if (kind !== "up-to-date") {
        throw new Failure(`${device.name} is done and says "${kind}"\n${whatTheySay(this.#world)}`);
      }
    }
  }

  /** In the end everybody gets back what was dropped: what nobody has any more does not come. True where nothing is left to get. */
  #haveAllBack(): boolean {
    if (this.#plan.drops !== true) return true;
    const waiting = this.#world.devices.filter((device) => {
      if (!keepsAll(device)) return true;
      const paths = takesOthers(device.folder?.replica.mode ?? "index") ? droppedOn(device) : [];
      if (paths.length > 0) bringBack(device.folder!, paths).catch(() => {});
      return paths.length > 0;
    });
    return waiting.length === 0;
  }

  /**
   * Who says to be up to date has rows for all that is in its tree, and for nothing else, but for what it names as a trouble (invariant 11).
   * What no event has told of yet it cannot know: at the next look it must.
   */
  #checkClaims(): void {
    for (const device of this.#world.devices) {
      const before = this.#untold.get(device);
      this.#untold.delete(device);
      const { folder } = device;
      if (folder?.isUpToDate !== true || device.isUnwatched || folder.watch.pollingReason !== null) continue;
      const paths = untold(device).filter((path) =>
        !device.unreliable.has(path) && !folder.replica.troubles.has(path as RelPath) &&
        !this.#rots.isAt(device, path) && !this.#rots.isVagueAt(device, path)
      );
      const still = paths.filter((path) => before?.includes(path));
      this.#untold.set(device, paths);
      if (still.length === 0) continue;
      throw new Failure(
        `${device.name} says that it is up to date, and its rows do not tell of ${still.join(", ")}`,
      );
    }
  }

  /** What people do about what `status` asks of them. */
  #tend(users: readonly SimUser[]): void {
    for (const device of this.#world.devices) {
      if (device.device === null) continue;
      // A root whose marker a disk has lost is gone for good: its files come back from the others.
      if (device.folder === null && isRootLost(device)) this.#resume(device, "reject");
      for (const [path, { remedy }] of device.folder?.replica.troubles ?? []) {
        if (!/touch it/.test(remedy)) continue;
        if (this.#rots.isAt(device, path)) users[device.index]!.accept(path);
        else device.disk.user.touch(`${ROOT}/${path}`, device.wallNow());
      }
      if (device.folder !== null && device.folder.replica.brake.halt !== null) {
        this.#resume(device, (this.#plan.seed + device.index) % 2 === 0 ? "accept" : "reject");
      }
    }
  }

  /** A halted folder waits for a person's word (R38). */
  #resume({ device, index }: SimDevice, verdict: "accept" | "reject"): void {
    if (this.#answering.has(index)) return;
    this.#answering.add(index);
    if (verdict === "reject") this.#rejected = true;
    // What comes of it is seen by whether the folder goes on; a disk that refuses is asked again.
    resumeFolder(device!, { folder: "Sync", verdict }).catch(() => {}).finally(() =>
      this.#answering.delete(index)
    );
  }
}
