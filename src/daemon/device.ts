/**
 * A device at work: builds the house from its parts and runs it. Everything real comes in through `DevicePorts`, so that a
 * simulated world can run the same device.
 */
import { CairnError } from "../core/errors.ts";
import { type DeviceId, type FolderId, toHex } from "../core/ids.ts";
import { layoutOf } from "../folder/layout.ts";
import { type Marker, readMarker, refuseForeign, writeMarker } from "../folder/marker.ts";
import { Ledger } from "../journal/ledger.ts";
import {
  folderField,
  foldersOf,
  modeOf,
  type ReplicaConfig,
  replicaRecords,
  replicasOf,
} from "../library/folders.ts";
import { acceptsField, foundLibrary, libraryOf } from "../library/joining.ts";
import { isGoodName, membersOf } from "../library/members.ts";
import { type Discovery, startDiscovery } from "../peer/discovery.ts";
import type { DeviceIdentity } from "../peer/identity.ts";
import { Links } from "../peer/links.ts";
import type { Refusal } from "../peer/messages.ts";
import type { Session } from "../peer/session.ts";
import type { Clock, Fs, HashPool, Net, Random, SecureLink, Watcher } from "../platform/ports.ts";
import { Conversation } from "../sync/conversation.ts";
import { FolderSync } from "../sync/folder_sync.ts";
import type { Local } from "../sync/local_source.ts";
import { Sources } from "../sync/sources.ts";
import { Stager } from "../sync/stager.ts";

export interface DevicePorts {
  readonly fs: Fs;
  readonly watcher: Watcher;
  readonly clock: Clock;
  readonly random: Random;
  readonly net: Net;
  readonly pool: HashPool;
  readonly osBoot: string;
}

export interface DeviceOptions {
  readonly home: string;
  readonly identity: DeviceIdentity;
  readonly name: string;
  /** Preferred TCP port, 0 for any. */
  readonly port: number;
  readonly beaconPort?: number;
  say(line: string): void;
  /** A link that wants to pair. */
  pairing(link: SecureLink): void;
}

const VERSIONS = [1, 1] as const;
/** Peers are told of our progress this often at most. */
const PROGRESS_MS = 500;

export interface PeerProgress {
  readonly files: number;
  readonly bytes: number;
}

export class Device {
  readonly identity: DeviceIdentity;
  readonly ledger: Ledger;
  readonly links: Links;
  readonly folders = new Map<FolderId, FolderSync>();
  /** Replicas that could not be started, with the reason. */
  readonly failures = new Map<FolderId, CairnError>();
  /** What each peer says that it still needs. */
  readonly peerProgress = new Map<DeviceId, PeerProgress>();
  /** Bytes that arrived since a folder last had nothing to do, for progress. */
  readonly gained = new Map<FolderId, number>();
  discovery: Discovery | null = null;
  readonly #ports: DevicePorts;
  readonly #options: DeviceOptions;
  readonly #sources = new Sources();
  readonly #stager: Stager;
  readonly #local: Local;
  readonly #conversations = new Map<Session, Conversation>();
  readonly #manualAddresses = new Map<DeviceId, string>();
  readonly #instance: string;
  readonly #listeners = new Set<() => void>();
  #progressTimer: (() => void) | null = null;
  #isStopped = false;

