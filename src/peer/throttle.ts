/**
 * Limits on the bytes that sessions send and receive: one bucket of tokens a direction for all, and one for each device that has a limit of
 * its own. All sessions draw from the first.
 *
 * 1. Control always goes, and is counted. Bulk goes while there are tokens. Index goes until INDEX_AHEAD_BYTES are owed, so that it never waits
 *    behind bulk: that waits for it.
 * 2. Frames go whole, so that a bucket may owe one; nothing more of bulk goes until that is made up for. Over any time no more goes than
 *    its limit, what gathers within BURST_MS, and one frame a bucket.
 * 3. Who waits is woken in the order in which it began to; all get the same turns.
 * 4. What is received is limited by the credit that is given for it: none while tokens are owed. Each session may have its share under way beyond
 *    the limit, and under a limit that is new what it was granted before.
 */
import type { DeviceId } from "../core/ids.ts";
import { PIECE_BYTES } from "../core/limits.ts";
import type { Clock } from "../platform/ports.ts";
import type { PaidLane } from "./messages.ts";

export type Direction = "up" | "down";

/** What limits there are, asked anew each time: they change by the hour and by a person's word. */
export interface Limits {
  /** Bytes a second now, for all (null) or for one device alone; null where there is no limit. */
  rate(direction: Direction, device: DeviceId | null): number | null;
  /** Whether the limits for all do not hold for a host. */
  isExempt(host: string): boolean;
}

/** One session, one direction. */
export interface Pace {
  readonly isLimited: boolean;
  /** Bytes that go within some seconds while others want theirs, too: what one frame should have at most. */
  readonly share: number;
  mayGo(lane: PaidLane): boolean;
  spend(bytes: number): void;
  /** Calls `run` once, when the lane may go. */
  later(lane: PaidLane, run: () => void): void;
}

export interface Paces {
  readonly up: Pace;
  readonly down: Pace;
}

const UNLIMITED: Pace = {
  isLimited: false,
  share: Infinity,
  mayGo: () => true,
  spend() {},
  later: (_, run) => run(),
};
export const NO_LIMITS: Paces = { up: UNLIMITED, down: UNLIMITED };

/** Tokens that gather while nothing goes. */
const BURST_MS = 1_000;
/** A frame should not hold up the others for longer. */
const SHARE_MS = 1_000;
/** More than what one answer of small files has, and what a plan of 1 MiB pieces has under way. */
export const INDEX_AHEAD_BYTES = 2 * PIECE_BYTES;
/** Limits change by the hour: who waits looks again after this at the latest. */
const LOOK_MS = 1_000;

class Bucket {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #rate: () => number | null;
  #tokens = 0;
  #atMs: number;

  constructor(clock: Pick<Clock, "monotonic">, rate: () => number | null) {
    this.#clock = clock;
    this.#rate = rate;
    this.#atMs = clock.monotonic();
  }

  /** Null while there is no limit. */
  look(): { readonly rate: number; readonly tokens: number } | null {
    const nowMs = this.#clock.monotonic();
    const rate = this.#rate();
    // What was owed under a limit that is none any more is forgotten.
    if (rate === null) this.#tokens = 0;
    else {
      const gained = rate * (nowMs - this.#atMs) / 1000;
      this.#tokens = Math.min(this.#tokens + gained, rate * BURST_MS / 1000);
    }
    this.#atMs = nowMs;
    return rate === null ? null : { rate, tokens: this.#tokens };
  }

  spend(bytes: number): void {
    if (this.look() !== null) this.#tokens -= bytes;
  }
}

interface Waiting {
  readonly lane: PaidLane;
  readonly buckets: () => Bucket[];
  readonly run: () => void;
}

export class Throttle {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #all: Record<Direction, Bucket>;
  readonly #ofDevices = new Map<string, Bucket>();
  #waiting: Waiting[] = [];
  #cancel: (() => void) | null = null;
  #isWaking = false;

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock;
    this.#limits = limits;
    const bucket = (direction: Direction) => new Bucket(clock, () => limits.rate(direction, null));
    this.#all = { up: bucket("up"), down: bucket("down") };
  }

  /** For a session with a device at `host:port`. */
  paces(device: DeviceId, remote: string): Paces {
    const host = remote.slice(0, remote.lastIndexOf(":"));
    return { up: this.#pace("up", device, host), down: this.#pace("down", device, host) };
  }

  /** The limits are others: who waits looks again. */
  changed(): void {
    this.#wake();
  }

  #pace(direction: Direction, device: DeviceId, host: string): Pace {
    const key = `${direction}/${device}`;
    const own = this.#ofDevices.get(key) ??
      new Bucket(this.#clock, () => this.#limits.rate(direction, device));
    this.#ofDevices.set(key, own);
    const buckets = () => this.#limits.isExempt(host) ? [own] : [own, this.#all[direction]];
    const waiting = () => this.#waiting.length;
    return {
      get isLimited() {
        return buckets().some((bucket) => bucket.look() !== null);
      },
      get share() {
        const rates = buckets().map((bucket) => bucket.look()?.rate ?? Infinity);
        return Math.min(...rates) * SHARE_MS / 1000 / (1 + waiting());
      },
      mayGo: (lane) => mayGo(buckets(), lane),
      spend: (bytes) => buckets().forEach((bucket) => bucket.spend(bytes)),
      later: (lane, run) => {
        this.#waiting.push({ lane, buckets, run });
        this.#lookAgain();
      },
    };
  }

  /** Index first; each looks for itself, since the one before may have taken what there was. */
  #wake(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#isWaking = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    const still: Waiting[] = [];
    for (const lane of ["index", "bulk"] as const) {
      for (const one of waiting) {
        if (one.lane !== lane) continue;
        if (mayGo(one.buckets(), lane)) one.run();
        else still.push(one);
      }
    }
    // Who had its turn and waits again stands behind those that had none.
    this.#waiting = [...still, ...this.#waiting];
    this.#isWaking = false;
    this.#lookAgain();
  }

  #lookAgain(): void {
    if (this.#cancel !== null || this.#isWaking || this.#waiting.length === 0) return;
    const dueMs = Math.min(...this.#waiting.map(({ lane, buckets }) => waitMs(buckets(), lane)));
    this.#cancel = this.#clock.after(Math.min(Math.max(1, Math.ceil(dueMs)), LOOK_MS), () => {
      this.#cancel = null;
      this.#wake();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#waiting = [];
  }
}

function floorOf(lane: PaidLane): number {
  return lane === "index" ? -INDEX_AHEAD_BYTES : 0;
}

function mayGo(buckets: readonly Bucket[], lane: PaidLane): boolean {
  return buckets.every((bucket) => (bucket.look()?.tokens ?? Infinity) > floorOf(lane));
}

/** Until all have more than the lane asks for, by the limits of now. */
function waitMs(buckets: readonly Bucket[], lane: PaidLane): number {
  return Math.max(
    0,
    ...buckets.map((bucket) => {
      const now = bucket.look();
      return now === null ? 0 : (floorOf(lane) - now.tokens + 1) / now.rate * 1000;
    }),
  );
}
