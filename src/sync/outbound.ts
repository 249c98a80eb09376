/**
 * From disk to journal: hints mark names and directories dirty, dirty ones are compared with the catalogue, what differs is
 * observed and recorded. Every event only changes what is dirty and wakes one loop.
 *
 * 1. A full scan looks at every directory; it runs at the start, every hour, and whenever the watch says so.
 * 2. A directory seen for the first time is looked at whole, and again a moment later where its events may have raced (watchers).
 * 3. What changes while it is read waits and is read again, with backoff (R17).
 * 4. What could have changed within the clock's grain is read again once that has passed (R14, settling.ts).
 */
import { messageOf } from "../core/errors.ts";
import type { RelPath } from "../core/ids.ts";
import { FULL_SCAN_MS } from "../core/limits.ts";
import { childOf, nameOf, parentOf, relPath, ROOT } from "../core/path.ts";
import { IGNORE_FILE, type IgnoreRules } from "../folder/ignore.ts";
import { compareDirectory, type Difference, type ScanContext, type Strictness } from "../folder/scan.ts";
import { CrashGuard } from "./crash_guard.ts";
import { Frozen } from "./frozen.ts";
import { EmptiedGuard } from "./emptied.ts";
import { otherNames } from "./hard_links.ts";
import { IgnoreInForce } from "./ignore_in_force.ts";
import { Itinerary, type Stop } from "./itinerary.ts";
import { mend, troubleOf } from "./mending.ts";
import { isOlder } from "./older_root.ts";
import type { OutboundEvents, ScanProgress } from "./outbound_events.ts";
import { type BatchResult, Pipeline } from "./pipeline.ts";
import { Places } from "./places.ts";
import type { Replica } from "./replica.ts";
import { withoutBroughtAlong } from "./respelling.ts";
import { Settling } from "./settling.ts";
import { Timers } from "./timers.ts";
import { StillWriting, WRITTEN_ALL_THE_TIME } from "./still_writing.ts";
import { forgetOutdated } from "./troubles.ts";
import { goneUnrecorded, notComeAcross, unmounted } from "./unlisted.ts";
import { Absences } from "./vague_absence.ts";
import { withoutPlaced } from "./without_placed.ts";

/** After the first hint: long enough for an editor's few system calls, too short to be felt. */
const GATHER_MS = 8;
/** New directories are listed again after these. */
const SECOND_LOOKS_MS = [250, 2_000] as const;
/** After a disk or journal that refused. */
const AGAIN_MS = 10_000;
/** A batch of placements is recorded within this, as a rule; if not, it is waited for again. */
const PLACED_MS = 100;
/** Files between two turns of the event loop, so that nothing else waits for a scan. */
const TURN_ENTRIES = 2_000;
/** Files in hinted directories that are looked at before anything is read: a rename of more may be told in parts. */
const MOST_AHEAD = 20_000;

export class Outbound {
  readonly #replica: Replica;
  readonly #events: OutboundEvents;
  readonly guard: CrashGuard;
  readonly emptied: EmptiedGuard;
  readonly #ignore: IgnoreInForce;
  readonly #frozen: Frozen;
  readonly #unreadable: Frozen;
  /** Dirty directories: the names in them, or null for all. */
  #dirty = new Map<RelPath, Set<string> | null>();
  readonly #strict = new Set<RelPath>();
  /** Directories that this round looked for in vain. */
  readonly #hollow = new Set<RelPath>();
  #fullWanted = true;
  #running = false;
  #stopped = false;
  /** Entries that this round has looked at. */
  #looked = 0;
  #scan: ScanProgress | null = { checked: 0, known: 0 };
  #firstScanDone = false;
  #context: ScanContext; // of the round under way
  readonly #waiters: ((tookMs: number) => void)[] = [];
  readonly #busy = new StillWriting();
  readonly #timers: Timers;
  readonly #settling: Settling;
  readonly #absences: Absences;

