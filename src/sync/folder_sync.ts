/** One folder at work: its replica with what feeds it from the disk and from others. Starts, stops, tells its state. */
import type { Strategy } from "../core/conflict_name.ts";
import { CairnError } from "../core/errors.ts";
import { type Mode, takesOthers } from "../core/mode.ts";
import { letPass } from "../core/passing.ts";
import { ROOT } from "../core/path.ts";
import { layoutOf } from "../folder/layout.ts";
import { LINKED_REMEDY, linkedElsewhere, type Marker, writeMarker } from "../folder/marker.ts";
import { probeNames } from "../folder/probe.ts";
import { TreeWatch } from "../folder/tree_watch.ts";
import { openVersionStore, remakeStore } from "../folder/versions.ts";
import { FsError, type Watcher } from "../platform/ports.ts";
import { Inbound } from "./inbound.ts";
import { markOf } from "./journal_mark.ts";
import { KeptParts } from "./kept_parts.ts";
import { keepCopies } from "./mending.ts";
import { Merging } from "./merging.ts";
import { ModeKeeper } from "./mode_keeper.ts";
import { isOlder } from "./older_root.ts";
import { Outbound } from "./outbound.ts";
import { Replica, type ReplicaDeps, type RootTrouble } from "./replica.ts";
import { lookAtRoot, ROOT_REMEDY } from "./root_look.ts";
import { RootMark } from "./root_mark.ts";
import { tellRootStop } from "./root_stop.ts";
import type { Stager } from "./stager.ts";
import type { Local } from "./local_source.ts";
import { Scrub, type ScrubSettings } from "./scrub.ts";
import type { Scrubbing } from "./scrubbing.ts";
import { sweepStage } from "./sweep_stage.ts";
import { Timers } from "./timers.ts";
import { type Trouble, withoutNotes } from "./troubles.ts";
import { type KeepingSettings, VersionKeeper } from "./version_keeper.ts";

export interface FolderSyncDeps extends ReplicaDeps {
  readonly watcher: Watcher;
  readonly stager: Stager;
  /** How the folder is kept on this device, as it is now. */
  settings(): KeepingSettings & ScrubSettings & {
    readonly strategy: Strategy;
    readonly brakeShare: number;
    readonly brakeFiles: number;
  };
  /** How this device takes part, and whether its rows follow that already; `sync` where nothing is said. */
  readonly mode?: { readonly mode: Mode; readonly isSettled: boolean };
  /** Makes durable how this device takes part. */
  recordMode?(mode: Mode, isSettled: boolean): Promise<void>;
  changed(): void;
  /** Other devices are being given what they asked for. */
  isServing(): boolean;
  /** A person has said that nothing is taken or given here. */
  isPaused?(): boolean;
  /** Files of the other folders of this device; without it there are none. */
  readonly local?: Local;
  /** Without it nothing is read again by itself. */
  readonly scrubbing?: Scrubbing;
}

/** A stopped root is looked at again this often: it goes on by itself when the disk is back. */
const ROOT_CHECK_MS = 5_000;
/** The marker's high-water mark is written this often at most (R24). */
const MARKER_MS = 60_000;

export class FolderSync {
  readonly replica: Replica;
  readonly outbound: Outbound;
  readonly inbound: Inbound;
  readonly watch: TreeWatch;
  readonly keeper: VersionKeeper;
  readonly merging: Merging;
  readonly modes: ModeKeeper;
  readonly parts: KeptParts;
  readonly scrub: Scrub;
  readonly #deps: FolderSyncDeps;
  readonly #marker: Marker;
  #markedLsn: number;
  /** What the marker said at the last look. */
  #lsnNow: number;
  readonly #mark: RootMark;
  readonly #timers: Timers;
  #unwritable: Trouble | null = null;
  #telling: Promise<void> = Promise.resolve();
  #marking: Promise<void> = Promise.resolve();
  /** The root's device number at the last look. */
  #rootDevNow: number;
  readonly #listening: (() => void)[] = [];

