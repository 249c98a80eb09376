/**
 * From differences to records, overlapping: gathers what was seen into batches, reads some ahead, records them in order.
 *
 * 1. What is new is recorded before what is gone, so that others find moved bytes where they were.
 * 2. But a file that has moved is recorded together with the path that it left, so that others move theirs.
 * 3. And what was below a directory that is none any more is recorded as gone before what took its place.
 * 4. A directory that was renamed is recorded as that, where it is whole (renamed.ts).
 * 5. What is gone is durably gone before its record, as what is new is durably there (invariant 1).
 */
import { RECORD_ROWS } from "../core/limits.ts";
import type { RelPath } from "../core/ids.ts";
import { isBelow } from "../core/path.ts";
import { makeLeftDurable } from "../folder/durable.ts";
import { type Observation, observe, type ObserveContext, type Observed } from "../folder/observe.ts";
import type { Difference, Gone, Seen } from "../folder/scan.ts";
import type { FsError } from "../platform/ports.ts";
import type { CrashGuard } from "./crash_guard.ts";
import type { EmptiedGuard } from "./emptied.ts";
import { Renamed } from "./renamed.ts";
import type { Replica } from "./replica.ts";

/** Files observed together, by number and by bytes: as many as fill one record, and are written to the catalogue at once. */
const BATCH_FILES = RECORD_ROWS;
const BATCH_BYTES = 32 * 2 ** 20;
/** Where something is gone, they may be moved ones: with the paths that they left they fill one record. */
const BATCH_MOVED = RECORD_ROWS / 2;
/** Directories in a batch: all are held open meanwhile (`folder/pins.ts`). */
const BATCH_DIRECTORIES = 200;
/** Batches under way: one is read, one waits to be recorded, and one is. */
const BATCHES_AHEAD = 3;

export interface BatchResult {
  readonly observed: Observed;
  /** Paths whose row moved since they were looked at. */
  readonly stale: readonly RelPath[];
}

/** Asked before anything is recorded. */
export interface RecordChecks {
  /** The patterns under which it was compared are still those in force; if not, everything is compared anew (R18). */
  areRulesCurrent(): boolean;
  /** What the root shows is somebody's work (invariant 8). */
  isBelieved(): boolean;
  /** Of what is gone: the root is still what it was (invariant 8). */
  checkRoot(): boolean;
  /** So many missing entries may count as deleted; and a person has said that they are. */
  readonly emptied: Pick<EmptiedGuard, "mayRecord" | "isAgreed">;
}

export class Pipeline {
  readonly #replica: Replica;
  readonly #after: (result: BatchResult) => void;
  readonly #checks: RecordChecks;
  readonly #guard: CrashGuard;
  #seen: Seen[] = [];
  #replaced: Gone[] = [];
  #ignored: Gone[] = [];
  #bytes = 0;
  #directories = 0;
  /** By state, in the order in which they are to be recorded. */
  readonly #gone = new Map<number, Gone>();
  readonly #durablyGone = new Set<Gone>();
  readonly #refused = new Map<RelPath, FsError>();
  readonly #renamed: Renamed;
  #underWay: Promise<void>[] = [];
  #lastRecorded: Promise<void> = Promise.resolve();

  constructor(
    replica: Replica,
    guard: CrashGuard,
    after: (result: BatchResult) => void,
    checks: RecordChecks,
  ) {
    this.#replica = replica;
    this.#after = after;
    this.#checks = checks;
    this.#guard = guard;
    this.#renamed = new Renamed(replica);
  }

  /** Takes differences that were found together: what has left any of them is known before anything that has come is read. */
  async add(differences: readonly Difference[]): Promise<void> {
    const { checkRoot, areRulesCurrent, isBelieved } = this.#checks;
    const mayRecord = () => checkRoot() && areRulesCurrent() && isBelieved();
    const { left, again } = await this.#renamed.record(differences, mayRecord);
    if (again.length > 0) this.#after({ observed: NOTHING, stale: again });
    for (const { gone } of left) for (const one of gone) this.#gone.set(one.basedOn, one);
    for (const difference of left) await this.#addSeen(difference);
  }