  private constructor(ports: DevicePorts, options: DeviceOptions, ledger: Ledger) {
    this.#ports = ports;
    this.#options = options;
    this.identity = options.identity;
    this.ledger = ledger;
    this.#instance = toHex(ports.random.bytes(8));
    this.#local = {
      catalogue: ledger.catalogue,
      replica: (folder) => this.#byNumber(folder)?.replica ?? null,
      changed: (replica, path) => this.folders.get(replica.folder)?.outbound.lookAgain([path]),
    };
    this.#stager = new Stager({
      ...this.#local,
      fs: ports.fs,
      pool: ports.pool,
      sources: this.#sources,
      gained: ({ folder }, bytes) => {
        this.gained.set(folder, (this.gained.get(folder) ?? 0) + bytes);
        this.#changed();
      },
    });
    this.links = new Links({
      net: ports.net,
      clock: ports.clock,
      identity: options.identity,
      greeting: {
        hello: {
          versions: VERSIONS,
          capabilities: [],
          extra: { instance: this.#instance, name: options.name },
        },
        admit: (device) => this.#admit(device),
      },
      members: () => membersOf(ledger.catalogue).map(({ device }) => device),
      addresses: (device) => this.#addressesOf(device),
      pairing: (link) => options.pairing(link),
      opened: (session) => this.#opened(session),
      changed: () => this.#changed(),
    });
  }

  static async start(ports: DevicePorts, options: DeviceOptions): Promise<Device> {
    const { fs, clock, random, osBoot } = ports;
    const { home, identity, say } = options;
    const ledger = await Ledger.open({ fs, clock, random, home, self: identity.id, osBoot, say });
    const device = new Device(ports, options, ledger);
    try {
      if (libraryOf(ledger) === null) await foundLibrary(ledger, identity, random, options.name);
      await device.#checkMarks();
      await device.#listen();
      for (const config of replicasOf(ledger.catalogue)) device.#startFolder(config);
      await device.#discover();
      device.links.refresh();
      return device;
    } catch (error) {
      await device.stop();
      throw error;
    }
  }

  async #listen(): Promise<void> {
    const { port, say } = this.#options;
    try {
      await this.links.listen(port);
    } catch (error) {
      if (port === 0) throw error;
      await this.links.listen(0);
      say(`Port ${port} is taken by another program; this device listens on ${this.links.port} instead.`);
    }
  }

  async #discover(): Promise<void> {
    const { net, clock, random } = this.#ports;
    try {
      this.discovery = await startDiscovery({
        net,
        clock,
        random,
        device: this.identity.id,
        tcpPort: this.links.port,
        ...(this.#options.beaconPort === undefined ? {} : { beaconPort: this.#options.beaconPort }),
        isKnown: (device) => this.#admit(device) === null,
        sighted: (sighting) => {
          this.links.sighted(sighting);
          this.#changed();
        },
      });
    } catch (error) {
      if (!(error instanceof CairnError)) throw error;
      this.#options.say(
        `${error.message}. Other devices are not found by themselves; give an address with --at HOST:PORT.`,
      );
    }
  }

  /** A home put back from a backup is behind the marks in its folders' roots (R24): new epoch before anything is said. */
  async #checkMarks(): Promise<void> {
    const { fs } = this.#ports;
    for (const { path, replica } of replicasOf(this.ledger.catalogue)) {
      let marker;
      try {
        marker = readMarker(fs, path);
      } catch {
        continue; // starting the folder tells of it
      }
      if (marker === null || marker === "unreadable" || marker.replica !== replica) continue;
      if (marker.lsn > this.ledger.lastLsn) {
        this.#options.say(
          `The home of this device is older than its folder ${path}; it announces everything anew.`,
        );
        await this.ledger.newEpoch(this.ledger.epoch);
        return;
      }
    }
  }

  // -------------------------------------------------------------------------------- peers

  #admit(device: DeviceId): Refusal | null {
    if (membersOf(this.ledger.catalogue).some((member) => member.device === device)) return null;
    return {
      code: "not-a-member",
      message: "The device is not a member of this library",
      hint: "Pair it with `cairn invite` here and `cairn join` there.",
    };
  }

  #addressesOf(device: DeviceId): string[] {
    const { cursors, ids } = this.ledger.catalogue;
    const last = cursors.lastSeen(ids.device(device)).address;
    const manual = this.#manualAddresses.get(device);
    const heard = this.discovery?.sightingOf(device)?.addresses ?? [];
    return [
      ...new Set([...heard, ...(manual === undefined ? [] : [manual]), ...(last === "" ? [] : [last])]),
    ];
  }

  /** Where a device was reached when it was paired: good for networks without broadcast. */
  rememberAddress(device: DeviceId, address: string): void {
    this.#manualAddresses.set(device, address);
    const { cursors, ids } = this.ledger.catalogue;
    cursors.seen(ids.device(device), this.#ports.clock.now(), address);
  }

  #opened(session: Session): void {
    const { catalogue } = this.ledger;
    const number = catalogue.ids.device(session.peer);
    const conversation = new Conversation({
      ledger: this.ledger,
      server: { ...this.#local, pool: this.#ports.pool },
      devices: () => membersOf(catalogue).map(({ device }) => device),
      accept: (field) => acceptsField(this.ledger, field),
      taken: () => this.#taken(),
      peerNeeds: (files, bytes) => {
        this.peerProgress.set(session.peer, { files, bytes });
        this.#changed();
      },
    }, session);
    this.#conversations.set(session, conversation);
    const seen = () => {
      // An accepted session tells the peer's host, but not the port on which it listens.
      const address = session.role === "dialled"
        ? session.remote
        : catalogue.cursors.lastSeen(number).address;
      if (!this.#isStopped) catalogue.cursors.seen(number, this.#ports.clock.now(), address);
    };
    seen();
    session.onClose(() => {
      seen();
      this.#conversations.delete(session);
      this.peerProgress.delete(session.peer);
      this.#changed();
    });
    this.#sources.add(number, session);
    for (const sync of this.folders.values()) {
      catalogue.needs.retryAll(sync.replica.number);
      sync.inbound.evaluate();
    }
    this.#tellProgress();
  }

  /** A page was applied: others are told of it, and folders look at what they need. */
  #taken(): void {
    for (const conversation of this.#conversations.values()) conversation.pump();
    for (const sync of this.folders.values()) sync.inbound.evaluate();
    this.links.refresh();
    this.#changed();
  }

  /** True once a peer has told all that it had when the session began. */
  hasIndexOf(session: Session): boolean {
    return this.#conversations.get(session)?.hasIndex ?? false;
  }

  // -------------------------------------------------------------------------------- folders

  #byNumber(number: number): FolderSync | null {
    for (const sync of this.folders.values()) if (sync.replica.number === number) return sync;
    return null;
  }

  #startFolder(config: ReplicaConfig): void {
    const { fs, clock, pool, watcher } = this.#ports;
    try {
      const marker = readMarker(fs, config.path);
      if (marker === null || marker === "unreadable" || marker.replica !== config.replica) {
        throw new CairnError(
          "path-unusable",
          `${config.path} does not have this folder's marker (${layoutOf(config.path).marker})`,
          "Mount the disk or put the directory back, then start Cairn again. Nothing counts as deleted meanwhile.",
        );
      }
      // A catalogue that was rebuilt does not know it yet.
      if (!this.ledger.catalogue.isWanted(config.folder)) {
        this.ledger.catalogue.setWanted(config.folder, true);
      }
      const sync = new FolderSync(
        {
          fs,
          clock,
          pool,
          ledger: this.ledger,
          device: this.identity.id,
          watcher,
          stager: this.#stager,
          changed: () => this.#changed(),
        },
        config.path,
        marker,
      );
      this.folders.set(config.folder, sync);
      this.failures.delete(config.folder);
      sync.start();
    } catch (error) {
      const failure = error instanceof CairnError ? error : new CairnError(
        "path-unusable",
        `${config.path} cannot be used: ${String(error)}`,
        "Mend it and start Cairn again.",
        error,
      );
      this.failures.set(config.folder, failure);
      this.#options.say(`${failure.message}. ${failure.hint}`);
    }
    this.#changed();
  }

  /** Starts a replica of a folder at a path, which is the root's real path. A null folder makes a new one named `name`. */
  async addReplica(folder: FolderId | null, name: string, path: string): Promise<FolderId> {
    const { fs, random } = this.#ports;
    const { catalogue } = this.ledger;
    const found = readMarker(fs, path);
    refuseForeign(path, found, this.identity.id);
    const known = new Set(replicasOf(catalogue).map((config) => config.folder));
    const id = folder ?? toHex(random.bytes(16)) as FolderId;
    if (known.has(id)) {
      throw new CairnError("folder-overlap", `This device has "${name}" already`, "See `cairn folders`.");
    }
    if (!isGoodName(name)) {
      throw new CairnError(
        "usage",
        `"${name}" cannot name a folder`,
        "Use up to 64 characters without slash, colon or control characters.",
      );
    }
    const replica = toHex(random.bytes(8));
    const marker: Marker = {
      library: libraryOf(this.ledger)!,
      folder: id,
      device: this.identity.id,
      replica,
      lsn: 0,
    };
    fs.makeDirectories(layoutOf(path).own);
    await writeMarker(fs, path, marker);
    const config: ReplicaConfig = { folder: id, path, mode: "sync", replica };
    const records = replicaRecords(config);
    if (folder === null) {
      const field = folderField(id, name, this.ledger.mintStamp(), this.identity.id);
      records.push({ type: "shared", fields: [field] });
    }
    await Promise.all(records.map((record) => this.ledger.commit(record)));
    this.#startFolder(config);
    return id;
  }

  /** Folders of the library, those that a device takes part in first. */
  foldersAt(device: DeviceId) {
    return foldersOf(this.ledger.catalogue).filter(({ id }) =>
      modeOf(this.ledger.catalogue, device, id) !== null
    );
  }

  // -------------------------------------------------------------------------------- news, end

  /** Told, soon after, that something of what the status tells has changed. */
  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
    if (this.#progressTimer !== null || this.#isStopped) return;
    this.#progressTimer = this.#ports.clock.after(PROGRESS_MS, () => {
      this.#progressTimer = null;
      this.#tellProgress();
    });
  }

  #tellProgress(): void {
    if (this.#isStopped || this.#conversations.size === 0) return;
    const { files, bytes } = this.neededHere();
    for (const conversation of this.#conversations.values()) conversation.tellProgress(files, bytes);
  }

  /** What this device still has to take. */
  neededHere(): PeerProgress {
    let files = 0;
    let bytes = 0;
    for (const sync of this.folders.values()) {
      const total = this.ledger.catalogue.needs.total(sync.replica.number);
      files += total.count;
      bytes += total.bytes;
    }
    return { files, bytes };
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.discovery?.close();
    this.links.close();
    await Promise.all([...this.folders.values()].map((sync) => sync.stop()));
    this.#isStopped = true;
    this.#progressTimer?.();
    await this.ledger.close();
    this.#ports.pool.close();
  }
}
