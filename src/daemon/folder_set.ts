/** The folders that this device has replicas of: adding, starting, stopping them. */
import { CairnError, messageOf } from "../core/errors.ts";
import { isGoodName } from "../core/given_name.ts";
import { type DeviceId, type FolderId, toHex } from "../core/ids.ts";
import { type Mode, takesOthers, tracksNeeds } from "../core/mode.ts";
import { isReserved } from "../core/path.ts";
import { layoutOf } from "../folder/layout.ts";
import { LINKED_REMEDY, linkedElsewhere, readMarker, refuseForeign, writeMarker } from "../folder/marker.ts";
import type { Ledger } from "../journal/ledger.ts";
import { settingsOf } from "../library/folder_settings.ts";
import {
  folderField,
  leavingOf,
  leavingRecords,
  type ReplicaConfig,
  replicaRecords,
  replicasOf,
} from "../library/folders.ts";
import { libraryOf } from "../library/joining.ts";
import type { Clock, Fs, HashPool, Random, Watcher } from "../platform/ports.ts";
import { FolderSync } from "../sync/folder_sync.ts";
import { haltRecord } from "../sync/halt.ts";
import { markOf } from "../sync/journal_mark.ts";
import type { Local } from "../sync/local_source.ts";
import { pauseRecord } from "../sync/pauses.ts";
import type { Scrubbing } from "../sync/scrubbing.ts";
import type { Replica } from "../sync/replica.ts";
import type { Room } from "../sync/room.ts";
import { tellRootStop } from "../sync/root_stop.ts";
import type { Stager } from "../sync/stager.ts";
import { noteFoundEpoch, scannedRecord } from "../sync/vague_absence.ts";
import { Leaver } from "./leaving.ts";
import { Mover } from "./moving.ts";
import { noticeOlderHome } from "./older_home.ts";
import { markerAt, markerForResuming, whyUnusable } from "./root_look.ts";

/** Folders that could not be started are tried again this often: a disk may come late. */
const START_AGAIN_MS = 5_000;

/** What a device still has to take. */
export interface Needed {
  readonly files: number;
  readonly bytes: number;
}

export interface FolderSetDeps {
  readonly fs: Fs;
  readonly clock: Clock;
  readonly random: Random;
  readonly pool: HashPool;
  readonly watcher: Watcher;
  readonly ledger: Ledger;
  readonly device: DeviceId;
  /** Devices that this one was: their markers count as none. */
  readonly former: ReadonlySet<DeviceId>;
  readonly stager: Stager;
  readonly homeRoom: Room;
  readonly local: Local;
  /** Null where nothing is read again by itself. */
  readonly scrubbing: Scrubbing | null;
  say(line: string): void;
  changed(): void;
  isServing(): boolean;
  isPaused(folder: FolderId): boolean;
  /** Why a folder may not be started yet; null when it may. */
  refusal?(folder: FolderId): CairnError | null;
}

export class FolderSet {
  /** Replicas that could not be started, with the reason. */
  readonly failures = new Map<FolderId, CairnError>();
  readonly #deps: FolderSetDeps;
  readonly #running = new Map<FolderId, FolderSync>();
  readonly #leaver: Leaver;
  /** Other local paths for them. */
  readonly mover: Mover;
  #cancelRetry: (() => void) | null = null;
  #isStopped = false;

  constructor(deps: FolderSetDeps) {
    this.#deps = deps;
    this.#leaver = new Leaver(deps);
    this.mover = new Mover({
      ...deps,
      markerAt: (path) => markerAt(deps.fs, path),
      stop: async (folder) => await this.#running.get(folder)?.stop(),
      start: (config) => this.#isStopped || this.#start(config),
    });
  }

  get(folder: FolderId): FolderSync | undefined {
    return this.#running.get(folder);
  }

  all(): Iterable<FolderSync> {
    return this.#running.values();
  }

