/** Takes in what a peer announces: shared fields into our own journal (R25), rows and facts into the catalogue. */
import { SELF } from "../catalogue/interning.ts";
import { inRecords, whatIsTooMuch, withRoom } from "../catalogue/quota.ts";
import { isLabel } from "../catalogue/values.ts";
import { BEGINNING, type Cursor, isAhead } from "../core/cursor.ts";
import { CairnError } from "../core/errors.ts";
import type { DeviceId, Stamp } from "../core/ids.ts";
import { EPOCHS_AHEAD } from "../core/limits.ts";
import type { SharedField } from "../core/record.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Clock } from "../platform/ports.ts";
import { decodePage, type SentPage, type Subscription } from "./messages.ts";
import { openPage } from "./page_packing.ts";

/** Where each device's announcement is to go on. What is said of the peer itself tells it whether it is who it was (R24). */
export function subscriptionOf(ledger: Ledger, devices: Iterable<DeviceId>): Subscription {
  const { cursors, ids } = ledger.catalogue;
  const out = new Map<DeviceId, Cursor>();
  for (const device of devices) {
    const number = ids.device(device);
    if (number !== SELF) out.set(device, cursors.of(number) ?? BEGINNING);
  }
  return out;
}

/** Work on a page that is worth a turn for others: each turn costs about a millisecond. */
const BUSY_MS = 5;
/** Of the time that a journal record took, this much counts as work at most: the rest was a slow disk. */
const RECORD_MS = 100;

export interface IntakeEvents {
  /** Of fields that came together, those that may be taken (signed membership, known kinds). */
  accept(fields: readonly SharedField[], turn: () => Promise<void>): Promise<SharedField[]>;
  /** Whether what a device announces is taken in (R32): a relay may name any. */
  counts(device: DeviceId): boolean;
  /** Whether a device tells of itself, in a session of its own. */
  isConnected(device: DeviceId): boolean;
  /** The peer has told of a device up to here: it need not be told. */
  told(device: DeviceId, to: Cursor): void;
  /** Waits until there is room for a page; false when nobody wants it any more. */
  room(): Promise<boolean>;
  /** A page was applied. */
  taken(): void;
  /** Runs `work` when no other page of the origin is worked on, whoever told it. */
  alone(origin: DeviceId, work: () => Promise<void>): Promise<void>;
  /** Lets others have a turn after work that took so long. */
  turn(workMs: number): Promise<void>;
}

export class Intake {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #peer: DeviceId;
  readonly #events: IntakeEvents;
  #tail: Promise<void> = Promise.resolve();
  /** Pages that have come and are not done with. */
  #waiting = 0;
  /** Since when the present page works, without a turn for others. */
  #workingSinceMs = 0;
  /** Devices whose last page in this session was the end of their announcement. */
  readonly #complete = new Set<DeviceId>();
  /** How far the peer has told of devices that told of themselves at that time. */
  readonly #passed = new Map<DeviceId, Cursor>();

