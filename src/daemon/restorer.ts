/**
 * The first thing that a device out of an export does (R26): it has another one tell what it said before, and says that again, with the dots
 * that it had, in its new epoch. Then its folders are looked at, as after a lost catalogue.
 *
 * 1. Until then no folder is started, and nothing is announced: whoever hears a new epoch to its end forgets what it knew of the former one.
 * 2. A folder that was set up in an empty directory gets no rows: what is missing in it was not deleted by anybody (invariant 8).
 * 3. The root's mark is set to the last row that others know: a root that is behind it was put back from a backup, and halts. But a marker is
 *    written once a minute: where all that was said later stands in the root, it is the one that we had.
 * 4. Where another device runs with our identity, nothing is done: the one that is to stay is for a person to say. For some seconds it is listened
 *    for, whatever the others say.
 * 5. Who cannot be asked may know more than all others, and is waited for: one that is away, and one whose program is too old.
 */
import { type DeviceId, type FolderId, type Lsn } from "../core/ids.ts";
import { RECORD_ROWS, RECORD_WEIGHT } from "../core/limits.ts";
import type { JournalRecord } from "../core/record.ts";
import { fittingRows, type PlacedRow } from "../core/row_codec.ts";
import { coversAll } from "../core/version.ts";
import { CairnError, messageOf } from "../core/errors.ts";
import type { Ledger } from "../journal/ledger.ts";
import { replicasOf } from "../library/folders.ts";
import { membersOf } from "../library/members.ts";
import { restoringOf, restoringRecord, whoKnowsBest } from "../library/restoring.ts";
import type { Session } from "../peer/session.ts";
import type { Clock, Fs } from "../platform/ports.ts";
import { FORMER, type FormerKnown, formerPages } from "../sync/former_rows.ts";
import { haltRecord } from "../sync/halt.ts";
import { noteMark } from "../sync/root_mark.ts";
import { LaterRows } from "./later_rows.ts";
import { markerAt, markerForResuming } from "./root_look.ts";
import type { TwinWatch } from "./twin.ts";

/** After the first offer others who are just being met have this long for theirs; as long is a twin listened for. */
const GATHER_MS = 3_000;
/** That nobody knows all is not believed before members of whom only others know had this long to be told of, by whoever came last. */
const ALONE_MS = 10_000;
/** What could not be done is tried again after this. */
const AGAIN_MS = 5_000;

export interface RestorerDeps {
  readonly fs: Fs;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** The other members. */
  others(): readonly DeviceId[];
  session(device: DeviceId): Session | null;
  twins(): TwinWatch;
  say(line: string): void;
  /** Folders may start that waited, and this device may speak. */
  released(): void;
}

export class Restorer {
  readonly #deps: RestorerDeps;
  #waiting: ReadonlySet<FolderId> | null;
  readonly #offers = new Map<DeviceId, FormerKnown>();
  readonly #asked = new Set<Session>();
  /** When this device was started, or the last one came that had made no offer. */
  #newsMs = Infinity;
  #cancel: (() => void) | null = null;
  #isAtWork = false;
  /** Somebody has made an offer, and the look at it is near. */
  #isGathering = false;
  #isStopped = false;

  constructor(deps: RestorerDeps) {
    this.#deps = deps;
    this.#waiting = restoringOf(deps.ledger.catalogue);
  }

  /** This device says nothing of itself. */
  get isOn(): boolean {
    return this.#waiting !== null;
  }

  /** Why a folder is not started; null when it may be. */
  refusal(folder: FolderId): CairnError | null {
    if (this.#waiting?.has(folder) !== true) return null;
    const twin = this.#deps.twins().address;
    if (twin !== null) {
      return new CairnError(
        "path-unusable",
        `This device was made out of an export, and the one that was exported runs at ${twin}`,
        "Stop one of the two for good, and remove its home. Nothing is changed meanwhile.",
      );
    }
    const old = this.#tooOld();
    if (old.length > 0) {
      return new CairnError(
        "path-unusable",
        `This device was made out of an export, and ${
          old.join(", ")
        } cannot say yet what it had: the program there is older`,
        `Update Cairn on ${
          old.join(", ")
        }. If nobody can: cairn resume FOLDER --accept takes what is here for new; --reject puts it aside.`,
      );
    }
    return new CairnError(
      "path-unusable",
      "This device was made out of an export, and waits for another device of the library to say what it had",
      "Start one of them. If there is none any more: cairn resume FOLDER --accept takes what is here for new; " +
        "--reject puts it aside.",
    );
  }

  /** To be called when the device runs: who is alone in its library has nobody to wait for. */
  start(): void {
    this.#newsMs = this.#deps.clock.monotonic();
    if (this.isOn) this.#judgeIn(GATHER_MS);
  }

  /** Connected members that cannot be asked, by name. */
  #tooOld(): string[] {
    const { ledger: { catalogue }, others, session } = this.#deps;
    const old = others().filter((device) => session(device)?.agreement.capabilities.has(FORMER) === false);
    return membersOf(catalogue).filter(({ device }) => old.includes(device)).map(({ name }) => name);
  }

  /** A session was opened. */
  came(session: Session): void {
    if (this.isOn) void this.#ask(session);
  }

