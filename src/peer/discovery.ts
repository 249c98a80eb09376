/** Finding devices on the local network: says that we are here, and listens for others who do. */
import type { DeviceId } from "../core/ids.ts";
import { BEACON_MS } from "../core/limits.ts";
import type { BeaconSocket, Clock, Net, Random } from "../platform/ports.ts";
import { type Beacon, decodeBeacon, encodeBeacon } from "./beacon.ts";
import { type Sighting, Sightings } from "./sightings.ts";

/** The UDP port of beacons, of our own choice. */
export const BEACON_PORT = 22077;
/** The first beacon may be lost as Wi-Fi comes up: it is repeated once after this. */
const REPEAT_MS = 2000;
/** Answers a second: a whole LAN may start at once, and forgers get no echo beyond this. */
const ANSWERS_PER_SECOND = 16;

export interface DiscoveryOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
  readonly device: DeviceId;
  /** TCP port on which we take sessions. */
  readonly tcpPort: number;
  readonly beaconPort?: number;
  /** Members of the library: their sightings are never pushed out by others. */
  isKnown(device: DeviceId): boolean;
  /** A device was heard for the first time, or at another address, or is another instance, or invites. */
  sighted(sighting: Sighting): void;
  /** A beacon with our own id came from elsewhere. Counts only after dialling it (R36). At most once a beacon period. */
  twin?(address: string): void;
}

/** Opens the socket and sends the first beacon. Throws CairnError "network" when the port cannot be used. */
export async function startDiscovery(options: DiscoveryOptions): Promise<Discovery> {
  const early: [Uint8Array, string, number][] = [];
  let discovery: Discovery | null = null;
  const socket = await options.net.beacons(options.beaconPort ?? BEACON_PORT, (bytes, host, port) => {
    if (discovery !== null) discovery.hear(bytes, host, port);
    else if (early.length < ANSWERS_PER_SECOND) early.push([bytes, host, port]);
  });
  discovery = new Discovery(options, socket);
  for (const [bytes, host, port] of early) discovery.hear(bytes, host, port);
  return discovery;
}

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #socket: BeaconSocket;
  readonly #sightings: Sightings;
  readonly #instance: number;
  #inviting = false;
  #cancelTimer: () => void = () => {};
  #closed = false;
  #answers = 0;
  #answersAtMs = -Infinity;
  #twinAtMs = -Infinity;

  /** Use `startDiscovery`. */
  constructor(options: DiscoveryOptions, socket: BeaconSocket) {
    this.#options = options;
    this.#socket = socket;
    this.#sightings = new Sightings(options.isKnown);
    this.#instance = new DataView(options.random.bytes(4).buffer).getUint32(0, true);
    this.#announce(true, REPEAT_MS);
  }

  /** Says at once whether we are inviting. */
  setInviting(inviting: boolean): void {
    if (inviting === this.#inviting) return;
    this.#inviting = inviting;
    this.#announce(false, BEACON_MS);
  }

  /** Sends a beacon now and asks all for theirs, for example after the network changed or the computer slept. */
  ask(): void {
    this.#announce(true, BEACON_MS);
  }

  sightingOf(device: DeviceId): Sighting | null {
    return this.#sightings.get(device);
  }

  sightings(): Sighting[] {
    return this.#sightings.all();
  }

  /** A datagram came, from whomever. */
  hear(bytes: Uint8Array, host: string, port: number): void {
    const beacon = this.#closed ? null : decodeBeacon(bytes);
    if (beacon === null) return;
    const nowMs = this.#options.clock.monotonic();
    if (beacon.device === this.#options.device) return this.#hearOwn(beacon, host, port, nowMs);
    // Deno cannot dial link-local IPv6 addresses, which need a scope.
    if (/^fe[89ab]/i.test(host)) return;
    const news = this.#sightings.hear(beacon, host, nowMs);
    if (beacon.answerPlease) this.#answer(host, port, nowMs);
    if (news !== null) this.#options.sighted(news);
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
    this.#socket.close();
  }

  /** Another one with our id may just have been started, and wants to know of us as we of it. */
  #hearOwn(beacon: Beacon, host: string, port: number, nowMs: number): void {
    if (beacon.instance === this.#instance) return;
    if (beacon.answerPlease) this.#answer(host, port, nowMs);
    if (nowMs - this.#twinAtMs < BEACON_MS) return;
    this.#twinAtMs = nowMs;
    this.#options.twin?.(`${host.includes(":") ? `[${host}]` : host}:${beacon.port}`);
  }

  #announce(answerPlease: boolean, nextMs: number): void {
    if (this.#closed) return;
    this.#socket.broadcast(this.#beacon(answerPlease));
    this.#cancelTimer();
    // The repetition of the first one asks again; those that follow are for devices that missed all.
    this.#cancelTimer = this.#options.clock.after(
      nextMs,
      () => this.#announce(nextMs === REPEAT_MS, BEACON_MS),
    );
  }

  #answer(host: string, port: number, nowMs: number): void {
    if (nowMs - this.#answersAtMs >= 1000) {
      this.#answersAtMs = nowMs;
      this.#answers = 0;
    }
    if (this.#answers++ < ANSWERS_PER_SECOND) this.#socket.answer(this.#beacon(false), host, port);
  }

  #beacon(answerPlease: boolean): Uint8Array {
    const { device, tcpPort } = this.#options;
    return encodeBeacon({
      device,
      port: tcpPort,
      instance: this.#instance,
      inviting: this.#inviting,
      answerPlease,
    });
  }
}
