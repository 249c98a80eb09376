/**
 * One authenticated link between two devices (docs/protocol.md). What holds at any moment:
 *  1. Nothing of a peer is looked at before its certificate and its hello were admitted (invariant 7), and nothing is
 *     said to a device whose certificate was not.
 *  2. Control goes first, then index, then bulk; index and bulk are written only while the link holds less than
 *     SOCKET_BUFFER_BYTES, so control never waits behind more than that and one frame.
 *  3. A peer that sends without credit, asks without end or sends what is no message is cut off (invariant 10).
 *  4. Every request ends: by its answer, by a stall, or with the session.
 * Every event changes state and calls `#pump`, the only place that writes queued frames.
 */
import { assert, messageOf } from "../core/errors.ts";
import type { DeviceId } from "../core/ids.ts";
import {
  CONTROL_BYTES,
  FRAME_BYTES,
  HANDSHAKE_MS,
  HELLO_BYTES,
  SESSION_IDLE_MS,
  SOCKET_BUFFER_BYTES,
} from "../core/limits.ts";
import type { Clock, SecureLink } from "../platform/ports.ts";
import { encodeFrame, type Frame, FrameDecoder, FrameError } from "./frame.ts";
import { type Agreement, type Greeting, judgeCertificate, judgeFirstFrame, sayRefusal } from "./greeting.ts";
import { Allowance, Outbox, type Parcel } from "./lanes.ts";
import {
  APPLICATION_TYPES,
  decodeTag,
  encodeTag,
  type Lane,
  LAST_TYPE,
  type PaidLane,
  readClose,
  readCredit,
  readRefusal,
  type Refusal,
  type Tag,
  TYPE,
} from "./messages.ts";
import { type Answer, AskedRequests, endedError, OpenRequests } from "./requests.ts";
import { NO_LIMITS, type Paces } from "./throttle.ts";

export type { Answer } from "./requests.ts";

/** An application message from the peer: a request, or a notice when `requestId` is 0. */
export interface Message extends Answer {
  readonly requestId: number;
}

/** What an application message says. */
type Content = [type: number, header: unknown, raw?: Uint8Array, isGiven?: boolean];

export interface Ending {
  readonly by: "us" | "peer" | "link";
  readonly reason: string;
}

export type Opened =
  | { readonly session: Session }
  | { readonly refusal: Refusal; readonly by: "us" | "peer" | "link" };

/** Bytes in the link at which a peer is taken to read no more: what rule 2 allows, and as much again. */
const STUCK_BYTES = 2 * FRAME_BYTES;
const TICK_MS = SESSION_IDLE_MS / 3;
/** How often a session looks at the time: pings and stalled requests are late by this at most. */
const LOOK_MS = TICK_MS / 3;

/**
 * Exchanges hellos over a fresh link; the side that dialled speaks first. Never rejects: a link that breaks or stays silent
 * is a refusal with code "network". The link belongs to the session from here on.
 */
export function openSession(
  link: SecureLink,
  role: "dialled" | "accepted",
  greeting: Greeting,
  clock: Clock,
  paces: (device: DeviceId) => Paces = () => NO_LIMITS,
): Promise<Opened> {
  return new Promise((resolve) => {
    const device = judgeCertificate(link.peerCertificate, greeting);
    if ("refusal" in device) {
      sayRefusal(link, device.refusal);
      return resolve(device);
    }
    new Session(link, role, greeting, clock, device.good, paces(device.good), resolve);
  });
}

export class Session {
  /** The device at the other end. */
  readonly peer: DeviceId;
  readonly role: "dialled" | "accepted";
  readonly #link: SecureLink;
  readonly #clock: Clock;
  readonly #greeting: Greeting;
  readonly #decoder = new FrameDecoder(HELLO_BYTES);
  readonly #outbox: Outbox;
  readonly #allowance: Allowance;
  readonly #requests: OpenRequests;
  readonly #asked = new AskedRequests();
  readonly #onRoom: ((lane: PaidLane) => void)[] = [];
  readonly #onClose: ((ending: Ending) => void)[] = [];
  #opened: ((opened: Opened) => void) | null;
  #agreement: Agreement | null = null;
  #ending: Ending | null = null;
  #onMessage: ((message: Message) => void) | null = null;
  /** Messages that came before there was a handler: what one read of a link holds, for it is paused then. */
  #early: Message[] = [];
  #pumping = false;
  #heardMs: number;
  #spokeMs: number;
  #cancelTimer: () => void;

