/**
 * One folder on this device, and the only writer of its rows. Every change of it, local or remote, passes through here in one
 * order: what is on disk, journal, catalogue, announcement.
 *
 * 1. One change at a time: `exclusive` runs them one behind the other.
 * 2. A local change counts only against the row that it was based on (R12); if that moved, it is looked at again.
 * 3. What the disk shows of an open intent is the intent's version, never a new edit (R19).
 * 4. Nothing is answered before its record is durable (invariant 1): all goes through the ledger.
 */
import { SELF } from "../catalogue/interning.ts";
import type { StatePrint } from "../catalogue/prints.ts";
import type { HeldRow } from "../catalogue/rows.ts";
import type { Strategy } from "../core/conflict_name.ts";
import { type Entry, isAlive, type Row } from "../core/entry.ts";
import type { Fingerprint } from "../core/fingerprint.ts";
import { assert } from "../core/errors.ts";
import type { DeviceId, FolderId, Lsn, RelPath } from "../core/ids.ts";
import { RECORD_ROWS, RECORD_WEIGHT } from "../core/limits.ts";
import { givesOwn, isFit, type Mode, takesOthers } from "../core/mode.ts";
import type { Move } from "../core/move.ts";
import { type DiskNames, EXACT, foldsNames } from "../core/names.ts";
import type { Cause } from "../core/record.ts";
import { isWithheld } from "../core/version.ts";
import { fittingRows } from "../core/row_codec.ts";
import { type IgnoreRules, parseIgnore } from "../folder/ignore.ts";
import { KEEP_ALL, type KeepRules } from "../folder/keep_patterns.ts";
import { type Layout, layoutOf } from "../folder/layout.ts";
import { Durability } from "../folder/durable.ts";
import type { Observation } from "../folder/observe.ts";
import { Pins } from "../folder/pins.ts";
import type { Gone, ScanContext } from "../folder/scan.ts";
import { Spelling } from "../folder/spelling.ts";
import type { VersionStore } from "../folder/versions.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Clock, Fs, HashPool } from "../platform/ports.ts";
import type { BrakeLimits } from "../core/brake.ts";
import { Brake } from "./brake.ts";
import { DirectoryModes, openMode } from "./directory_modes.ts";
import { isOutdated, isThere } from "./last_look.ts";
import { type Mint, rowOfGone, rowOfSeen, type SeenContent } from "./local_change.ts";
import { MadeDirectories } from "./made_directories.ts";
import { OpenIntents, placedBy, type Unrecorded } from "./open_intents.ts";
import { NOWHERE, type Places } from "./places.ts";
import { FOLDER_RESERVE, Room } from "./room.ts";
import type { RootStop } from "./root_stop.ts";
import { givenUp, isVaguelyAbsent } from "./vague_absence.ts";
import { Touched } from "./touched.ts";
import type { Trouble, Troubles } from "./troubles.ts";

/** Records of a rename that become durable together: what is done for them holds nothing else up for long. */
const MOVES_AT_ONCE = 8;

export interface ReplicaDeps {
  readonly fs: Fs;
  readonly clock: Clock;
  readonly pool: HashPool;
  readonly ledger: Ledger;
  readonly device: DeviceId;
  /** Room on the disk of the device's home, where journal and catalogue are. */
  readonly homeRoom: Room;
}

export interface ReplicaPlace {
  readonly folder: FolderId;
  readonly root: string;
  readonly rootDev: number;
  readonly versions: VersionStore;
  /** What the root's disk does to names; without it every name is taken as given. */
  readonly disk?: DiskNames;
  /** How the device takes part (R9); `sync` where nothing is said. */
  readonly mode?: Mode;
}

export interface RootTrouble extends Trouble {
  readonly why: RootStop;
}

/** A row to be recorded, with the fingerprint of what stands on disk for it. */
export interface RowAndPrint {
  readonly row: Row;
  readonly print: Fingerprint | null;
  /** The path had no living entry before. */
  readonly isFresh: boolean;
}

