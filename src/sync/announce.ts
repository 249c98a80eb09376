/**
 * Tells a peer what this device has and what it knows of others (R24, R29, R30): pages of rows by epoch and lsn, made only
 * when they can be sent.
 *
 * 1. Nothing goes out before the peer has subscribed: its cursors say where to begin.
 * 2. A cursor into our own journal that we never gave out means that we are a copy of an older self: new epoch first (R24).
 * 3. Pages end on lsn boundaries; their rows are durable, since the catalogue holds nothing else (invariant 1).
 * 4. Others' rows are relayed with their own epoch and lsn, as far as we have them.
 *    Nothing is relayed of a device while it tells the peer of itself: what the peer was told of it stays where it is, and is gone on
 *    with when that is over.
 * 5. A directory that we renamed is told as that to who has exactly our rows as they were: who had all of them at an lsn behind which none
 *    that moves has changed. To all others it is told as rows.
 */
import { SELF } from "../catalogue/interning.ts";
import type { OwnMove } from "../catalogue/moves.ts";
import { sizeOfShared } from "../catalogue/quota.ts";
import { messageOf } from "../core/errors.ts";
import { BEGINNING, type Cursor, isAhead } from "../core/cursor.ts";
import type { DeviceId, FolderId, Lsn } from "../core/ids.ts";
import { PAGE_ROWS, PAGE_SHARED, SHARED_BYTES } from "../core/limits.ts";
import type { SharedField } from "../core/record.ts";
import type { PlacedRow } from "../core/row_codec.ts";
import type { SharedPage } from "../catalogue/values.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Session } from "../peer/session.ts";
import { type Direct, MOVES, PAGE_MOVES, type SentPage, type Subscription } from "./messages.ts";
import { sendPage } from "./page_packing.ts";

/** Parts of renamed directories after which a page ends: with the longest paths of all it is no longer than a page may be. */
const PAGE_PARTS = 512;

/** Of another device: only its own pages carry shared fields. */
const NOTHING_SHARED: SharedPage = { fields: [], upTo: null };

export class Announcer {
  readonly #ledger: Ledger;
  readonly #session: Session;
  readonly #isSilent: () => boolean;
  /** What the peer has of each device, as it said and as we have sent since; null before it subscribed. */
  #sent: Map<number, Cursor> | null = null;
  /** How far we have looked in vain for what is beyond that: intents and the like move our lsn, and are nobody else's business. */
  readonly #nothingUpTo = new Map<number, Lsn>();
  /** The last lsn at which the peer had all our rows as they were; null while none is known. */
  #exactTo: Lsn | null = null;
  /** Devices that tell the peer of themselves, as it said last. */
  #direct: ReadonlySet<DeviceId> = new Set();
  #pumping = false;
  /** Devices of which the peer was not told that there is no more; of us that comes in every session. */
  readonly #endless = new Set<number>([SELF]);

  /** While `isSilent`, nothing is told of this device itself (R26). */
  constructor(ledger: Ledger, session: Session, isSilent: () => boolean = () => false) {
    this.#isSilent = isSilent;
    this.#ledger = ledger;
    this.#session = session;
    session.onRoom((lane) => lane === "index" && this.pump());
  }

