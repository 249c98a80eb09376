/**
 * A device at work: builds the house from its parts and runs it. Everything real comes in through `DevicePorts`, so that a
 * simulated world can run the same device.
 */
import type { OpenSqlite } from "../catalogue/database.ts";
import type { DeviceId, FolderId } from "../core/ids.ts";
import { orPass } from "../core/passing.ts";
import { Ledger } from "../journal/ledger.ts";
import { DiskFacts } from "../library/disk_facts.ts";
import { CopyKeeper } from "../library/copy_keeper.ts";
import { otherMembers } from "../library/members.ts";
import { acceptedFields, foundLibrary, libraryOf } from "../library/joining.ts";
import type { Discovery } from "../peer/discovery.ts";
import type { DeviceIdentity } from "../peer/identity.ts";
import { Links } from "../peer/links.ts";
import type { Session } from "../peer/session.ts";
import type { Clock, Fs, HashPool, Net, Random, SecureLink, TextReader, Watcher } from "../platform/ports.ts";
import { Conversation } from "../sync/conversation.ts";
import { giving } from "../sync/giving.ts";
import type { Local } from "../sync/local_source.ts";
import { Pauses } from "../sync/pauses.ts";
import { HOME_RESERVE, Room } from "../sync/room.ts";
import { Sharing } from "../sync/sharing.ts";
import { Sources } from "../sync/sources.ts";
import { Stager } from "../sync/stager.ts";
import { Turns } from "../sync/turns.ts";
import { Addresses } from "./addresses.ts";
import { Arrivals } from "./arrivals.ts";
import { FolderSet, type Needed } from "./folder_set.ts";
import { Gate } from "./gate.ts";
import { Hellos } from "./hellos.ts";
import { discover, listen } from "./listening.ts";
import { Meeting } from "./meeting.ts";
import { Restorer } from "./restorer.ts";
import { scrubbingOf } from "./scrub_hours.ts";
import { openSelective, type Selective } from "./selective.ts";
import { openTexts, type TextKeeper } from "./text_keeper.ts";
import { SetLimits } from "./limits.ts";
import { ProgressTeller } from "./progress_teller.ts";
import { TwinWatch } from "./twin.ts";

export interface DevicePorts {
  readonly fs: Fs;
  readonly watcher: Watcher;
  readonly clock: Clock;
  readonly random: Random;
  readonly net: Net;
  readonly pool: HashPool;
  readonly osBoot: string;
  /** Reads texts; without one this device has no index of them. It is the device's own, and ends with it. */
  readonly textReader?: TextReader;
  /** Whether a host is in the same network; without it none is. */
  readonly onLan?: (host: string) => boolean;
  /** How the catalogue's file is opened, where it is none of SQLite's own. */
  readonly openSqlite?: OpenSqlite;
}

export interface DeviceOptions {
  readonly home: string;
  readonly identity: DeviceIdentity;
  readonly name: string;
  /** Preferred TCP port, 0 for any. */
  readonly port: number;
  readonly beaconPort?: number;
  /** Devices that this one was before it came back as a new one: their markers are its own. */
  readonly former?: ReadonlySet<DeviceId>;
  say(line: string): void;
  /** Files are read again by themselves to find damage, but not on battery. */
  readonly scrub?: { onBattery(): boolean };
  /** A link that wants to pair. */
  pairing(link: SecureLink): void;
}

export class Device {
  readonly identity: DeviceIdentity;
  readonly ledger: Ledger;
  readonly links: Links;
  readonly folders: FolderSet;
  readonly stager: Stager;
  readonly sources: Sources;
  /** How files of this device are found by their content. */
  readonly local: Local;
  readonly gate: Gate;
  readonly addresses: Addresses;
  /** What a person has paused. */
  readonly pauses: Pauses;
  /** What peers say of their program and clock. */
  readonly hellos: Hellos;
  readonly #copyKeeper: CopyKeeper;
  readonly #diskFacts: DiskFacts;
  /** What each peer says that it still needs. */
  readonly peerProgress = new Map<DeviceId, Needed>();
  /** Bytes that arrived since a folder last had nothing to do, for progress. */
  readonly gained = new Map<FolderId, number>();
  discovery: Discovery | null = null;
  readonly twins: TwinWatch;
  /** Room on the disk of the home. */
  readonly homeRoom: Room;
  readonly texts: TextKeeper | null;
  /** What this device said before, where it comes out of an export. */
  readonly restorer: Restorer;
  /** What others are promised, and what is dropped here. */
  readonly selective: Selective;
  readonly #limits: SetLimits;
  readonly #ports: DevicePorts;
  readonly #options: DeviceOptions;
  readonly #sharing: Sharing;
  readonly #arrivals: Arrivals;
  readonly #meeting: Meeting;
  readonly #conversations = new Map<Session, Conversation>();
  readonly #turns: Turns;
  readonly #listeners = new Set<() => void>();
  readonly #progress: ProgressTeller;
  #isStopped = false;

