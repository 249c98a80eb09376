/**
 * Who may send how much, as data. Each side grants the other credit in bytes for the index and the bulk lane and gives it back as
 * the application has consumed what came. A frame may go while credit is above zero and takes its whole size, so credit may end
 * below zero by less than one frame; a frame that arrives when there was none left is a violation. So a
 * receiver holds at most its window and one frame a lane, whatever the sender does (invariant 10).
 */
import { BULK_CREDIT_BYTES, INDEX_CREDIT_BYTES, SOCKET_BUFFER_BYTES } from "../core/limits.ts";
import type { Lane, PaidLane } from "./messages.ts";
import type { Pace } from "./throttle.ts";

/** What each side grants at the start of a session. */
export const WINDOW_BYTES: Readonly<Record<PaidLane, number>> = {
  index: INDEX_CREDIT_BYTES,
  bulk: BULK_CREDIT_BYTES,
};
/** Queued bytes a lane that producers are asked for: the socket never runs dry, and little waits in memory. */
export const LANE_QUEUE_BYTES = 2 * SOCKET_BUFFER_BYTES;
/** Queued bytes a lane at which the session ends: for producers that do not ask, or a peer that asks and takes nothing. */
export const LANE_FULL_BYTES = 2 * BULK_CREDIT_BYTES;
/** Consumed bytes are given back in steps of this part of the window: few credit messages, and never a stall. */
const GIVE_BACK_PART = 8;
/** The least that a peer is granted under a limit: a frame of index, or a piece. */
const LEAST_WINDOW_BYTES = 64 * 2 ** 10;
/** More credit than any window; a peer that grants more is wrong. */
const MOST_CREDIT_BYTES = 2 ** 40;

export interface Parcel {
  readonly parts: readonly Uint8Array[];
  /** Nobody else has to do with the parts. */
  readonly isGiven?: boolean;
  readonly size: number;
}

/** What waits to be sent, by lane, and the credit the peer gave. */
export class Outbox {
  readonly #queues: Record<Lane, Parcel[]> = { control: [], index: [], bulk: [] };
  readonly #queued: Record<Lane, number> = { control: 0, index: 0, bulk: 0 };
  readonly #credit: Record<PaidLane, number> = { index: 0, bulk: 0 };
  /** Whether the lane had room when `newRoom` was last asked. */
  readonly #hadRoom: Record<PaidLane, boolean> = { index: false, bulk: false };
  readonly #pace: Pace;
  /** Lanes that wait until the limits let them go. */
  readonly #paced = new Set<PaidLane>();
  readonly #mayGo: () => void;

  /** `mayGo` is told when the limits let go what they have kept. */
  constructor(pace: Pace, mayGo: () => void) {
    this.#pace = pace;
    this.#mayGo = mayGo;
  }

  /** False when the lane holds more than it ever should. */
  add(lane: Lane, parcel: Parcel): boolean {
    this.#queues[lane].push(parcel);
    this.#queued[lane] += parcel.size;
    return this.#queued[lane] <= LANE_FULL_BYTES;
  }

  /** False when the credit is absurd. */
  grant(lane: PaidLane, bytes: number): boolean {
    this.#credit[lane] += bytes;
    return this.#credit[lane] <= MOST_CREDIT_BYTES;
  }

  /** The next parcel to write: control always; index, then bulk, while the link takes more and there is credit. */
  take(linkTakesMore: boolean): Parcel | null {
    if (this.#queues.control.length > 0) return this.#shift("control");
    if (!linkTakesMore) return null;
    for (const lane of ["index", "bulk"] as const) {
      if (this.#queues[lane].length === 0 || this.#credit[lane] <= 0) continue;
      if (!this.#pace.mayGo(lane)) {
        this.#goLater(lane);
        continue;
      }
      const parcel = this.#shift(lane);
      this.#credit[lane] -= parcel.size;
      return parcel;
    }
    return null;
  }

  #goLater(lane: PaidLane): void {
    if (this.#paced.has(lane)) return;
    this.#paced.add(lane);
    this.#pace.later(lane, () => {
      this.#paced.delete(lane);
      this.#mayGo();
    });
  }

