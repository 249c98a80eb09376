/**
 * Keeps one session with every member that can be reached: listens, dials, decides between two (R37).
 *
 * 1. A member without a session is dialled at once when its beacon is heard, and with backoff at the addresses known.
 * 2. Of two sessions with one device, the one dialled by the lower device id stays; a device that has restarted (another
 *    instance) ends its former session.
 * 3. Sessions with devices that are no members any more are ended.
 */
import { messageOf } from "../core/errors.ts";
import type { DeviceId } from "../core/ids.ts";
import { HANDSHAKE_MS, PENDING_SESSIONS } from "../core/limits.ts";
import { letPass } from "../core/passing.ts";
import type { Clock, Listener, Net, SecureLink } from "../platform/ports.ts";
import { type Greeting, roleThatStays } from "./greeting.ts";
import { type DeviceIdentity, deviceIdOf } from "./identity.ts";
import type { Refusal } from "./messages.ts";
import { PAIRING_PROTOCOL } from "./pairing.ts";
import { openSession, type Session } from "./session.ts";
import type { Sighting } from "./sightings.ts";
import { NO_LIMITS, type Paces } from "./throttle.ts";
import { TrafficCount } from "./traffic.ts";

/** The protocol of sessions, as ALPN names it. */
export const SESSION_PROTOCOL = "cairn/1";
const OTHER_ANSWERS = "another device answers at that address";
const FIRST_RETRY_MS = 500;
const MOST_RETRY_MS = 30_000;
/** Whoever sends beacons in a device's name makes us dial it no more often than this. */
export const LEAST_BETWEEN_MS = 250;

export interface LinksOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly identity: DeviceIdentity;
  readonly greeting: Greeting;
  members(): Iterable<DeviceId>;
  /** Addresses where a member may be, the best first. */
  addresses(device: DeviceId): readonly string[];
  /** A link that wants to pair. */
  pairing(link: SecureLink): void;
  opened(session: Session): void;
  /** A device, admitted by us, does not want us. `device` is null when we do not know which it is. */
  refused(refusal: Refusal, device: DeviceId | null): void;
  /** What a member is told with which there are to be no sessions for a while; null of all else. */
  farewell?(device: DeviceId): string | null;
  /** What a session with a device at `host:port` may send and receive; without it all. */
  paces?(device: DeviceId, remote: string): Paces;
  changed(): void;
}

interface Attempt {
  /** When it was dialled last, by the monotonic clock. */
  atMs: number;
  delayMs: number;
  dialling: boolean;
  cancel: () => void;
  reason: string;
}

export class Links {
  readonly #options: LinksOptions;
  readonly #sessions = new Map<DeviceId, Session>();
  readonly #attempts = new Map<DeviceId, Attempt>();
  /** Accepted links on which no hello has come yet, by the device that they show. */
  readonly #greeted = new Map<DeviceId | null, Set<SecureLink>>();
  /** How often we were dialled with our own certificate: by a twin, or by ourselves over somebody's relay. */
  metOurselves = 0;
  /** What crossed the wire to and from members. */
  readonly traffic = new TrafficCount();
  #listener: Listener | null = null;
  #closed = false;

  constructor(options: LinksOptions) {
    this.#options = options;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** Listens on `port`, 0 for any. Throws CairnError "network" when it is taken. */
  async listen(port: number): Promise<void> {
    const { net, identity } = this.#options;
    this.#listener = await net.listen(port, identity, [SESSION_PROTOCOL, PAIRING_PROTOCOL], (link) => {
      if (this.#closed) link.destroy();
      else if (link.protocol === PAIRING_PROTOCOL) this.#options.pairing(link);
      else void this.#accept(link);
    });
  }

  /** A device that connects again and again and says nothing keeps a few of its links, the newest. */
  async #accept(link: SecureLink): Promise<void> {
    const device = link.peerCertificate === null ? null : deviceIdOf(link.peerCertificate);
    if (device === this.#options.identity.id) this.metOurselves++;
    const waiting = this.#greeted.get(device) ?? new Set();
    this.#greeted.set(device, waiting.add(link));
    if (waiting.size > PENDING_SESSIONS) {
      const [oldest] = waiting;
      waiting.delete(oldest!);
      oldest!.destroy();
    }
    await this.#open(link, "accepted");
    waiting.delete(link);
    if (waiting.size === 0) this.#greeted.delete(device);
  }

  session(device: DeviceId): Session | null {
    return this.#sessions.get(device) ?? null;
  }

