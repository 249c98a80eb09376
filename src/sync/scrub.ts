/**
 * Reads every file of a folder again, slowly and in the background, to find what the disk has changed by itself (R15).
 *
 * 1. One file of the device at a time, at a limited rate, from the disk and not from memory; not while the folder syncs or serves, and not
 *    on battery.
 * 2. A pass goes through the tree in the order of paths, and goes on behind the last path after a restart. The next begins when the period
 *    since the beginning of the last is over.
 * 3. What is found is never announced. It is recorded, healed from another copy when there is one, and told of (damages.ts, heal.ts).
 * 4. That a pass is over is a fact of this device, coarse, so that others can say what was verified when; which contents are damaged is
 *    another, so that nobody counts them as copies (damage_teller.ts).
 */
import type { HeldRow } from "../catalogue/rows.ts";
import type { RelPath } from "../core/ids.ts";
import { letPass } from "../core/passing.ts";
import { ROOT } from "../core/path.ts";
import type { Observation } from "../folder/observe.ts";
import { DamageTeller } from "./damage_teller.ts";
import { type Damage, Damages } from "./damages.ts";
import { Healing } from "./healing.ts";
import type { Local } from "./local_source.ts";
import type { Unrecorded } from "./open_intents.ts";
import { readAgain } from "./read_again.ts";
import type { Replica } from "./replica.ts";
import { NEVER, type Pass, passFrom } from "./scrub_pass.ts";
import type { Scrubbing } from "./scrubbing.ts";
import type { Stager } from "./stager.ts";
import { Timers } from "./timers.ts";
import { nameIn, pause } from "./tree_entries.ts";

/** How often it is looked whether there is something to do; a device that just started has better to do first. */
const TURN_MS = 60_000;
/** How far a pass has come is written this often: a restart reads so much again. */
const SAVE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The first pass begins so long after a folder was first read. */
const FIRST_MS = DAY_MS;
/** To whom it is told when a pass was over: the hour. */
const COARSE_MS = 3_600_000;
/** Files that somebody found to be other than they should be: as many are looked at out of turn. */
const SUSPECTS = 256;
const FILES_AT_ONCE = 200;
/** Files that are read at once where somebody waits for it. */
const READERS = 8;

export interface ScrubSettings {
  readonly scrubDays: number;
  readonly scrubRate: number;
}

export interface ScrubEvents {
  settings(): ScrubSettings;
  /** The root is there and was looked through. */
  mayWork(): boolean;
  /** The folder syncs, or serves others. */
  isBusy(): boolean;
  lookAgain(paths: readonly RelPath[]): void;
  changed(): void;
}

/** Key of the fact and of the local value of a folder. */
export const SCRUB = "scrub/";

/** What a pass that somebody waits for has come to. */
export interface Verified {
  readonly files: number;
  readonly bytes: number;
  /** Files that were being written, or are not looked at yet: they are read when they rest. */
  readonly unsure: number;
  readonly found: readonly Damage[];
  /** False where it was ended before all was read. */
  readonly isWhole: boolean;
}

export class Scrub {
  readonly damages: Damages;
  readonly #replica: Replica;
  readonly #events: ScrubEvents;
  readonly #shared: Scrubbing | null;
  readonly #timers: Timers;
  readonly #teller: DamageTeller;
  readonly #suspects = new Set<RelPath>();
  #pass: Pass;
  #savedMs = -Infinity;
  readonly #healing: Healing;
  #isStopped = false;

