/**
 * One TCP connection of the simulated wire, with both its ends. What TCP promises holds: bytes come in order, none is lost inside a
 * connection, and where they are cut into pieces is chance. What it does not promise is up to the world: how long it
 * takes, whether the connection stands still, and when and where in the bytes it breaks.
 */
import type { SecureLink } from "../../../src/platform/ports.ts";
import type { Rng } from "../disk/rng.ts";
import type { Scheduler } from "./scheduler.ts";

/** How the wire behaves now. May be changed at any time. */
export interface Wire {
  latencyMs: number;
  jitterMs: number;
  bytesPerMs: number;
  /** Chance that a piece is cut somewhere, instead of carrying all that waits. */
  cutChance: number;
}

/** Bytes that the operating system takes before `write` has to wait. */
const KERNEL_BYTES = 256 * 1024;
const MOST_PIECE_BYTES = 64 * 1024;

/** One direction: what was written and has not arrived. */
class Pipe {
  chunks: Uint8Array[] = [];
  pending = 0;
  isScheduled = false;
  /** The writer's end of the stream comes behind what is pending. */
  ended = false;
}

export interface LinkHost {
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  readonly wire: Wire;
  /** Whether bytes get through between two hosts now. */
  flows(from: number, to: number): boolean;
  /** A connection is over on both ends. */
  forget(link: SimLink): void;
}

export interface EndIdentity {
  readonly host: number;
  readonly certificate: Uint8Array;
  readonly address: string;
}

export class SimLink {
  readonly number: number;
  readonly ends: readonly [LinkEnd, LinkEnd];
  /** Bytes stand still until then. */
  stalledUntilMs = 0;
  readonly #host: LinkHost;

  constructor(host: LinkHost, number: number, dialler: EndIdentity, listener: EndIdentity, protocol: string) {
    this.#host = host;
    this.number = number;
    const a = new LinkEnd(this, 0, dialler.host, listener, protocol);
    const b = new LinkEnd(this, 1, listener.host, dialler, protocol);
    this.ends = [a, b];
  }

  other(end: LinkEnd): LinkEnd {
    return this.ends[1 - end.side]!;
  }

  get isOver(): boolean {
    return this.ends.every((end) => end.isClosed);
  }

  get #isFlowing(): boolean {
    return this.#host.flows(this.ends[0].host, this.ends[1].host) &&
      this.#host.scheduler.nowMs >= this.stalledUntilMs;
  }

  /** Bytes on their way, both directions. */
  get inFlight(): number {
    return this.ends.reduce((sum, end) => sum + (end.isClosed ? 0 : end.pipe.pending), 0);
  }

  /** What `from` wrote goes on its way. */
  push(from: LinkEnd, delayMs?: number): void {
    const { pipe } = from;
    if (pipe.isScheduled || (pipe.pending === 0 && !pipe.ended)) return;
    pipe.isScheduled = true;
    const { wire, rng, scheduler } = this.#host;
    scheduler.after(delayMs ?? wire.latencyMs + rng.next() * wire.jitterMs, () => {
      pipe.isScheduled = false;
      this.#deliver(from);
    });
  }

  #deliver(from: LinkEnd): void {
    const to = this.other(from);
    const { pipe } = from;
    if (to.isClosed) return this.#deliverIntoNothing(from);
    // Resumed by `resume`, or by the reader.
    if (!this.#isFlowing || !to.isReading) return;
    if (pipe.pending === 0) {
      if (pipe.ended) to.closed(null);
      return;
    }
    const { wire, rng } = this.#host;
    let count = Math.min(pipe.pending, MOST_PIECE_BYTES);
    if (count > 1 && rng.chance(wire.cutChance)) {
      count = 1 + rng.below(Math.min(count, rng.chance(0.5) ? 60 : count));
    }
    const hadBuffered = from.bufferedBytes > 0;
    const bytes = this.#take(pipe, count);
    this.#trace(`${from.host}>${to.host}#${this.number} ${count}`, bytes);
    to.receive(bytes);
    if (hadBuffered && from.bufferedBytes === 0) from.drained();
    this.push(from, count / wire.bytesPerMs);
  }

  /** The other end is gone: a machine that is up says so, one that is not says nothing. */
  #deliverIntoNothing(from: LinkEnd): void {
    if (from.isClosed || !this.#isFlowing) return;
    from.pipe.chunks = [];
    from.pipe.pending = 0;
    from.closed("connection reset by peer");
  }

  #take(pipe: Pipe, count: number): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(count);
    let at = 0;
    while (at < count) {
      const first = pipe.chunks[0]!;
      const part = Math.min(first.length, count - at);
      out.set(first.subarray(0, part), at);
      at += part;
      if (part === first.length) pipe.chunks.shift();
      else pipe.chunks[0] = first.subarray(part);
    }
    pipe.pending -= count;
    return out;
  }

  #trace(text: string, bytes: Uint8Array): void {
    let sum = 0;
    for (let i = 0; i < bytes.length; i++) sum = (Math.imul(sum, 31) + bytes[i]!) | 0;
    this.#host.scheduler.trace(`net ${text} ${sum >>> 0}`);
  }

  /** Whatever held the bytes may be over. */
  resume(): void {
    for (const end of this.ends) this.push(end);
  }

  /** An end was closed at once. The other hears of it, or where that does not get through, when it next writes. */
  tell(from: LinkEnd): void {
    const other = this.other(from);
    if (other.isClosed) return this.#host.forget(this);
    const { scheduler, wire, rng } = this.#host;
    scheduler.after(wire.latencyMs + rng.next() * wire.jitterMs, () => {
      if (!other.isClosed && this.#isFlowing) other.closed("connection reset by peer");
    });
  }

  /** The connection breaks: each side gets some more of the bytes that were on their way, then an error. */
  cut(): void {
    const { rng } = this.#host;
    for (const end of this.ends) {
      const to = this.other(end);
      const count = to.isClosed || !to.isReading ? 0 : rng.below(end.pipe.pending + 1);
      if (count > 0) {
        const bytes = this.#take(end.pipe, count);
        this.#trace(`${end.host}>${to.host}#${this.number} last ${count}`, bytes);
        to.receive(bytes);
      }
    }
    for (const end of this.ends) if (!end.isClosed) end.closed("connection reset");
  }

  gone(): void {
    if (this.isOver) this.#host.forget(this);
  }
}

