/**
 * The single door through which this device's state changes: journal first, catalogue second, listeners third.
 * Keeps invariant 1 (durable before visible) and invariant 9 (the journal is the truth): opening replays what the
 * catalogue lacks, and rebuilds one that is gone or damaged. Owns epoch, actor, counter and clock (R1, R7, R24).
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { newActor } from "../core/conflict_name.ts";
import { CairnError, messageOf } from "../core/errors.ts";
import type { Fingerprint } from "../core/fingerprint.ts";
import { type ActorId, type BootId, type DeviceId, type Lsn, type Stamp, toHex } from "../core/ids.ts";
import { EPOCHS_AHEAD, FORCED_EPOCHS, SNAPSHOT_AFTER_BYTES } from "../core/limits.ts";
import { decodeRecord, encodeRecord, type JournalRecord } from "../core/record.ts";
import { nextStamp, receiveStamp, stampAt } from "../core/stamp.ts";
import { type Dot, nextCounter } from "../core/version.ts";
import type { Random } from "../platform/ports.ts";
import { type Durable, Journal } from "./journal.ts";
import { openCatalogue, type RecoveryOptions, replaySnapshot, replayTail, withoutGap } from "./recovery.ts";
import { openSegments, readFrames } from "./segments.ts";
import { findSnapshot, prune, writeSnapshot } from "./snapshot.ts";

export interface LedgerOptions extends RecoveryOptions {
  readonly random: Random;
  /** Names the running boot of the operating system; "" when it has no name. */
  readonly osBoot: string;
}

/** A record that is durable and applied. */
export interface Applied {
  readonly lsn: Lsn;
  readonly record: JournalRecord;
}

interface Tag {
  readonly record: JournalRecord;
  readonly prints: readonly (Fingerprint | null)[];
}

/** How often segments are looked at for a snapshot. */
const UPKEEP_MS = 60_000;
/** A journal that refused is tried again after this: nobody else may have anything to write. */
const MEND_MS = 10_000;
const HOUR_MS = 3_600_000;
/** A counter of ours from here on was forged by somebody: no clock is there for another hundred thousand years (R1). */
const FORGED_COUNTER = 2 ** 52;

export class Ledger {
  readonly catalogue: Catalogue;
  /** True when the machine, not just the program, stopped without a clean end before this start (R16). */
  readonly crashed: boolean;
  /** The epoch of the run before this one; 0 where there was none. */
  readonly foundEpoch: number;
  readonly #options: LedgerOptions;
  readonly #journal: Journal;
  readonly #listeners = new Set<(applied: readonly Applied[]) => void>();
  #lastStamp: Stamp;
  #lastCounter: number;
  #snapshotLsn: Lsn;
  #cancelUpkeep: () => void;
  #isClosing = false;
  /** What the last boot says that was written, durable or not: what is written behind it goes on from there. */
  #lastBoot: { readonly epoch: number; readonly actor: ActorId };
  #cancelMending: (() => void) | null = null;
  /** When peers made us begin new epochs. */
  readonly #forced = new Map<DeviceId, readonly number[]>();

  private constructor(
    options: LedgerOptions,
    catalogue: Catalogue,
    journal: Journal,
    crashed: boolean,
    snapshotLsn: Lsn,
  ) {
    this.#options = options;
    this.catalogue = catalogue;
    this.#journal = journal;
    this.crashed = crashed;
    this.foundEpoch = this.epoch;
    this.#snapshotLsn = snapshotLsn;
    this.#lastBoot = { epoch: this.epoch, actor: String(catalogue.values.meta("own_actor")) as ActorId };
    this.#lastCounter = Number(catalogue.values.meta("last_counter") ?? 0);
    // A clock that once stood in 2099 must not win for ever (R7).
    const stamp = Number(catalogue.values.meta("last_stamp") ?? 0) as Stamp;
    this.#lastStamp = receiveStamp(0 as Stamp, stamp, options.clock.now());
    this.#cancelUpkeep = options.clock.after(UPKEEP_MS, () => void this.#upkeep());
  }

