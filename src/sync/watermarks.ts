/**
 * Publishes how far this device has the rows of each other member (R28), so that tombstones can be forgotten.
 *
 * 1. Once a minute at most, and only when there is a tombstone among the rows that were not covered before, a device of which nothing
 *    was said yet, or very many rows. A fact is no row, so facts about facts come to rest: an idle library writes nothing.
 * 2. What is published was known before every placement that is under way has been recorded: who reads it and has our journal up to there
 *    knows each row that we made without it.
 * 3. It is in the journal before anybody hears of it, like all facts (invariant 1).
 */
import type { Cursor } from "../core/cursor.ts";
import type { DeviceId, Lsn } from "../core/ids.ts";
import { decodeWatermarks, encodeWatermarks, SEEN, type Watermark } from "../core/watermark.ts";
import { SELF } from "../catalogue/interning.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Clock } from "../platform/ports.ts";

const PUBLISH_MS = 60_000;
/** Rows looked at in one go for a tombstone: some 10 ms. */
const SLICE_ROWS = 5_000;
/** So many rows without one are published too, so that the next start need not look at them again. */
const MANY_ROWS = 50_000;

export interface WatermarksDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** The other members. */
  members(): readonly DeviceId[];
  /** Resolves when every placement that is under way now is recorded; false when nobody can tell. */
  settled(): Promise<boolean>;
}

export class WatermarkPublisher {
  readonly #deps: WatermarksDeps;
  /** Up to where rows of a device were looked at and are none that matter. */
  readonly #looked = new Map<DeviceId, { lsn: Lsn; rows: number }>();
  #cancel: (() => void) | null = null;
  #publishing = false;
  #isStopped = false;

  constructor(deps: WatermarksDeps) {
    this.#deps = deps;
  }

  /** A page was taken in. */
  heard(): void {
    if (this.#cancel !== null || this.#isStopped) return;
    this.#cancel = this.#deps.clock.after(PUBLISH_MS, () => {
      this.#cancel = null;
      void this.publish();
    });
  }

  /** Publishes what there is to be published; false when that is nothing, or when it cannot be done now. */
  async publish(): Promise<boolean> {
    if (this.#publishing || this.#isStopped) return false;
    this.#publishing = true;
    try {
      if (!await this.#isWorthIt()) return false;
      const { ledger, settled } = this.#deps;
      const marks = this.#present();
      if (!await settled() || this.#isStopped) {
        this.heard();
        return false;
      }
      await ledger.commit({ type: "fact", key: SEEN, value: encodeWatermarks(marks) });
      return true;
    } catch {
      // The journal tells its own trouble; what was not published pins tombstones and nothing else.
      this.heard();
      return false;
    } finally {
      this.#publishing = false;
    }
  }

  get #published() {
    return decodeWatermarks(this.#deps.ledger.catalogue.values.fact(SELF, SEEN));
  }

  /** What there is of a member, null where it is not all that it seems. */
  #cursorOf(member: DeviceId): Cursor | null {
    const { catalogue: { cursors, ids, rows } } = this.#deps.ledger;
    const number = ids.device(member);
    const cursor = cursors.of(number);
    return cursor.epoch === 0 || cursors.isSweeping(number) || rows.ignored.has(number) ? null : cursor;
  }

  #present(): Map<DeviceId, Watermark> {
    const published = this.#published;
    const marks = new Map<DeviceId, Watermark>();
    for (const member of this.#deps.members()) {
      const mark = this.#cursorOf(member) ?? published.get(member);
      if (mark !== undefined) marks.set(member, { epoch: mark.epoch, lsn: mark.lsn });
    }
    return marks;
  }

  async #isWorthIt(): Promise<boolean> {
    const { ledger: { catalogue }, clock, members } = this.#deps;
    const published = this.#published;
    for (const member of members()) {
      const cursor = this.#cursorOf(member);
      if (cursor === null) continue;
      const mark = published.get(member);
      if (mark === undefined || mark.epoch !== cursor.epoch) return true;
      const looked = this.#looked.get(member);
      let at = looked !== undefined && looked.lsn > mark.lsn ? looked : { lsn: mark.lsn, rows: 0 };
      for (;;) {
        const some = catalogue.leftovers.lsnsAfter(
          catalogue.ids.device(member),
          at.lsn,
          cursor.lsn,
          SLICE_ROWS,
        );
        at = { lsn: some.at(-1)?.lsn ?? at.lsn, rows: at.rows + some.length };
        if (at.rows >= MANY_ROWS || some.some(({ isTombstone }) => isTombstone)) return true;
        if (some.length < SLICE_ROWS) break;
        await new Promise<void>((resolve) => clock.after(0, resolve));
        if (this.#isStopped) return false;
      }
      this.#looked.set(member, at);
    }
    return false;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }
}
