/** What `status` shows and no row says: how fast a folder gains, and how many conflicts nobody has settled. */
import type { FolderId, Lsn } from "../core/ids.ts";
import { type Safety, safetyOf } from "../library/guardian.ts";
import type { Asking } from "../library/resolve.ts";
import type { Clock } from "../platform/ports.ts";
import { countConflicts } from "../sync/conflicts.ts";
import type { Replica } from "../sync/replica.ts";

const RATE_WINDOW_MS = 3_000;
/** Conflicts are counted anew this often at most: people look at `status` every second. */
const COUNT_MS = 2_000;
/** And how safe all is, over all the ways in which contents stand. */
const SAFETY_MS = 5_000;

/** Bytes a second of each folder, from what was gained lately. */
export class Rates {
  readonly #clock: Clock;
  readonly #marks = new Map<FolderId, { atMs: number; bytes: number; rate: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(folder: FolderId, bytes: number): number {
    const nowMs = this.#clock.monotonic();
    const mark = this.#marks.get(folder);
    if (mark === undefined || bytes < mark.bytes) {
      this.#marks.set(folder, { atMs: nowMs, bytes, rate: 0 });
      return 0;
    }
    const elapsedMs = nowMs - mark.atMs;
    if (elapsedMs < RATE_WINDOW_MS) {
      return mark.rate || Math.round((bytes - mark.bytes) * 1000 / Math.max(elapsedMs, 200));
    }
    const rate = Math.round((bytes - mark.bytes) * 1000 / elapsedMs);
    this.#marks.set(folder, { atMs: nowMs, bytes, rate });
    return rate;
  }
}

/** How many conflicts a folder has, counted when something was recorded since. */
export class ConflictCounts {
  readonly #clock: Clock;
  readonly #counts = new Map<
    FolderId,
    { readonly lsn: Lsn; readonly atMs: number; readonly count: number }
  >();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(replica: Replica): number {
    const { folder, deps: { ledger } } = replica;
    const known = this.#counts.get(folder);
    const atMs = this.#clock.monotonic();
    if (known !== undefined && (known.lsn === ledger.lastLsn || atMs - known.atMs < COUNT_MS)) {
      return known.count;
    }
    const count = countConflicts(replica);
    this.#counts.set(folder, { lsn: ledger.lastLsn, atMs, count });
    return count;
  }
}

/** How safe the files of the library are, as far as they are counted: what `cairn guard` tells in full. */
export class SafetyGauge {
  readonly #clock: Clock;
  #known: { readonly atMs: number; readonly safety: Safety | null } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(asking: Asking): Safety | null {
    const atMs = this.#clock.monotonic();
    if (this.#known === null || atMs - this.#known.atMs >= SAFETY_MS) {
      this.#known = { atMs, safety: safetyOf(asking, this.#clock.now()) };
    }
    return this.#known.safety;
  }
}

export interface Gauges {
  readonly rates: Rates;
  readonly conflicts: ConflictCounts;
  readonly safety: SafetyGauge;
}

export function openGauges(clock: Clock): Gauges {
  return { rates: new Rates(clock), conflicts: new ConflictCounts(clock), safety: new SafetyGauge(clock) };
}