  static async open(options: LedgerOptions): Promise<Ledger> {
    const { fs, home, say } = options;
    const dir = journalDir(home);
    fs.makeDirectories(dir);
    const snapshot = findSnapshot(fs, dir);
    const catalogue = withoutGap(options, dir, openCatalogue(options), snapshot?.lsn ?? 0 as Lsn);
    const isEmpty = catalogue.appliedLsn === 0;
    const broken = isEmpty && snapshot !== null ? await replaySnapshot(fs, snapshot.path, catalogue) : null;
    // Behind the snapshot alone: where segments are covered by it, nobody asks how they follow one another.
    const opened = openSegments(fs, dir, catalogue.appliedLsn);
    const isCut = (opened.segments[0]?.firstLsn ?? 0) > catalogue.appliedLsn + 1;
    replayTail(fs, opened.segments, catalogue);

    // The catalogue has seen records that the journal has not: a disk lied, or an old journal was put back.
    const behind = opened.lastLsn < catalogue.appliedLsn;
    const lastLsn = Math.max(opened.lastLsn, catalogue.appliedLsn) as Lsn;
    const epoch = Number(catalogue.values.meta("own_epoch") ?? 0);
    const clean = catalogue.values.meta("clean") !== 0;
    const crashed = !clean && (options.osBoot === "" || catalogue.values.meta("os_boot") !== options.osBoot);

    let ledger: Ledger | null = null;
    const journal = new Journal(fs, dir, opened.segments, lastLsn, (durable) => ledger!.#apply(durable));
    ledger = new Ledger(options, catalogue, journal, crashed, snapshot?.lsn ?? 0 as Lsn);
    const damage = broken ?? opened.damage ??
      (behind ? `The journal in ${dir} has lost its last records` : null) ??
      (isCut ? `The journal in ${dir} has lost its first records` : null);
    if (damage !== null) say(`${damage}. This device announces everything anew; nothing needs to be done.`);
    const isAnew = epoch === 0 || damage !== null;
    const isForged = ledger.#lastCounter >= FORGED_COUNTER;
    if (isForged) ledger.#lastCounter = 0;
    await ledger.#boot(isAnew ? epoch + 1 : epoch, isAnew || isForged);
    if (damage !== null) await ledger.snapshot();
    return ledger;
  }

  // -------------------------------------------------------------------------------- who writes

  /** Whose the next writes are. */
  get actor(): ActorId {
    return this.#lastBoot.actor;
  }

  /** The epoch that is durable. */
  get epoch(): number {
    return Number(this.catalogue.values.meta("own_epoch") ?? 0);
  }

  get lastLsn(): Lsn {
    return this.#journal.lastLsn;
  }

  #boot(epoch: number, isNewActor: boolean): Promise<Lsn> {
    const { random, clock, osBoot } = this.#options;
    const boot = toHex(random.bytes(8)) as BootId;
    const actor = isNewActor ? newActor(random.bytes(8)) : this.actor;
    this.#lastBoot = { epoch, actor };
    return this.commit({ type: "boot", boot, epoch, actor, timeMs: clock.now(), osBoot });
  }

  /** A peer has seen lsns that we did not write: our home is a copy. New epoch and actor, above any reported (R24, R25). */
  newEpoch(above: number): Promise<Lsn> {
    return this.#boot(Math.max(this.epoch, above) + 1, true);
  }

