/**
 * The brake of one replica (R38): what others' changes took within the hour, and what the plan would take next, against the size
 * of the folder. Too much of it halts the placing until a person has decided; observing and announcing go on.
 *
 * 1. The plan is counted before the first of it is placed: the catalogue keeps the count with every change of a need. Where many
 *    paths may be needs all at once, as when a device's rows count again, they are decided first, some in a turn.
 * 2. Too much is judged only when no more news comes for a moment: of a renamed tree the new paths may come behind the old ones.
 *    What would be lost waits meanwhile, all else is placed.
 * 3. What lives on at another path is no loss.
 * 4. A halt is durable. It ends by a person's word, or when nothing is left that would be lost.
 */
import { SELF } from "../catalogue/interning.ts";
import type { Taken } from "../catalogue/losses.ts";
import { MARK } from "../catalogue/needs.ts";
import { decideFor, ownAmong } from "../catalogue/rows.ts";
import { type BrakeCount, type BrakeLimits, isTooMuch } from "../core/brake.ts";
import type { Entry } from "../core/entry.ts";
import { CairnError } from "../core/errors.ts";
import type { DeviceId, FolderId, RelPath } from "../core/ids.ts";
import { BRAKE_WINDOW_MS } from "../core/limits.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Clock } from "../platform/ports.ts";
import { type Halt, haltOf, haltRecord, isSettled, type Settled, settledBy, settledRecord } from "./halt.ts";

/** Silence after which what has come is judged, and the longest that a stream of news puts it off. */
const JUDGE_MS = 1_000;
const MOST_JUDGE_MS = 15_000;
/** The count of what was taken is freshened this often: it shrinks as the hour moves on. */
const FRESHEN_MS = 60_000;
/** Paths looked at in one turn. */
const TURN_PATHS = 500;

export interface BrakeDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly folder: FolderId;
  /** The folder's number in the catalogue. */
  readonly number: number;
  limits(): BrakeLimits;
  /** Whether others' changes are taken at all (R9). */
  isTaking(): boolean;
  /** It holds back, lets go, or halts. */
  changed(): void;
}

export class Brake {
  readonly #deps: BrakeDeps;
  #halt: Halt | null;
  /** Since when (monotone) what would be lost waits to be judged; null when nothing does. */
  #judgingSinceMs: number | null = null;
  #isJudging = false;
  #hasNews = false;
  #isReleasing = false;
  #cancelJudge: (() => void) | null = null;
  /** While paths are left to be decided. */
  #cancelDecide: (() => void) | null = null;
  #taken = { count: 0, files: 0 };
  #takenAtMs = -Infinity;
  #filesNow = 0;
  /** What each device has settled, as far as it was asked since others were last heard. */
  readonly #settled = new Map<DeviceId, readonly Settled[]>();
  #isStopped = false;

  constructor(deps: BrakeDeps) {
    this.#deps = deps;
    this.#halt = haltOf(deps.ledger.catalogue, SELF, deps.folder);
  }

  /** Why nothing is placed; null while all goes on. */
  get halt(): Halt | null {
    return this.#halt;
  }

  /** What would be lost must wait, though all else may be placed. */
  get isHolding(): boolean {
    return this.#halt !== null || this.#judgingSinceMs !== null || this.#cancelDecide !== null;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelJudge?.();
    this.#cancelDecide?.();
  }