  /** `shared` is null where nothing is read by itself. */
  constructor(replica: Replica, local: Local, stager: Stager, events: ScrubEvents, shared: Scrubbing | null) {
    const { ledger, clock } = replica.deps;
    this.#replica = replica;
    this.#events = events;
    this.#shared = shared;
    this.#timers = new Timers(clock);
    this.damages = new Damages(ledger, replica.folder);
    this.#healing = new Healing(replica, local, stager, this.damages, {
      lookAgain: (paths) => events.lookAgain(paths),
      suspect: (path) => this.suspect(path),
      changed: () => events.changed(),
    });
    this.#teller = new DamageTeller(ledger, clock, replica.folder, this.damages);
    this.#pass = passFrom(ledger.catalogue.values.local(SCRUB + replica.folder));
    replica.isDamage = (standing, observed) => this.#isDamage(standing, observed);
  }

  get pass(): Pass {
    return this.#pass;
  }

  start(): void {
    if (this.#shared !== null) this.#turnAfter(TURN_MS);
  }

  /** What is being read is not waited for: it may be a large file, and nothing comes of it any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timers.stop();
    this.#teller.stop();
    this.damages.close();
    if (this.#pass.isOn) await this.#save().catch(letPass);
  }

  /** A file was not what our row says when somebody read it: it is looked at out of turn. */
  suspect(path: RelPath): void {
    if (this.#suspects.size < SUSPECTS) this.#suspects.add(path);
  }

  /** Bytes behind which nobody stands: known ones, and others than ours behind the times that Cairn itself left there. */
  #isDamage(standing: Unrecorded | null, { path, content, print }: Observation): boolean {
    // What was left there may be another file than the row tells of.
    const isAsLeft = this.#replica.touched.isAsLeft(path, print, standing?.print ?? null);
    const ours = standing?.row.entry.content ?? null;
    // Somebody has put the right bytes there.
    if (content === ours && this.damages.isAtRisk(path)) this.suspect(path);
    if (ours === null || content === null || content === ours) return false;
    if (this.damages.isKnown(path, ours, content, print.mtimeMs)) return true;
    if (!isAsLeft) return false;
    this.suspect(path);
    return true;
  }

  #turnAfter(delayMs: number): void {
    this.#timers.after(delayMs, () => {
      void this.#turn().catch((error) => this.#isStopped || letPass(error)).finally(() =>
        this.#turnAfter(TURN_MS)
      );
    });
  }

  /** One turn: what is suspected, what can be healed, then the pass, as far as it may go. */
  async #turn(): Promise<void> {
    if (!this.#mayRead()) return;
    for (const path of [...this.#suspects]) {
      if (!this.#mayRead()) return;
      this.#suspects.delete(path);
      const own = this.#replica.own(path);
      if (own?.row.entry.kind === "file" && own.row.held) {
        const read = await this.#alone(() => this.#check(own, this.#slowly));
        // Something may still hide in its print: it is looked at again when that is past.
        if (read === "unsure" || read === "stopped") this.suspect(path);
      }
    }
    for (const damage of this.damages.unhealed) {
      if (this.#mayRead() && this.#healing.mayTry(damage)) {
        await this.#alone(() => this.#healing.heal(damage));
      }
    }
    await this.damages.sweep(this.#nowMs());
    const { scrubDays } = this.#events.settings();
    if (scrubDays === 0 || this.#isStopped || !this.#shared!.isTime) return;
    const nowMs = this.#nowMs();
    if (this.#pass.startedMs === 0) {
      // It has just been read for the first time.
      this.#pass = {
        ...NEVER,
        startedMs: nowMs - scrubDays * DAY_MS + Math.min(scrubDays * DAY_MS, FIRST_MS),
      };
      await this.#save();
    }
    if (!this.#pass.isOn) {
      if (
        this.#nowMs() - this.#pass.startedMs < scrubDays * DAY_MS && this.#pass.startedMs <= this.#nowMs()
      ) return;
      this.#pass = { ...NEVER, passedMs: this.#pass.passedMs, startedMs: this.#nowMs(), isOn: true };
    }
    for await (const files of this.#filesFrom(this.#pass)) {
      for (const file of files) {
        // Somebody may have had all of it read meanwhile.
        if (!this.#mayRead() || this.damages.isFull || !this.#pass.isOn) return;
        // One that is begun is finished: the hours may be shorter than it takes.
        if (!this.#shared!.isTime) return;
        const read = await this.#alone(() => this.#check(file, this.#slowly));
        if (read === "stopped" || !this.#pass.isOn) return;
        this.#passed(file);
        if (this.#replica.deps.clock.monotonic() - this.#savedMs > SAVE_MS) await this.#save();
      }
    }
    await this.#passedAll();
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#shared!.alone(work);
  }

  #mayRead(): boolean {
    return !this.#isStopped && !this.#shared!.onBattery && this.#events.mayWork() && !this.#events.isBusy() &&
      this.#replica.stopped === null && this.#replica.brake.halt === null;
  }

  readonly #slowly = async (bytes: number): Promise<boolean> => {
    await this.#shared!.spend(bytes, this.#events.settings().scrubRate);
    return this.#mayRead();
  };

  #nowMs(): number {
    return this.#replica.deps.clock.now();
  }

  /** This device's files in the order of their paths, behind where a pass is. */
  async *#filesFrom(
    { directory, name }: Pick<Pass, "directory" | "name">,
  ): AsyncGenerator<readonly HeldRow[]> {
    const { catalogue: { views: { walk }, ids }, number, deps: { clock } } = this.#replica;
    let after: RelPath | null = null;
    let behind = name;
    if (directory !== ROOT || name !== "") {
      const id = ids.findDirectory(number, directory);
      if (id !== null) yield* this.#filesIn(id, behind);
      after = directory;
      behind = "";
    }
    for (;;) {
      const directories = walk.directories(number, ROOT, after, FILES_AT_ONCE);
      if (directories.length === 0) return;
      for (const { id } of directories) yield* this.#filesIn(id, behind);
      after = directories.at(-1)!.path;
      await pause(clock);
    }
  }

  async *#filesIn(directory: number, behind: string): AsyncGenerator<readonly HeldRow[]> {
    const { catalogue: { views: { walk } }, deps: { clock } } = this.#replica;
    for (let after = behind;;) {
      const files = walk.ownFilesIn(directory, after, FILES_AT_ONCE);
      if (files.length === 0) return;
      yield files;
      after = nameIn(files.at(-1)!);
      await pause(clock);
    }
  }

  #passed(file: HeldRow): void {
    const { row: { path, entry } } = file;
    const name = nameIn(file);
    this.#pass = {
      ...this.#pass,
      directory: path.slice(0, Math.max(0, path.length - name.length - 1)) as RelPath,
      name,
      files: this.#pass.files + 1,
      bytes: this.#pass.bytes + entry.size,
    };
  }

  async #passedAll(): Promise<void> {
    if (this.#isStopped) return;
    const passedMs = this.#nowMs();
    this.#pass = { ...this.#pass, isOn: false, passedMs, directory: ROOT, name: "" };
    await this.#save();
    const passed_ms = Math.floor(passedMs / COARSE_MS) * COARSE_MS;
    const { atRisk } = this.damages;
    const value = { passed_ms, files: this.#pass.files, bytes: this.#pass.bytes, at_risk: atRisk.length };
    if (this.#isStopped) return;
    await this.#replica.deps.ledger.commit({ type: "fact", key: SCRUB + this.#replica.folder, value });
    this.#events.changed();
  }

  async #save(): Promise<void> {
    const { ledger, clock } = this.#replica.deps;
    this.#savedMs = clock.monotonic();
    await ledger.commit({ type: "local", key: SCRUB + this.#replica.folder, value: this.#pass });
  }

  // -------------------------------------------------------------------------------- one file

  async #check(
    file: HeldRow,
    rest: (bytes: number) => Promise<boolean>,
  ): Promise<"good" | "unsure" | "stopped" | Damage> {
    const { row: { path, entry } } = file;
    const read = await readAgain(this.#replica, file, rest);
    if (this.#isStopped) return "stopped";
    const known = this.damages.at(path);
    switch (read.kind) {
      case "stopped":
        return "stopped";
      case "changed":
        this.#events.lookAgain([path]);
        return "unsure";
      case "good":
        if (known !== null && known.healed === null) await this.damages.drop(path);
        return "good";
      case "bad": {
        const { found, mtimeMs } = read;
        const isNew = known === null || known.healed !== null || known.found !== found ||
          known.mtimeMs !== mtimeMs;
        const damage: Damage = {
          path,
          content: entry.content!,
          found,
          size: entry.size,
          mtimeMs,
          foundMs: isNew ? this.#nowMs() : known.foundMs,
          healed: null,
          cause: "",
          remedy: "",
        };
        if (isNew) await this.damages.put(damage);
        this.#events.changed();
        return await this.#healing.heal(isNew ? damage : known) ?? "good";
      }
    }
  }

  // -------------------------------------------------------------------------------- now

  /** Reads all at once, at full speed. `told` hears of each file; `isOver`: nobody waits for it any more. */
  async verify(told: (files: number, bytes: number) => void, isOver: () => boolean): Promise<Verified> {
    const startedMs = this.#nowMs();
    const found: Damage[] = [];
    let [files, bytes, unsure] = [0, 0, 0];
    const hasEnded = () => isOver() || this.#isStopped || this.#replica.stopped !== null;
    const rest = () => Promise.resolve(!hasEnded());
    const one = async (file: HeldRow) => {
      const read = await this.#check(file, rest);
      if (read === "stopped") return;
      if (read === "unsure") unsure++;
      else if (read !== "good") found.push(read);
      files++;
      bytes += file.row.entry.size;
      told(files, bytes);
    };
    for await (const some of this.#filesFrom({ directory: ROOT, name: "" })) {
      const queue = [...some];
      const readers = Array.from({ length: READERS }, async () => {
        for (let file = queue.shift(); file !== undefined && !hasEnded(); file = queue.shift()) {
          await one(file);
        }
      });
      await Promise.all(readers);
      if (hasEnded() || this.damages.isFull) return { files, bytes, unsure, found, isWhole: false };
    }
    this.#pass = { ...NEVER, startedMs, isOn: true, files, bytes };
    await this.#passedAll();
    return { files, bytes, unsure, found, isWhole: true };
  }
}
