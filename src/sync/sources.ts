/**
 * The sessions that there are, by device: whom to ask for a content, and for how much at a time. Of several that have it, whoever is likely to
 * answer first is asked: by how many requests it has under way, and by how fast its bytes have come lately.
 */
import type { Session } from "../peer/session.ts";
import type { Clock } from "../platform/ports.ts";
import { Ahead } from "./ahead.ts";
import { MESSAGE } from "./messages.ts";

/** Requests under way with one peer: keeps its disk and the wire busy, and no more. */
export const REQUESTS_AT_ONCE = 8;
/** Of these, such as bring much: an edit finds room beside them. */
export const BULK_AT_ONCE = 6;
/** Answers from here on are much. */
export const BULK_BYTES = 64 * 1024;
/** A peer that has work of ours and brings nothing for this long is not counted on. */
const PATIENCE_MS = 10_000;
/** A speed is measured over at least this long: answers come in bursts. */
const MEASURE_MS = 200;
/** What the latest measure counts for, against all before it. */
const LATEST_SHARE = 0.4;

interface Load {
  /** Requests under way. */
  open: number;
  readonly ahead: Ahead;
  /** Bytes a millisecond; null before it was measured. */
  speed: number | null;
  /** Bytes that came between `sinceMs` and `lastMs`. */
  bytes: number;
  sinceMs: number;
  lastMs: number;
  /** When an answer last came, or it was asked with nothing else to do. */
  heardMs: number;
}

/** An answer with so many bytes on the wire came: to be told at once, and once. */
export type Arrived = (size: number) => void;