  /** Use `openSession`. */
  constructor(
    link: SecureLink,
    role: "dialled" | "accepted",
    greeting: Greeting,
    clock: Clock,
    peer: DeviceId,
    paces: Paces,
    opened: (opened: Opened) => void,
  ) {
    this.#link = link;
    this.role = role;
    this.#greeting = greeting;
    this.#clock = clock;
    this.peer = peer;
    this.#opened = opened;
    this.#outbox = new Outbox(paces.up, () => this.#pump());
    this.#allowance = new Allowance(paces.down, (credits) => this.#say(TYPE.credit, credits));
    this.#requests = new OpenRequests(clock);
    this.#heardMs = this.#spokeMs = clock.monotonic();
    const tooLate = () => this.#end("link", "the other device said no hello in time");
    this.#cancelTimer = clock.after(HANDSHAKE_MS, tooLate);
    link.onClose((why) => this.#end("link", why ?? "the connection was closed"));
    link.onDrain(() => this.#pump());
    link.onData((bytes) => this.#hear(bytes));
    if (role === "dialled") this.#sayHello();
  }

  /** Where the peer is, `host:port`. */
  get remote(): string {
    return this.#link.remote;
  }

  /** What both sides agreed on. */
  get agreement(): Agreement {
    assert(this.#agreement !== null, "a session is used before it is open");
    return this.#agreement;
  }

  /** Why the session ended, or null while it lives. */
  get ending(): Ending | null {
    return this.#ending;
  }

  /** When anything of an answer last came from the peer, by the monotone clock. */
  get answeredMs(): number {
    return this.#requests.progressMs;
  }

  /**
   * Sends a notice, which has no answer. `raw` must not be changed afterwards. Nothing happens when the session has ended.
   * On index and bulk ask `roomFor` first.
   */
  send(lane: Lane, type: number, header: unknown, raw?: Uint8Array): void {
    this.#sendApplication({ answer: false, lane, requestId: 0 }, type, header, raw);
  }

  /** Answers a request of the peer, once; in lane bulk where it is large. With `isGiven` the caller does not use `raw` any more. */
  answer(requestId: number, lane: Lane, ...content: Content): void {
    if (this.#ending !== null) return;
    assert(this.#asked.settle(requestId), "an answer to what was not asked");
    this.#sendApplication({ answer: true, lane, requestId }, ...content);
  }

  /**
   * Asks the peer. Rejects with CairnError "network" when the session ends, or when the peer answers nothing at all, this or
   * another request, for `stallMs`. Bytes of an answer on index or bulk must be given back by `consumed`.
   */
  request(type: number, header: unknown, raw?: Uint8Array, stallMs?: number): Promise<Answer> {
    if (this.#ending !== null) return Promise.reject(endedError(this.#ending.reason));
    const opened = this.#requests.open(stallMs);
    if ("error" in opened) return Promise.reject(opened.error);
    this.#sendApplication({ answer: false, lane: "control", requestId: opened.id }, type, header, raw);
    return opened.answer;
  }

  /** Takes the peer's requests and notices, in order. What came before is handed over now. */
  onMessage(handler: (message: Message) => void): void {
    this.#onMessage = handler;
    for (const message of this.#early.splice(0)) this.#handOver(message);
    if (this.#ending === null) this.#link.pause(false);
  }

  /** Gives the peer its credit back: `bytes` is the `size` of messages and answers that are done with. */
  consumed(lane: Lane, bytes: number): void {
    if (lane !== "control" && this.#ending === null) this.#allowance.consume(lane, bytes);
  }

  /** Bytes that should be made for the lane now; more is taken, but waits in memory. */
  roomFor(lane: PaidLane): number {
    return this.#ending === null ? this.#outbox.room(lane) : 0;
  }

  /** Calls `run` whenever a lane without room has some again. */
  onRoom(run: (lane: PaidLane) => void): void {
    this.#onRoom.push(run);
  }

  /** Calls `run` once, when the session has ended; also when it has already. */
  onClose(run: (ending: Ending) => void): void {
    if (this.#ending !== null) run(this.#ending);
    else this.#onClose.push(run);
  }

  /** Ends the session in order. What was not written yet is dropped. */
  close(reason: string): void {
    this.#end("us", reason);
  }

  // ---------------------------------------------------------------------------------- receiving

  #hear(bytes: Uint8Array): void {
    if (this.#ending !== null) return;
    this.#heardMs = this.#clock.monotonic();
    try {
      this.#decoder.push(bytes, (frame) => {
        this.#receive(frame);
        return this.#ending === null;
      });
    } catch (error) {
      if (error instanceof FrameError) return this.#violation(error.message);
      return this.#end("us", `internal error: ${messageOf(error)}`);
    }
    if (this.#decoder.isMidFrame) this.#requests.progress(bytes.length);
  }

  #receive(frame: Frame): void {
    if (this.#agreement === null) return this.#greet(frame);
    if (frame.type >= APPLICATION_TYPES) return this.#receiveApplication(frame);
    switch (frame.type) {
      case TYPE.ping:
        // Who does not read what comes needs no sign of life: pongs without end would only pile up.
        if (this.#link.bufferedBytes < CONTROL_BYTES) this.#say(TYPE.pong, null);
        return;
      case TYPE.pong:
        return;
      case TYPE.credit:
        return this.#takeCredit(frame.header);
      case TYPE.close:
        return this.#end("peer", readClose(frame.header)?.reason ?? "the other device closed the session");
      case TYPE.refuse:
        // The side that dialled may refuse the hello of the other, which is open by then.
        return this.#end(
          "peer",
          readRefusal(frame.header)?.message ?? "the other device refused the session",
        );
      default:
        return this.#violation(`a message of type ${frame.type}`);
    }
  }

  #greet(frame: Frame): void {
    const verdict = judgeFirstFrame(frame, this.peer, this.#greeting);
    if ("refusal" in verdict) {
      if (verdict.by === "us") this.#say(TYPE.refuse, { ...verdict.refusal });
      this.#opened?.(verdict);
      this.#opened = null;
      return this.#end(verdict.by, verdict.refusal.message);
    }
    this.#agreement = verdict.good;
    this.#decoder.maxBytes = FRAME_BYTES;
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(LOOK_MS, () => this.#tick());
    if (this.role === "accepted") this.#sayHello();
    this.#allowance.open();
    this.#opened?.({ session: this });
    this.#opened = null;
  }

  #receiveApplication(frame: Frame): void {
    const tag = decodeTag(frame.tag);
    if (tag === null) return this.#violation("a malformed tag");
    const { lane, requestId } = tag;
    if (lane === "control" ? frame.size > CONTROL_BYTES : !this.#allowance.arrive(lane, frame.size)) {
      return this.#violation(
        lane === "control" ? "a control message that is too large" : `lane ${lane} without credit`,
      );
    }
    const { type, header, raw, size } = frame;
    if (tag.answer) {
      // The answer to a request that was given up is nobody's: its credit goes back here.
      if (!this.#requests.settle(requestId, { type, lane, header, raw, size })) this.consumed(lane, size);
      return;
    }
    const trouble = this.#asked.take(requestId);
    if (trouble !== null) return this.#violation(trouble);
    this.#handOver({ type, lane, header, raw, size, requestId });
  }

  #handOver(message: Message): void {
    if (this.#ending !== null) return;
    if (this.#onMessage === null) {
      this.#early.push(message);
      return this.#link.pause(true);
    }
    try {
      this.#onMessage(message);
    } catch (error) {
      this.#end("us", `internal error: ${messageOf(error)}`);
    }
  }

  #takeCredit(header: unknown): void {
    const credit = readCredit(header);
    if (credit === null) return this.#violation("a malformed credit");
    for (const lane of ["index", "bulk"] as const) {
      if (!this.#outbox.grant(lane, credit[lane] ?? 0)) return this.#violation("too much credit");
    }
    this.#pump();
  }

  // ---------------------------------------------------------------------------------- sending

  #sayHello(): void {
    const { versions, capabilities, extra } = this.#greeting.hello;
    this.#say(TYPE.hello, { versions, capabilities, extra });
  }

  #say(type: number, header: unknown): void {
    this.#queue("control", encodeFrame(type, 0, header));
  }

  #sendApplication(tag: Tag, ...[type, header, raw, isGiven]: Content): void {
    if (this.#ending !== null) return;
    assert(this.#agreement !== null, "a session is used before it is open");
    assert(type >= APPLICATION_TYPES && type <= LAST_TYPE, `message type ${type}`);
    const parcel = encodeFrame(type, encodeTag(tag), header, raw);
    const most = tag.lane === "control" ? CONTROL_BYTES : FRAME_BYTES;
    assert(parcel.size <= most, `a message of ${parcel.size} bytes on lane ${tag.lane}`);
    this.#queue(tag.lane, { ...parcel, isGiven: isGiven === true });
  }

  #queue(lane: Lane, parcel: Parcel): void {
    const fits = this.#outbox.add(lane, parcel);
    this.#pump();
    if (!fits) this.#end("us", `the other device takes nothing: lane ${lane} is full`);
  }

  /** Writes what may be written now, then tells producers of room. */
  #pump(): void {
    if (this.#pumping || this.#ending !== null) return;
    this.#pumping = true;
    const next = () => this.#outbox.take(this.#link.bufferedBytes < SOCKET_BUFFER_BYTES);
    for (let parcel = next(); parcel !== null; parcel = next()) {
      for (const part of parcel.parts) this.#link.write(part, parcel.isGiven);
      this.#spokeMs = this.#clock.monotonic();
    }
    this.#pumping = false;
    if (this.#link.bufferedBytes > STUCK_BYTES) return this.#end("us", "the other device does not read");
    for (const lane of this.#outbox.newRoom()) for (const run of this.#onRoom) run(lane);
  }

  // ---------------------------------------------------------------------------------- time and end

  /** Each side says something in every third of the idle time, so silence means that the link is dead. */
  #tick(): void {
    if (this.#ending !== null) return;
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#heardMs >= SESSION_IDLE_MS) return this.#end("link", "the other device is silent");
    if (nowMs - this.#heardMs >= TICK_MS || nowMs - this.#spokeMs >= TICK_MS) this.#say(TYPE.ping, null);
    this.#requests.dropStalled();
    this.#cancelTimer = this.#clock.after(LOOK_MS, () => this.#tick());
  }

  #violation(what: string): void {
    this.#end("us", `the other device broke the protocol: ${what}`);
  }

  #end(by: Ending["by"], reason: string): void {
    if (this.#ending !== null) return;
    this.#ending = { by, reason };
    this.#cancelTimer();
    if (by === "us" && this.#agreement !== null) {
      for (const part of encodeFrame(TYPE.close, 0, { reason }).parts) this.#link.write(part);
    }
    this.#early = [];
    this.#link.pause(false);
    // Last words to one who does not read would stay in memory until it is cut.
    if (by === "link" || this.#link.bufferedBytes > SOCKET_BUFFER_BYTES) this.#link.destroy();
    else this.#link.close();
    const message = `No session: ${reason}`;
    this.#opened?.({ refusal: { code: "network", message, hint: "Cairn tries again by itself." }, by });
    this.#opened = null;
    this.#requests.rejectAll(endedError(this.#ending.reason));
    for (const run of this.#onClose.splice(0)) run(this.#ending);
  }
}
