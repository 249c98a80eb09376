/**
 * Looks after a folder's version store (R21): looks at what is kept for writing that went on, thins it out, keeps it within its
 * size, and says when it has no room. One timer; each turn does a bounded piece of work within `Replica.exclusive`, so that
 * nothing is being placed meanwhile.
 *
 * 1. Time here never runs faster than this run of the program: a clock that is set ahead makes nothing old.
 * 2. Nothing goes without a look: what was written into it since comes back into the folder instead.
 * 3. A store that is not there (its disk went) is no reason to conclude anything.
 * 4. One version that the disk refuses to look at, bring back or remove stays, and keeps none of the others from their turn.
 */
import type { KeptRow, PathKey } from "../catalogue/kept_versions.ts";
import type { RelPath } from "../core/ids.ts";
import { letPass, orPass } from "../core/passing.ts";
import { DAY_MS, DENSE_MS, HOUR_MS, mayGo, overflowing, thinned } from "../core/thinning.ts";
import { coversAny, shareDot } from "../core/version.ts";
import { storedAt } from "../folder/versions.ts";
import { FsError } from "../platform/ports.ts";
import { cleanSegment, takeIn } from "./kept_intake.ts";
import type { Replica } from "./replica.ts";
import { bringBack, lookAtKept } from "./written_on.ts";

export interface KeepingSettings {
  readonly versionsDays: number;
  readonly versionsBytes: number;
}

export interface KeeperEvents {
  settings(): KeepingSettings;
  /** The first scan is done, and the root is what it was (invariant 8). */
  mayWork(): boolean;
  /** Others' changes are being placed: what can wait waits. */
  isBusy(): boolean;
  lookAgain(paths: readonly RelPath[]): void;
  /** Something at the path may have changed. */
  hint(path: RelPath): void;
  /** What waited for room can go on. */
  roomCame(): void;
}

/** A look at what was just kept: programs that save and close are done by then. */
const SOON_MS = 3_000;
/** How often it looks otherwise. */
const TURN_MS = 60_000;
/** While there is more to be done. */
const NEXT_MS = 20;
/** While the store is full: it goes on within seconds of there being room. */
const FULL_MS = 5_000;
/** What was kept this lately is looked at in every turn: a program that saves is done by then. */
const LATELY_MS = 90_000;
/** A file may be open for as long as its program runs: all that is younger than this is looked at, this often. */
const YOUNG_MS = DENSE_MS + HOUR_MS;
const LOOK_ALL_MS = 10 * 60_000;
/** Time between two parts of such a look, so that a store with many young versions costs little. */
const LOOK_NEXT_MS = 250;
/** A program has a copy open under a name that is gone, so no event tells of what it writes: copies looked at, and how often. */
const STILL_OPEN = 64;
const STILL_OPEN_MS = 10_000;
/** Versions looked at, and paths thinned, in one turn: about ten milliseconds. */
const LOOKS = 1_000;
const PATHS = 500;
const EVICTIONS = 500;
/** A settings row is read again this often at most. */
const SETTINGS_MS = 1_000;
/** A time this far ahead is a clock that was wrong. */
const AHEAD_MS = DAY_MS;

export class VersionKeeper {
  readonly #replica: Replica;
  readonly #events: KeeperEvents;
  readonly #startedMs: number;
  readonly #startedMonotonicMs: number;
  /** What the catalogue knows to be kept; null until it was asked. */
  #tableBytes: number | null = null;
  #settings: { readonly value: KeepingSettings; readonly atMs: number } | null = null;
  #isFull = false;
  #fullUntilMs = 0;
  #cancel: (() => void) | null = null;
  #dueMs = Infinity;
  #isStopped = false;
  #waitedMs = 0;
  /** Where the look at all young versions goes on; null until it is due again. */
  #lookAfter: { readonly ms: number; readonly id: number } | null = null;
  #lookDueMs = 0;
  /** Copies that were brought back in this run, the latest last. */
  #broughtBack: RelPath[] = [];
  /** The path behind which thinning goes on; undefined until the next hour's. */
  #thinAfter: PathKey | null | undefined = null;
  #thinDueMs = 0;

  constructor(replica: Replica, events: KeeperEvents) {
    this.#replica = replica;
    this.#events = events;
    const { clock } = replica.deps;
    this.#startedMs = clock.now();
    this.#startedMonotonicMs = clock.monotonic();
  }