export class Sources {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #sessions = new Map<number, Session>();
  readonly #loads = new Map<Session, Load>();
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  add(device: number, session: Session): void {
    this.#sessions.set(device, session);
    session.onClose(() => {
      if (this.#sessions.get(device) === session) this.#sessions.delete(device);
      this.#loads.delete(session);
      this.#wakeAll();
    });
    this.#wakeAll();
  }

  /** Whether one of the devices is connected. */
  isAny(devices: readonly number[]): boolean {
    return devices.some((device) => this.#sessions.has(device));
  }

  /** Whom a session is with; null when it has ended, or another one has taken its place. */
  deviceOf(session: Session): number | null {
    for (const [device, one] of this.#sessions) if (one === session) return device;
    return null;
  }

  /** Sessions with any of the devices, the one that is likely to answer first at the head. */
  among(devices: readonly number[]): Session[] {
    const sessions = devices.flatMap((device) => this.#sessions.get(device) ?? []);
    // Of one that was never measured the best is hoped: it is found out soon.
    const best = Math.max(0, ...sessions.map((session) => this.speedOf(session) ?? 0)) || 1;
    const waitOf = (session: Session) => (this.#open(session) + 1) / (this.speedOf(session) ?? best);
    return sessions.map((session) => ({ session, wait: waitOf(session) }))
      .sort((a, b) => a.wait - b.wait)
      .map(({ session }) => session);
  }

  /**
   * The same by the time in which each would probably bring so many bytes to who waits for them: how soon it answers, and how fast its bytes
   * come beside what it has under way. Of one that was never measured the best is hoped.
   */
  quickest(devices: readonly number[], bytes: number): Session[] {
    const sessions = devices.flatMap((device) => this.#sessions.get(device) ?? []);
    const best = Math.max(0, ...sessions.map((session) => this.speedOf(session) ?? 0)) || 1;
    const timeOf = (session: Session) =>
      (this.latencyOf(session) ?? 0) + bytes * (this.#open(session) + 1) / (this.speedOf(session) ?? best);
    return sessions.map((session) => ({ session, time: timeOf(session) }))
      .sort((a, b) => a.time - b.time)
      .map(({ session }) => session);
  }

  /** The session with a device; null when there is none. */
  with(device: number): Session | null {
    return this.#sessions.get(device) ?? null;
  }

  /** Milliseconds that a peer has taken at least to answer; null before it has. */
  latencyOf(session: Session): number | null {
    return this.#loads.get(session)?.ahead.latencyMs ?? null;
  }

  /** Whether all of the devices that are connected have work of ours, and nothing comes of it. */
  areStuck(devices: readonly number[]): boolean {
    const nowMs = this.#clock.monotonic();
    const sessions = devices.flatMap((device) => this.#sessions.get(device) ?? []);
    return sessions.length > 0 && sessions.every((session) => {
      const load = this.#loads.get(session);
      return load !== undefined && load.open > 0 && nowMs - load.heardMs > PATIENCE_MS;
    });
  }

  /** Bytes a millisecond, as measured lately; null before anything was. */
  speedOf(session: Session): number | null {
    const load = this.#loads.get(session);
    if (load === undefined) return null;
    // A small file is over before there is a measure.
    return load.speed ?? (load.bytes > 0 ? load.bytes / Math.max(1, load.lastMs - load.sinceMs) : null);
  }

  #open(session: Session): number {
    return this.#loads.get(session)?.open ?? 0;
  }

  #load(session: Session): Load {
    let load = this.#loads.get(session);
    if (load === undefined) {
      const nowMs = this.#clock.monotonic();
      load = {
        open: 0,
        ahead: new Ahead(),
        speed: null,
        bytes: 0,
        sinceMs: nowMs,
        lastMs: nowMs,
        heardMs: nowMs,
      };
      this.#loads.set(session, load);
    }
    return load;
  }

  /** Bytes that one request to a peer should ask for at most. */
  shareOf(session: Session): number {
    return this.#load(session).ahead.share;
  }

  /** Whether a peer is to be asked for more now: so many bytes. */
  hasRoom(session: Session, bytes: number): boolean {
    const load = this.#loads.get(session);
    if (load === undefined) return true;
    return bytes < BULK_BYTES ? load.open < REQUESTS_AT_ONCE : load.open < BULK_AT_ONCE && load.ahead.hasRoom;
  }

  /** Calls `run` once, when there may be room with a peer, or another peer. */
  onRoom(run: () => void): void {
    this.#waiting.push(run);
  }

  /** Runs a request that is expected to bring so many bytes, whether there is room for it or not. */
  async run<T>(session: Session, bytes: number, request: (arrived: Arrived) => Promise<T>): Promise<T> {
    const nowMs = this.#clock.monotonic();
    const load = this.#load(session);
    // What it did nothing for is no time of its own.
    if (load.open === 0) {
      load.sinceMs = load.heardMs = nowMs;
      load.bytes = 0;
    }
    load.open++;
    const asked = load.ahead.ask(bytes, nowMs);
    let isAnswered = false;
    try {
      return await request((size) => {
        isAnswered = true;
        const wasSlow = load.ahead.isSlow;
        load.ahead.answered(asked, this.#clock.monotonic(), size);
        if (load.ahead.isSlow !== wasSlow) session.send("control", MESSAGE.slow, [!wasSlow]);
        this.#gained(load, size);
      });
    } finally {
      if (!isAnswered) load.ahead.dropped(asked);
      load.open--;
      // All of them: who waits for another peer would take the turn of one for whom there is work now.
      this.#wakeAll();
    }
  }

  /**
   * Runs a request that is expected to bring so many bytes with the best of the sessions, waiting while all have enough to do. `avoid` are
   * passed over. Null when none of the devices is connected.
   */
  async ask<T>(
    devices: readonly number[],
    avoid: ReadonlySet<Session>,
    bytes: number,
    request: (session: Session, arrived: Arrived) => Promise<T>,
  ): Promise<T | null> {
    for (;;) {
      const candidates = this.among(devices).filter((session) => !avoid.has(session));
      if (candidates.length === 0) return null;
      const session = candidates.find((candidate) => this.hasRoom(candidate, bytes));
      if (session !== undefined) {
        return await this.run(session, bytes, (arrived) => request(session, arrived));
      }
      await new Promise<void>((resolve) => this.onRoom(resolve));
    }
  }

  #gained(load: Load, bytes: number): void {
    const nowMs = this.#clock.monotonic();
    load.bytes += bytes;
    load.lastMs = load.heardMs = nowMs;
    const elapsedMs = nowMs - load.sinceMs;
    if (elapsedMs < MEASURE_MS) return;
    const speed = load.bytes / elapsedMs;
    load.speed = load.speed === null ? speed : load.speed * (1 - LATEST_SHARE) + speed * LATEST_SHARE;
    load.bytes = 0;
    load.sinceMs = nowMs;
  }

  #wakeAll(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
