/**
 * The catalogue as a whole: its parts, and the two ways in which it changes. `applyRecord` takes what this device's journal
 * has made durable, `applyPage` what another device has announced. Both are one transaction.
 */
import { BEGINNING, type Cursor } from "../core/cursor.ts";
import { isAlive, type Row, sameContent } from "../core/entry.ts";
import type { Fingerprint } from "../core/fingerprint.ts";
import type { DeviceId, FolderId, Lsn, RelPath } from "../core/ids.ts";
import { FOLDERS } from "../core/limits.ts";
import { decode, encode } from "../core/msgpack.ts";
import type { JournalRecord } from "../core/record.ts";
import { decodeMove, encodeMove, type Move } from "../core/move.ts";
import { decodeRows, encodeRows, type PlacedRow } from "../core/row_codec.ts";
import type { Dot } from "../core/version.ts";
import { Briefs } from "./briefs.ts";
import { ContentPlaces } from "./content_places.ts";
import { Contents } from "./contents.ts";
import { Copies } from "./copies.ts";
import { Cursors } from "./cursors.ts";
import { Damaged } from "./damaged.ts";
import { Database, type OpenSqlite } from "./database.ts";
import type { Totals } from "./folder_figures.ts";
import { EveryPath } from "./every_path.ts";
import { Interning, SELF } from "./interning.ts";
import { KeptVersions } from "./kept_versions.ts";
import { Labels } from "./labels.ts";
import { Losses } from "./losses.ts";
import { Leftovers } from "./leftovers.ts";
import { Mounts } from "./mounts.ts";
import { Moves } from "./moves.ts";
import { inSteps } from "./page_steps.ts";
import { Needs } from "./needs.ts";
import { Prints } from "./prints.ts";
import { Rows } from "./rows.ts";
import { TextSources } from "./text_sources.ts";
import { Unnamed } from "./unnamed.ts";
import { type Fact, Values } from "./values.ts";
import { Views } from "./views.ts";

/** What another device announced: everything of it with `from.lsn < lsn <= to.lsn`. */
export interface Page {
  readonly origin: DeviceId;
  readonly from: Cursor;
  readonly to: Cursor;
  /** Nothing of this epoch lies behind `to`: rows of older epochs may go (R25). */
  readonly complete: boolean;
  readonly folders: readonly { readonly folder: FolderId; readonly rows: readonly PlacedRow[] }[];
  /** Renamed directories, instead of rows: there are none of these then (R29). */
  readonly moves?: readonly { readonly folder: FolderId; readonly lsn: Lsn; readonly move: Move }[];
  readonly facts: readonly Fact[];
}

/** Rows of an older epoch that are marked or swept in one go: some milliseconds, so that nothing else waits for all of them. */
const SWEEP_ROWS = 1_000;

export class Catalogue {
  readonly db: Database;
  readonly ids: Interning;
  readonly rows: Rows;
  readonly moves: Moves;
  readonly briefs: Briefs;
  readonly mounts: Mounts;
  readonly needs: Needs;
  readonly losses: Losses;
  readonly leftovers: Leftovers;
  readonly prints: Prints;
  readonly contents: Contents;
  readonly contentPlaces: ContentPlaces;
  readonly textSources: TextSources;
  readonly values: Values;
  readonly labels: Labels;
  readonly copies: Copies;
  readonly damaged: Damaged;
  readonly cursors: Cursors;
  readonly kept: KeptVersions;
  readonly unnamed: Unnamed;
  readonly views: Views;
  readonly everyPath: EveryPath;

  constructor(path: string, self: DeviceId, open?: OpenSqlite) {
    this.db = new Database(path, open);
    this.ids = new Interning(this.db, self);
    this.rows = new Rows(this.db, this.ids);
    this.briefs = new Briefs(this.db, this.ids);
    this.mounts = new Mounts(this.db, this.ids);
    this.needs = new Needs(this.db, this.ids, this.rows.wanting);
    this.losses = new Losses(this.db, this.ids, this.rows);
    this.leftovers = new Leftovers(this.db, this.ids, this.rows);
    this.prints = new Prints(this.db);
    this.moves = new Moves(this.db, this.ids, this.rows, this.prints);
    this.contents = new Contents(this.db);
    this.contentPlaces = new ContentPlaces(this.db, this.ids);
    this.textSources = new TextSources(this.db, this.ids);
    this.damaged = new Damaged(this.db, this.ids);
    this.values = new Values(this.db, this.damaged);
    this.labels = new Labels(this.db);
    this.cursors = new Cursors(this.db);
    this.copies = new Copies(this.db, this.ids, this.cursors, this.damaged, () => this.appliedLsn);
    this.kept = new KeptVersions(this.db, this.ids);
    this.unnamed = new Unnamed(this.db, this.ids, this.rows);
    this.views = new Views(this.db, this.ids);
    this.everyPath = new EveryPath(this.db, this.ids, this.rows);
  }