  async subscribed(subscription: Subscription): Promise<void> {
    const { catalogue } = this.#ledger;
    const sent = new Map<number, Cursor>();
    for (const [device, cursor] of subscription) {
      const number = catalogue.ids.findDevice(device);
      if (number !== null && number !== this.#peerNumber) sent.set(number, cursor);
    }
    const ours = sent.get(SELF);
    if (ours !== undefined) {
      const isOlderEpoch = ours.epoch < this.#ledger.epoch;
      const isKnown = ours.epoch === this.#ledger.epoch &&
        catalogue.cursors.isOurs(ours, this.#ledger.lastLsn);
      if (!isOlderEpoch && !isKnown) await this.#ledger.newEpochFor(this.#session.peer, ours.epoch);
      if (!isKnown) sent.set(SELF, BEGINNING);
    }
    this.#sent = sent;
    this.#exactTo = null;
    this.#nothingUpTo.clear();
    this.pump();
  }

  /** The peer has told of a device up to here: telling it the same would be an echo. */
  peerHas(device: DeviceId, to: Cursor): void {
    const number = this.#ledger.catalogue.ids.findDevice(device);
    if (this.#sent === null || number === null || number === SELF) return;
    if (isAhead(to, this.#sent.get(number) ?? BEGINNING)) this.#sent.set(number, to);
  }

  /**
   * Whom the peer hears itself from here on. Who has gone may have told it more than we did: we go on behind that, and never before what we have
   * told already, so that this costs nobody a page that was told (invariant 10); what was not taken is asked for by a subscription.
   */
  direct({ devices, left }: Direct): void {
    this.#direct = devices;
    for (const [device, cursor] of left) this.peerHas(device, cursor);
    this.pump();
  }

  get #peerNumber(): number {
    return this.#ledger.catalogue.ids.device(this.#session.peer);
  }

  /** Sends what there is and there is room for. */
  pump(): void {
    if (this.#sent === null || this.#pumping || this.#session.ending !== null) return;
    this.#pumping = true;
    try {
      const { cursors, ids, rows } = this.#ledger.catalogue;
      for (const device of [SELF, ...cursors.knownDevices()]) {
        // What we doubt ourselves is told to nobody (R28, R32).
        if (device === this.#peerNumber || rows.ignored.has(device)) continue;
        if (device === SELF ? this.#isSilent() : this.#direct.has(ids.deviceOf(device))) continue;
        while (this.#session.roomFor("index") > 0 && this.#sendPage(device));
      }
    } catch (error) {
      // Whoever committed a record, or took a page of another peer, is not to blame, and must not pay (invariant 1).
      this.#session.close(messageOf(error));
    } finally {
      this.#pumping = false;
    }
  }

  /** Sends the next page of a device's rows; false when the peer has them all. */
  #sendPage(device: number): boolean {
    const { catalogue } = this.#ledger;
    const end = this.#endOf(device);
    const said = this.#sent!.get(device) ?? BEGINNING;
    if (device === SELF) this.#noteExact(said, end);
    // Of another device we may ourselves have only half of its new epoch.
    const isWhole = device === SELF || !catalogue.cursors.isSweeping(device);
    const isEndNews = isWhole && this.#endless.has(device) && !isAhead(said, end);
    if (!isAhead(end, said) && !isEndNews) return false;
    const isSameEpoch = said.epoch === end.epoch;
    if (isSameEpoch && !isEndNews && this.#nothingUpTo.get(device) === end.lsn) return false;
    const from = isSameEpoch ? said : { ...BEGINNING, epoch: end.epoch };
    const { moves, reach } = this.#movesNext(device, from.lsn, end.lsn);
    // Of another device there may be rows beyond: of a page that is being taken in.
    const rows = moves.length > 0 ? [] : catalogue.rows.page(device, from.lsn, reach, PAGE_ROWS);
    const facts = catalogue.values.factsAfter(device, from.lsn);
    const { fields: shared, upTo: sharedTo } = device === SELF
      ? catalogue.values.sharedAfter(from.lsn, PAGE_SHARED)
      : NOTHING_SHARED;
    const isNews = moves.length + rows.length + facts.length + shared.length > 0 || !isSameEpoch;
    // The first page of a session always comes, and the end of what was begun: it says that there is no more.
    if (!isNews && !isEndNews) {
      this.#nothingUpTo.set(device, end.lsn);
      return false;
    }
    const isLastOfRows = rows.length === 0 ||
      !catalogue.rows.anyAfter(device, rows.at(-1)!.placed.lsn, reach);
    // Facts and shared fields are few and go with the first page, unless they are not; rows reach as far as they are in this one.
    const lastLsn = isLastOfRows ? reach : rows.at(-1)!.placed.lsn;
    const lsn = Math.min(lastLsn, endOfShared(shared) ?? lastLsn, sharedTo ?? lastLsn) as Lsn;
    const complete = lsn === end.lsn && isWhole;
    // Which boot of another device wrote this lsn we do not know. The last that we know of tells as well whose journal it is (R24).
    const boot = device === SELF ? catalogue.cursors.bootOf(lsn) : end.boot;
    const to: Cursor = { epoch: end.epoch, boot, lsn };
    const upTo = <T extends { readonly lsn: Lsn }>(items: readonly T[]) =>
      items.filter((item) => item.lsn <= lsn);
    const page: SentPage = {
      origin: catalogue.ids.deviceOf(device),
      from,
      to,
      complete,
      folders: this.#byFolder(rows.filter(({ placed }) => placed.lsn <= lsn)),
      moves: upTo(moves).map(({ folder, lsn: at, move }) => (
        { folder: catalogue.ids.folderOf(folder), lsn: at, move }
      )),
      facts: upTo(facts),
      shared: upTo(shared).map(({ field }) => field),
    };
    sendPage(this.#session, page);
    this.#sent!.set(device, to);
    if (complete) this.#endless.delete(device);
    else this.#endless.add(device);
    return true;
  }

  /** Whoever has been told all that there is has our rows as they are now. */
  #noteExact(said: Cursor, end: Cursor): void {
    if (said.epoch !== end.epoch) this.#exactTo = null;
    else if (said.lsn === end.lsn) this.#exactTo = said.lsn;
  }

  /** Renamed directories that come next, or none and how far to go with rows before the next that can be told as such. */
  #movesNext(
    device: number,
    after: Lsn,
    end: Lsn,
  ): { readonly moves: readonly OwnMove[]; readonly reach: Lsn } {
    const exactTo = this.#exactTo;
    if (device !== SELF || exactTo === null) return { moves: [], reach: end };
    const { moves: all, rows } = this.#ledger.catalogue;
    const moves: OwnMove[] = [];
    let reach = after;
    let parts = 0;
    for (const own of all.ownAfter(after)) {
      if (own.lsn > end || own.base > exactTo || !this.#session.agreement.capabilities.has(MOVES)) break;
      const before = own.lsn - 1 as Lsn;
      if (rows.anyAfter(SELF, reach, before)) {
        if (moves.length === 0) return { moves, reach: before };
        break;
      }
      moves.push(own);
      reach = own.lsn;
      parts += own.move.parts.length;
      if (moves.length === PAGE_MOVES || parts >= PAGE_PARTS) break;
    }
    return moves.length > 0 ? { moves, reach } : { moves, reach: end };
  }

  #endOf(device: number): Cursor {
    const { catalogue, epoch } = { catalogue: this.#ledger.catalogue, epoch: this.#ledger.epoch };
    if (device !== SELF) return catalogue.cursors.of(device);
    const lsn = catalogue.appliedLsn;
    return { epoch, boot: catalogue.cursors.bootOf(lsn), lsn };
  }

  #byFolder(rows: readonly { folder: number; placed: PlacedRow }[]) {
    const folders = new Map<number, PlacedRow[]>();
    for (const { folder, placed } of rows) {
      let list = folders.get(folder);
      if (list === undefined) folders.set(folder, list = []);
      list.push(placed);
    }
    return [...folders].map(([folder, placed]) => ({
      folder: this.#ledger.catalogue.ids.folderOf(folder) as FolderId,
      rows: placed,
    }));
  }
}

/** Where a page has to end because more shared fields would not fit into it; null where they fit, as they do by their bounds. */
function endOfShared(shared: readonly { readonly lsn: Lsn; readonly field: SharedField }[]): Lsn | null {
  let bytes = 0;
  let lsn: Lsn | null = null;
  let before: Lsn | null = null;
  for (const { lsn: next, field } of shared) {
    if (next !== lsn) [before, lsn] = [lsn, next];
    bytes += sizeOfShared(field);
    if (bytes > SHARED_BYTES && before !== null) return before;
  }
  return null;
}