export class Replica {
  readonly deps: ReplicaDeps;
  readonly folder: FolderId;
  /** The folder's number in the catalogue. */
  readonly number: number;
  readonly root: string;
  rootDev: number;
  readonly layout: Layout;
  readonly versions: VersionStore;
  readonly disk: DiskNames;
  ignore: IgnoreRules = parseIgnore("");
  /** What of the folder is kept here; changed within `exclusive` alone (kept_parts.ts). */
  keep: KeepRules = KEEP_ALL;
  /** How this device takes part. Changed within `exclusive` alone: whatever is recorded or placed is so by one mode (R9). */
  mode: Mode;
  /** Nothing is recorded or placed any more: the folder was stopped here. */
  isClosed = false;
  /** The file system's time, once the watch runs. */
  fsNowMs: () => number;
  readonly durability = new Durability();
  /** Paths of the batch that is being placed: what is on disk there is not recorded yet, and nobody's edit. */
  placing: ReadonlySet<RelPath> = new Set();
  /** The directory that is being renamed, and what it is to be called: the same holds for all in it. */
  renaming: readonly [top: RelPath, now: RelPath] | null = null;
  readonly directoryModes = new DirectoryModes();
  /** Whether the version store takes more, beside so many bytes that it will have taken (R21). */
  hasRoom: (plannedBytes: number) => boolean = () => true;
  /** What the folder's people want of conflicts. Asked anew each time: it is shared data, and may change. */
  strategy: () => Strategy = () => "keep-both";
  /** A person has said that nothing is taken or given here (R9). */
  isPaused: () => boolean = () => false;
  readonly touched = new Touched();
  readonly made = new MadeDirectories();
  /** Whether what was read at a path is what the disk has made of what stood there, and nobody has written there since (R15). */
  isDamage: (standing: Unrecorded | null, observed: Observation) => boolean = () => false;
  /** Told of what was recorded, before anything else is done. */
  recorded: (changes: readonly RowAndPrint[]) => Promise<void> = () => Promise.resolve();
  /** Told that our entry lost to another's at a path and is kept at `copy`, before that is recorded. */
  conflicted: (path: RelPath, own: HeldRow, winner: Entry, copy: RelPath) => void = () => {};
  readonly brake: Brake;
  /** When others' changes are too much, as it is set now (R38). */
  brakeLimits: () => BrakeLimits = () => ({ share: 1, files: Infinity });
  /** Told that the brake holds back, lets go, or halts. */
  braked: () => void = () => {};
  /** Room on the folder's disk. */
  readonly room: Room;
  /** What stands in the way of single paths (invariant 11). */
  readonly troubles: Troubles = new Map();
  /** Why nothing is done in this folder at present (invariant 8). */
  stopped: RootTrouble | null = null;
  /** Where what a crash of the machine left has not been looked at yet: the guard says so (R16). */
  afterCrash: Places = NOWHERE;
  /** The machine crashed, and everything is being looked at for the first time since: a mode may still be one that we opened (R3). */
  #isFirstLook: boolean;
  /** What was about to be placed and is not recorded, until a scan has settled it (R19). */
  readonly intents: OpenIntents;
  #tail: Promise<unknown> = Promise.resolve();
  readonly mint: Mint;

  constructor(deps: ReplicaDeps, place: ReplicaPlace) {
    this.deps = deps;
    this.folder = place.folder;
    this.root = place.root;
    this.rootDev = place.rootDev;
    this.layout = layoutOf(place.root);
    this.versions = place.versions;
    this.disk = place.disk ?? EXACT;
    this.mode = place.mode ?? "sync";
    const { ledger, clock } = deps;
    this.number = ledger.catalogue.ids.folder(place.folder);
    this.fsNowMs = () => clock.now();
    const { folder, number } = this;
    this.brake = new Brake({
      ledger,
      clock,
      folder,
      number,
      limits: () => this.brakeLimits(),
      isTaking: () => takesOthers(this.mode),
      changed: () => this.braked(),
    });
    this.#isFirstLook = ledger.crashed;
    this.room = new Room(deps.fs, clock, place.root, FOLDER_RESERVE);
    this.intents = new OpenIntents(ledger.catalogue.openIntents(number), ledger.lastLsn);
    const modeNow = () => this.mode;
    this.mint = {
      device: deps.device,
      get mode() {
        return modeNow();
      },
      dot: () => {
        assert(givesOwn(this.mode), "a device that does not give its changes mints no dot (R9)");
        return ledger.mintDot();
      },
      stamp: (replaced) => ledger.mintStamp(replaced),
      found: (writtenMs) => ledger.stampOfFound(writtenMs),
    };
  }

  get catalogue() {
    return this.deps.ledger.catalogue;
  }

  own(path: RelPath): HeldRow | null {
    return this.catalogue.rows.own(this.number, path);
  }

  /** For one piece of work: how things are spelled, where the disk does not tell all names apart. */
  spelling(): Spelling | undefined {
    return foldsNames(this.disk) ? new Spelling(this.deps.fs, this.root) : undefined;
  }