  /** Counts: one look at a total that is kept, before anything is started and before each batch. */
  look(): void {
    if (this.#isUndecided()) return;
    if (this.#halt !== null) {
      const isOver = this.#halt.kind === "changes" && (!this.#deps.isTaking() || this.#planned() === 0);
      if (isOver) void this.release().catch(passing);
      return;
    }
    if (!this.#deps.isTaking() || !this.#isTooMuch()) {
      this.#judgingSinceMs = null;
      return;
    }
    if (this.#judgingSinceMs !== null) return;
    this.#judgingSinceMs = this.#deps.clock.monotonic();
    this.#judgeSoon();
  }

  /** News of others came. */
  heard(): void {
    this.#settled.clear();
    if (this.#judgingSinceMs !== null || this.#halt?.kind === "changes") this.#judgeSoon();
  }

  /** Decides what may be needs, as many as one turn takes; true while there are more. */
  #isUndecided(): boolean {
    if (this.#cancelDecide !== null) return true;
    const { ledger: { catalogue: { rows } }, number, clock } = this.#deps;
    const startedMs = clock.monotonic();
    if (rows.decideSome(number, TURN_PATHS) < TURN_PATHS) return false;
    // As long for others as it took.
    if (!this.#isStopped) this.#decideOnSoon(clock.monotonic() - startedMs);
    return true;
  }

  #decideOnSoon(delayMs: number): void {
    this.#cancelDecide = this.#deps.clock.after(delayMs, () => {
      this.#cancelDecide = null;
      try {
        this.look();
      } catch (error) {
        passing(error);
        this.#decideOnSoon(JUDGE_MS);
      }
      // A halt tells how much it holds back.
      if (this.#cancelDecide === null && this.#halt?.kind === "changes") this.#judgeSoon();
      // Who waits for the rest has nothing to begin with before that.
      if (this.#cancelDecide === null) this.#deps.changed();
    });
  }

  #planned(): number {
    const { ledger: { catalogue }, number } = this.#deps;
    const { losing, files } = catalogue.losses.planned(number);
    this.#filesNow = files;
    return losing;
  }

  #isTooMuch(): boolean {
    const planned = this.#planned();
    if (planned === 0) return false;
    return isTooMuch(this.#count(planned), this.#deps.limits());
  }

  #count(planned: number): BrakeCount {
    const { ledger: { catalogue }, number, clock } = this.#deps;
    if (clock.monotonic() - this.#takenAtMs > FRESHEN_MS) {
      this.#takenAtMs = clock.monotonic();
      this.#taken = catalogue.losses.taken(number, clock.now() - BRAKE_WINDOW_MS);
    }
    return { taken: this.#taken.count, planned, filesNow: this.#filesNow, filesBefore: this.#taken.files };
  }

  // -------------------------------------------------------------------------------- placing tells

  /**
   * Whether taking `theirs` at a path would lose `ours` for good. Nothing is lost of what lives on at another path, and nothing
   * is asked about what a person has settled.
   */
  loses(path: RelPath, ours: Entry, theirs: Entry): "no" | "yes" | "wait" {
    const { ledger: { catalogue }, number } = this.#deps;
    const mark = catalogue.needs.markOf(number, path);
    if (mark === MARK.agreed || this.#isSettled(theirs) || this.#livesOn(path, ours)) return "no";
    // It moved with a rename, and where it moved to it was deleted since.
    if (mark === MARK.moved) {
      catalogue.needs.setMark(number, path, MARK.loses);
      this.look();
    }
    // What is not decided has no mark yet.
    if (this.#cancelDecide !== null) return "wait";
    return this.isHolding && mark !== MARK.none ? "wait" : "yes";
  }

  #livesOn(path: RelPath, entry: Entry): boolean {
    const { ledger: { catalogue }, number } = this.#deps;
    return catalogue.losses.livesOn(number, path, entry);
  }

  /** It is the rejection of a halt, on another device: a person was asked already. */
  #isSettled(entry: Entry): boolean {
    const { ledger: { catalogue }, folder } = this.#deps;
    let known = this.#settled.get(entry.writer);
    if (known === undefined) {
      known = settledBy(catalogue, catalogue.ids.device(entry.writer), folder);
      this.#settled.set(entry.writer, known);
    }
    const ranges = known;
    return ranges.length > 0 && entry.version.dots.some((dot) => isSettled(dot, ranges));
  }

  /** These were taken; the record of it is durable. The folder had `filesBefore` files and symlinks before. */
  note(taken: readonly Taken[], filesBefore: number): void {
    if (taken.length === 0) return;
    const { ledger: { catalogue }, number, clock } = this.#deps;
    this.#count(0);
    const fresh = catalogue.losses.note(number, taken, clock.now(), filesBefore);
    const { count, files } = this.#taken;
    this.#taken = { count: count + fresh, files: Math.max(files, filesBefore) };
  }

  // -------------------------------------------------------------------------------- judging

  #judgeSoon(): void {
    this.#hasNews = true;
    if (this.#isStopped || this.#isJudging) return;
    const { clock } = this.#deps;
    const sinceMs = this.#judgingSinceMs ?? clock.monotonic();
    this.#cancelJudge?.();
    const leftMs = Math.max(0, sinceMs + MOST_JUDGE_MS - clock.monotonic());
    this.#cancelJudge = clock.after(Math.min(JUDGE_MS, leftMs), () => {
      this.#cancelJudge = null;
      void this.#judge().catch(passing);
    });
  }