  /** The last lsn of our journal that is in here. */
  get appliedLsn(): Lsn {
    return Number(this.values.meta("applied_lsn") ?? 0) as Lsn;
  }

  /**
   * Applies a durable record of our own journal. `prints` stand beside the rows of a "rows" record; a replay has
   * none, and the next scan looks at those files again.
   */
  applyRecord(lsn: Lsn, record: JournalRecord, prints: readonly (Fingerprint | null)[] = []): void {
    this.#apply(lsn, record, prints);
    this.#raiseMeta("applied_lsn", lsn);
  }

  /**
   * Applies a record of a snapshot. The seal alone moves `applied_lsn`: whoever is stopped before it begins anew, and does not
   * take the half of a snapshot for all of it.
   */
  restoreRecord(lsn: Lsn, record: JournalRecord): void {
    this.db.transaction(() => this.#apply(lsn, record, []));
  }

  #apply(lsn: Lsn, record: JournalRecord, prints: readonly (Fingerprint | null)[]): void {
    switch (record.type) {
      case "boot":
        this.cursors.addBoot(lsn, record.boot, record.epoch);
        this.values.putMeta("own_epoch", record.epoch);
        // A new actor counts anew (R1): what its predecessor came to, or somebody forged in its name, is over.
        if (this.values.meta("last_counter") !== null && record.actor !== this.values.meta("own_actor")) {
          this.values.putMeta("last_counter", 0);
        }
        this.values.putMeta("own_actor", record.actor);
        this.values.putMeta("os_boot", record.osBoot);
        this.values.putMeta("clean", 0);
        break;
      case "stop":
        this.values.putMeta("clean", 1);
        break;
      case "rows": {
        const folder = this.ids.folder(record.folder);
        record.rows.forEach((row, i) => this.#putOwn(folder, row, lsn, prints[i] ?? null));
        this.#close(record.closes);
        break;
      }
      case "moved":
        this.moves.applyOwn(this.ids.folder(record.folder), lsn, record.move);
        this.#noteOwn([record.move.dot], record.move.stamp);
        this.#close(record.closes);
        break;
      case "intent":
        this.db.run(
          "INSERT OR REPLACE INTO intents (lsn, folder, block) VALUES (?, ?, ?)",
          lsn,
          this.ids.folder(record.folder),
          encode(
            record.moves === undefined
              ? encodeRows(record.rows.map((row) => ({ lsn, row })))
              : { moves: record.moves.map(encodeMove) },
          ),
        );
        break;
      case "shared":
        for (const field of record.fields) this.values.putShared(field, lsn);
        break;
      case "fact":
        this.values.putFact(SELF, record.key, record.value, lsn);
        break;
      case "local":
        this.values.putLocal(record.key, record.value);
        break;
      case "kept": {
        const folder = this.ids.folder(record.folder);
        record.rows.forEach((row, i) => this.#putOwn(folder, row, record.lsns[i]!, null));
        break;
      }
      case "forgot": {
        const folder = this.ids.folder(record.folder);
        for (const path of record.paths) this.#forgetOwn(folder, path);
        break;
      }
      case "snapshot-end":
        this.#raiseMeta("last_counter", record.counter);
        this.#raiseMeta("last_stamp", record.stamp);
        this.#raiseMeta("applied_lsn", record.lsn);
    }
  }

  #putOwn(folder: number, row: Row, lsn: Lsn, print: Fingerprint | null): void {
    const change = this.rows.put(SELF, folder, row, lsn);
    const { former, formerEntry } = change;
    if (print !== null) {
      if (former !== null && former !== change.state) this.prints.drop(former);
      this.prints.put(change.state, print);
    } else if (former !== null && (former !== change.state || !row.held)) {
      // Of a mode or time that was set, the former print says nothing: on the disk it may stand or not (R3).
      const same = formerEntry !== null && row.held && sameContent(formerEntry, row.entry) &&
        formerEntry.mode === row.entry.mode && formerEntry.mtimeMs === row.entry.mtimeMs;
      if (same) this.prints.move(former, change.state);
      else this.prints.drop(former);
    }
    this.#noteClocks(row);
  }

  #close(intent: Lsn): void {
    if (intent > 0) this.db.run("DELETE FROM intents WHERE lsn = ?", intent);
  }

