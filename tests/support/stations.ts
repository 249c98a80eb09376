/**
 * Devices without disks: real journals, catalogues and sessions over links in memory, and all that a device does about its library's members.
 * Files are rows that a person writes; `act` does what is decided, at once and without bytes.
 */
import { decideFor } from "../../src/catalogue/rows.ts";
import { isAlive, type Row } from "../../src/core/entry.ts";
import type { DeviceId, Lsn, RelPath } from "../../src/core/ids.ts";
import type { Mode } from "../../src/core/mode.ts";
import { Gate } from "../../src/daemon/gate.ts";
import type { Ledger } from "../../src/journal/ledger.ts";
import { acceptedFields, acceptWelcome, foundLibrary, infoOf, welcome } from "../../src/library/joining.ts";
import type { DeviceIdentity } from "../../src/peer/identity.ts";
import { createIdentity } from "../../src/peer/identity.ts";
import type { Refusal } from "../../src/peer/messages.ts";
import { DIRECT, MOVES, PACKED_PAGES } from "../../src/sync/messages.ts";
import { openSession, type Session } from "../../src/peer/session.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { Conversation } from "../../src/sync/conversation.ts";
import { Turns } from "../../src/sync/turns.ts";
import { type Mint, rowOfGone, rowOfSeen } from "../../src/sync/local_change.ts";
import { contentOf, pathOf } from "./entries.ts";
import { FOLDER, handClock, type Home, homeAt } from "./ledgers.ts";
import { linkPair, type MemoryLink } from "./links.ts";
import { tempDir } from "./temp_dir.ts";
import { waitFor } from "./wait.ts";

export class Station implements AsyncDisposable {
  ledger!: Ledger;
  gate!: Gate;
  /** A full disk: what others changed is known and cannot be done. */
  isFull = false;
  /** Devices that are taken for such as tell of themselves in a moment. */
  readonly awaited = new Set<DeviceId>();
  /** The last link with each other, at this end. */
  readonly links = new Map<DeviceId, MemoryLink>();
  /** Placements that are under way, and what answers for those of a former run. */
  settled: () => Promise<boolean> = () => Promise.resolve(true);
  /** How it takes part in the folder (R9): what a person writes is recorded by it. */
  mode: Mode = "sync";
  readonly refusals: Refusal[] = [];
  readonly clock = handClock();
  readonly #dir = tempDir();
  readonly #home: Home = homeAt(this.#dir.path);
  readonly #conversations = new Map<Session, Conversation>();

  private constructor(readonly identity: DeviceIdentity, readonly name: string) {}

  static async start(name: string): Promise<Station> {
    const station = new Station(await createIdentity(realRandom()), name);
    await station.open();
    await foundLibrary(station.ledger, station.identity, name);
    return station;
  }

  get id(): DeviceId {
    return this.identity.id;
  }