  /**
   * The same, because a peer says so. Throws CairnError "message-invalid" for an epoch that we cannot come from, and for a peer that
   * says so again and again: each new epoch is a full announcement to all.
   */
  async newEpochFor(peer: DeviceId, above: number): Promise<void> {
    const nowMs = this.#options.clock.monotonic();
    const lately = (this.#forced.get(peer) ?? []).filter((atMs) => nowMs - atMs < HOUR_MS);
    if (above > this.epoch + EPOCHS_AHEAD || lately.length >= FORCED_EPOCHS) {
      throw new CairnError("message-invalid", "What the other device says that it has of us cannot be");
    }
    await this.newEpoch(above);
    // One that a full disk refused cost nobody anything: counted, it would shut the peer out when there is room again.
    this.#forced.set(peer, [...lately, nowMs]);
  }

  /** The dot of a new write (R1). */
  mintDot(): Dot {
    this.#lastCounter = nextCounter(this.#lastCounter, this.#options.clock.now());
    return { actor: this.actor, counter: this.#lastCounter };
  }

  /** The stamp of a new write, later than that of what it replaces (R7). */
  mintStamp(replaced: Stamp = 0 as Stamp): Stamp {
    const stamp = nextStamp(this.#lastStamp, this.#options.clock.now(), replaced);
    this.#lastStamp = receiveStamp(this.#lastStamp, stamp, this.#options.clock.now());
    return stamp;
  }

  /** The stamp of a file that was there before us: when it was last written, never in the future (R26). */
  stampOfFound(mtimeMs: number): Stamp {
    return stampAt(Math.min(mtimeMs, this.#options.clock.now()));
  }

  /** Our clock follows what others have (R7). */
  receive(stamp: Stamp): void {
    this.#lastStamp = receiveStamp(this.#lastStamp, stamp, this.#options.clock.now());
  }

  // -------------------------------------------------------------------------------- writing

  /**
   * Makes a record durable and applies it; resolves with its lsn when both are done. `prints` stand beside the
   * rows of a "rows" record. Rejects when it is not durable: then nothing has happened.
   */
  async commit(record: JournalRecord, prints: readonly (Fingerprint | null)[] = []): Promise<Lsn> {
    const tag: Tag = { record, prints };
    const failedBefore = this.#journal.failure !== null;
    // After a failed sync the log goes on under a new boot, so that nobody takes lost lsns for known ones (R27).
    if (failedBefore && record.type !== "boot") await this.#boot(this.#lastBoot.epoch, false);
    try {
      return await this.#journal.append(encodeRecord(record), tag);
    } catch (error) {
      this.#mendLater();
      throw error;
    }
  }

  /** Until something is written again, nobody can say that all is well again. */
  #mendLater(): void {
    if (this.#isClosing) return;
    this.#cancelMending ??= this.#options.clock.after(MEND_MS, () => {
      this.#cancelMending = null;
      if (this.#journal.failure !== null) void this.#mend();
    });
  }

  async #mend(): Promise<void> {
    try {
      await this.#boot(this.#lastBoot.epoch, false);
    } catch {
      this.#mendLater(); // told by `health`
    }
  }

  #apply(durable: readonly Durable[]): void {
    const applied = durable.map(({ lsn, tag }) => ({ lsn, ...(tag as Tag) }));
    this.catalogue.db.transaction(() => {
      for (const { lsn, record, prints } of applied) this.catalogue.applyRecord(lsn, record, prints);
    });
    for (const listener of this.#listeners) this.#tell(listener, applied);
  }

  /**
   * By now it is durable and applied. A listener that throws must not have it cut off again: the catalogue would hold, and announce, what
   * the journal does not (invariant 1), and the next record would get an lsn that others have already (R24).
   */
  #tell(listener: (applied: readonly Applied[]) => void, applied: readonly Applied[]): void {
    try {
      listener(applied);
    } catch (error) {
      this.#options.say(
        `A change is recorded, and not all was done that follows from it: ${messageOf(error)}. ` +
          "If something stays undone, start Cairn again.",
      );
    }
  }

  /** Told of records that are durable and applied, in order. What a listener cannot do now it does later: it must not throw. */
  onApplied(listener: (applied: readonly Applied[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // -------------------------------------------------------------------------------- reading

  /** The journal's history with an lsn of at least `from`, oldest first. */
  *history(from: Lsn): Generator<Applied> {
    for (const { lsn, payload } of readFrames(this.#options.fs, this.#journal.segments, from)) {
      if (lsn > this.#journal.lastLsn) return;
      yield { lsn, record: decodeRecord(payload) };
    }
  }

  health(): { readonly segments: number; readonly bytes: number; readonly failure: string | null } {
    const { segments, failure } = this.#journal;
    return { segments: segments.length, bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0), failure };
  }

  // -------------------------------------------------------------------------------- upkeep

  /** Writes a snapshot and prunes what it covers (R26). */
  async snapshot(): Promise<void> {
    const { fs, clock, home } = this.#options;
    const dir = journalDir(home);
    this.#snapshotLsn = await writeSnapshot(fs, clock, dir, this.catalogue);
    this.#journal.forget(prune(fs, clock, dir, this.#journal.segments, this.#snapshotLsn));
  }

  async #upkeep(): Promise<void> {
    const behind = this.#journal.segments
      .filter(({ firstLsn }) => firstLsn > this.#snapshotLsn)
      .reduce((sum, { bytes }) => sum + bytes, 0);
    try {
      if (behind > SNAPSHOT_AFTER_BYTES) {
        this.catalogue.contents.sweep();
        await this.snapshot();
      }
    } catch (error) {
      this.#options.say(
        `Cannot write a journal snapshot: ${messageOf(error)}. The journal stays longer; Cairn tries again.`,
      );
    }
    this.#cancelUpkeep = this.#options.clock.after(UPKEEP_MS, () => void this.#upkeep());
  }

  /** Ends in order: the next start knows that nothing was torn. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#cancelUpkeep();
    this.#cancelMending?.();
    try {
      await this.commit({ type: "stop", timeMs: this.#options.clock.now() });
    } catch {
      // The next start takes this for an unclean stop, which is what it is.
    }
    await this.#journal.close();
    this.catalogue.close();
  }
}

function journalDir(home: string): string {
  return `${home}/journal`;
}