  /** Only a tombstone: what was written to the path between the decision and its record stands. */
  #forgetOwn(folder: number, path: RelPath): void {
    const own = this.rows.own(folder, path);
    if (own === null || isAlive(own.row.entry)) return;
    this.rows.drop(SELF, folder, path);
    this.prints.drop(own.state);
  }

  /** What this device has minted itself, so that its counter and clock go on from there (R1, R7). */
  #noteClocks({ entry: { version, stamp, writer } }: Row): void {
    this.#noteOwn(version.dots, 0);
    this.#noteOwn([version.meta], version.metaStamp);
    if (this.ids.device(writer) === SELF) this.#raiseMeta("last_stamp", stamp);
  }

  #noteOwn(dots: readonly Dot[], stamp: number): void {
    const actor = this.values.meta("own_actor");
    for (const dot of dots) {
      if (dot.actor !== actor) continue;
      this.#raiseMeta("last_counter", dot.counter);
      this.#raiseMeta("last_stamp", stamp);
    }
  }

  #raiseMeta(key: string, value: number): void {
    if (value > Number(this.values.meta(key) ?? 0)) this.values.putMeta(key, value);
  }

  /**
   * Before a page that begins an epoch is applied: marks some rows of the older one. True while there are more; the page itself
   * marks what is left.
   */
  setAside({ origin, to }: Page): boolean {
    const device = this.ids.findDevice(origin);
    if (device === null || device === SELF || to.epoch <= this.cursors.of(device).epoch) return false;
    return this.db.transaction(() => this.leftovers.markOlderEpoch(device, SWEEP_ROWS)) === SWEEP_ROWS;
  }

  /** Once an epoch is complete: removes some rows of the older ones. True while there are more. */
  sweep(origin: DeviceId): boolean {
    const device = this.ids.findDevice(origin);
    if (device === null || !this.cursors.isSweeping(device)) return false;
    return this.db.transaction(() => this.#sweepSome(device));
  }

  /** Takes in what another device announced, or a relay told of it, all at once. */
  applyPage(page: Page): void {
    this.db.transaction(() => {
      for (const _step of this.pageSteps(page));
    });
  }

  /**
   * Takes a page in step by step, so that nothing else waits for all of it: some rows at a time, those of an lsn together (R29). The cursor
   * moves with the last step, so that of a page that was begun nothing counts as told. Meanwhile no other page of its origin may be
   * begun. Answers whether it came to its end: what is known of the origin may be dropped in between.
   */
  *pageSteps(page: Page): Generator<void, boolean> {
    const device = this.ids.device(page.origin);
    if (device === SELF || page.to.epoch < this.cursors.of(device).epoch) return true;
    this.db.transaction(() => {
      const known = this.cursors.of(device);
      if (page.to.epoch > known.epoch) this.#beginEpoch(device, page.to.epoch, known);
    });
    // What lies behind our cursor we have, or something newer: a relay that lags must not bring it back (R30).
    const had = this.cursors.of(device).lsn;
    const isNews = ({ lsn }: { readonly lsn: Lsn }) => lsn > had;
    for (const { folder, rows } of page.folders) {
      if (rows.length === 0 || !this.#mayKnow(folder)) continue;
      const id = this.ids.folder(folder);
      for (const some of inSteps(rows.filter(isNews))) {
        this.db.transaction(() => some.forEach(({ lsn, row }) => this.rows.put(device, id, row, lsn)));
        yield;
        if (this.cursors.of(device).epoch !== page.to.epoch) return false;
      }
    }
    for (const { folder, lsn, move } of (page.moves ?? []).filter(isNews)) {
      if (!this.#mayKnow(folder)) continue;
      const told = { device, folder: this.ids.folder(folder), lsn, move };
      this.db.transaction(() => this.moves.apply(told));
      this.moves.tell(told);
      yield;
      if (this.cursors.of(device).epoch !== page.to.epoch) return false;
    }
    this.db.transaction(() => {
      for (const { key, value, lsn } of page.facts.filter(isNews)) {
        this.values.putFact(device, key, value, lsn);
      }
      if (page.to.lsn > had) this.cursors.set(device, page.to);
      if (page.complete && this.cursors.isSweeping(device)) this.#sweepSome(device);
    });
    return true;
  }

  /** Folders that nobody shares must not grow without end (invariant 10). */
  #mayKnow(folder: FolderId): boolean {
    return this.ids.findFolder(folder) !== null || this.ids.folderCount() < FOLDERS ||
      this.values.isShared("folder", folder);
  }

  #beginEpoch(device: number, epoch: number, known: Cursor): void {
    if (known.epoch > 0) {
      this.leftovers.markOlderEpoch(device, -1);
      this.values.markFactsOlderEpoch(device);
    }
    // Also where nothing is older: whoever is told by us must not take the half of an epoch for all of it.
    this.cursors.setSweeping(device, true);
    this.cursors.set(device, { ...BEGINNING, epoch });
  }

  #sweepSome(device: number): boolean {
    const old = this.leftovers.ofOlderEpoch(device, SWEEP_ROWS);
    for (const { folder, path } of old) this.rows.drop(device, folder, path);
    if (old.length === SWEEP_ROWS) return true;
    this.values.sweepFacts(device);
    this.cursors.setSweeping(device, false);
    return false;
  }

  /** Rows that were about to be placed when the program stopped (R19), newest intent last. */
  openIntents(folder: number): Row[] {
    return this.db.all("SELECT block FROM intents WHERE folder = ? ORDER BY lsn", folder)
      .flatMap(([block]) => this.#intended(folder, decode(block as Uint8Array)));
  }

  /** The rows of an intent; of a renamed directory those that have not moved yet. */
  #intended(folder: number, block: unknown): Row[] {
    const { moves } = block as { readonly moves?: readonly unknown[] };
    if (moves === undefined) return decodeRows(block).map(({ row }) => row);
    return moves.flatMap((move) => this.moves.rowsOf(folder, decodeMove(move)));
  }

  /** Every placement that was announced and not recorded as done, over all folders. */
  allIntents(): { lsn: Lsn; record: Extract<JournalRecord, { type: "intent" }> }[] {
    return this.db.all("SELECT lsn, folder, block FROM intents ORDER BY lsn").map(([lsn, folder, bytes]) => {
      const block = decode(bytes as Uint8Array);
      const { moves } = block as { readonly moves?: readonly unknown[] };
      const what = moves === undefined
        ? { rows: decodeRows(block).map(({ row }) => row) }
        : { rows: [], moves: moves.map(decodeMove) };
      return {
        lsn: Number(lsn) as Lsn,
        record: { type: "intent", folder: this.ids.folderOf(Number(folder)), ...what },
      };
    });
  }

  /** Intents that a completed scan has settled one way or the other. */
  closeIntents(folder: number, upTo: Lsn): void {
    this.db.run("DELETE FROM intents WHERE folder = ? AND lsn <= ?", folder, upTo);
  }

  /**
   * Whether this device's replica of the folder takes remote changes; needs are tracked from then on: `Rows.decideSome` says which there are.
   * Of what is wanted no more, most needs should be gone before (`Needs.dropSome`): the rest goes at once.
   */
  setWanted(folder: FolderId, wanted: boolean): void {
    this.db.transaction(() => {
      const id = this.ids.folder(folder);
      this.rows.figures.setWanted(id, wanted);
      if (wanted) return this.rows.wanting.begin(id);
      this.rows.wanting.end(id);
      this.db.run("DELETE FROM needs WHERE folder = ?", id);
    });
  }

  isWanted(folder: FolderId): boolean {
    return this.rows.figures.isWanted(this.ids.folder(folder));
  }

  /** This device's own living files, directories and bytes in a folder. */
  totals(folder: FolderId): Totals {
    return this.rows.figures.totals(this.ids.folder(folder));
  }

  /** Frees what is kept in memory to be fast. */
  giveBack(): void {
    this.rows.forgetRecent();
    this.db.giveBack();
  }

  close(): void {
    this.db.close();
  }
}