  /** Some folder is looked at, or takes what others have. */
  get isBusy(): boolean {
    return [...this.#running.values()].some(({ outbound, inbound }) => !outbound.isQuiet || !inbound.isQuiet);
  }

  replicas(): Replica[] {
    return [...this.#running.values()].map(({ replica }) => replica);
  }

  /** Every folder tries some of its needs again. */
  retry(make: Parameters<FolderSync["inbound"]["retry"]>[0]): void {
    for (const { inbound } of this.#running.values()) inbound.retry(make);
  }

  byNumber(number: number): FolderSync | null {
    for (const sync of this.#running.values()) if (sync.replica.number === number) return sync;
    return null;
  }

  /** What is still to be taken, over all folders. */
  needed(): Needed {
    let files = 0;
    let bytes = 0;
    for (const { replica } of this.#running.values()) {
      if (!takesOthers(replica.mode)) continue;
      const total = replica.catalogue.needs.total(replica.number);
      files += total.count;
      bytes += total.bytes;
    }
    return { files, bytes };
  }

  /**
   * Resolves when every placement that is under way now is recorded. False while a folder may hold what was placed before the program last
   * stopped and is not recorded: its first scan tells (R19).
   */
  async settled(): Promise<boolean> {
    const { catalogue } = this.#deps.ledger;
    for (const { folder } of replicasOf(catalogue)) {
      const sync = this.#running.get(folder);
      await sync?.replica.exclusive(() => Promise.resolve());
      const isScanned = sync !== undefined && sync.outbound.isReady;
      if (!isScanned && catalogue.openIntents(catalogue.ids.folder(folder)).length > 0) return false;
    }
    return true;
  }

  startAll(): void {
    for (const config of replicasOf(this.#deps.ledger.catalogue)) this.#start(config);
    void this.#leaver.run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry?.();
    await this.#leaver.stop();
    await Promise.all([...this.#running.values()].map((sync) => sync.stop()));
  }

  /** A home put back from a backup is noticed by its roots (R24). */
  async checkMarks(): Promise<void> {
    const { fs, ledger, say } = this.#deps;
    await this.mover.settle();
    await noteFoundEpoch(ledger, replicasOf(ledger.catalogue).map(({ folder }) => folder));
    // A folder at work was asked before it began, and writes its mark anew in its own time.
    const resting = replicasOf(ledger.catalogue).filter(({ folder }) => !this.#running.has(folder));
    await noticeOlderHome(ledger, resting.map((config) => [config, markerAt(fs, config.path)]), say);
  }

  #start(config: ReplicaConfig): void {
    const { fs, clock, pool, watcher, ledger, device, stager, homeRoom, changed, isServing, say } =
      this.#deps;
    const { local, scrubbing } = this.#deps;
    try {
      const refusal = this.#deps.refusal?.(config.folder) ?? null;
      if (refusal !== null) throw refusal;
      const marker = markerAt(fs, config.path);
      if (marker?.replica !== config.replica) {
        throw new CairnError(
          "path-unusable",
          `${config.path} does not have this folder's marker (${layoutOf(config.path).marker})`,
          "Mount the disk or put the directory back; Cairn goes on by itself. Nothing counts as deleted meanwhile. " +
            "If it is gone for good: cairn resume FOLDER --reject puts what is here aside and brings back what the other devices have; " +
            "--accept takes what is here for meant, and what is missing for deleted.",
        );
      }
      // A catalogue that was rebuilt does not know it yet.
      const isTracked = tracksNeeds(config.mode);
      if (ledger.catalogue.isWanted(config.folder) !== isTracked) {
        ledger.catalogue.setWanted(config.folder, isTracked);
      }
      const sync = new FolderSync(
        {
          fs,
          clock,
          pool,
          ledger,
          device,
          watcher,
          stager,
          homeRoom,
          local,
          ...(scrubbing === null ? {} : { scrubbing }),
          settings: () => settingsOf(ledger.catalogue, config.folder),
          mode: { mode: config.mode, isSettled: config.isChanging !== true },
          recordMode: (mode, isSettled) => this.#recordMode(config.folder, mode, isSettled),
          changed: () => changed(),
          isServing: () => isServing(),
          isPaused: () => this.#deps.isPaused(config.folder),
        },
        config.path,
        marker,
      );
      this.#running.set(config.folder, sync);
      this.failures.delete(config.folder);
      sync.start();
    } catch (error) {
      const failure = error instanceof CairnError ? error : new CairnError(
        "path-unusable",
        `${config.path} cannot be used: ${messageOf(error)}`,
        "Mend it; Cairn tries again by itself.",
        error,
      );
      if (this.failures.get(config.folder)?.message !== failure.message) {
        say(`${failure.message}. ${failure.hint}`);
      }
      this.failures.set(config.folder, failure);
      void tellRootStop(ledger, config.folder, whyUnusable(fs, config.path));
      this.#tryAgain();
    }
    changed();
  }

  /** The root may have moved since it was started. */
  async #recordMode(folder: FolderId, mode: Mode, isSettled: boolean): Promise<void> {
    const { ledger } = this.#deps;
    const config = replicasOf(ledger.catalogue).find((one) => one.folder === folder);
    if (config === undefined) return;
    const records = replicaRecords({ ...config, mode, isChanging: !isSettled });
    await Promise.all(records.map((record) => ledger.commit(record)));
  }

  #tryAgain(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#deps.clock.after(START_AGAIN_MS, () => void this.startFailed());
  }

  /** A disk that comes late may also show that the home is older than it (R24). */
  async startFailed(): Promise<void> {
    try {
      await this.checkMarks();
      for (const config of replicasOf(this.#deps.ledger.catalogue)) {
        const isThere = this.#running.has(config.folder) || this.mover.isMoving(config.folder);
        if (!this.#isStopped && !isThere) this.#start(config);
      }
    } catch {
      // Journal or catalogue refuse, as `status` tells.
      if (!this.#isStopped) this.#tryAgain();
    }
  }

  /**
   * Makes `path`, a root's real path, this device's replica of a folder; a null `folder` makes a new one. A root of ours that
   * has moved goes on where it is. Answers the folder.
   */
  async add(
    folder: FolderId | null,
    name: string,
    path: string,
    mode: Mode = "sync",
  ): Promise<FolderId> {
    const { fs, random, ledger, device, former, say } = this.#deps;
    const linked = linkedElsewhere(fs, path);
    if (linked !== null) throw new CairnError("path-unusable", linked, LINKED_REMEDY);
    const there = readMarker(fs, path);
    const found = there !== null && there !== "unreadable" && former.has(there.device) ? null : there;
    refuseForeign(path, found, device);
    if (found !== null && found !== "unreadable") {
      const known = replicasOf(ledger.catalogue).filter(({ replica }) => replica === found.replica);
      await noticeOlderHome(ledger, known.map((config) => [config, found]), say);
      const moved = await this.mover.goOnAt(path, found);
      if (moved !== null) return moved;
    }
    const id = folder ?? toHex(random.bytes(16)) as FolderId;
    if (replicasOf(ledger.catalogue).some((config) => config.folder === id)) {
      throw new CairnError("folder-overlap", `This device has "${name}" already`, "See `cairn folders`.");
    }
    if (leavingOf(ledger.catalogue).some((leaving) => leaving.folder === id)) {
      throw new CairnError(
        "folder-overlap",
        `This device is still withdrawing what it had of "${name}"`,
        "Try again in a moment.",
      );
    }
    if (!isGoodName(name)) {
      throw new CairnError(
        "usage",
        `"${name}" cannot name a folder`,
        "Use up to 64 characters without slash, colon or control characters.",
      );
    }
    const replica = toHex(random.bytes(8));
    fs.makeDirectories(layoutOf(path).own);
    await writeMarker(fs, path, { library: libraryOf(ledger)!, folder: id, device, replica, lsn: 0 });
    const config: ReplicaConfig = { folder: id, path, mode, replica };
    const records = [...replicaRecords(config), scannedRecord(id, ledger.epoch)];
    if (folder === null) {
      records.push({ type: "shared", fields: [folderField(id, name, ledger.mintStamp(), device)] });
    }
    await Promise.all(records.map((record) => ledger.commit(record)));
    this.#start(config);
    return id;
  }

  /** This device leaves a folder; its files stay where they are (R11). Resolves when what it said of them is withdrawn. */
  async remove(config: ReplicaConfig, purgesVersions: boolean): Promise<void> {
    const { ledger, changed } = this.#deps;
    const { folder, path } = config;
    const records = [
      ...leavingRecords({ folder, path, purgesVersions }),
      pauseRecord({ kind: "folder", folder }, false, 0),
    ];
    await Promise.all(records.map((record) => ledger.commit(record)));
    this.failures.delete(folder);
    await this.#running.get(folder)?.stop();
    this.#running.delete(folder);
    await this.#leaver.run();
    changed();
  }

  /**
   * A folder on which a person has a word to say: null when it goes on as it is. A root that has lost its marker gets it anew, if
   * `isMeant`: from then on what is missing in it is held back until the word is done (invariant 8).
   */
  async openForResuming(folder: FolderId, isMeant: boolean): Promise<FolderSync | null> {
    const { fs, ledger, clock, device } = this.#deps;
    const running = this.#running.get(folder);
    if (running !== undefined && running.replica.stopped === null) return running;
    const config = replicasOf(ledger.catalogue).find((one) => one.folder === folder)!;
    const { path, replica } = config;
    const found = markerForResuming(fs, path, device);
    // It could not be read for a moment, or is back: who looks for it finds it, and goes on.
    if (found !== null && found !== "unreadable" && found.replica === replica) return null;
    if (!isMeant) {
      throw new CairnError(
        "path-unusable",
        `${path} has lost its marker, and what is missing in it is not looked at before that is mended`,
        "Say --reject to put what is here aside and have what the other devices have, --accept to have everywhere what is here.",
      );
    }
    if (found !== null && found !== "unreadable") {
      throw new CairnError(
        "root-foreign",
        `${path} belongs to another replica`,
        "Put the former directory back.",
      );
    }
    const { files } = ledger.catalogue.totals(folder);
    const counts = { deletes: 0, replaces: 0, taken: 0, files };
    // What is in a root without a marker may be from a backup: nobody can tell when its files are from.
    const isEmpty = fs.list(path).every(({ name }) => isReserved(name));
    const kind = isEmpty ? "emptied" : "older";
    await ledger.commit(haltRecord(folder, { kind, ...counts, sinceMs: clock.now() }));
    await running?.stop();
    fs.makeDirectories(layoutOf(path).own);
    const library = libraryOf(ledger)!;
    await writeMarker(fs, path, {
      library,
      folder,
      device,
      replica,
      ...isEmpty ? markOf(ledger) : { lsn: 0 },
    });
    // Whoever looks for roots that come back may have found it already.
    if (this.#running.get(folder) === running) this.#start(config);
    return this.#running.get(folder) ?? null;
  }
}