  async open(): Promise<void> {
    this.ledger = await this.#home.open({ self: this.id, clock: this.clock, random: realRandom() });
    this.ledger.catalogue.setWanted(FOLDER, true);
    this.gate = new Gate({
      ledger: this.ledger,
      clock: this.clock,
      identity: this.identity,
      settled: () => this.settled(),
      relink: () => this.#relink(),
      resubscribe: () => {
        for (const conversation of this.#conversations.values()) conversation.subscribe();
      },
      recounted: () => {},
    });
  }

  async close(): Promise<void> {
    for (const session of this.#conversations.keys()) session.close("stops");
    this.gate.stop();
    await this.ledger.close();
  }

  /** What the catalogue's file is now, while the device is closed. */
  saveCatalogue(): Uint8Array {
    return Deno.readFileSync(`${this.#dir.path}/catalogue.db`);
  }

  /** The catalogue is as it was when it was saved; the journal is what it is. */
  restoreCatalogue(bytes: Uint8Array): void {
    for (const suffix of ["-wal", "-shm"]) {
      try {
        Deno.removeSync(`${this.#dir.path}/catalogue.db${suffix}`);
      } catch {
        // Closed in order, there is none.
      }
    }
    Deno.writeFileSync(`${this.#dir.path}/catalogue.db`, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    this.#dir[Symbol.dispose]();
  }

  // -------------------------------------------------------------------------------- what people do

  get #mint(): Mint {
    const { ledger, id } = this;
    return {
      device: id,
      mode: this.mode,
      dot: () => ledger.mintDot(),
      stamp: (replaced) => ledger.mintStamp(replaced),
      found: (writtenMs) => ledger.stampOfFound(writtenMs),
    };
  }

  own(path: string): Row | null {
    const { rows, ids } = this.ledger.catalogue;
    return rows.own(ids.folder(FOLDER), pathOf(path))?.row ?? null;
  }

  async write(path: string, text: string): Promise<void> {
    const nowMs = this.clock.nowMs;
    const row = rowOfSeen(pathOf(path), this.own(path), null, {
      kind: "file",
      size: text.length,
      mtimeMs: nowMs,
      writtenMs: nowMs,
      mode: 0o644,
      content: contentOf(text),
      target: null,
    }, this.#mint);
    if (row !== null) await this.#put([row]);
  }

  async remove(...paths: readonly string[]): Promise<void> {
    await this.#put(paths.map((path) => rowOfGone(this.own(path)!, this.#mint)));
  }

  async #put(rows: readonly Row[]): Promise<void> {
    await this.ledger.commit({
      type: "rows",
      folder: FOLDER,
      cause: "local",
      timeMs: this.clock.nowMs,
      closes: 0 as Lsn,
      rows,
      fresh: [],
    });
  }

  /** Does what is decided of every path; false when that is nothing. */
  async act(): Promise<boolean> {
    const { needs, rows, ids } = this.ledger.catalogue;
    const folder = ids.folder(FOLDER);
    if (this.isFull) return false;
    rows.decideSome(folder, 10_000);
    const due = [false, true].flatMap((deletes) =>
      needs.due(folder, deletes, Number.MAX_SAFE_INTEGER, 10_000)
    );
    const changes = due.flatMap(({ path }): Row[] => {
      const decision = decideFor(rows.at(folder, path));
      if (decision.kind !== "none") {
        return [{ path, entry: decision.entry, offered: true, held: isAlive(decision.entry) }];
      }
      needs.drop(folder, path);
      return [];
    });
    if (changes.length > 0) await this.#put(changes);
    return changes.length > 0;
  }

  /** Living files: path and content. */
  get tree(): [RelPath, string][] {
    return this.#ownRows().filter((row) => isAlive(row.entry)).map((
      { path, entry },
    ) => [path, entry.content!]);
  }