  /** For comparing what is on disk with our rows. */
  scanContext(spelling?: Spelling): ScanContext {
    const { deps: { fs }, root, rootDev, catalogue, number, ignore, mode } = this;
    return { fs, root, rootDev, catalogue, folder: number, ignore, mode, spelling };
  }

  rowsAt(path: RelPath): readonly HeldRow[] {
    return this.catalogue.rows.at(this.number, path);
  }

  /** Runs `work` when no other change of this replica is under way. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => {});
    return result;
  }

  /**
   * Records what was observed; of what is `lost` nothing is said any more. Answers the paths whose row moved since they were looked at (R12): look again.
   */
  commitLocal(
    observations: readonly Observation[],
    gone: readonly Gone[],
    ignored: readonly Gone[],
    lost: readonly Gone[] = [],
  ): Promise<{ readonly stale: RelPath[]; readonly recorded: number }> {
    return this.exclusive(async () => {
      if (this.isClosed) return { stale: [], recorded: 0 };
      const stale: RelPath[] = [];
      const changes: RowAndPrint[] = [];
      const current = (path: RelPath, basedOn: number | null): HeldRow | null | "stale" => {
        const own = this.own(path);
        return (own?.state ?? null) === basedOn ? own : "stale";
      };
      // A path may have been seen twice in one round; the last look counts.
      const latest = new Map(observations.map((observation) => [observation.path, observation]));
      const { fs } = this.deps;
      const pins = new Pins(fs, this.root);
      const same: StatePrint[] = [];
      for (const observation of latest.values()) {
        const own = current(observation.path, observation.basedOn);
        if (own === "stale" || isOutdated(this, own, observation, pins)) stale.push(observation.path);
        else this.#noteSeen(own, observation, changes, same);
      }
      this.catalogue.prints.putAll(same);
      const spelling = this.spelling();
      const absent = new Set<RelPath>();
      for (const { path, basedOn, isSure } of gone) {
        const own = current(path, basedOn); // between its listing and now it may have come back
        if (own === "stale" || isThere(fs, path, pins, spelling, absent)) stale.push(path);
        else if (own?.row.held) changes.push(this.#goneRow(own, isSure)); // what is not kept here cannot go (R10)
      }
      pins.close();
      for (const { path, basedOn } of ignored) {
        const own = current(path, basedOn);
        if (own !== null && own !== "stale") changes.push(this.#ignoredRow(own));
      }
      for (const { path, basedOn } of lost) {
        const own = current(path, basedOn);
        if (own !== null && own !== "stale") changes.push(givenUp(own));
      }
      await this.record("local", changes);
      for (const { row } of changes) this.intents.drop(row.path);
      return { stale, recorded: changes.length };
    });
  }

  /** `same` are the prints of what is as our rows say. */
  #noteSeen(
    own: HeldRow | null,
    observed: Observation,
    changes: RowAndPrint[],
    same: StatePrint[],
  ): void {
    const { path, print } = observed;
    const intended = this.intents.at(path, own);
    const known = own === null ? null : this.catalogue.prints.get(own.state);
    const left = placedBy(intended) ?? (own && { row: own.row, print: known });
    // It was read anew for another reason: of damage nobody ever made an edit (R15).
    const observation = this.isDamage(left, observed)
      ? { ...observed, content: left!.row.entry.content }
      : this.made.asFound(observed);
    const isFresh = own === null || !isAlive(own.row.entry);
    const isIntended = intended !== null && (intended.isPlaced || isWhat(intended.row, observation));
    const standing = isIntended ? intended.row : intended?.beneath ?? null;
    if (standing !== null) {
      // What somebody did to it since is an edit on top of it.
      const edited = rowOfSeen(path, standing, null, this.#asOwed(standing, observation), this.mint);
      changes.push({ row: edited ?? standing, print, isFresh });
      return;
    }
    // What the disk had is not known any more, or a power cut has taken what we knew of it last.
    const mayBeOpen = own !== null &&
      (known === null || (this.#isFirstLook && known.mode === own.row.entry.mode));
    const seen = mayBeOpen ? this.#asOwed(own.row, observation) : observation;
    const row = rowOfSeen(path, own?.row ?? null, known, seen, this.mint);
    if (observed.movedState !== null && this.catalogue.prints.get(observed.movedState)?.settled) {
      this.touched.note(path, print, this.fsNowMs());
    }
    if (row !== null) changes.push({ row, print, isFresh });
    else same.push({ state: own!.state, print });
  }

  /** A directory that was placed may have its mode opened still: its own is owed to it, and nobody has set this one (R3, R19). */
  #asOwed({ path, entry: { kind, mode } }: Row, observation: Observation): Observation {
    if (kind !== "directory" || mode === observation.mode || openMode(mode) !== observation.mode) {
      return observation;
    }
    this.directoryModes.owe(path);
    return { ...observation, mode };
  }

  /** What is ignored from now on keeps its base (R18); of what this device alone listed nothing is left to be said. */
  #ignoredRow({ row }: HeldRow): RowAndPrint {
    const said = isWithheld(row.entry.version) ? rowOfGone(row, this.mint) : { ...row, offered: false };
    return { row: said, print: null, isFresh: false };
  }

  #goneRow(own: HeldRow, isSure = false): RowAndPrint {
    if (!isSure && isVaguelyAbsent(this, own)) return givenUp(own);
    // Deleted while it was ignored: that was nobody else's business (R9).
    if (!isFit(this.mode, standingOf(own)) && !standingOf(own).withheld) {
      return { row: { ...own.row, held: false }, print: null, isFresh: false };
    }
    const intended = this.intents.at(own.row.path, own);
    if (intended?.row.entry.kind === "deleted") return { row: intended.row, print: null, isFresh: false };
    const wasThere = intended?.isPlaced ? intended.row : own.row;
    return { row: rowOfGone(wasThere, this.mint), print: null, isFresh: false };
  }

  /** Makes rows durable and applies them, as many records as they need. Only within `exclusive`. */
  async record(cause: Cause, changes: readonly RowAndPrint[], closes: Lsn = 0 as Lsn): Promise<void> {
    const { ledger, clock } = this.deps;
    const commits: Promise<unknown>[] = [];
    for (let at = 0; at < changes.length || (commits.length === 0 && closes > 0);) {
      const part = fittingRows(changes, ({ row }) => row, at, RECORD_ROWS, RECORD_WEIGHT);
      at += part.length;
      const isLast = at >= changes.length;
      commits.push(ledger.commit(
        {
          type: "rows",
          folder: this.folder,
          cause,
          timeMs: clock.now(),
          closes: isLast ? closes : 0 as Lsn,
          rows: part.map(({ row }) => row),
          fresh: part.flatMap(({ isFresh }, i) => isFresh ? [i] : []),
        },
        part.map(({ print }) => print),
      ));
    }
    await Promise.all(commits);
    await this.recorded(changes);
    if (foldsNames(this.disk)) this.#retryRespelled(changes);
  }

  /** Makes a rename durable and applies it (R29). Only within `exclusive`. */
  async recordMoves(cause: Cause, moves: readonly Move[], closes: Lsn = 0 as Lsn): Promise<void> {
    const { ledger, clock } = this.deps;
    for (let at = 0; at < moves.length; at += MOVES_AT_ONCE) {
      await Promise.all(
        moves.slice(at, at + MOVES_AT_ONCE).map((move, i) =>
          ledger.commit({
            type: "moved",
            folder: this.folder,
            cause,
            timeMs: clock.now(),
            closes: at + i === moves.length - 1 ? closes : 0 as Lsn,
            move,
          })
        ),
      );
    }
  }

  /** A name has become free, or a directory has come: what had no place on this disk may have one now. */
  #retryRespelled(changes: readonly RowAndPrint[]): void {
    for (const { row: { path, entry }, isFresh } of changes) {
      if (!isAlive(entry)) this.catalogue.needs.retryAlike(this.number, path);
      else if (isFresh && entry.kind === "directory") this.catalogue.needs.retryBelow(this.number, path);
    }
  }

  /** A scan of everything that began when the intents went `upTo` there is complete, but for some places. */
  settleIntents(upTo: Lsn, unseen: Places): void {
    this.#isFirstLook = false;
    if (this.intents.settle(upTo, unseen)) this.catalogue.closeIntents(this.number, upTo);
  }

  /** Rows of other devices at a path. */
  othersAt(path: RelPath): HeldRow[] {
    return this.rowsAt(path).filter(({ device }) => device !== SELF);
  }
}

function standingOf({ row: { offered, entry } }: HeldRow): { offered: boolean; withheld: boolean } {
  return { offered, withheld: !offered && isWithheld(entry.version) };
}

function isWhat({ entry }: Row, seen: SeenContent): boolean {
  return entry.kind === seen.kind && entry.content === seen.content && entry.target === seen.target;
}
