/**
 * From catalogue to disk: takes the needs of a replica, gets the bytes they ask for, places them in batches. Every event only
 * changes state and calls `evaluate`.
 *
 * 1. Nothing is placed before the first scan of this run is complete: only then is "our row" what is on disk.
 * 2. A need is under way once; its path is in `#underWay` from decision to outcome.
 * 3. A need that cannot be done stays a need, with its cause and remedy, and is tried again (invariant 11).
 * 4. What there is no room for is not begun, says so once for the folder, and keeps nothing else waiting (too_large.ts).
 * 5. What the brake holds back is not begun (R38).
 */
import type { Needs } from "../catalogue/needs.ts";
import { ownAmong } from "../catalogue/rows.ts";
import { messageOf } from "../core/errors.ts";
import { isKnownAlgorithm } from "../core/content.ts";
import type { Entry } from "../core/entry.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { NEED_WINDOW, SMALL_FILE_BYTES } from "../core/limits.ts";
import { takesOthers } from "../core/mode.ts";
import type { Fetched } from "./fetch_small.ts";
import { FULL, waitsForRoom } from "./keeping.ts";
import { Coming } from "./coming.ts";
import { decideAll, type Due, holdersOf, movable } from "./due.ts";
import { type Done, MOST_RETRY_MS, NeedOutcomes, QUIET_WAITS, RETRY_MS } from "./need_outcomes.ts";
import { adoptable } from "./only_adopt.ts";
import { PAUSED_THERE, Pausers } from "./pausers.ts";
import { isOnlyListed, isOutside } from "./planning.ts";
import { syncPlaced } from "./placed_durable.ts";
import { ReadyQueue } from "./ready_queue.ts";
import type { Replica } from "./replica.ts";
import { deleteObstacle, nameObstacle, type NameRound, nameRound } from "./respelling.ts";
import { RoomWait } from "./room_wait.ts";
import type { Origin, Stager } from "./stager.ts";
import type { Outcome, Ready } from "./step.ts";
import { TakeRenamed } from "./take_renamed.ts";
import { TooLarge } from "./too_large.ts";
import type { Trouble } from "./troubles.ts";
import { isHeldUp } from "./yielding.ts";

/** When more is due than was looked at, the next look comes after this, and not before as much time has passed as this one took. */
const NEXT_LOOK_MS = 20;
const NEWER = ["comes from a newer Cairn", "Update Cairn on this device."] as const;
/** What only a silent peer has is looked at again after this. */
const STUCK_RETRY_MS = 5_000;
const SILENT = [
  "the device that has it does not answer",
  "Cairn asks again by itself; see what keeps that device busy.",
] as const;

export interface InboundEvents {
  changed(): void;
  lookAgain(paths: readonly RelPath[]): void;
  /** The first scan is done and nothing forbids to place. */
  mayPlace(): boolean;
  /** Checked right before placing (invariant 8). */
  checkRoot(): boolean;
  /** What stands at a path of ours may not be what its row says: a crash (R16) or the disk (R15) has damaged it. */
  isUnsure(path: RelPath): boolean;
}

export class Inbound {
  readonly #replica: Replica;
  readonly #stager: Stager;
  readonly #events: InboundEvents;
  readonly #underWay = new Set<RelPath>();
  /** Large contents being staged: a second need for one waits and finds it on disk. */
  readonly #staging = new Set<ContentId>();
  readonly #movingFrom = new Set<RelPath>();
  readonly #tooLarge: TooLarge;
  /** Their large content is being staged for another path. */
  readonly #twins: RelPath[] = [];
  /** Milliseconds that needs of slow peers wait for their turn. */
  readonly #later = new Map<RelPath, number>();
  /** Nobody who has these is connected. */
  readonly #absent: RelPath[] = [];
  #cancelRetry: (() => void) | null = null;
  #stopped = false;
  readonly #room: RoomWait;
  readonly #coming: Coming;
  readonly #pausers: Pausers;
  readonly #outcomes: NeedOutcomes;
  readonly #ready: ReadyQueue;
  readonly renames: TakeRenamed;

