/** A conversation over a link, one frame after the other, with a time limit: what pairing needs of `frame.ts`. */
import { messageOf } from "../core/errors.ts";
import type { Clock, SecureLink } from "../platform/ports.ts";
import { encodeFrame, type Frame, FrameDecoder } from "./frame.ts";
import { readRefusal, type Refusal } from "./messages.ts";

/** The conversation is over before its end. */
export class TalkStopped extends Error {
  override readonly name = "TalkStopped";
  constructor(readonly refusal: Refusal, readonly by: "us" | "peer" | "link") {
    super(refusal.message);
  }
}

/** Frames that came and were not asked for yet: the parties take turns, so two are already one too many. */
const WAITING_FRAMES = 2;
/** The type that says no, whatever was expected. */
const REFUSE = 8;

export class Talk {
  readonly #link: SecureLink;
  readonly #clock: Clock;
  readonly #decoder: FrameDecoder;
  readonly #arrived: Frame[] = [];
  #waiter: { resolve(frame: Frame): void; reject(error: TalkStopped): void } | null = null;
  #stopped: TalkStopped | null = null;
  #cancelTimer: () => void = () => {};

  constructor(link: SecureLink, clock: Clock, maxBytes: number, limitMs: number) {
    this.#link = link;
    this.#clock = clock;
    this.#decoder = new FrameDecoder(maxBytes);
    this.within(limitMs);
    link.onClose((why) =>
      this.#halt(stopped("link", "no-answer", why ?? "the other device ended the connection"))
    );
    link.onData((bytes) => this.#hear(bytes));
  }

  /** Sets the largest frame of what follows. */
  allow(maxBytes: number): void {
    this.#decoder.maxBytes = maxBytes;
  }

  /** Sets the time for all that follows; null for no limit. */
  within(limitMs: number | null): void {
    this.#cancelTimer();
    if (limitMs === null || this.#stopped !== null) return;
    this.#cancelTimer = this.#clock.after(limitMs, () => {
      this.#halt(stopped("link", "no-answer", "the other device does not answer in time"));
      this.#link.destroy();
    });
  }

  say(type: number, header: unknown, raw?: Uint8Array): void {
    for (const part of encodeFrame(type, 0, header, raw).parts) this.#link.write(part);
  }

  /** The next frame, which must be of the type. Rejects with TalkStopped. */
  async next(type: number): Promise<Frame> {
    const frame = this.#arrived.shift() ?? await this.#wait();
    if (frame.type === type && frame.tag === 0) return frame;
    const refusal = frame.type === REFUSE ? readRefusal(frame.header) : null;
    if (refusal !== null) throw new TalkStopped(refusal, "peer");
    throw stopped("us", "message-invalid", "the other device sent something else than was its turn");
  }

  /** Ends the conversation, with the reason for the peer if there is one. */
  end(refusal: Refusal | null): void {
    if (refusal !== null) this.say(REFUSE, { ...refusal });
    this.#halt(stopped("us", "no-answer", "the conversation is over"));
    this.#link.close();
  }

  /** Ends the conversation at once. */
  abandon(): void {
    this.#halt(stopped("us", "busy", "too many devices are joining"));
    this.#link.destroy();
  }

  #wait(): Promise<Frame> {
    if (this.#stopped !== null) return Promise.reject(this.#stopped);
    return new Promise((resolve, reject) => this.#waiter = { resolve, reject });
  }

  #hear(bytes: Uint8Array): void {
    if (this.#stopped !== null) return;
    try {
      this.#decoder.push(bytes, (frame) => {
        const waiter = this.#waiter;
        this.#waiter = null;
        if (waiter !== null) waiter.resolve(frame);
        else this.#arrived.push(frame);
        if (this.#arrived.length > WAITING_FRAMES) throw new Error("too many frames at once");
      });
    } catch (error) {
      this.#halt(stopped("us", "message-invalid", messageOf(error)));
      this.#link.destroy();
    }
  }

  #halt(stop: TalkStopped): void {
    if (this.#stopped !== null) return;
    this.#stopped = stop;
    this.#cancelTimer();
    this.#waiter?.reject(stop);
    this.#waiter = null;
  }
}

function stopped(by: TalkStopped["by"], code: string, what: string): TalkStopped {
  const hint = "Check that both devices are on and in the same network, and try again.";
  return new TalkStopped({ code, message: `Pairing did not finish: ${what}`, hint }, by);
}