  constructor(ledger: Ledger, clock: Clock, peer: DeviceId, events: IntakeEvents) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#peer = peer;
    this.#events = events;
  }

  /** All that a device has told is told to its end, and known still (invariant 11). */
  hasIndexOf(device: DeviceId): boolean {
    const { cursors, ids, rows } = this.#ledger.catalogue;
    const number = ids.device(device);
    // What counts for nothing, or was dropped, comes again from the beginning.
    return this.#complete.has(device) && cursors.of(number).epoch > 0 && !rows.ignored.has(number);
  }

  /** All that the peer has told is taken in (invariant 11). */
  get isQuiet(): boolean {
    return this.#waiting === 0;
  }

  /** Whether the peer has told of a device what we passed by and do not have. */
  hasMissed(device: DeviceId): boolean {
    const passed = this.#passed.get(device);
    const { cursors, ids } = this.#ledger.catalogue;
    return passed !== undefined && isAhead(passed, cursors.of(ids.device(device)));
  }

  /** The peer begins anew with what we have. */
  begunAnew(): void {
    this.#passed.clear();
  }

  /** Applies a page after those before it. Rejects for a page that is malformed, or too much. */
  page(header: unknown): Promise<void> {
    return this.#inTurn(() => decodePage(header));
  }

  /** The same with a page that was packed: of those that wait, none is opened (invariant 10). */
  packedPage(header: unknown, raw: Uint8Array): Promise<void> {
    return this.#inTurn(() => decodePage(openPage(header, raw)));
  }

  #inTurn(open: () => SentPage): Promise<void> {
    this.#waiting++;
    const done = this.#tail.then(async () => {
      if (!await this.#events.room()) return;
      this.#workingSinceMs = this.#clock.monotonic();
      const page = open();
      await this.#events.alone(page.origin, () => this.#take(page));
      // Pages stand in line, and whoever sends many shall not keep everybody else waiting.
      await this.#turn();
      if (!page.complete || !this.#ledger.catalogue.sweep(page.origin)) return;
      do await this.#turn(BUSY_MS); while (this.#ledger.catalogue.sweep(page.origin));
      // Only now others can be told that it is all.
      this.#events.taken();
    }).finally(() => this.#waiting--);
    this.#tail = done.catch(() => {});
    return done;
  }

  /** As much time for others as we took since the last turn (invariant 10). */
  async #turn(leastMs = 0): Promise<void> {
    const workMs = Math.max(leastMs, this.#clock.monotonic() - this.#workingSinceMs);
    if (workMs < BUSY_MS) return;
    await this.#events.turn(workMs);
    this.#workingSinceMs = this.#clock.monotonic();
  }

  async #take(page: SentPage): Promise<void> {
    const { catalogue } = this.#ledger;
    this.#events.told(page.origin, page.to);
    if (!this.#isCredible(page)) return;
    if (!this.#goesOn(page)) return;
    const tooMuch = whatIsTooMuch(catalogue, page);
    if (tooMuch !== null) return this.#refuse(page, tooMuch);
    await this.#takeShared(page);
    while (catalogue.setAside(page)) await this.#turn(BUSY_MS);
    // Its device may have come meanwhile; and what it says itself may be that it has been removed. All that was known of it may have
    // been dropped: then it is told from the beginning, and what lies before this page would never be fetched.
    if (!this.#isCredible(page) || !this.#events.counts(page.origin) || !this.#goesOn(page)) return;
    for (const { rows } of page.folders) {
      for (const { row: { entry } } of rows) {
        this.#ledger.receive(Math.max(entry.stamp, entry.version.metaStamp) as Stamp);
      }
    }
    for (const { move } of page.moves ?? []) this.#ledger.receive(move.stamp);
    if (!await this.#apply(page)) return;
    if (page.origin === this.#peer) {
      catalogue.cursors.setToldEpoch(catalogue.ids.device(page.origin), page.to.epoch);
    }
    if (page.complete) this.#complete.add(page.origin);
    else this.#complete.delete(page.origin);
    this.#events.taken();
  }

  /** True when all of it was taken in. */
  async #apply(page: SentPage): Promise<boolean> {
    const steps = this.#ledger.catalogue.pageSteps(page);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      await this.#turn();
    }
  }

  /**
   * Who may say this. A device is believed what it says of itself. A relay is believed where nobody knows better: not of a device
   * that tells of itself, and not an epoch that its device could never get past again (R25).
   */
  #isCredible({ origin, to }: SentPage): boolean {
    if (origin === this.#peer) return true;
    const { catalogue } = this.#ledger;
    if (!this.#events.counts(origin)) return false;
    const device = catalogue.ids.device(origin);
    if (device === SELF || to.epoch > catalogue.cursors.toldEpoch(device) + EPOCHS_AHEAD) return false;
    if (!this.#events.isConnected(origin)) return true;
    const passed = this.#passed.get(origin);
    if (passed === undefined || isAhead(to, passed)) this.#passed.set(origin, to);
    return false;
  }

  /** False for a page that begins beyond what we have: it was overtaken by one from another relay (R30), or what we had was dropped. */
  #goesOn({ origin, from, to }: SentPage): boolean {
    const { cursors, ids } = this.#ledger.catalogue;
    const known = cursors.of(ids.device(origin));
    return from.lsn <= (to.epoch === known.epoch ? known.lsn : 0);
  }

  /** What a relay says too much may be another's fault. */
  #refuse({ origin }: SentPage, tooMuch: string): void {
    if (origin === this.#peer) throw new CairnError("message-invalid", `A page holds too much: ${tooMuch}`);
  }

  /**
   * Only the sender's own pages carry shared fields. Tags and notes may be many: they are taken some at a time, each by itself. What is said
   * of members belongs together, and is one record.
   */
  async #takeShared({ origin, shared }: SentPage): Promise<void> {
    if (origin !== this.#peer || shared.length === 0) return;
    await this.#takeFields(shared.filter((field) => !isLabel(field)));
    for (const labels of inRecords(shared.filter(isLabel))) {
      await this.#takeFields(labels);
      await this.#turn();
    }
  }

  async #takeFields(fields: readonly SharedField[]): Promise<void> {
    const { catalogue } = this.#ledger;
    const fresh = fields.filter((field) => catalogue.values.isNews(field));
    if (fresh.length === 0) return;
    const news = withRoom(catalogue, await this.#events.accept(fresh, () => this.#turn()));
    for (const { stamp } of news) this.#ledger.receive(stamp);
    if (news.length === 0) return;
    const startMs = this.#clock.monotonic();
    // Before the cursor moves on: what it has passed is not told again.
    await this.#ledger.commit({ type: "shared", fields: news });
    this.#workingSinceMs += Math.max(0, this.#clock.monotonic() - startMs - RECORD_MS);
  }
}
