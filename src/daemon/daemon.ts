/** The daemon: one device with its home, its local API and what its user can ask of it. */
import { assert, CairnError } from "../core/errors.ts";
import { isGoodName } from "../core/given_name.ts";
import { type Lsn, toHex } from "../core/ids.ts";
import { orPass } from "../core/passing.ts";
import { VERSION } from "../core/version_name.ts";
import { foldersOf, replicasOf } from "../library/folders.ts";
import { membersOf } from "../library/members.ts";
import { requireFullMembership } from "../library/removal.ts";
import { realClock } from "../platform/real/clock.ts";
import { realFs } from "../platform/real/fs.ts";
import { realHashPool } from "../platform/real/hash_pool.ts";
import { hostName, osBoot, processId } from "../platform/real/host.ts";
import { serveLocally } from "../platform/real/http.ts";
import { keepMemoryLow, type MemoryKeeper } from "../platform/real/memory.ts";
import { realNet } from "../platform/real/net.ts";
import { onBattery } from "../platform/real/power.ts";
import { realRandom } from "../platform/real/random.ts";
import { realTextReader } from "../platform/real/text_reader.ts";
import { realWatcher } from "../platform/real/watcher.ts";
import { createApi } from "./api.ts";
import type { Daemon, DaemonOptions, LogSource } from "./contract.ts";
import type {
  AddFolderRequest,
  FolderStatus,
  Invite,
  JoinAnswer,
  JoinRequest,
  LogLine,
  ResumeAnswer,
  ResumeRequest,
  Status,
} from "./api_types.ts";
import { Device, type DevicePorts } from "./device.ts";
import { formerDevices, setAside } from "./former.ts";
import { resumeFolder } from "./halts.ts";
import { Home } from "./home.ts";
import { logLinesOf, timeOf } from "./log.ts";
import { join, openInvites } from "./pairing.ts";
import { refuseOtherMode } from "./modes.ts";
import { prepareRoot } from "./root_path.ts";
import { type Gauges, openGauges } from "./gauges.ts";
import { openServices, type Services } from "./services.ts";
import { folderStatuses, statusOf } from "./status.ts";
import { chooseFolder, type Place, takeFolder } from "./taking.ts";

const STATUS_MS = 200;
/** Telling it takes one part in so many of the time at most: many needs take long to count. */
const STATUS_SHARE = 20;
/** Records looked at from the end for the last lines: one record may hold hundreds. */
const LOG_RECORDS = 5_000;

export type { Daemon, DaemonOptions } from "./contract.ts";

/** Starts a device. Throws CairnError, for example "already-running". */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const fs = realFs();
  const home = Home.open(fs, options.home);
  const memory = keepMemoryLow();
  const pool = realHashPool();
  try {
    pool.warm();
    const ports: DevicePorts = {
      fs,
      watcher: realWatcher(),
      clock: realClock(),
      random: realRandom(),
      net: realNet(),
      pool,
      osBoot: osBoot(),
      textReader: realTextReader(),
    };
    const daemon = await RunningDaemon.start(options, home, ports, memory);
    void daemon.stopped.catch(() => {}).finally(() => memory.stop());
    return daemon;
  } catch (error) {
    pool.close();
    memory.stop();
    home.close();
    throw error;
  }
}

class RunningDaemon implements Daemon, LogSource {
  readonly stopped: Promise<void>;
  hasStopped = false;
  readonly #services: Services;
  readonly #home: Home;
  readonly #ports: DevicePorts;
  readonly #device: Device;
  readonly #name: string;
  readonly #gauges: Gauges;
  readonly #startedMs: number;
  readonly #invites: ReturnType<typeof openInvites>;
  readonly #statusListeners = new Set<() => void>();
  #statusTimer: (() => void) | null = null;
  #statusTookMs = 0;
  #closeApi: () => Promise<void> = () => Promise.resolve();
  #stopping: Promise<void> | null = null;
  #resolveStopped: () => void = () => {};
  #rejectStopped: (error: unknown) => void = () => {};