export class LinkEnd implements SecureLink {
  readonly peerCertificate: Uint8Array;
  readonly protocol: string;
  readonly remote: string;
  readonly link: SimLink;
  readonly side: 0 | 1;
  readonly host: number;
  /** What this end has written. */
  readonly pipe = new Pipe();
  isClosed = false;
  #isEnding = false;
  #isPaused = false;
  #onData: ((bytes: Uint8Array) => void) | null = null;
  #onDrain: () => void = () => {};
  #onClose: ((why: string | null) => void) | null = null;
  #why: string | null = null;
  #isTold = false;

  constructor(link: SimLink, side: 0 | 1, host: number, peer: EndIdentity, protocol: string) {
    this.link = link;
    this.side = side;
    this.host = host;
    this.peerCertificate = peer.certificate;
    this.remote = peer.address;
    this.protocol = protocol;
  }

  get isReading(): boolean {
    return this.#onData !== null && !this.#isPaused;
  }

  get bufferedBytes(): number {
    return this.isClosed ? 0 : Math.max(0, this.pipe.pending - KERNEL_BYTES);
  }

  write(bytes: Uint8Array): void {
    if (this.#isEnding || this.isClosed || bytes.length === 0) return;
    this.pipe.chunks.push(bytes);
    this.pipe.pending += bytes.length;
    this.link.push(this);
  }

  onDrain(run: () => void): void {
    this.#onDrain = run;
  }

  onData(run: (bytes: Uint8Array) => void): void {
    this.#onData = run;
    this.link.push(this.link.other(this));
  }

  onClose(run: (why: string | null) => void): void {
    this.#onClose = run;
    if (this.isClosed) queueMicrotask(() => this.#tell());
  }

  pause(on: boolean): void {
    if (on === this.#isPaused) return;
    this.#isPaused = on;
    if (!on) this.link.push(this.link.other(this));
  }

  close(): void {
    if (this.#isEnding || this.isClosed) return;
    this.#isEnding = true;
    this.#isPaused = false;
    this.#onData ??= () => {};
    this.pipe.ended = true;
    this.link.push(this);
    this.link.push(this.link.other(this));
  }

  destroy(): void {
    if (this.isClosed) return;
    this.#isEnding = true;
    this.pipe.chunks = [];
    this.pipe.pending = 0;
    this.closed(null);
    this.link.tell(this);
  }

  /** The process behind it is gone. `silent`: with its machine, so the other end hears nothing until it writes. */
  abandon(silent: boolean): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#onClose = null;
    this.#onData = null;
    this.pipe.chunks = [];
    this.pipe.pending = 0;
    if (silent) this.link.gone();
    else this.link.tell(this);
  }

  receive(bytes: Uint8Array): void {
    this.#onData?.(bytes);
  }

  drained(): void {
    this.#onDrain();
  }

  closed(why: string | null): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#why = why;
    this.#tell();
    const other = this.link.other(this);
    if (why === null && !other.isClosed && other.pipe.ended) other.closed(null);
    this.link.gone();
  }

  #tell(): void {
    if (this.#isTold || this.#onClose === null) return;
    this.#isTold = true;
    this.#onClose(this.#why);
  }
}