  private constructor(ports: DevicePorts, options: DeviceOptions, ledger: Ledger) {
    this.#ports = ports;
    this.#options = options;
    this.identity = options.identity;
    this.ledger = ledger;
    this.homeRoom = new Room(ports.fs, ports.clock, options.home, HOME_RESERVE);
    this.sources = new Sources(ports.clock);
    this.addresses = new Addresses(
      ledger.catalogue,
      ports.clock,
      (device) => this.discovery?.sightingOf(device)?.addresses ?? [],
    );
    this.#limits = new SetLimits(ledger, ports.clock, ports.onLan ?? (() => false));
    this.pauses = new Pauses(ledger, () => this.#pausesChanged());
    this.#turns = new Turns(ports.clock, () => this.#conversations.size <= 1 || !this.folders.isBusy);
    this.#arrivals = new Arrivals(ports.clock, (number) => {
      this.folders.retry((needs, folder) => needs.retryFrom(folder, number));
    });
    this.#meeting = new Meeting(ports.clock, () => this.#eachConversation((one) => one.tellDirect()));
    this.hellos = new Hellos(ports.clock, ports.random);
    this.local = {
      catalogue: ledger.catalogue,
      replica: (folder) => this.folders.byNumber(folder)?.replica ?? null,
      changed: (replica, path) => {
        const sync = this.folders.get(replica.folder);
        sync?.outbound.lookAgain([path]);
        sync?.scrub.suspect(path);
      },
    };
    this.#sharing = new Sharing({
      fs: ports.fs,
      clock: ports.clock,
      order: new DataView(ports.random.bytes(4).buffer).getInt32(0),
      wanted: (contents) => this.folders.retry((needs, folder) => needs.retryContents(folder, contents)),
    });
    this.stager = new Stager({
      ...this.local,
      sharing: this.#sharing,
      fs: ports.fs,
      pool: ports.pool,
      clock: ports.clock,
      sources: this.sources,
      gained: ({ folder }, bytes) => {
        this.gained.set(folder, (this.gained.get(folder) ?? 0) + bytes);
        this.#changed();
      },
    });
    this.restorer = new Restorer({
      fs: ports.fs,
      ledger,
      clock: ports.clock,
      others: () => this.gate.isRemoved ? [] : otherMembers(ledger.catalogue, options.identity.id),
      session: (device) => this.links.session(device),
      twins: () => this.twins,
      say: (line) => options.say(line),
      released: () => {
        void this.folders.startFailed();
        this.#eachConversation((conversation) => conversation.pump());
      },
    });
    this.folders = new FolderSet({
      ...ports,
      ledger,
      device: options.identity.id,
      former: options.former ?? new Set(),
      stager: this.stager,
      homeRoom: this.homeRoom,
      local: this.local,
      scrubbing: scrubbingOf(ledger, ports.clock, options.scrub),
      say: (line) => options.say(line),
      changed: () => this.#changed(),
      isServing: () => this.#isServing,
      isPaused: (folder) => this.pauses.holdsFolder(folder),
      refusal: (folder) => this.restorer.refusal(folder),
    });
    this.texts = openTexts(ports, options, {
      ledger,
      local: this.local,
      homeRoom: this.homeRoom,
      folders: () => this.folders.all(),
      isServing: () => this.#isServing,
      hasIndex: (session) => this.hasIndexOf(session),
      members: () => this.gate.members(),
    });
    this.selective = openSelective(this);
    this.links = new Links({
      net: ports.net,
      clock: ports.clock,
      identity: options.identity,
      greeting: {
        hello: this.hellos.own(options.name, this.texts !== null),
        admit: (device) => this.gate.admit(device) ?? this.pauses.refusal(device),
      },
      members: () => this.pauses.without(this.gate.members()),
      addresses: (device) => this.addresses.of(device),
      paces: (device, remote) => this.#limits.throttle.paces(device, remote),
      farewell: (device) => this.pauses.refusal(device)?.message ?? null,
      pairing: (link) => options.pairing(link),
      opened: (session) => this.#opened(session),
      refused: (refusal, by) => this.gate.refused(refusal, by),
      changed: () => this.#changed(),
    });
    const { identity } = options;
    this.twins = new TwinWatch({ ...ports, identity, links: this.links, changed: () => this.#changed() });
    this.#progress = new ProgressTeller(ports.clock, {
      needed: () => this.folders.needed(),
      conversations: () => this.#conversations.values(),
    });
    this.#copyKeeper = new CopyKeeper(ledger, ports.clock);
    this.#diskFacts = new DiskFacts({ ...ports, ledger, device: options.identity.id });
    this.gate = new Gate({
      ledger,
      clock: ports.clock,
      identity: options.identity,
      settled: () => this.folders.settled(),
      relink: () => this.links.refresh(),
      resubscribe: () => this.#eachConversation((conversation) => conversation.subscribe()),
      recounted: () => this.#evaluate(),
    });
  }

  static async start(ports: DevicePorts, options: DeviceOptions): Promise<Device> {
    const { home, identity, say } = options;
    const ledger = await Ledger.open({ ...ports, home, self: identity.id, say });
    const device = new Device(ports, options, ledger);
    try {
      if (libraryOf(ledger) === null) await foundLibrary(ledger, identity, options.name);
      await device.folders.checkMarks();
      await listen(device.links, options);
      device.folders.startAll();
      await device.#discover();
      device.links.refresh();
      device.gate.start();
      device.restorer.start();
      return device;
    } catch (error) {
      await device.stop();
      throw error;
    }
  }

  async #discover(): Promise<void> {
    this.discovery = await discover(this.#ports, this.#options, {
      device: this.identity.id,
      tcpPort: this.links.port,
      isKnown: (device) => this.gate.members().includes(device),
      twin: (address) => this.twins.heard(address),
      sighted: (sighting) => {
        this.links.sighted(sighting);
        this.#changed();
      },
    });
  }

  // -------------------------------------------------------------------------------- peers

  #opened(session: Session): void {
    const { catalogue } = this.ledger;
    const number = catalogue.ids.device(session.peer);
    // Before anything is refused: others may hold it for connected already.
    session.onClose(() => {
      if (!this.#isStopped) this.addresses.met(number, session);
      this.#conversations.delete(session);
      this.#ports.pool.keepRecent(this.#conversations.size > 0);
      this.peerProgress.delete(session.peer);
      this.#eachConversation((other) => other.left(session.peer));
      this.#changed();
    });
    if (this.#conversations.size === 0) this.#meeting.begin();
    const conversation = new Conversation({
      ledger: this.ledger,
      server: giving(this.local, this.#ports.pool, this.#sharing, () => this.folders.replicas()),
      texts: this.texts?.exchange,
      promises: this.selective.promises,
      devices: () => this.gate.members(),
      clock: this.#ports.clock,
      accept: (fields, turn) => acceptedFields(this.ledger, fields, turn),
      counts: (device) => this.gate.accepts(device),
      isConnected: (device) => this.links.session(device) !== null,
      isAwaited: () => this.#meeting.isOn,
      turns: this.#turns,
      taken: () => this.#taken(),
      isSilent: () => this.restorer.isOn,
      room: (isOver) => this.homeRoom.whenThere(isOver),
      peerNeeds: (files, bytes) => {
        this.peerProgress.set(session.peer, { files, bytes });
        this.#changed();
      },
    }, session);
    this.#conversations.set(session, conversation);
    this.restorer.came(session);
    this.hellos.heard(session);
    this.#ports.pool.keepRecent(true);
    this.addresses.met(number, session);
    this.sources.add(number, session);
    this.#sharing.came(number, session);
    this.#arrivals.came(number);
    this.#eachConversation((other) => other.tellDirect());
    this.#progress.now();
  }

  /** A session in which the home's disk refuses to let us speak ends: the next one begins with what is missing. */
  #eachConversation(say: (conversation: Conversation) => void): void {
    for (const [session, conversation] of this.#conversations) {
      if (!orPass(() => say(conversation))) session.close("the disk of this device's home refuses");
    }
  }

  /** A page was applied: others are told of it, and folders look at what they need. */
  #taken(): void {
    this.gate.heard();
    this.#copyKeeper.heard();
    this.texts?.heard();
    for (const conversation of this.#conversations.values()) conversation.pump();
    this.links.refresh();
    this.#evaluate();
  }

  /** Sessions follow, and so do the folders: what one that goes on waited for is due. */
  #pausesChanged(): void {
    orPass(() => {
      this.links.refresh();
      for (const { replica, inbound } of this.folders.all()) {
        if (!replica.isPaused()) inbound.retry((needs, folder) => needs.retryAll(folder));
      }
    });
    this.#changed();
  }

  #evaluate(): void {
    for (const sync of this.folders.all()) sync.heard();
    this.#changed();
  }

  get #isServing(): boolean {
    return [...this.#conversations.values()].some((conversation) => conversation.isServing);
  }

  /** True while a peer has told all that it has. */
  hasIndexOf(session: Session): boolean {
    return this.#conversations.get(session)?.hasIndex ?? false;
  }

  // -------------------------------------------------------------------------------- news, end

  /** Told, soon after, that something of what the status tells has changed. */
  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
    this.#progress.soon();
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.gate.stop();
    this.restorer.stop();
    this.pauses.stop();
    this.#limits.stop();
    this.#copyKeeper.stop();
    this.#diskFacts.stop();
    this.discovery?.close();
    this.twins.stop();
    this.links.close();
    this.#arrivals.stop();
    this.#meeting.stop();
    await this.texts?.stop();
    await this.folders.stop();
    this.#isStopped = true;
    this.#progress.stop();
    await this.ledger.close();
    this.#ports.pool.close();
  }
}