  constructor(replica: Replica, events: OutboundEvents) {
    this.#replica = replica;
    this.#context = replica.scanContext();
    this.#events = events;
    this.guard = new CrashGuard(replica, replica.deps.ledger.crashed);
    this.emptied = new EmptiedGuard(replica);
    this.#ignore = new IgnoreInForce(replica);
    this.#frozen = new Frozen(replica.deps.clock, (directory) => this.#mark(directory, null));
    this.#unreadable = new Frozen(replica.deps.clock, (path) => void mend(replica, path, this));
    this.#absences = new Absences(replica);
    this.#timers = new Timers(replica.deps.clock);
    this.#settling = new Settling(this.#timers, {
      isBusy: () => events.isBusy(),
      lookAgain: (paths) => this.lookAgain(paths),
    });
    this.#timers.every(FULL_SCAN_MS, () => this.fullScan());
  }

  /** The full scan under way, or null. */
  get scan(): ScanProgress | null {
    return this.#scan;
  }

  /** True once all of the disk has been looked at in this run; nothing is placed before. */
  get isReady(): boolean {
    return this.#firstScanDone;
  }

  /** True when nothing is known to be unread. */
  get isQuiet(): boolean {
    return !this.#running && this.#dirty.size === 0 && !this.#fullWanted &&
      !this.#busy.isWaiting && !this.#frozen.isPassing && !this.#unreadable.isPassing;
  }

  stop(): void {
    this.#stopped = true;
    for (const part of [this.#frozen, this.#unreadable, this.#timers]) part.stop();
  }

  // -------------------------------------------------------------------------------- events

  /** Something at this path may have changed. What is no path of ours is no news. */
  hint(path: string): void {
    if (path === "") return this.#mark(ROOT, null);
    const checked = relPath(path);
    if (checked === null) {
      // A name that cannot be synced: a look at its directory says so in `status`.
      return this.#mark(relPath(path.slice(0, Math.max(0, path.lastIndexOf("/")))) ?? ROOT, null);
    }
    this.emptied.heard(checked);
    this.#mark(parentOf(checked), nameOf(checked));
  }

  /** Looks at paths again, whatever their fingerprints say. */
  lookAgain(paths: Iterable<RelPath>): void {
    for (const path of paths) {
      this.#strict.add(path);
      this.#mark(parentOf(path), nameOf(path));
    }
  }

  /** Resolves when all has been looked at, with the milliseconds that the look took; those that failed before it do not count. */
  fullScan(): Promise<number> {
    this.#fullWanted = true;
    this.#wake(0);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #mark(directory: RelPath, name: string | null): void {
    const names = this.#dirty.get(directory);
    if (names === null) return;
    if (name === null) this.#dirty.set(directory, null);
    else if (names === undefined) this.#dirty.set(directory, new Set([name]));
    else names.add(name);
    this.#wake(GATHER_MS);
  }

  #wake(delayMs: number): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#timers.after(delayMs, () => void this.#run());
  }

  // -------------------------------------------------------------------------------- the loop

  async #run(): Promise<void> {
    const { clock } = this.#replica.deps;
    let waiters: ((tookMs: number) => void)[] = [];
    try {
      await this.guard.begin();
      while (!this.#stopped && (this.#fullWanted || this.#dirty.size > 0)) {
        if (!this.#events.checkRoot()) break;
        const full = this.#fullWanted;
        const dirty = this.#dirty;
        waiters = this.#waiters.splice(0);
        const startedMs = clock.monotonic();
        this.#fullWanted = false;
        this.#dirty = new Map();
        if (full) await this.#fullRound();
        else await this.#round(dirty, "hint");
        for (const done of waiters.splice(0)) done(clock.monotonic() - startedMs);
        this.#events.scanned();
        await this.#settleAbsences();
      }
    } catch (error) {
      // A disk or journal that refuses: nothing was recorded, so all is dirty again.
      this.#replica.troubles.set(ROOT, { cause: messageOf(error), remedy: "Cairn tries again by itself." });
      this.#fullWanted = true;
      this.#waiters.push(...waiters); // their scan is still to come
      this.#timers.after(AGAIN_MS, () => this.#wake(0));
      return;
    } finally {
      this.#running = false;
      this.#events.changed();
    }
    if (!this.#frozen.has(ROOT)) this.#replica.troubles.delete(ROOT);
    if (!this.#stopped && this.#dirty.size > 0 && this.#replica.stopped === null) this.#wake(GATHER_MS);
  }

  async #fullRound(): Promise<void> {
    this.#absences.begin();
    const intendedUpTo = this.#replica.intents.upTo;
    const { files, directories } = this.#replica.catalogue.totals(this.#replica.folder);
    this.#scan = { checked: 0, known: files + directories };
    this.#replica.troubles.clear();
    this.#busy.forgetTried();
    this.#events.changed();
    try {
      this.#ignore.refresh();
      const { ignore } = this.#replica;
      await this.#round(new Map([[ROOT, null]]), "strict", true);
      // Of a root that went meanwhile nothing is known, nor was all recorded under other patterns: everything is looked at again.
      const isOther = this.#replica.ignore !== ignore || isOlder(this.#replica);
      if (this.#stopped || !this.#events.checkRoot() || isOther) return;
      const unseen = new Places([...this.#frozen.paths, ...this.#unreadable.paths, ...this.#busy.paths]);
      this.#replica.settleIntents(intendedUpTo, unseen);
      await this.guard.settle(unseen);
      this.#absences.complete();
      this.#firstScanDone = true;
    } finally {
      this.#scan = null;
    }
  }

  /** What is missing counts from now on, but for where nobody could look (vague_absence.ts). */
  async #settleAbsences(): Promise<void> {
    if (!this.#absences.isOpen || this.#stopped || !this.#events.checkRoot()) return;
    if (this.#fullWanted || this.#dirty.size > 0) return;
    await this.#absences.settle((within) => [
      ...this.#frozen.paths,
      ...goneUnrecorded(this.#replica, this.#unreadable.paths, within),
    ]);
  }

  /** Compares directories, observes what differs and records it, a few batches overlapping. */
  async #round(
    dirty: ReadonlyMap<RelPath, ReadonlySet<string> | null>,
    strictness: Strictness,
    everywhere = false,
  ): Promise<void> {
    const top = dirty.get(ROOT);
    const mayBeOther = !everywhere && (top === null || top?.has(IGNORE_FILE));
    if (mayBeOther && this.#ignore.refresh()) this.#fullWanted = true;
    const { ignore } = this.#replica;
    const wasOlder = isOlder(this.#replica);
    const pipeline = new Pipeline(
      this.#replica,
      this.guard,
      (result) => this.#afterBatch(result),
      {
        checkRoot: () => this.#events.checkRoot(),
        areRulesCurrent: () => this.#isInForce(ignore),
        // What was looked at while nothing of it counted is looked at again.
        isBelieved: () => !wasOlder && !isOlder(this.#replica),
        emptied: this.emptied,
      },
    );
    this.#hollow.clear();
    this.#context = { ...this.#replica.scanContext(this.#replica.spelling()), hollow: this.#hollow };
    const itinerary = new Itinerary(dirty);
    this.#looked = 0;
    let ahead: Difference[] = [];
    for (let stop = itinerary.nextHinted(); stop !== null && !this.#stopped; stop = itinerary.nextHinted()) {
      const difference = await this.#visit(stop, itinerary, strictness, everywhere);
      if (difference !== null) ahead.push(difference);
      if (this.#looked < MOST_AHEAD) continue;
      await pipeline.add(ahead);
      ahead = [];
    }
    await pipeline.add(ahead);
    for (let stop = itinerary.nextFound(); stop !== null && !this.#stopped; stop = itinerary.nextFound()) {
      const difference = await this.#visit(stop, itinerary, strictness, everywhere);
      if (difference !== null) await pipeline.add([difference]);
    }
    const missing = await pipeline.finish();
    if (!everywhere) return;
    if (!this.#stopped) await this.emptied.settled(missing);
    this.#absences.unmounted = unmounted(this.#replica, itinerary);
    for (const directory of notComeAcross(this.#replica, itinerary)) this.#mark(directory, null);
  }

  /** Compares a directory and says where to look next. Null when it is gone. */
  async #visit(
    [directory, names]: Stop,
    itinerary: Itinerary,
    strictness: Strictness,
    everywhere: boolean,
  ): Promise<Difference | null> {
    if (everywhere) this.#context.spelling?.trust(directory); // it was listed so
    const wasFrozen = this.#frozen.has(directory);
    const difference = this.#compare(directory, names, strictness);
    if (difference === null) {
      // The directory itself is gone: its parent's listing says so.
      if (directory === ROOT || everywhere) return null;
      this.#hollow.add(directory);
      itinerary.look(parentOf(directory), nameOf(directory));
      return null;
    }
    // While it was frozen nobody looked below it, whatever was hinted there.
    if (everywhere || (wasFrozen && !this.#frozen.has(directory))) itinerary.deepen(directory);
    const deep = itinerary.isDeep(directory);
    const fresh = new Set(
      difference.seen.filter(({ stat }) => stat.kind === "directory").map(({ path }) => path),
    );
    for (const sub of difference.directories) {
      // One that is hinted itself is listed: before it was watched, nobody told what came into it.
      if (deep || fresh.has(sub) || names !== null || itinerary.isNamed(sub)) itinerary.list(sub, deep);
      if (fresh.has(sub) && !everywhere) this.#lookAgainLater(sub);
    }
    const before = this.#looked;
    this.#looked += difference.entries;
    if (everywhere) {
      this.#scan = { checked: this.#looked, known: Math.max(this.#scan?.known ?? 0, this.#looked) };
    }
    if (Math.floor(this.#looked / TURN_ENTRIES) > Math.floor(before / TURN_ENTRIES)) {
      await new Promise<void>((resolve) => this.#replica.deps.clock.after(0, resolve));
      this.#events.changed();
    }
    return difference;
  }

  #compare(directory: RelPath, names: ReadonlySet<string> | null, strictness: Strictness): Difference | null {
    const { troubles } = this.#replica;
    // All of them, not the first alone: what is left there would be read again at every hint.
    const again = [...names ?? []].filter((name) => this.#strict.delete(childOf(directory, name))).length > 0;
    const difference = compareDirectory(this.#context, directory, names, again ? "strict" : strictness);
    const { gone = [], replaced = [] } = difference ?? {};
    forgetOutdated(troubles, directory, names === null, [...gone, ...replaced]);
    const seen = new Set(difference?.seen.map(({ path }) => path));
    for (const path of [...names ?? []].map((name) => childOf(directory, name))) {
      troubles.delete(path);
      // Gone, or as we have it by now: nothing is left to wait for.
      if (seen.has(path)) continue;
      this.#busy.delete(path);
      this.#unreadable.delete(path);
    }
    for (const { path, ...trouble } of difference?.problems ?? []) troubles.set(path, trouble);
    if (difference?.frozen) this.#frozen.add(directory, difference.frozen);
    else if ((names === null || difference === null) && this.#frozen.delete(directory)) {
      troubles.delete(directory);
    }
    if (difference === null) return null;
    for (const path of difference.owed) this.#replica.directoryModes.owe(path);
    this.#settling.later(difference.unsettled, difference.unsettledBytes);
    const alone = withoutBroughtAlong(this.#replica, difference, this.#context.spelling);
    const { free, held } = withoutPlaced(alone, this.#replica);
    if (held.length > 0) {
      this.#timers.after(PLACED_MS, () => held.forEach((path) => this.#mark(parentOf(path), nameOf(path))));
    }
    return { ...free, seen: free.seen.filter(({ path }) => this.#mayRead(path)) };
  }

  #mayRead(path: RelPath): boolean {
    const wait = this.#busy.waitOf(path, this.#replica.deps.clock.monotonic());
    if (wait?.isLong) this.#replica.troubles.set(path, WRITTEN_ALL_THE_TIME);
    return wait === null;
  }

  #lookAgainLater(directory: RelPath): void {
    if (this.#events.tellsOfNewDirectories()) return;
    for (const delayMs of SECOND_LOOKS_MS) this.#timers.after(delayMs, () => this.#mark(directory, null));
  }

  // -------------------------------------------------------------------------------- results

  #afterBatch({ observed, stale }: BatchResult): void {
    const { troubles, deps: { clock } } = this.#replica;
    for (const { path, hasLinks, print } of observed.done) {
      this.#busy.delete(path);
      // What the guard holds back has its own.
      if (this.#unreadable.delete(path) && !this.guard.isHeld(path)) troubles.delete(path);
      if (!hasLinks) continue;
      for (const other of otherNames(this.#replica, path, print)) this.#mark(parentOf(other), nameOf(other));
    }
    for (const path of observed.vanished) this.#busy.delete(path);
    this.lookAgain([...stale, ...observed.vanished]);
    const young = observed.done.filter(({ kind, print }) => kind === "file" && !print.settled);
    this.#settling.later(young.map(({ path }) => path), Math.max(0, ...young.map(({ size }) => size)));
    for (const { path, error } of observed.unreadable) {
      this.#busy.delete(path);
      troubles.set(path, troubleOf(error));
      this.#unreadable.add(path, error.code);
    }
    for (const { path } of observed.busy) {
      const { turn, delayMs, isLong } = this.#busy.add(path, clock.monotonic());
      if (isLong) troubles.set(path, WRITTEN_ALL_THE_TIME);
      this.#timers.after(delayMs, () => this.lookAgain(this.#busy.due(path, turn)));
    }
    this.#events.changed();
  }

  /** Whether the patterns of a round still hold. If not, everything is looked at under those that do. */
  #isInForce(ignore: IgnoreRules): boolean {
    if (!this.#ignore.isCurrent && this.#ignore.refresh()) this.#fullWanted = true;
    return this.#replica.ignore === ignore;
  }
}
