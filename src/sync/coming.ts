/**
 * What a replica is fetching: its bytes, and from whom they are to come. A peer that answers slowly, or not at all, keeps out nobody
 * else's files: what it owes does not count as work under way, and more is asked of it only as fast as its answers come (invariant 10).
 */
import type { RelPath } from "../core/ids.ts";
import { NEED_WINDOW } from "../core/limits.ts";

/** Peers whose oldest answer is awaited this long are slow. */
const SLOW_MS = 2_000;
/** So much is asked of slow peers at a time. */
const MOST_OF_SLOW = NEED_WINDOW / 2;
/** With less to do, peers for which something waits are not as slow as was thought. */
const LEAST_OF_SLOW = NEED_WINDOW / 4;
const LEAST_WAIT_MS = 1_000;

interface Fetch {
  readonly bytes: number;
  readonly from: Peers;
}

/** Devices that have the same contents. */
interface Peers {
  readonly key: string;
  /** When each fetch was begun, the oldest first. */
  readonly begunMs: Map<RelPath, number>;
  /** When the last of what waits is to be asked for; null while nothing waits. */
  turnMs: number | null;
}

export class Coming {
  readonly #nowMs: () => number;
  readonly #fetches = new Map<RelPath, Fetch>();
  readonly #peers = new Map<string, Peers>();
  #bytes = 0;

  /** `nowMs` is a monotonic time. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Bytes that the disk does not know yet that they come. */
  get bytes(): number {
    return this.#bytes;
  }

  begin(path: RelPath, bytes: number, devices: readonly number[]): void {
    const key = devices.join(",");
    const from = this.#peers.get(key) ?? { key, begunMs: new Map(), turnMs: null };
    this.#peers.set(key, from);
    from.begunMs.set(path, this.#nowMs());
    this.#fetches.set(path, { bytes, from });
    this.#bytes += bytes;
  }

  /** True when what waits for these peers may be asked for at once. */
  end(path: RelPath): boolean {
    const fetch = this.#fetches.get(path);
    if (fetch === undefined) return false;
    const { bytes, from } = fetch;
    this.#fetches.delete(path);
    this.#bytes -= bytes;
    from.begunMs.delete(path);
    const { size } = from.begunMs;
    if (size === 0) this.#peers.delete(from.key);
    if (from.turnMs === null || size >= LEAST_OF_SLOW) return false;
    from.turnMs = null;
    return true;
  }

  /** Fetches that are owed by slow peers. */
  get slow(): number {
    let slow = 0;
    for (const peers of this.#peers.values()) if (this.#isSlow(peers)) slow += peers.begunMs.size;
    return slow;
  }

  /** How long one more fetch from these devices is to wait; 0 when it may begin. Each answer counts as a place in the queue. */
  waitMs(devices: readonly number[]): number {
    const peers = this.#peers.get(devices.join(","));
    if (peers === undefined || peers.begunMs.size < MOST_OF_SLOW || !this.#isSlow(peers)) return 0;
    const nowMs = this.#nowMs();
    const perFetchMs = this.#ageMs(peers) / peers.begunMs.size;
    peers.turnMs = Math.max(peers.turnMs ?? 0, nowMs + LEAST_WAIT_MS) + perFetchMs;
    return peers.turnMs - nowMs;
  }

  #isSlow(peers: Peers): boolean {
    return this.#ageMs(peers) > SLOW_MS;
  }

  #ageMs({ begunMs }: Peers): number {
    const [oldestMs] = begunMs.values();
    return oldestMs === undefined ? 0 : this.#nowMs() - oldestMs;
  }
}