  private constructor(
    home: Home,
    ports: DevicePorts,
    device: Device,
    name: string,
    invites: ReturnType<typeof openInvites>,
  ) {
    this.#home = home;
    this.#ports = ports;
    this.#device = device;
    this.#name = name;
    this.#gauges = openGauges(ports.clock);
    this.#startedMs = ports.clock.now();
    this.#invites = invites;
    this.#services = openServices(device, ports, this.#gauges, home.path);
    this.stopped = new Promise((resolve, reject) => {
      this.#resolveStopped = resolve;
      this.#rejectStopped = reject;
    });
    this.stopped.catch(() => {});
    device.onChanged(() => this.#statusSoon());
  }

  static async start(
    options: DaemonOptions,
    home: Home,
    ports: DevicePorts,
    memory: MemoryKeeper,
  ): Promise<Daemon> {
    const saved = home.settings();
    const name = options.name ?? saved?.name ?? hostName();
    if (!isGoodName(name)) {
      throw new CairnError(
        "usage",
        `"${name}" cannot name a device`,
        "Use up to 64 characters without slash, colon or control characters.",
      );
    }
    if (options.again) await comeBack(options, home, ports);
    const identity = await home.identity(ports.random);
    let invites: ReturnType<typeof openInvites> | null = null;
    const device = await Device.start(ports, {
      home: home.path,
      identity,
      name,
      port: options.port ?? saved?.port ?? 0,
      former: formerDevices(ports.fs, home.path),
      say: options.say,
      scrub: { onBattery },
      pairing: (link) => invites === null ? link.destroy() : void invites.serve(link),
    });
    invites = openInvites(ports, () => device);
    const daemon = new RunningDaemon(home, ports, device, name, invites);
    memory.atRest(() => {
      device.ledger.catalogue.giveBack();
      device.texts?.texts.file.giveBack();
      ports.pool.rest();
    });
    await home.saveSettings({ name, port: device.links.port });
    await daemon.#openApi();
    return daemon;
  }

  async #openApi(): Promise<void> {
    const token = toHex(this.#ports.random.bytes(32));
    const server = serveLocally(createApi(this, this.#services, this, token));
    this.#closeApi = () => server.close();
    await this.#home.saveAccess({ port: server.port, token, pid: processId(), version: VERSION });
  }

  async invite(): Promise<Invite> {
    const { ledger, identity } = this.#device;
    requireFullMembership(ledger.catalogue, identity.id);
    const invite = await this.#invites.create();
    this.#statusSoon();
    return invite;
  }

  async join(request: JoinRequest): Promise<JoinAnswer> {
    // What cannot work is said before the code is used up.
    const root = request.path === null ? null : this.#prepare(request.path);
    const inviter = await join(this.#ports, this.#device, this.#name, request.code, request.at);
    const { catalogue } = this.#device.ledger;
    const peer = membersOf(catalogue).find(({ device }) => device === inviter.device);
    const answer = { peer: { id: inviter.device, name: peer?.name ?? "device" } };
    if (root === null) return { ...answer, folder: null };
    const folder = chooseFolder(catalogue, request.folder, root);
    if (folder === "there already") return { ...answer, folder: null };
    await takeFolder(this.#device, folder, this.#placeOf(root), request.addFiles ?? false);
    return { ...answer, folder: { ...folder, path: root } };
  }

  #placeOf(root: string): Place {
    return { ...this.#ports, home: this.#home.path, root };
  }

  async addFolder(request: AddFolderRequest): Promise<FolderStatus> {
    const root = this.#prepare(request.path);
    const { catalogue } = this.#device.ledger;
    const there = replicasOf(catalogue).find(({ path }) => path === root);
    if (there !== undefined) refuseOtherMode(there, request.mode);
    const name = request.name ?? (root.split("/").at(-1) || "root");
    let id = there?.folder;
    if (id === undefined && request.take != null) {
      const folder = chooseFolder(catalogue, request.take, root);
      assert(folder !== "there already", "no replica is at the root");
      await takeFolder(this.#device, folder, this.#placeOf(root), request.addFiles ?? false, request.mode);
      id = folder.id;
    }
    id ??= await this.#device.folders.add(null, name, root, request.mode);
    return folderStatuses(this.#device, this.#gauges).find((folder) => folder.id === id)!;
  }

  resume(request: ResumeRequest): Promise<ResumeAnswer> {
    return resumeFolder(this.#device, request);
  }

  #prepare(path: string): string {
    const { catalogue } = this.#device.ledger;
    const names = new Map(foldersOf(catalogue).map(({ id, name }) => [id, name]));
    const taken = replicasOf(catalogue).map((config) => ({
      path: config.path,
      name: names.get(config.folder) ?? "folder",
    }));
    return prepareRoot(this.#ports.fs, path, this.#home.path, taken);
  }

  status(): Status {
    return statusOf(this.#device, {
      home: this.#home.path,
      name: this.#name,
      startedMs: this.#startedMs,
      openInvites: this.#invites.isOpen() ? 1 : 0,
      gauges: this.#gauges,
    });
  }

  onStatus(listener: () => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  #statusSoon(): void {
    if (this.#statusTimer !== null || this.#stopping !== null) return;
    const { clock } = this.#ports;
    this.#statusTimer = clock.after(Math.max(STATUS_MS, STATUS_SHARE * this.#statusTookMs), () => {
      this.#statusTimer = null;
      if (this.#stopping !== null) return;
      const startedMs = clock.monotonic();
      // Who tells the status asks the catalogue for it.
      const isTold = orPass(() => [...this.#statusListeners].forEach((listener) => listener()));
      this.#statusTookMs = clock.monotonic() - startedMs;
      if (!isTold) this.#statusSoon();
    });
  }

  async write(
    limit: number,
    follow: boolean,
    write: (line: LogLine) => Promise<void>,
    ended: () => boolean,
  ): Promise<void> {
    const { ledger } = this.#device;
    const names = () => new Map(foldersOf(ledger.catalogue).map(({ id, name }) => [id, name]));
    let timeMs = 0;
    const linesFrom = (from: Lsn): LogLine[] => {
      const known = names();
      const out: LogLine[] = [];
      for (const applied of ledger.history(from)) {
        timeMs = timeOf(applied, timeMs);
        out.push(...logLinesOf(applied, timeMs, (folder) => known.get(folder) ?? "folder"));
      }
      return out;
    };
    let from = Math.max(1, ledger.lastLsn - LOG_RECORDS) as Lsn;
    let wake: () => void = () => {};
    const end = ledger.onApplied(() => wake());
    try {
      for (let first = true; !ended(); first = false) {
        const news = new Promise<void>((resolve) => wake = resolve);
        const upTo = ledger.lastLsn;
        const lines = linesFrom(from);
        for (const line of first ? lines.slice(-limit) : lines) await write(line);
        from = upTo + 1 as Lsn;
        if (!follow || this.hasStopped) return;
        await Promise.race([news, this.stopped]);
      }
    } finally {
      end();
    }
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  async #stop(): Promise<void> {
    this.#statusTimer?.();
    try {
      this.#invites.withdraw();
      this.#services.stop();
      await this.#device.stop();
      this.hasStopped = true;
      this.#resolveStopped();
      await this.#closeApi();
    } catch (error) {
      this.#rejectStopped(error);
      throw error;
    } finally {
      this.hasStopped = true;
      this.#home.close();
    }
  }
}

async function comeBack({ say }: DaemonOptions, { path: home }: Home, ports: DevicePorts): Promise<void> {
  const { at, folders } = await setAside({ ...ports, home, say });
  say(`This device comes back as a new one. What it was is kept in ${at}.`);
  for (const { name, path } of folders) {
    say(`It had "${name}" in ${path}: take it again with cairn up ${path} --folder ${name}`);
  }
}