  constructor(replica: Replica, stager: Stager, events: InboundEvents) {
    this.#replica = replica;
    this.#stager = stager;
    this.#events = events;
    const goOn = () => {
      this.settleModes();
      this.evaluate();
      events.changed();
    };
    const mayPlace = () => events.mayPlace() && !this.#room.isRefusing && events.checkRoot();
    this.#room = new RoomWait(replica.deps.clock, replica.room, replica.deps.homeRoom, goOn);
    this.#tooLarge = new TooLarge(replica, this.#room);
    this.#coming = new Coming(() => replica.deps.clock.monotonic());
    const lookAgain = (paths: readonly RelPath[]) => events.lookAgain(paths);
    this.#pausers = new Pausers(replica);
    this.#outcomes = new NeedOutcomes(replica, this.#room, lookAgain);
    this.renames = new TakeRenamed(replica, { mayPlace, lookAgain, ended: goOn });
    this.#ready = new ReadyQueue(replica, this.#room, {
      mayPlace,
      settle: (batch, outcomes, cause) => this.#settle(batch, outcomes, cause),
      lookAgain,
      drained: goOn,
    });
  }

  get done(): Done {
    return this.#outcomes.done;
  }

  get isQuiet(): boolean {
    return this.#underWay.size === 0 && this.renames.isQuiet;
  }

  /** Why something waits for room on a disk; null while there is enough. */
  get full(): Trouble | null {
    return this.#room.full;
  }

  stop(): void {
    this.#stopped = true;
    this.#ready.stop();
    this.#cancelRetry?.();
    this.#room.stop();
  }

  /** Something can be got: what needs it does not wait for its time. */
  retry(make: (needs: Needs, folder: number) => void): void {
    const { catalogue, number } = this.#replica;
    this.#room.noting(() => make(catalogue.needs, number));
    this.evaluate();
  }

  /** Starts what can be started. */
  evaluate(): void {
    if (!this.#stopped) this.#room.noting(() => this.#evaluate());
  }

  #evaluate(): void {
    const { catalogue, number, brake, deps: { clock } } = this.#replica;
    const startedMs = clock.monotonic();
    brake.look();
    if (!this.#events.mayPlace()) return;
    this.#ready.resume();
    for (const device of this.#pausers.refresh()) catalogue.needs.retryFrom(number, device);
    if (!takesOthers(this.#replica.mode)) return this.#onlyAdopt();
    this.renames.evaluate(this.#underWay);
    // By then it may be known who is slow.
    if (this.#isFull()) return this.#lookAgainAfter(RETRY_MS);
    const left = this.#room.begin();
    if (left === null) return;
    if (catalogue.needs.isEmpty(number)) {
      this.#cancelRetry?.();
      this.#cancelRetry = null;
      this.#tooLarge.forget();
      if (this.#underWay.size === 0) this.#outcomes.startOver();
      return;
    }
    let room = left - this.#coming.bytes;
    this.#tooLarge.look(room);
    // Deletes last: what is to be deleted may be what something new is made of.
    const others = this.#due(false);
    // What is fetched is written into the root: it must be what it was.
    if (others.length > 0 && !this.#events.checkRoot()) return;
    const names = nameRound(this.#replica, this.#underWay);
    for (const due of decideAll(this.#replica, others)) room -= this.#start(due, room, names);
    this.#outcomes.noteAbsent(this.#absent.splice(0));
    this.#tooLarge.putOff(room);
    const isMoreDue = others.length >= NEED_WINDOW;
    if (isMoreDue) { for (const path of this.#twins) this.#later.set(path, RETRY_MS); }
    this.#twins.length = 0;
    this.#outcomes.putOff(this.#later);
    this.#later.clear();
    if (!isMoreDue) {
      for (const path of this.#due(true)) if (!this.#movingFrom.has(path)) this.#startDelete(path, names);
    }
    this.#lookAgainWhenDue(isMoreDue, clock.monotonic() - startedMs);
    if (this.#underWay.size === 0 && catalogue.needs.isEmpty(number)) this.#outcomes.startOver();
  }

  /** What only sends does nothing that anybody could see (only_adopt.ts). */
  #onlyAdopt(): void {
    const due = [...this.#due(false), ...this.#due(true)];
    for (const path of adoptable(this.#replica, due)) {
      this.#underWay.add(path);
      this.#enqueue({ path, staged: null, movedFrom: null });
    }
    this.#lookAgainWhenDue(due.length >= NEED_WINDOW, 0);
  }

  /** Enough is under way; what slow peers owe does not count. */
  #isFull(): boolean {
    const enough = NEED_WINDOW / 2;
    return this.#underWay.size > enough && this.#underWay.size - this.#coming.slow > enough;
  }

  #due(deletes: boolean): RelPath[] {
    const { catalogue, number, brake, deps: { clock } } = this.#replica;
    const limit = NEED_WINDOW + this.#underWay.size;
    const due = catalogue.needs.due(number, deletes, clock.now(), limit, !brake.isHolding);
    return due.map(({ path }) => path).filter((path) =>
      !this.#underWay.has(path) && !this.renames.holds(path)
    );
  }

  #startDelete(path: RelPath, names: NameRound | null): void {
    const { catalogue, number, ignore } = this.#replica;
    if (ignore.ignores(path, this.#replica.own(path)?.row.entry.kind === "directory")) {
      catalogue.needs.drop(number, path);
      return;
    }
    const obstacle = deleteObstacle(this.#replica, path, names);
    if (obstacle !== null) return this.#finish(path, obstacle, 0);
    if (this.#isHeldUp(path)) return this.#finish(path, { kind: "wait" }, 0);
    this.#underWay.add(path);
    this.#enqueue({ path, staged: null, movedFrom: null });
  }

  /** A directory that waited in vain is not fetched for and announced again: that would go on for as long as who can help is away. */
  #isHeldUp(path: RelPath): boolean {
    const { catalogue, number } = this.#replica;
    const isDirectory = this.#replica.own(path)?.row.entry.kind === "directory";
    return isDirectory && catalogue.needs.attempts(number, path) >= QUIET_WAITS &&
      isHeldUp(this.#replica, path);
  }

  /** Whoever waits for the disk or the brake wakes us; what failed does not wait for what is under way. */
  #lookAgainWhenDue(isMoreDue: boolean, tookMs: number): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (this.#room.isRefusing) return;
    if (isMoreDue) return this.#lookAgainAfter(Math.max(NEXT_LOOK_MS, tookMs));
    if (this.#replica.brake.isHolding) return;
    const { catalogue, number, deps: { clock } } = this.#replica;
    const dueMs = catalogue.needs.nextDueMs(number);
    if (dueMs === null) return;
    const leastMs = this.#underWay.size > 0 ? RETRY_MS : 50;
    this.#lookAgainAfter(Math.min(Math.max(dueMs - clock.now(), leastMs), MOST_RETRY_MS));
  }

  #lookAgainAfter(delayMs: number): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#replica.deps.clock.after(delayMs, () => this.evaluate());
  }

  /** Starts what a path needs, if it fits into `room`. Answers the bytes that it will take of it. */
  #start({ path, rows, kind, entry, isHere }: Due, room: number, names: NameRound | null): number {
    const { catalogue, number, ignore } = this.#replica;
    if (entry === null || ignore.ignores(path, entry.kind === "directory")) {
      catalogue.needs.drop(number, path);
      return 0;
    }
    const obstacle = nameObstacle(this.#replica, path, names);
    if (obstacle !== null) {
      this.#finish(path, obstacle, 0);
      return 0;
    }
    if (entry.kind !== "directory" && this.#isHeldUp(path)) {
      this.#finish(path, { kind: "wait" }, 0);
      return 0;
    }
    // Whatever we made of it could not be checked (R31).
    const isUnknown = entry.content !== null && !isKnownAlgorithm(entry.content);
    if (isUnknown) return this.#postpone(path, MOST_RETRY_MS, NEWER);
    if (kind === "take" && waitsForRoom(this.#replica, rows, entry)) {
      return this.#postpone(path, MOST_RETRY_MS, [FULL.cause, FULL.remedy]);
    }
    const ready: Ready = { path, staged: null, movedFrom: null };
    if (kind === "adopt" || entry.kind !== "file" || isOnlyListed(ownAmong(rows), entry)) {
      this.#underWay.add(path);
      this.#enqueue(ready);
      return 0;
    }
    const local = isHere ? catalogue.rows.ownWithContent(entry.content!, 4) : [];
    const movedFrom = movable(
      this.#replica,
      local,
      path,
      (from) => this.#movingFrom.has(from) || this.#events.isUnsure(from),
    );
    if (movedFrom !== null || isOutside(this.#replica, rows, entry)) {
      this.#underWay.add(path);
      if (movedFrom !== null) this.#movingFrom.add(movedFrom);
      this.#enqueue({ ...ready, movedFrom });
      return 0;
    }
    const isLarge = entry.size > SMALL_FILE_BYTES;
    if (isLarge && this.#staging.has(entry.content!)) {
      this.#twins.push(path);
      return 0;
    }
    // Of one that was begun before, some is there already: it goes on as long as there is room for a piece.
    const isBegun = isLarge && room > 0 && this.#stager.hasStage(this.#replica, entry.content!);
    if (entry.size > room && !isBegun) {
      this.#tooLarge.add(path, entry.size);
      return 0;
    }
    const holders = holdersOf(rows, entry);
    const devices = this.#pausers.without(holders);
    if (local.length === 0 && devices.length < holders.length && !this.#stager.isAnyThere(devices)) {
      return this.#postpone(path, MOST_RETRY_MS, PAUSED_THERE);
    }
    if (local.length === 0 && this.#stager.areStuck(devices)) {
      return this.#postpone(path, STUCK_RETRY_MS, SILENT);
    }
    if (!isLarge && local.length === 0 && !this.#stager.isAnyThere(devices)) {
      this.#absent.push(path);
      return 0;
    }
    const waitMs = local.length > 0 ? 0 : this.#coming.waitMs(devices);
    if (waitMs > 0) {
      this.#later.set(path, waitMs);
      return 0;
    }
    this.#underWay.add(path);
    if (isLarge) this.#staging.add(entry.content!);
    this.#coming.begin(path, entry.size, devices);
    void this.#stage(path, entry, { devices, isLocal: local.length > 0 }, isLarge);
    return entry.size;
  }

  #postpone(path: RelPath, delayMs: number, why: readonly [cause: string, remedy: string]): 0 {
    const { catalogue, number, deps: { clock } } = this.#replica;
    catalogue.needs.postpone(number, path, clock.now() + delayMs, ...why);
    return 0;
  }

  async #stage(path: RelPath, entry: Entry, origin: Origin, isLarge: boolean): Promise<void> {
    let fetched: Fetched;
    try {
      fetched = await this.#stager.stage(this.#replica, path, entry, origin);
    } catch (error) {
      fetched = {
        ok: false,
        cause: messageOf(error),
        remedy: "Cairn tries again by itself.",
        isPassing: false,
      };
    }
    if (this.#stopped) return;
    if (this.#coming.end(path)) this.#outcomes.resume();
    if (!fetched.ok) {
      if (isLarge) this.#staging.delete(entry.content!);
      const { cause, remedy, isPassing, isFull } = fetched;
      if (isFull) this.#room.refused();
      this.#finish(
        path,
        isFull ? { kind: "full" } : { kind: "blocked", cause, remedy, isPassing },
        entry.size,
      );
      this.#ready.soon();
      return;
    }
    const { mode, mtimeMs } = entry;
    const staged = { content: entry.content!, stage: fetched.stage, mode, mtimeMs, isDurable: isLarge };
    this.#enqueue({ path, staged, movedFrom: null });
  }

  #enqueue(ready: Ready): void {
    this.#ready.add(ready, this.#underWay.size);
  }

  /** Gives directories their modes. */
  settleModes(): void {
    if (this.#replica.directoryModes.isEmpty) return;
    const sync = (directories: ReadonlySet<RelPath>) =>
      syncPlaced(this.#replica, { directories, shards: new Set() });
    const settle = () => this.#replica.directoryModes.settle(this.#replica, sync);
    void this.#replica.exclusive(settle).catch((error) => {
      if (!this.#room.isRefusal(error)) throw error;
    });
  }

  #settle(batch: readonly Ready[], outcomes: ReadonlyMap<RelPath, Outcome>, cause = "not placed"): void {
    for (const { path, staged, movedFrom } of batch) {
      const outcome = outcomes.get(path) ??
        { kind: "blocked", cause, remedy: "Cairn tries again by itself.", isPassing: false };
      if (outcome.kind === "full") {
        // It stays under way, and is placed when there is room again.
        this.#ready.putBack({ path, staged, movedFrom });
        this.#room.refused();
        continue;
      }
      if (movedFrom !== null) this.#movingFrom.delete(movedFrom);
      if (staged !== null) {
        this.#staging.delete(staged.content);
        // A large one is gone on with at the next try; the start sweeps what nobody came back for.
        if (outcome.kind !== "done" && !staged.isDurable) this.#stager.discard(this.#replica, staged.stage);
      }
      this.#finish(path, outcome, outcome.kind === "done" ? this.#outcomes.sizeOf(path) : 0);
    }
  }

  #finish(path: RelPath, outcome: Outcome, bytes: number): void {
    this.#underWay.delete(path);
    this.#outcomes.note(path, outcome, bytes);
  }
}