  async #ask(session: Session): Promise<void> {
    if (!session.agreement.capabilities.has(FORMER) || this.#asked.has(session)) return;
    this.#asked.add(session);
    try {
      // The first page tells; the others are asked for when it is chosen.
      for await (const { epoch, lsn, whole } of formerPages(session)) {
        if (!this.#offers.has(session.peer)) this.#newsMs = this.#deps.clock.monotonic();
        this.#offers.set(session.peer, { epoch, lsn, whole });
        break;
      }
      if (!this.#isGathering) this.#judgeIn(GATHER_MS);
      this.#isGathering = true;
    } catch (error) {
      if (!(error instanceof CairnError)) throw error; // else the session has ended, or it is asked again
    } finally {
      this.#asked.delete(session);
    }
  }

  /** Whoever is here and has made no offer. */
  #askAgain(): void {
    for (const device of this.#deps.others()) {
      const session = this.#offers.has(device) ? null : this.#deps.session(device);
      if (session !== null) void this.#ask(session);
    }
  }

  #judgeIn(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancel?.();
    this.#cancel = this.#deps.clock.after(delayMs, () => {
      this.#cancel = null;
      void this.#judge();
    });
  }

  async #judge(): Promise<void> {
    if (!this.isOn || this.#isAtWork || this.#isStopped) return;
    this.#isAtWork = true;
    this.#isGathering = false;
    let chosen: DeviceId | "nobody" | null = null;
    try {
      const { others, session, twins, say, clock } = this.#deps;
      for (const [device, { epoch }] of this.#offers) {
        if (epoch > 0 && session(device) === null) this.#offers.delete(device);
      }
      this.#askAgain();
      chosen = twins().isPossible ? null : whoKnowsBest(this.#offers, others());
      if (chosen === null) return;
      const isAll = chosen !== "nobody" && this.#offers.get(chosen)!.whole;
      if (!isAll && clock.monotonic() - this.#newsMs < ALONE_MS) return;
      const rows = chosen === "nobody" ? 0 : await this.#takeFrom(session(chosen)!);
      await this.#release();
      say(
        rows === 0
          ? "No other device knows anything of what this one had; what is in its folders counts as new."
          : `Another device has told what this one had, ${rows} entries; its folders are looked at.`,
      );
    } catch (error) {
      if (!(error instanceof CairnError)) throw error;
      if (chosen !== null && chosen !== "nobody") this.#offers.delete(chosen);
      this.#deps.say(
        `What this device had could not be taken over yet: ${messageOf(error)}. It is tried again.`,
      );
    } finally {
      this.#isAtWork = false;
      if (this.isOn) this.#judgeIn(AGAIN_MS);
    }
  }

  /** Answers how many rows were taken. Those of a try before are said again; nobody has heard them. */
  async #takeFrom(session: Session): Promise<number> {
    const { ledger } = this.#deps;
    const later = new Map<FolderId, LaterRows>();
    // One that was left meanwhile has no rows.
    const isHere = (folder: FolderId) => replicasOf(ledger.catalogue).some((one) => one.folder === folder);
    let taken = 0;
    for await (const { folders } of formerPages(session)) {
      for (const { folder, rows } of folders) {
        if (this.#waiting?.has(folder) !== true || !isHere(folder)) continue;
        let known = later.get(folder);
        if (known === undefined) later.set(folder, known = this.#laterThanMarker(folder));
        known.add(rows);
        taken += await this.#record(folder, rows);
      }
    }
    for (const [folder, known] of later) {
      if (isHere(folder)) noteMark(ledger.catalogue, folder, known.mark(this.#deps.fs));
    }
    return taken;
  }

  #laterThanMarker(folder: FolderId): LaterRows {
    const { fs, ledger } = this.#deps;
    const config = replicasOf(ledger.catalogue).find((one) => one.folder === folder);
    const marker = config === undefined ? null : markerAt(fs, config.path);
    const isItsOwn = config !== undefined && marker?.replica === config.replica;
    return new LaterRows(isItsOwn ? { path: config.path, lsn: marker.lsn as Lsn } : null);
  }

  async #record(folder: FolderId, placed: readonly PlacedRow[]): Promise<number> {
    const { ledger, clock } = this.#deps;
    const rows = placed.map(({ row }) => row).filter((row) => {
      const own = ledger.catalogue.rows.own(ledger.catalogue.ids.folder(folder), row.path);
      return own === null || !coversAll(own.row.entry.version.context, row.entry.version.dots);
    });
    for (let from = 0; from < rows.length;) {
      const some = fittingRows(rows, (row) => row, from, RECORD_ROWS, RECORD_WEIGHT);
      const record: JournalRecord = {
        type: "rows",
        folder,
        cause: "snapshot",
        timeMs: clock.now(),
        closes: 0 as Lsn,
        rows: some,
        fresh: [],
      };
      await ledger.commit(record);
      from += some.length;
    }
    return rows.length;
  }

  async #release(): Promise<void> {
    await this.#deps.ledger.commit(restoringRecord(null));
    this.#waiting = null;
    this.#offers.clear();
    this.#deps.released();
  }

  /**
   * A person does not want to wait: the folder is taken for one that was put back from a backup, of which it is then said what becomes of it.
   * When the last one goes on so, this device speaks for itself. False when the folder does not wait. Throws CairnError when the word could not be
   * carried out.
   */
  async giveUp(folder: FolderId, self: DeviceId): Promise<boolean> {
    if (this.#isAtWork || this.#waiting?.has(folder) !== true) return false;
    const { fs, ledger, clock, released } = this.#deps;
    markerForResuming(fs, replicasOf(ledger.catalogue).find((one) => one.folder === folder)!.path, self);
    const counts = { deletes: 0, replaces: 0, taken: 0, files: 0, sinceMs: clock.now() };
    await ledger.commit(haltRecord(folder, { kind: "older", ...counts }));
    const left = new Set([...this.#waiting].filter((one) => one !== folder));
    await ledger.commit(restoringRecord(left.size === 0 ? null : left));
    this.#waiting = left.size === 0 ? null : left;
    released();
    return true;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }
}