  async #addSeen(difference: Difference): Promise<void> {
    this.#replaced.push(...difference.replaced);
    this.#ignored.push(...difference.ignored);
    const most = this.#gone.size === 0 ? BATCH_FILES : BATCH_MOVED;
    this.#directories++;
    for (const seen of difference.seen) {
      this.#seen.push(seen);
      this.#bytes += seen.stat.kind === "file" ? seen.stat.size : 0;
      if (this.#seen.length >= most || this.#bytes >= BATCH_BYTES) await this.#send();
    }
    if (this.#directories >= BATCH_DIRECTORIES) await this.#send();
    if (this.#replaced.length + this.#ignored.length >= RECORD_ROWS) await this.#send();
  }

  async #send(): Promise<void> {
    if (this.#seen.length + this.#replaced.length + this.#ignored.length === 0) return;
    const [seen, replaced, ignored] = [this.#seen, this.#replaced, this.#ignored];
    [this.#seen, this.#replaced, this.#ignored, this.#bytes, this.#directories] = [[], [], [], 0, 0];
    const reading = observe(this.#context(), seen);
    const before = this.#lastRecorded;
    const recorded = (async () => {
      const observed = await reading;
      await before;
      const good = await this.#guard.sift(observed.done);
      if (!this.#checks.areRulesCurrent() || !this.#checks.isBelieved()) return;
      const left = [...replaced, ...this.#leftBy(observed)];
      // A file in a directory's place must not be recorded without the end of what was in that. When the root is back, a scan
      // of everything finds it.
      if (left.length > 0 && !this.#checks.checkRoot()) return;
      const durable = await this.#durable(left);
      const waiting = this.#waiting(observed, replaced, durable);
      const mayBe = good.filter(({ path }) => !waiting.has(path));
      const { stale } = await this.#replica.commitLocal(mayBe, this.#sure(durable, mayBe), ignored);
      this.#after({ observed: withUnreadable(observed, waiting), stale });
    })();
    this.#lastRecorded = recorded;
    recorded.catch(() => {}); // told of by `finish`, or by the wait below
    this.#underWay.push(recorded);
    if (this.#underWay.length >= BATCHES_AHEAD) await this.#underWay.shift();
  }

  /** What has taken the place of a directory of which the disk does not keep that it is gone: it waits, all else does not. */
  #waiting({ done }: Observed, replaced: readonly Gone[], durable: readonly Gone[]): Map<RelPath, FsError> {
    const waiting = new Map<RelPath, FsError>();
    const left = replaced.filter((one) => !durable.includes(one));
    for (const { path } of left.length === 0 ? [] : done) {
      const below = left.find((one) => isBelow(one.path, path));
      if (below !== undefined) waiting.set(path, this.#refused.get(below.path)!);
    }
    return waiting;
  }

  #context(): ObserveContext {
    const { deps: { pool }, fsNowMs, durability, afterCrash } = this.#replica;
    const isAfterCrash = (path: RelPath) => afterCrash.has(path);
    return { ...this.#replica.scanContext(), pool, fsNowMs, durability, isAfterCrash };
  }

  /**
   * What of this is durably gone. One sync is for all that is known to be gone by then: of a renamed directory every file has left the same
   * one. Where the disk refuses, nothing is recorded, and it is looked at again like what cannot be read.
   */
  async #durable(left: readonly Gone[]): Promise<readonly Gone[]> {
    const isKnown = (one: Gone) => this.#durablyGone.has(one) || this.#refused.has(one.path);
    if (!left.every(isKnown)) {
      const all = [...left, ...this.#gone.values()].filter((one) => !isKnown(one));
      const refused = await makeLeftDurable(this.#context(), all.map(({ path }) => path));
      for (const [path, error] of refused) this.#refused.set(path, error);
      for (const one of all) if (!refused.has(one.path)) this.#durablyGone.add(one);
      this.#after({
        observed: { ...NOTHING, unreadable: [...refused].map(([path, error]) => ({ path, error })) },
        stale: [],
      });
    }
    return left.filter((one) => this.#durablyGone.has(one));
  }

  /** The paths that moved files have left. */
  #leftBy({ done }: Observed): Gone[] {
    return done.flatMap(({ movedState }) => {
      const gone = movedState === null ? undefined : this.#gone.get(movedState);
      if (gone === undefined) return [];
      this.#gone.delete(movedState!);
      return [gone];
    });
  }

  /** Those that are no vague absence: what left them is recorded with them, or a person has spoken. */
  #sure(gone: readonly Gone[], recorded: readonly Observation[] = []): readonly Gone[] {
    const moved = new Set(recorded.map(({ movedState }) => movedState));
    const { isAgreed } = this.#checks.emptied;
    return gone.map((one) => isAgreed || moved.has(one.basedOn) ? { ...one, isSure: true } : one);
  }

  /** Answers how many entries were missing, recorded as gone or not. */
  async finish(): Promise<number> {
    await this.#send();
    await Promise.all(this.#underWay);
    const gone = [...this.#gone.values()].filter((one) => !this.#renamed.isDone(one));
    if (!await this.#checks.emptied.mayRecord(gone.length)) return gone.length;
    const { checkRoot, areRulesCurrent, isBelieved } = this.#checks;
    const mayRecord = () => checkRoot() && areRulesCurrent() && isBelieved();
    const durable = await this.#durable(gone);
    for (let at = 0; at < durable.length && mayRecord(); at += RECORD_ROWS) {
      const some = durable.slice(at, at + RECORD_ROWS);
      // What stands damaged elsewhere was not deleted: it comes again from others.
      const lost = some.filter(({ basedOn }) => this.#guard.holdsState(basedOn));
      const deleted = lost.length === 0 ? some : some.filter((one) => !lost.includes(one));
      const { stale } = await this.#replica.commitLocal([], this.#sure(deleted), [], lost);
      this.#after({ observed: NOTHING, stale });
    }
    return gone.length;
  }
}

const NOTHING: Observed = { done: [], busy: [], vanished: [], unreadable: [] };

function withUnreadable(observed: Observed, waiting: ReadonlyMap<RelPath, FsError>): Observed {
  if (waiting.size === 0) return observed;
  return {
    ...observed,
    done: observed.done.filter(({ path }) => !waiting.has(path)),
    unreadable: [...observed.unreadable, ...[...waiting].map(([path, error]) => ({ path, error }))],
  };
}