  /** Bytes that a producer may add now so that they go out soon. */
  room(lane: PaidLane): number {
    return Math.max(0, Math.min(this.#credit[lane], LANE_QUEUE_BYTES) - this.#queued[lane]);
  }

  /** Lanes that have room and had none when this was asked before. Each is told before the next is looked at. */
  *newRoom(): Generator<PaidLane> {
    for (const lane of ["index", "bulk"] as const) {
      const had = this.#hadRoom[lane];
      this.#hadRoom[lane] = this.room(lane) > 0;
      if (!had && this.#hadRoom[lane]) yield lane;
    }
  }

  #shift(lane: Lane): Parcel {
    const parcel = this.#queues[lane].shift()!;
    this.#queued[lane] -= parcel.size;
    this.#pace.spend(parcel.size);
    return parcel;
  }
}

/** Credit by lane, as it is told. */
export type Credits = { [Lane in PaidLane]?: number };

/** What we granted the peer, and what it has left of it. What limits forbid to be sent is not granted. */
export class Allowance {
  /** Bytes that the peer may still send. */
  readonly #left: Record<PaidLane, number> = { index: 0, bulk: 0 };
  /** Bytes that came and are not consumed. */
  readonly #held: Record<PaidLane, number> = { index: 0, bulk: 0 };
  /** Bytes of the window that are not granted: consumed and not given back yet, or kept back by a limit. */
  readonly #owed: Record<PaidLane, number> = { ...WINDOW_BYTES };
  readonly #pace: Pace;
  readonly #paced = new Set<PaidLane>();
  readonly #say: (credits: Credits) => void;

  constructor(pace: Pace, say: (credits: Credits) => void) {
    this.#pace = pace;
    this.#say = say;
  }

  /** The peer may begin. */
  open(): void {
    const credits: Credits = {};
    for (const lane of ["index", "bulk"] as const) {
      const credit = this.#grant(lane);
      if (credit > 0) credits[lane] = credit;
    }
    if (Object.keys(credits).length > 0) this.#say(credits);
  }

  /** A frame came. False: the peer had no credit left. */
  arrive(lane: PaidLane, bytes: number): boolean {
    if (this.#left[lane] <= 0) return false;
    this.#left[lane] -= bytes;
    this.#held[lane] += bytes;
    this.#pace.spend(bytes);
    return true;
  }

  /** The application is done with bytes. Credit is given back now or later, and never for more than came. */
  consume(lane: PaidLane, bytes: number): void {
    const done = Math.min(bytes, this.#held[lane]);
    this.#held[lane] -= done;
    this.#owed[lane] += done;
    this.#give(lane);
  }

  #give(lane: PaidLane): void {
    const credit = this.#grant(lane);
    if (credit > 0) this.#say({ [lane]: credit });
  }

  /** What can be granted now. Under a limit the peer has no more at a time than its share: what one does not use, others may. */
  #grant(lane: PaidLane): number {
    const isLimited = this.#pace.isLimited;
    const window = isLimited
      ? Math.max(LEAST_WINDOW_BYTES, Math.min(this.#pace.share, WINDOW_BYTES[lane]))
      : WINDOW_BYTES[lane];
    const credit = Math.floor(
      isLimited ? Math.min(this.#owed[lane], window - this.#left[lane]) : this.#owed[lane],
    );
    if (credit <= 0 || credit * GIVE_BACK_PART < window) return 0;
    if (!this.#pace.mayGo(lane)) {
      this.#giveLater(lane);
      return 0;
    }
    this.#owed[lane] -= credit;
    this.#left[lane] += credit;
    return credit;
  }

  #giveLater(lane: PaidLane): void {
    if (this.#paced.has(lane)) return;
    this.#paced.add(lane);
    this.#pace.later(lane, () => {
      this.#paced.delete(lane);
      this.#give(lane);
    });
  }
}