  /** `marker` has been written to `root` before. Throws CairnError "path-unusable". */
  constructor(deps: FolderSyncDeps, root: string, marker: Marker) {
    const { fs, clock } = deps;
    const stat = fs.lstat(`${root}/.`);
    if (stat?.kind !== "directory") {
      throw new CairnError("path-unusable", `${root} is no directory`, ROOT_REMEDY);
    }
    const linked = linkedElsewhere(fs, root);
    if (linked !== null) throw new CairnError("path-unusable", linked, LINKED_REMEDY);
    this.#deps = deps;
    this.#timers = new Timers(clock);
    this.#marker = marker;
    this.#markedLsn = marker.lsn;
    this.#lsnNow = marker.lsn;
    this.#mark = new RootMark(deps.ledger.catalogue, marker.folder, clock.monotonic());
    this.#rootDevNow = stat.dev;
    this.replica = new Replica(deps, {
      folder: marker.folder,
      root,
      rootDev: stat.dev,
      versions: openVersionStore(fs, clock, root),
      disk: probeNames(fs, root),
      mode: deps.mode?.mode ?? "sync",
    });
    this.replica.brakeLimits = () => {
      const { brakeShare, brakeFiles } = deps.settings();
      return { share: brakeShare, files: brakeFiles };
    };
    this.replica.isPaused = () => deps.isPaused?.() ?? false;
    this.replica.braked = () => {
      // What was halted for its marker is not halted for it again.
      const isBehind = this.#mark.isBehind(this.#markedLsn, false);
      if (this.replica.brake.halt === null && isBehind) void this.#raiseMarker();
      this.inbound.evaluate();
      deps.changed();
    };
    // Who merges writes: that is for those to do who take and give.
    this.replica.strategy = () => {
      const { strategy } = deps.settings();
      return strategy === "merge" && this.replica.mode !== "sync" ? "keep-both" : strategy;
    };
    this.outbound = new Outbound(this.replica, {
      changed: () => deps.changed(),
      scanned: () => this.#onScanned(),
      checkRoot: () => this.#checkRoot(),
      tellsOfNewDirectories: () => deps.watcher.announcesDirectories && this.watch.pollingReason === null,
      isBusy: () => deps.isServing() || !this.inbound.isQuiet,
    });
    this.inbound = new Inbound(this.replica, deps.stager, {
      changed: () => deps.changed(),
      lookAgain: (paths) => this.outbound.lookAgain(paths),
      isUnsure: (path) => this.outbound.guard.isHeld(path) || this.scrub.damages.isAtRisk(path),
      mayPlace: () =>
        this.outbound.isReady && this.replica.stopped === null && this.replica.brake.halt === null &&
        !this.replica.isPaused(),
      checkRoot: () => this.#checkRoot(),
    });
    this.merging = new Merging(this.replica, (paths) => this.outbound.lookAgain(paths));
    this.watch = new TreeWatch(fs, deps.watcher, clock, root, {
      hint: (path) => this.outbound.hint(path),
      poll: () => this.outbound.fullScan(),
      rootTrouble: (error) => this.#rootTrouble(error),
      rootFine: () => this.#rootFine(),
    });
    this.replica.fsNowMs = () => this.watch.fsNowMs();
    this.keeper = new VersionKeeper(this.replica, {
      settings: () => deps.settings(),
      mayWork: () => this.outbound.isReady && this.#checkRoot(),
      isBusy: () => !this.inbound.isQuiet,
      lookAgain: (paths) => this.outbound.lookAgain(paths),
      hint: (path) => this.outbound.hint(path),
      roomCame: () => {
        this.replica.catalogue.needs.retryAll(this.replica.number);
        this.inbound.evaluate();
        deps.changed();
      },
    });
    const alone: Local = {
      catalogue: this.replica.catalogue,
      replica: (number) => number === this.replica.number ? this.replica : null,
      changed: (_, path) => this.outbound.lookAgain([path]),
    };
    this.scrub = new Scrub(this.replica, deps.local ?? alone, deps.stager, {
      settings: () => deps.settings(),
      mayWork: () => this.outbound.isReady && !this.replica.isPaused() && this.#checkRoot(),
      isBusy: () => deps.isServing() || !this.inbound.isQuiet || !this.outbound.isQuiet,
      lookAgain: (paths) => this.outbound.lookAgain(paths),
      changed: () => deps.changed(),
    }, deps.scrubbing ?? null);
    this.replica.hasRoom = (plannedBytes) => this.keeper.hasRoom(plannedBytes);
    this.parts = new KeptParts(this);
    this.modes = new ModeKeeper(this.replica, deps.mode?.isSettled ?? true, {
      record: (mode, isSettled) => deps.recordMode?.(mode, isSettled) ?? Promise.resolve(),
      mayWork: () => this.#checkRoot() && !isOlder(this.replica),
      changed: () => {
        void this.outbound.fullScan();
        void this.merging.evaluate();
        this.parts.start();
        this.inbound.evaluate();
        deps.changed();
      },
    });
  }

