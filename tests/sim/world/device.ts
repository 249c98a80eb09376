/** One simulated device: a machine with its disk, its clock, and the daemon that runs on it or does not. */
import { Device, type DevicePorts } from "../../../src/daemon/device.ts";
import { toHex } from "../../../src/core/ids.ts";
import { layoutOf } from "../../../src/folder/layout.ts";
import { writeMarker } from "../../../src/folder/marker.ts";
import type { Mode } from "../../../src/core/mode.ts";
import { Ledger } from "../../../src/journal/ledger.ts";
import { settingNamed, settingRecord } from "../../../src/library/folder_settings.ts";
import { replicaRecords } from "../../../src/library/folders.ts";
import type { DeviceIdentity } from "../../../src/peer/identity.ts";
import type { Clock, Random } from "../../../src/platform/ports.ts";
import type { Rng } from "../disk/rng.ts";
import { type CrashMode, SimDisk, type SimDiskOptions } from "../disk/sim_disk.ts";
import { SimCatalogue } from "./catalogues.ts";
import { FOLDER_ID, IDENTITIES, LIBRARY_ID, libraryFields } from "./fixture.ts";
import { unsettled } from "../oracle/recorded.ts";
import type { NetProcess, SimNet } from "./net.ts";
import type { Scheduler } from "./scheduler.ts";

export const HOME = "/home/me/.config/cairn";
export const ROOT = "/home/me/Sync";
const TCP_PORT = 22_000;
const BEGAN_MS = Date.UTC(2026, 2, 2, 8);

/** One run of the daemon. */
interface Process extends NetProcess {
  isAlive: boolean;
}

export class SimDevice {
  readonly index: number;
  readonly name: string;
  readonly identity: DeviceIdentity;
  readonly disk: SimDisk;
  readonly catalogue = new SimCatalogue();
  /** The machine's wall clock against the world's. */
  wallOffsetMs = 0;
  /** The daemon, once it has started. */
  device: Device | null = null;
  /** Why it did not start. */
  startFailure: unknown = null;
  readonly said: string[] = [];
  /** Wraps the ports of every run: where a test breaks an invariant. */
  breakPorts: (ports: DevicePorts) => DevicePorts = (ports) => ports;
  /** Its journal refused once, and it may not have recorded what it had done or seen. */
  hasForgotten = false;
  /** What its daemon had not recorded when it was cut off, or what a power cut took back: paths, and all below and above them. */
  readonly unsettled = new Set<string>();
  /** Somebody, or a disk that lied, has put its records back. */
  isHomeChanged = false;
  /** Paths whose bytes a disk that lied may have changed without any sign. */
  readonly unreliable = new Set<string>();
  /** Something changed on its disk that no event tells of: a scan is due. */
  isUnwatched = false;
  /** Its files are read again by themselves. */
  scrubs = false;
  /** Called when the daemon has started. */
  onStarted: () => void = () => {};
  /** How often the machine was switched on. */
  boots = 1;
  readonly #scheduler: Scheduler;
  readonly #net: SimNet;
  readonly #rng: Rng;
  #process: Process | null = null;
  #starting: Promise<void> | null = null;

  constructor(
    scheduler: Scheduler,
    net: SimNet,
    rng: Rng,
    index: number,
    disk: Omit<SimDiskOptions, "rng" | "now" | "turn" | "after">,
  ) {
    this.index = index;
    this.name = String.fromCharCode(97 + index);
    this.identity = IDENTITIES[index]!;
    this.#scheduler = scheduler;
    this.#net = net;
    this.#rng = rng;
    const turns = rng.fork("turns");
    this.disk = new SimDisk({
      ...disk,
      rng: rng.fork("disk"),
      now: () => this.wallNow(),
      turn: () => new Promise((resolve) => scheduler.after(this.slowness * turns.next(), resolve)),
      after: (delayMs, run) => scheduler.after(delayMs, run),
    });
  }

  /** What one call of the disk takes at most. */
  slowness = 0.3;

  wallNow(): number {
    return BEGAN_MS + this.#scheduler.nowMs + this.wallOffsetMs;
  }

  get isRunning(): boolean {
    return this.#process !== null;
  }

  get isStarting(): boolean {
    return this.#starting !== null;
  }

  get folder() {
    return this.device?.folders.get(FOLDER_ID) ?? null;
  }

  // ---------------------------------------------------------------------------------- the first start