  /** `store` names the replica whose store this is: of another one before it, nothing is known any more. */
  start(store: string): void {
    const { catalogue, number } = this.#replica;
    const key = `kept_store/${number}`;
    if (catalogue.values.meta(key) !== store) {
      catalogue.db.transaction(() => {
        catalogue.kept.forget(number);
        catalogue.values.putMeta(key, store);
      });
    }
    this.#later(SOON_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** The store has no room, and nothing in it may go yet. */
  get isFull(): boolean {
    return this.#isFull;
  }

  #now(): number {
    const { clock } = this.#replica.deps;
    return Math.min(clock.now(), this.#startedMs + clock.monotonic() - this.#startedMonotonicMs);
  }

  #limits(): KeepingSettings {
    const nowMs = this.#replica.deps.clock.monotonic();
    if (this.#settings === null || nowMs - this.#settings.atMs >= SETTINGS_MS) {
      this.#settings = { value: this.#events.settings(), atMs: nowMs };
    }
    return this.#settings.value;
  }

  #held(): number {
    const { catalogue, number, versions } = this.#replica;
    this.#tableBytes ??= catalogue.kept.bytes(number);
    return this.#tableBytes + versions.fresh.bytes;
  }

  /**
   * Whether another version may be kept beside `plannedBytes` more: what goes beyond the limit is one version at most. Makes
   * room where the oldest may go.
   */
  hasRoom(plannedBytes: number): boolean {
    this.#later(SOON_MS);
    const limit = this.#limits().versionsBytes;
    if (this.#held() + plannedBytes < limit) return true;
    const nowMs = this.#replica.deps.clock.monotonic();
    if (nowMs < this.#fullUntilMs) return false;
    try {
      this.#shrink(plannedBytes + 1);
    } catch (error) {
      if (!(error instanceof FsError)) throw error; // no room comes of it
    }
    if (this.#held() + plannedBytes < limit) return true;
    this.#isFull = true;
    this.#fullUntilMs = nowMs + SETTINGS_MS;
    return false;
  }

  /** Takes in all that the index says: before a person is told what is kept. Only within `Replica.exclusive`. */
  async takeInAll(): Promise<void> {
    for (let isAll = false; !isAll;) isAll = await this.#takeIn();
  }

  async #takeIn(): Promise<boolean> {
    this.#held();
    const { isAll, bytes } = await takeIn(this.#replica);
    this.#tableBytes! += bytes;
    return isAll;
  }

  // -------------------------------------------------------------------------------- turns

  #later(delayMs: number): void {
    if (this.#isStopped) return;
    const { clock } = this.#replica.deps;
    const dueMs = clock.monotonic() + delayMs;
    if (dueMs >= this.#dueMs) return;
    this.#cancel?.();
    this.#dueMs = dueMs;
    this.#cancel = clock.after(delayMs, () => {
      this.#dueMs = Infinity;
      void this.#turn(delayMs);
    });
  }

  async #turn(waitedMs: number): Promise<void> {
    if (this.#isStopped) return;
    this.#waitedMs += waitedMs;
    let nextMs = TURN_MS;
    if (this.#events.mayWork() && (!this.#events.isBusy() || this.#waitedMs >= TURN_MS || this.#isFull)) {
      this.#waitedMs = 0;
      try {
        nextMs = await this.#replica.exclusive(() => this.#work());
      } catch (error) {
        letRefuse(error);
      }
      if (!orPass(() => this.#tellRoom())) this.#isFull = true; // it is told again
    } else {
      nextMs = this.#events.isBusy() ? SOON_MS : FULL_MS;
    }
    for (const path of this.#broughtBack) this.#events.hint(path);
    if (this.#broughtBack.length > 0) nextMs = Math.min(nextMs, STILL_OPEN_MS);
    this.#later(this.#isFull ? Math.min(nextMs, FULL_MS) : nextMs);
  }

  #tellRoom(): void {
    if (!this.#isFull || this.#isStopped || this.#held() >= this.#limits().versionsBytes) return;
    this.#isFull = false;
    this.#fullUntilMs = 0;
    this.#events.roomCame();
  }

  /** One piece of upkeep; when the next is due. */
  async #work(): Promise<number> {
    const { versions, deps: { fs, clock }, catalogue, number } = this.#replica;
    if (this.#isStopped || fs.lstat(versions.dir) === null) return TURN_MS;
    if (!await this.#takeIn()) return NEXT_MS;
    const nowMs = this.#now();
    await this.#look(catalogue.kept.youngAfter(number, nowMs - LATELY_MS, 0, LOOKS));
    if (this.#held() > this.#limits().versionsBytes && this.#shrink(0) >= EVICTIONS) return NEXT_MS;
    if (nowMs >= this.#thinDueMs) {
      if (this.#thinAfter === null) {
        catalogue.kept.redate(number, clock.now(), AHEAD_MS);
        this.#reviewPinned();
      }
      if (this.#thin(nowMs)) return NEXT_MS;
      if (await cleanSegment(this.#replica)) return NEXT_MS;
      this.#thinAfter = null;
      this.#thinDueMs = nowMs + HOUR_MS;
    }
    return await this.#lookAtAllYoung(nowMs) ? LOOK_NEXT_MS : TURN_MS;
  }

  /** A part of the look at all young versions; true when there is more. */
  async #lookAtAllYoung(nowMs: number): Promise<boolean> {
    const { catalogue, number } = this.#replica;
    if (this.#lookAfter === null && nowMs < this.#lookDueMs) return false;
    const after = this.#lookAfter ?? { ms: nowMs - YOUNG_MS, id: 0 };
    const rows = catalogue.kept.youngAfter(number, after.ms, after.id, LOOKS);
    await this.#look(rows);
    const isMore = rows.length === LOOKS;
    this.#lookAfter = isMore ? { ms: rows.at(-1)!.keptMs, id: rows.at(-1)!.id } : null;
    if (!isMore) this.#lookDueMs = nowMs + LOOK_ALL_MS;
    return isMore;
  }

  async #look(rows: readonly KeptRow[]): Promise<void> {
    for (const row of rows) {
      try {
        const found = lookAtKept(this.#replica, row.kept);
        if (found === "gone") this.#forget(row);
        if (found === "written") await this.#bringBack(row);
      } catch (error) {
        this.#passOver(error);
      }
    }
  }

  /** Goes on with the next version, unless the store itself is gone. */
  #passOver(error: unknown): void {
    const { versions, deps: { fs } } = this.#replica;
    if (!(error instanceof FsError) || fs.lstat(versions.dir) === null) throw error;
  }

  async #bringBack(row: KeptRow): Promise<void> {
    const paths = await bringBack(this.#replica, row);
    if (paths === null || paths.length === 0) return;
    this.#tableBytes! -= row.bytes;
    this.#events.lookAgain(paths);
    this.#broughtBack = [...this.#broughtBack, ...paths].slice(-STILL_OPEN);
  }

  #forget({ id, bytes }: KeptRow): void {
    const { catalogue, versions, deps: { fs } } = this.#replica;
    if (fs.lstat(versions.dir) === null) throw new FsError("not-found", versions.dir);
    catalogue.kept.drop(id);
    this.#tableBytes! -= bytes;
  }

  // -------------------------------------------------------------------------------- what goes

  /** Thins some paths out; true when there are more. */
  #thin(nowMs: number): boolean {
    const { catalogue, number } = this.#replica;
    if (this.#thinAfter === undefined) return false;
    const paths = catalogue.kept.pathsAfter(number, this.#thinAfter, PATHS);
    const { versionsDays } = this.#limits();
    for (const path of paths) {
      for (const row of thinned(catalogue.kept.atKey(path), nowMs, versionsDays)) this.#letGo(row, nowMs);
    }
    this.#thinAfter = paths.length < PATHS ? undefined : paths.at(-1)!;
    return this.#thinAfter !== undefined;
  }

  /** Lets the oldest go until there is room for `wantedBytes`; how many went. */
  #shrink(wantedBytes: number): number {
    const { catalogue, number } = this.#replica;
    const nowMs = this.#now();
    const limit = this.#limits().versionsBytes - wantedBytes;
    const oldest = catalogue.kept.oldest(number, nowMs - DENSE_MS, EVICTIONS);
    const going = overflowing(oldest, this.#held(), limit, nowMs);
    return going.filter((row) => this.#letGo(row, nowMs)).length;
  }

  /** Whether the version went; one that the disk refuses to remove stays. */
  #letGo(row: KeptRow, nowMs: number): boolean {
    try {
      this.#evict(row, nowMs);
      return true;
    } catch (error) {
      this.#passOver(error);
      return false;
    }
  }

  #evict(row: KeptRow, nowMs: number): void {
    const { versions, catalogue, deps: { fs } } = this.#replica;
    // The rule again, where it counts: by the time in its own name too.
    if (!mayGo(row, nowMs) || row.kept.lost !== null && row.isPinned) return;
    const found = lookAtKept(this.#replica, row.kept);
    if (found === "written") {
      void this.#replica.exclusive(() => this.#bringBack(row).catch(letRefuse));
      return;
    }
    if (found === "gone") return this.#forget(row);
    fs.unlink(storedAt(versions, row.kept));
    catalogue.kept.drop(row.id);
    this.#tableBytes! -= row.bytes;
  }

  /** A loser is overruled once someone has written what stands at its path since, with knowledge of it. */
  #reviewPinned(): void {
    const { catalogue, number } = this.#replica;
    for (let after = 0;;) {
      const rows = catalogue.kept.pinned(number, after, PATHS);
      for (const { id, kept: { path, lost } } of rows) {
        const version = this.#replica.own(path)?.row.entry.version;
        if (lost === null || version === undefined) continue;
        if (coversAny(version.context, lost.dots) && !shareDot(version.dots, lost.winner)) {
          catalogue.kept.unpin(id);
        }
      }
      if (rows.length < PATHS) return;
      after = rows.at(-1)!.id;
    }
  }
}

/** A disk refuses, the folder's or the home's; what is kept stays as it is until it does not. */
function letRefuse(error: unknown): void {
  if (!(error instanceof FsError)) letPass(error);
}
