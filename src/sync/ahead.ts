/**
 * How many bytes to ask a peer for before it has answered: so many that its disk and the wire to it are never idle, and so few that what is
 * asked next does not wait long behind them (an edit, beside a large file on a slow wire). Measured by the time that answers take, beside
 * the least that any has taken: what is longer is time spent waiting in line.
 */

/** An answer waits in line this long: the wire is busy, and an edit that needs two answers shows within a second. */
const WAIT_MS = 200;
/** What a peer is asked for before anything is known of it. */
const FIRST_BYTES = 256 * 1024;
/** The least: a chunk is asked for whole in any case. */
const LEAST_BYTES = 64 * 1024;
/** The most: what a peer may send without hearing that anything was taken. */
const MOST_BYTES = 8 * 2 ** 20;
/** A wire that brings less than this is slow (24 Mbit/s): packing what it brings costs a few hundredths of the time. */
const SLOW_BYTES_PER_MS = 3_000;
/** Requests among which that is divided: one is made up while another is on the wire. */
const SHARES = 4;

/** Bytes that were asked for. */
export interface Asked {
  readonly bytes: number;
  readonly sinceMs: number;
  /** All that was owed then, with these. */
  readonly owed: number;
}

export class Ahead {
  #most = FIRST_BYTES;
  #owed = 0;
  #leastMs = Infinity;
  #isSlow = false;
  /** What was asked for before the last cut says nothing of what came of it. */
  #cutMs = -Infinity;

  /** More may be asked for. True whenever nothing is under way. */
  get hasRoom(): boolean {
    return this.#owed < this.#most;
  }

  /** Bytes that one request should ask for at most. */
  get share(): number {
    return this.#most / SHARES;
  }

  /** The least time that any answer has taken; null before one came. */
  get latencyMs(): number | null {
    return this.#leastMs === Infinity ? null : this.#leastMs;
  }

  /** The wire is so slow that it is worth much work to send less. */
  get isSlow(): boolean {
    return this.#isSlow;
  }

  ask(bytes: number, nowMs: number): Asked {
    this.#owed += bytes;
    return { bytes, sinceMs: nowMs, owed: this.#owed };
  }

  /** The answer has come, in so many bytes on the wire. */
  answered({ bytes, sinceMs, owed }: Asked, nowMs: number, sent: number): void {
    this.#owed -= bytes;
    const tookMs = nowMs - sinceMs;
    this.#leastMs = Math.min(this.#leastMs, tookMs);
    const dueMs = this.#leastMs + WAIT_MS;
    // What is less waits for something else than the wire.
    const isMuch = owed >= LEAST_BYTES;
    // All that was owed before has come, too: the wire brings so much, or more.
    const bytesPerMs = owed / Math.max(1, tookMs) * sent / Math.max(1, bytes);
    const isInLine = tookMs > this.#leastMs + WAIT_MS / 2;
    if (bytesPerMs > 2 * SLOW_BYTES_PER_MS) this.#isSlow = false;
    else if (isMuch && isInLine && bytesPerMs < SLOW_BYTES_PER_MS) this.#isSlow = true;
    if (tookMs <= dueMs) {
      // Only who was asked for all that was allowed shows that it can do more.
      if (owed * 2 >= this.#most) this.#most = Math.min(this.#most + bytes, MOST_BYTES);
    } else if (isMuch && sinceMs >= this.#cutMs) {
      this.#most = Math.max(LEAST_BYTES, Math.min(this.#most, owed * dueMs / tookMs));
      this.#cutMs = nowMs;
    }
  }

  /** No answer will come. */
  dropped({ bytes }: Asked): void {
    this.#owed -= bytes;
  }
}