  /** Makes the device as pairing leaves it: a home, a library of `members` devices, and its replica of the folder. */
  async pair(members: number, mode: Mode = "sync"): Promise<void> {
    const ports = this.#boot();
    ports.fs.makeDirectories(HOME);
    ports.fs.makeDirectories(layoutOf(ROOT).own);
    const ledger = await Ledger.open({
      ...ports,
      home: HOME,
      self: this.identity.id,
      say: (line) => this.#say(line),
    });
    const replica = toHex(ports.random.bytes(8));
    await writeMarker(ports.fs, ROOT, {
      library: LIBRARY_ID,
      folder: FOLDER_ID,
      device: this.identity.id,
      replica,
      lsn: 0,
    });
    await Promise.all([
      ledger.commit({ type: "local", key: "library", value: LIBRARY_ID }),
      ledger.commit({ type: "shared", fields: libraryFields(members) }),
      ...replicaRecords({ folder: FOLDER_ID, path: ROOT, mode, replica }).map((record) =>
        ledger.commit(record)
      ),
    ]);
    // As often as can be asked for.
    if (this.scrubs) await ledger.commit(this.#scrubsDaily(ledger));
    await ledger.close();
    this.disk.kill();
    this.#end(false);
  }

  #scrubsDaily(ledger: Ledger) {
    const writer = { device: this.identity.id, stamp: ledger.mintStamp.bind(ledger) };
    return settingRecord(ledger.catalogue, FOLDER_ID, settingNamed("scrub-days"), "1", writer);
  }

  // ---------------------------------------------------------------------------------- its life

  /** Starts the daemon; it is at work some time later, or says in `startFailure` why it is not. */
  start(): void {
    if (this.#process !== null) return;
    this.#scheduler.trace(`${this.name} starts`);
    this.#net.setUp(this.index, true);
    const ports = this.#boot();
    const process = this.#process!;
    this.startFailure = null;
    const starting = Device.start(ports, {
      home: HOME,
      identity: this.identity,
      name: this.name,
      port: TCP_PORT,
      say: (line) => this.#say(line),
      pairing: (link) => link.destroy(),
      ...(this.scrubs ? { scrub: { onBattery: () => false } } : {}),
    }).then((device) => {
      if (!process.isAlive) return;
      this.device = device;
      this.#scheduler.trace(`${this.name} has started`);
      this.onStarted();
    }, (error) => {
      if (!process.isAlive) return;
      this.startFailure = error;
      this.#scheduler.trace(`${this.name} could not start: ${error}`);
      this.disk.kill();
      this.#end(false);
    }).finally(() => {
      if (this.#starting === starting) this.#starting = null;
    });
    this.#starting = starting;
  }

  /** Stops the daemon in order. */
  async stop(): Promise<void> {
    const process = this.#process;
    if (process === null) return;
    this.#scheduler.trace(`${this.name} stops`);
    await this.#starting;
    if (!process.isAlive) return;
    await this.device?.stop();
    if (!process.isAlive) return;
    this.disk.kill();
    this.#end(false);
  }

  /** SIGKILL. */
  kill(): void {
    if (this.#process === null) return;
    this.#scheduler.trace(`${this.name} is killed`);
    this.#cutOff();
    this.disk.kill();
    this.#end(false);
  }

  /** Power goes. `marks` says how many marks the catalogue loses. The machine is off until `start`. */
  powerCut(mode: CrashMode, marks: number): void {
    this.#scheduler.trace(`${this.name} loses power (${mode}, ${marks})`);
    this.#cutOff();
    this.disk.crash(mode);
    this.catalogue.powerCut(marks);
    this.#end(true);
    this.#net.setUp(this.index, false);
    this.boots++;
  }

  #cutOff(): void {
    for (const path of unsettled(this)) this.unsettled.add(path);
  }

  #boot(): DevicePorts {
    const process: Process = { host: this.index, isAlive: true };
    this.#process = process;
    const { fs, pool, watcher } = this.disk.boot();
    return this.breakPorts({
      fs,
      pool,
      watcher,
      clock: this.#clock(process),
      random: this.#random(),
      net: this.#net.forProcess(process),
      osBoot: `boot-${this.boots}`,
      openSqlite: () => this.catalogue.open(),
    });
  }

  /** The process is gone, however it went. */
  #end(silent: boolean): void {
    const process = this.#process;
    if (process === null) return;
    process.isAlive = false;
    this.#process = null;
    this.#starting = null;
    this.device = null;
    this.catalogue.kill();
    this.#net.end(process, silent);
  }

  #clock(process: Process): Clock {
    const scheduler = this.#scheduler;
    const startedMs = scheduler.nowMs;
    return {
      now: () => Math.floor(this.wallNow()),
      monotonic: () => scheduler.nowMs - startedMs,
      after: (delayMs, run) =>
        scheduler.after(delayMs, () => {
          if (!process.isAlive) return;
          try {
            run();
          } catch (error) {
            // It ended in the middle of this, its catalogue closed under it: what it does from then on nobody sees.
            if (process.isAlive) throw error;
          }
        }),
    };
  }

  #random(): Random {
    const rng = this.#rng.fork("process");
    return { bytes: (length) => rng.bytes(length) };
  }

  #say(line: string): void {
    this.said.push(line);
    this.#scheduler.trace(`${this.name} says: ${line}`);
  }
}