  start(): void {
    sweepStage(this.replica);
    void this.replica.exclusive(() => keepCopies(this.replica));
    this.#judgeMark(this.#deps.ledger.crashed);
    this.watch.start();
    // What follows the mode first need not be read again.
    void this.modes.start().finally(() => void this.outbound.fullScan());
    this.parts.start();
    void this.merging.evaluate();
    this.#listening.push(
      this.#deps.ledger.onApplied((applied) => {
        if (applied.some(({ record }) => record.type === "shared")) void this.merging.evaluate();
        // What is missing counts again when all was looked at in the new epoch (vague_absence.ts).
        if (applied.some(({ record }) => record.type === "boot")) void this.outbound.fullScan();
      }),
      this.#deps.ledger.catalogue.moves.onTold((told) => this.inbound.renames.told(told)),
    );
    this.#timers.every(MARKER_MS, () => this.#raiseMarker());
    this.#timers.every(MARKER_MS, () => this.#tellRoot()); // where the journal refused before
    this.#tellRoot();
    this.keeper.start(this.#marker.replica);
    this.scrub.start();
  }

  async stop(): Promise<void> {
    this.#timers.stop();
    this.modes.stop();
    this.parts.stop();
    this.watch.stop();
    this.outbound.stop();
    this.inbound.stop();
    this.keeper.stop();
    this.merging.stop();
    await this.scrub.stop();
    for (const end of this.#listening) end();
    this.replica.brake.stop();
    await this.#telling;
    // Whatever is being recorded is recorded.
    await this.replica.exclusive(() => Promise.resolve(this.replica.isClosed = true));
    if (this.replica.stopped === null) await this.#raiseMarker();
  }

  /** Whether the root's files are those that this device last saw in it, by its marker (invariant 8). */
  #judgeMark(crashed: boolean): void {
    const { brake } = this.replica;
    if (this.#mark.isBehind(this.#markedLsn, crashed)) {
      // A restart finds it again, where the journal refuses.
      if (!isOlder(this.replica)) brake.haltOlder().catch(letPass);
      return;
    }
    // One that is halted stays so, whatever a crash has made of the marks, until a person speaks or the right root is back.
    if (!isOlder(this.replica)) return this.#mark.believed(this.#markedLsn);
    if (!this.#mark.isReached(this.#markedLsn)) return;
    // It was another directory that had been put there; of this one nothing was believed meanwhile.
    brake.release().then(() => this.outbound.fullScan()).catch(letPass);
  }

  /** Nothing known is left that Cairn could do by itself. */
  get isDone(): boolean {
    const { catalogue, number, stopped } = this.replica;
    return stopped === null && this.replica.brake.halt === null && this.outbound.isReady &&
      this.outbound.isQuiet && this.inbound.isQuiet && this.merging.isQuiet &&
      this.modes.isSettled && (catalogue.needs.isEmpty(number) || !takesOthers(this.replica.mode)) &&
      !this.#deps.homeRoom.isAwaited;
  }

  /** And no path waits for a person: what cannot be read, say, is not on the other devices as it is here (invariant 11). */
  get isUpToDate(): boolean {
    return this.isDone && withoutNotes(this.replica.troubles).length === 0 && this.differs === 0 &&
      this.modes.localChanges === 0;
  }

  /** Of a folder that only sends: paths at which others have something else than this device. */
  get differs(): number {
    const { catalogue, number, mode } = this.replica;
    return mode === "send" ? catalogue.needs.total(number).count : 0;
  }

  /** Others told of changes. */
  heard(): void {
    this.replica.brake.heard();
    this.inbound.evaluate();
  }

  #onScanned(): void {
    void this.modes.count();
    this.inbound.settleModes();
    this.inbound.evaluate();
    this.#deps.changed();
  }

  /** Invariant 8: a root that is not what it was stops the replica, and is never taken for deletes. */
  #checkRoot(): boolean {
    const trouble = this.#rootProblem();
    if (trouble === null) {
      // It was put back, or the right one has come back, while we ran.
      const isOther = this.#lsnNow < this.#markedLsn ||
        (isOlder(this.replica) && this.#lsnNow > this.#markedLsn);
      // What is mounted again may have another number: it is told by its marker.
      if (isOther || this.replica.stopped !== null || this.#rootDevNow !== this.replica.rootDev) {
        this.#rootIsBack(isOther);
      }
      return true;
    }
    if (this.replica.stopped === null) {
      this.replica.stopped = trouble;
      this.#lookForRoot();
    }
    this.replica.stopped = trouble;
    this.#tellRoot();
    this.#deps.changed();
    return false;
  }

  #rootIsBack(isOther: boolean): void {
    const { replica } = this;
    if (isOther) {
      this.#markedLsn = this.#lsnNow;
      this.#judgeMark(false);
    }
    replica.stopped = null;
    replica.rootDev = this.#rootDevNow;
    try {
      remakeStore(this.#deps.fs, replica.versions, replica.root);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      this.#cannotWrite(error);
    }
    this.#tellRoot();
    this.watch.restart();
    void this.outbound.fullScan();
  }

  /** One telling behind the other: what is told last is how it is. */
  #tellRoot(): void {
    const { deps: { ledger }, folder } = this.replica;
    this.#telling = this.#telling.then(() => tellRootStop(ledger, folder, this.replica.stopped?.why ?? null));
  }

  #lookForRoot(): void {
    this.#timers.after(ROOT_CHECK_MS, () => {
      if (this.replica.stopped !== null && !this.#checkRoot()) this.#lookForRoot();
    });
  }

  #rootProblem(): RootTrouble | null {
    const look = lookAtRoot(this.#deps.fs, this.replica.root, this.#marker.replica);
    this.#rootDevNow = look.dev ?? this.#rootDevNow;
    this.#lsnNow = look.lsn ?? this.#lsnNow;
    return look.trouble;
  }

  #rootTrouble(error: FsError): void {
    if (this.#checkRoot()) this.#cannotWrite(error);
  }

  #cannotWrite(error: FsError): void {
    this.#unwritable = {
      cause: `Cairn cannot write into ${layoutOf(this.replica.root).own} (${error.code})`,
      remedy: "Make it writable: without it nothing can be received.",
    };
    this.replica.troubles.set(ROOT, this.#unwritable);
    this.#deps.changed();
  }

  /** Where nothing else happens in the folder, nobody else would take it back. */
  #rootFine(): void {
    if (this.#unwritable === null || this.replica.troubles.get(ROOT) !== this.#unwritable) return;
    this.replica.troubles.delete(ROOT);
    this.#unwritable = null;
    this.#deps.changed();
  }

  /** Makes durable in the root how far this device has come. False where that cannot be. */
  async markNow(): Promise<boolean> {
    const lsn = this.#deps.ledger.lastLsn;
    await this.#raiseMarker();
    return this.#markedLsn >= lsn;
  }

  /** One behind the other: the marker never goes back. */
  #raiseMarker(): Promise<void> {
    return this.#marking = this.#marking.then(() => this.#writeMarker());
  }

  async #writeMarker(): Promise<void> {
    const { clock, fs, ledger } = this.#deps;
    this.#mark.settle(clock.monotonic());
    try {
      const mark = markOf(ledger);
      const { lsn } = mark;
      if (lsn === this.#markedLsn || isOlder(this.replica) || this.#rootProblem() !== null) return;
      await writeMarker(fs, this.replica.root, { ...this.#marker, ...mark });
      this.#markedLsn = this.#lsnNow = lsn;
      this.#mark.written(lsn, clock.monotonic());
    } catch (error) {
      // What the home's disk refuses to tell is written with the next mark: nobody waits for this one.
      if (error instanceof FsError) this.#rootTrouble(error);
      else letPass(error);
    }
  }
}