  /** Finds what merely moved; is it still too much then, it is not taken. */
  async #judge(): Promise<void> {
    if (this.#isStopped || this.#isJudging) return;
    this.#isJudging = true;
    this.#hasNews = false;
    try {
      await this.#findMoved();
      if (this.#isStopped) return;
      if (this.#halt === null) {
        const isTooMuch = this.#deps.isTaking() && this.#isTooMuch();
        this.#judgingSinceMs = null;
        if (isTooMuch) await this.#stopFor("changes");
      } else if (this.#halt.kind === "changes") {
        if (this.#planned() === 0 && this.#cancelDecide === null) await this.release();
        else await this.#stopFor("changes");
      }
    } finally {
      this.#isJudging = false;
      if (this.#hasNews && this.isHolding) this.#judgeSoon();
      if (!this.#isStopped) this.#deps.changed();
    }
  }

  async #findMoved(): Promise<void> {
    const { ledger: { catalogue }, number, clock } = this.#deps;
    let looked = 0;
    for (const { path } of catalogue.needs.losing(number)) {
      const rows = catalogue.rows.at(number, path);
      const own = ownAmong(rows);
      const decision = decideFor(rows);
      if (own !== null && decision.kind === "take") {
        if (this.#isSettled(decision.entry)) catalogue.needs.setMark(number, path, MARK.agreed);
        else if (this.#livesOn(path, own.row.entry)) catalogue.needs.setMark(number, path, MARK.moved);
      }
      if (++looked % TURN_PATHS === 0) {
        await new Promise<void>((resolve) => clock.after(0, resolve));
        if (this.#isStopped) return;
      }
    }
  }

  // -------------------------------------------------------------------------------- halting

  /** The root on this device was emptied (invariant 8). */
  haltEmptied(): Promise<void> {
    return this.#stopFor("emptied");
  }

  /** The root on this device was put back from a backup. It halts at once, whether the catalogue can be asked or not. */
  haltOlder(): Promise<void> {
    const counts = { deletes: 0, replaces: 0, taken: 0, files: 0 };
    if (this.#halt?.kind !== "older") {
      this.#halt = { kind: "older", ...counts, sinceMs: this.#deps.clock.now() };
    }
    return this.#stopFor("older");
  }

  async #stopFor(kind: Halt["kind"]): Promise<void> {
    const { ledger, folder, number, clock } = this.#deps;
    const { deletes, replaces } = ledger.catalogue.needs.losingCounts(number);
    const { taken, filesNow, filesBefore } = this.#count(this.#planned());
    const before = this.#halt;
    const counts = { deletes, replaces, taken, files: Math.max(filesNow, filesBefore) };
    const isSame = before?.kind === kind && before.deletes === deletes && before.replaces === replaces;
    if (isSame && before.files === counts.files) return;
    const halt: Halt = { kind, ...counts, sinceMs: before?.sinceMs ?? clock.now() };
    // Nothing is placed from here on, also when the journal refuses; a restart would find the same again.
    this.#halt = halt;
    this.#judgingSinceMs = null;
    await ledger.commit(haltRecord(folder, halt));
  }

  /** Tells all others that these writes of ours reject what they were asked about too. */
  async settle(written: Settled): Promise<void> {
    const { ledger, folder } = this.#deps;
    const before = settledBy(ledger.catalogue, SELF, folder);
    await ledger.commit(settledRecord(folder, [...before, written]));
  }

  /** Goes on. What was counted so far is settled by it. */
  async release(): Promise<void> {
    const { ledger, folder, number } = this.#deps;
    if (this.#halt === null || this.#isReleasing) return;
    this.#isReleasing = true;
    try {
      await ledger.commit(haltRecord(folder, null));
    } finally {
      this.#isReleasing = false;
    }
    this.#halt = null;
    ledger.catalogue.losses.forget(number);
    this.#taken = { count: 0, files: 0 };
    this.#deps.changed();
  }
}

/** A journal that refuses is told of where it is written; what is held back stays so. */
function passing(error: unknown): void {
  if (!(error instanceof CairnError)) throw error;
}