  #ownRows(): Row[] {
    const { rows } = this.ledger.catalogue;
    return rows.ownAfter(0, 100_000).map(({ row }) => row).sort((a, b) => a.path < b.path ? -1 : 1);
  }

  /** Tombstones that the catalogue knows, of anybody. */
  get tombstones(): number {
    return this.ledger.catalogue.leftovers.tombstonesAfter(0, 100_000).length;
  }

  // -------------------------------------------------------------------------------- the others

  /** Becomes a member of the inviter's library. */
  async join(inviter: Station): Promise<void> {
    const paired = (of: Station) => ({ device: of.id, certificate: of.identity.certificateDer });
    const info = infoOf(this.ledger, this.identity, this.name);
    const answer = await welcome(inviter.ledger, inviter.identity, paired(this), info);
    if (!(answer instanceof Uint8Array)) throw new Error(answer.message);
    const refusal = await acceptWelcome(this.ledger, answer, paired(inviter), this.identity);
    if (refusal !== null) throw new Error(refusal.message);
  }

  /** Opens a session; null when either side refuses. With `letThrough` no more bytes than that arrive there. */
  async connect(to: Station, letThrough = Infinity): Promise<Session | null> {
    const links = linkPair({ certificates: [this.identity.certificateDer, to.identity.certificateDer] });
    if (letThrough < Infinity) {
      links[0].stall(true);
      links[0].letThrough(letThrough);
    }
    this.links.set(to.id, links[0]);
    to.links.set(this.id, links[1]);
    const greeting = (of: Station) => ({
      hello: { versions: [1, 1] as const, capabilities: [DIRECT, MOVES, PACKED_PAGES], extra: {} },
      admit: (device: DeviceId) => of.gate.admit(device),
    });
    const opened = await Promise.all([
      openSession(links[0], "dialled", greeting(this), this.clock),
      openSession(links[1], "accepted", greeting(to), to.clock),
    ]);
    for (const [i, one] of [this, to].entries()) {
      const side = opened[i]!;
      if ("session" in side) one.#talk(side.session);
      else {
        one.refusals.push(side.refusal);
        if (side.by === "peer") one.gate.refused(side.refusal, (i === 0 ? to : this).id);
      }
    }
    return "session" in opened[0]! && "session" in opened[1]! ? opened[0].session : null;
  }

  #talk(session: Session): void {
    const conversation = new Conversation({
      ledger: this.ledger,
      server: {} as never,
      devices: () => this.gate.members(),
      clock: this.clock,
      accept: (fields) => acceptedFields(this.ledger, fields, () => Promise.resolve()),
      isAwaited: (device) => this.awaited.has(device),
      isConnected: (device) => this.sessions.some(({ peer }) => peer === device),
      turns: new Turns(realClock(), () => true),
      counts: (device) => this.gate.accepts(device),
      taken: () => {
        this.gate.heard();
        for (const other of this.#conversations.values()) other.pump();
      },
      room: () => Promise.resolve(),
      peerNeeds: () => {},
    }, session);
    this.#conversations.set(session, conversation);
    session.onClose(() => {
      this.#conversations.delete(session);
      for (const other of this.#conversations.values()) other.left(session.peer);
    });
    this.tellDirect();
  }

  /** Others hear who tells this one of itself. */
  tellDirect(): void {
    for (const conversation of this.#conversations.values()) conversation.tellDirect();
  }

  #relink(): void {
    const members = new Set(this.gate.members());
    for (const session of [...this.#conversations.keys()]) {
      if (!members.has(session.peer)) session.close("no member");
    }
  }

  get sessions(): Session[] {
    return [...this.#conversations.keys()];
  }
}

/** Makes one library of stations; the first has founded it. */
export async function library(...names: readonly string[]): Promise<Station[]> {
  const stations: Station[] = [];
  for (const name of names) stations.push(await Station.start(name));
  for (const station of stations.slice(1)) await station.join(stations[0]!);
  return stations;
}

/** A library for the time of a test. */
export async function within(
  names: readonly string[],
  test: (...stations: Station[]) => Promise<void>,
): Promise<void> {
  const stations = await library(...names);
  try {
    await test(...stations);
  } finally {
    for (const station of stations) await station[Symbol.asyncDispose]();
  }
}

/** All stations hear each other in sessions of their own, and act, until nothing changes any more. */
export async function meet(...stations: readonly Station[]): Promise<void> {
  const sessions: (Session | null)[] = [];
  for (const [i, a] of stations.entries()) {
    for (const b of stations.slice(i + 1)) sessions.push(await a.connect(b));
  }
  await quiet(stations);
  for (const session of sessions) session?.close("enough");
  await settleAll();
}

async function quiet(stations: readonly Station[]): Promise<void> {
  let before = "";
  await waitFor("the stations to be quiet", async () => {
    await settleAll();
    let acted = false;
    for (const station of stations) acted = await station.act() || acted;
    await settleAll();
    const now = stations.map(stateOf).join("\n");
    const isQuiet = !acted && now === before;
    before = now;
    return isQuiet;
  }, 30_000);
}

function stateOf({ ledger }: Station): string {
  const { cursors } = ledger.catalogue;
  return [ledger.lastLsn, ...cursors.knownDevices().map((device) => `${device}:${cursors.of(device).lsn}`)]
    .join(" ");
}

/** Lets links, promises and timers of no length run. */
export async function settleAll(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Every station publishes how far it is, and all hear of it. */
export async function acknowledge(...stations: readonly Station[]): Promise<void> {
  for (const station of stations) await station.gate.watermarks.publish();
  await meet(...stations);
}