  sessions(): Session[] {
    return [...this.#sessions.values()];
  }

  /** Why there is no session with a member; "" when nothing is known. */
  reason(device: DeviceId): string {
    return this.#attempts.get(device)?.reason ?? "";
  }

  /** A beacon was heard. */
  sighted({ device }: Sighting): void {
    this.#dialSoon(device, 0);
  }

  /** Members came or went, or addresses were learnt: dials whoever has no session. */
  refresh(): void {
    const members = new Set(this.#options.members());
    for (const [device, session] of this.#sessions) {
      if (members.has(device)) continue;
      session.close(this.#options.farewell?.(device) ?? "This device is not a member of the library");
    }
    for (const device of members) this.#dialSoon(device, 0);
  }

  #isWanted(device: DeviceId): boolean {
    if (this.#closed || device === this.#options.identity.id || this.#sessions.has(device)) return false;
    for (const member of this.#options.members()) if (member === device) return true;
    return false;
  }

  #dialSoon(device: DeviceId, delayMs: number): void {
    if (!this.#isWanted(device)) return;
    let attempt = this.#attempts.get(device);
    if (attempt === undefined) {
      attempt = { atMs: -Infinity, delayMs: FIRST_RETRY_MS, dialling: false, cancel: () => {}, reason: "" };
      this.#attempts.set(device, attempt);
    }
    if (attempt.dialling) return;
    attempt.cancel();
    const { clock } = this.#options;
    const soonestMs = attempt.atMs + LEAST_BETWEEN_MS - clock.monotonic();
    attempt.cancel = clock.after(Math.max(delayMs, soonestMs), () => void this.#dial(device, attempt));
  }

  async #dial(device: DeviceId, attempt: Attempt): Promise<void> {
    if (attempt.dialling || !this.#isWanted(device)) return;
    attempt.dialling = true;
    attempt.atMs = this.#options.clock.monotonic();
    const { net, identity, addresses } = this.#options;
    let known: readonly string[] = [];
    try {
      known = addresses(device);
      if (known.length === 0) attempt.reason = "not heard on this network";
    } catch (error) {
      letPass(error);
      attempt.reason = messageOf(error);
    }
    for (const address of known) {
      if (!this.#isWanted(device)) break;
      try {
        const link = await net.dial(address, identity, SESSION_PROTOCOL, HANDSHAKE_MS);
        if (this.#isOfAnother(link, device)) {
          link.destroy();
          attempt.reason = OTHER_ANSWERS;
          continue;
        }
        const reason = await this.#open(link, "dialled", device);
        if (reason === null) break;
        attempt.reason = reason;
      } catch (error) {
        attempt.reason = messageOf(error);
      }
    }
    attempt.dialling = false;
    this.#options.changed();
    const delayMs = attempt.delayMs;
    attempt.delayMs = Math.min(delayMs * 2, MOST_RETRY_MS);
    this.#dialSoon(device, delayMs);
  }

  /** Whoever has taken over the address of a device that is away has a session with us, which must not end for that. */
  #isOfAnother({ peerCertificate }: SecureLink, wanted: DeviceId): boolean {
    if (peerCertificate === null) return false;
    const there = deviceIdOf(peerCertificate);
    return there !== wanted && this.#sessions.has(there);
  }

  /** Null when there is a session now (or already was a better one), else why not: the home's disk may refuse to say who may come in. */
  async #open(link: SecureLink, role: "dialled" | "accepted", wanted?: DeviceId): Promise<string | null> {
    try {
      return await this.#talk(link, role, wanted);
    } catch (error) {
      link.destroy();
      letPass(error);
      return messageOf(error);
    }
  }

  async #talk(link: SecureLink, role: "dialled" | "accepted", wanted?: DeviceId): Promise<string | null> {
    const { greeting, clock, paces } = this.#options;
    const counted = this.traffic.counted(link);
    const opened = await openSession(
      counted.link,
      role,
      greeting,
      clock,
      (device) => paces?.(device, link.remote) ?? NO_LIMITS,
    );
    if ("refusal" in opened) {
      if (opened.by === "peer") this.#options.refused(opened.refusal, wanted ?? null);
      return opened.refusal.message;
    }
    const { session } = opened;
    counted.become(session.peer);
    if (this.#closed) {
      session.close("The other device stops");
      return "this device stops";
    }
    const before = this.#sessions.get(session.peer);
    if (before !== undefined && !this.#isBetter(session, before)) {
      session.close("There is a session already");
      return session.peer === wanted ? null : OTHER_ANSWERS;
    }
    this.#sessions.set(session.peer, session);
    before?.close("Another session takes over");
    const attempt = this.#attempts.get(session.peer);
    attempt?.cancel();
    if (attempt !== undefined && !attempt.dialling) this.#attempts.delete(session.peer);
    session.onClose(({ reason }) => this.#ended(session, reason));
    try {
      this.#options.opened(session);
    } catch (error) {
      // Nobody would talk in it.
      session.close("the disk of this device's home refuses");
      throw error;
    }
    this.#options.changed();
    return wanted === undefined || session.peer === wanted ? null : OTHER_ANSWERS;
  }

  #isBetter(session: Session, before: Session): boolean {
    if (session.agreement.hello.extra.instance !== before.agreement.hello.extra.instance) return true;
    // Dialled twice by the same side: the former one is dead and does not know it yet.
    if (session.role === before.role) return true;
    return session.role === roleThatStays(this.#options.identity.id, session.peer);
  }

  #ended(session: Session, reason: string): void {
    if (this.#sessions.get(session.peer) !== session) return;
    this.#sessions.delete(session.peer);
    this.#attempts.delete(session.peer);
    this.#dialSoon(session.peer, FIRST_RETRY_MS);
    const attempt = this.#attempts.get(session.peer);
    if (attempt !== undefined) attempt.reason = reason;
    this.#options.changed();
  }

  /** Ends all sessions in order. */
  close(): void {
    this.#closed = true;
    this.#listener?.close();
    for (const attempt of this.#attempts.values()) attempt.cancel();
    for (const session of this.#sessions.values()) session.close("The other device stops");
  }
}
