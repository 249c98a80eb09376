/**
 * The strategy `merge` (R8): a conflict of two texts is kept like any other first; then the device on which the loser was
 * written, and no other, puts both into one text, when they changed different lines of what both began with. To all others that is an
 * ordinary edit and an ordinary delete. When anything is missing or in the way, both stay and a person decides.
 */
import type { HeldRow } from "../catalogue/rows.ts";
import { CairnError } from "../core/errors.ts";
import { isUntouchedCopy } from "../core/conflict_name.ts";
import { type Entry, isAlive, sameContent } from "../core/entry.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import { SMALL_FILE_BYTES } from "../core/limits.ts";
import { AGAIN_MS, letPass } from "../core/passing.ts";
import { ROOT } from "../core/path.ts";
import { mergeTexts, textOf } from "../core/text_merge.ts";
import { type Context, covers, uniteContexts } from "../core/version.ts";
import { Bases } from "../folder/bases.ts";
import { Pins } from "../folder/pins.ts";
import { FsError } from "../platform/ports.ts";
import { type Conflict, conflictAt } from "./conflicts.ts";
import type { Replica, RowAndPrint } from "./replica.ts";
import { settleConflict } from "./resolving.ts";

/** Merges that wait; more conflicts at once are for a person to look at. */
const WAITING = 1_000;
/** Tries of one merge, when others write at the same time. */
const TRIES = 3;
/** Paths whose bases are made in one turn, when a folder begins to merge. */
const FILL_PATHS = 200;

interface Wanted {
  readonly copy: RelPath;
  /** What both began with. */
  readonly base: { readonly at: string; readonly content: ContentId };
}

export class Merging {
  readonly #replica: Replica;
  readonly #bases: Bases;
  readonly #lookAgain: (paths: readonly RelPath[]) => void;
  readonly #wanted = new Map<RelPath, Wanted>();
  #running = false;
  #stopped = false;
  #cancelAgain: (() => void) | null = null;
  /** What was last seen of the strategy; null before the first look. */
  #isOn: boolean | null = null;

  constructor(replica: Replica, lookAgain: (paths: readonly RelPath[]) => void) {
    this.#replica = replica;
    this.#bases = new Bases(replica.deps.fs, replica.layout.bases);
    this.#lookAgain = lookAgain;
    replica.recorded = (changes) => this.#recorded(changes);
    replica.conflicted = (path, own, winner, copy) => this.#conflicted(path, own, winner, copy);
  }

  get isQuiet(): boolean {
    return !this.#running && this.#wanted.size === 0;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelAgain?.();
  }

  // -------------------------------------------------------------------------------- bases

  /** The strategy may have changed. Makes bases of what is there when merging begins, drops them when it ends. */
  async evaluate(): Promise<void> {
    try {
      await this.#evaluate();
    } catch (error) {
      letPass(error);
      this.#evaluateAgain();
    }
  }

  async #evaluate(): Promise<void> {
    const isOn = this.#replica.strategy() === "merge";
    if (isOn === this.#isOn || this.#stopped) return;
    this.#isOn = isOn;
    await this.#quietly(() => isOn ? this.#fill() : Promise.resolve(this.#bases.clear()));
  }

  #evaluateAgain(): void {
    if (this.#stopped) return;
    this.#isOn = null;
    this.#cancelAgain?.();
    this.#cancelAgain = this.#replica.deps.clock.after(AGAIN_MS, () => void this.evaluate());
  }

  async #fill(): Promise<void> {
    const { catalogue, number } = this.#replica;
    for (const directory of catalogue.briefs.directoriesBelow(number, ROOT)) {
      const rows = catalogue.rows.ownIn(number, directory).map(({ row }) => row).filter(({ offered }) =>
        offered
      );
      for (let at = 0; at < rows.length; at += FILL_PATHS) {
        if (this.#stopped || this.#isOn !== true) return;
        const part = rows.slice(at, at + FILL_PATHS);
        const missing = part.filter(({ path, entry }) => isText(entry) && !this.#has(path, entry));
        if (missing.length > 0) await this.#replica.exclusive(() => this.#keep(missing));
      }
    }
  }

  #has(path: RelPath, { version, content }: Entry): boolean {
    return this.#bases.has(path, version.dots[0]!, content!);
  }

  /** Whatever was recorded may be what the next edit starts from. */
  async #recorded(changes: readonly RowAndPrint[]): Promise<void> {
    if (this.#replica.strategy() !== "merge") return;
    await this.#quietly(async () => {
      const texts = changes.filter(({ row }) => isText(row.entry) && row.held && row.offered);
      await this.#keep(texts.map(({ row }) => row).filter(({ path, entry }) => !this.#has(path, entry)));
      for (const { row, isFresh } of changes) {
        // A fresh one has no former base, and what a merge is about to start from stays until then.
        if (isFresh || this.#wanted.has(row.path)) continue;
        if (!isAlive(row.entry)) this.#bases.forget(row.path);
        else this.#bases.thin(row.path, this.#replica.othersAt(row.path).map((other) => contextOf(other)));
      }
    });
  }

  async #keep(rows: readonly { readonly path: RelPath; readonly entry: Entry }[]): Promise<void> {
    if (rows.length === 0) return;
    const { deps: { fs, pool }, root } = this.#replica;
    const pins = new Pins(fs, root);
    try {
      const files = rows.flatMap(({ path, entry }) => {
        const at = pathOrNull(pins, path);
        return at === null ? [] : [{ path: at, content: entry.content!, row: { path, entry } }];
      });
      // Checked against its content id: a base is what the entry says, or is not there.
      const all = await pool.readSmall(files);
      for (const [i, bytes] of all.entries()) {
        if (bytes === null || textOf(bytes) === null) continue;
        const { path, entry } = files[i]!.row;
        await this.#bases.put(path, entry.version.dots[0]!, entry.content!, bytes);
      }
    } finally {
      pins.close();
    }
  }

  /** A base that cannot be kept is a merge that is not made, and nothing worse. */
  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
    }
  }

  // -------------------------------------------------------------------------------- merging

  /** Our own entry lost to `winner` at a path, and is kept at `copy`; the batch that does so is not recorded yet. */
  #conflicted(path: RelPath, { row: { entry } }: HeldRow, winner: Entry, copy: RelPath): void {
    const isOurs = entry.writer === this.#replica.deps.device;
    if (this.#replica.strategy() !== "merge" || !isOurs || !isText(entry) || !isText(winner)) return;
    // What the winner's writer had seen; ours has seen all of its own bases.
    const seen = this.#replica.othersAt(path).filter(({ row }) => sameContent(row.entry, winner))
      .map((other) => contextOf(other)).reduce(uniteContexts, new Map() as Context);
    const base = this.#bases.of(path).find(({ dot, content }) =>
      covers(seen, dot) && content !== entry.content
    );
    if (base === undefined || this.#wanted.size >= WAITING) return;
    this.#wanted.set(path, { copy, base });
    void this.#replica.exclusive(() => Promise.resolve()).then(() => this.#run());
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (const [path, wanted] of this.#wanted) {
        if (this.#stopped) return;
        await this.#merge(path, wanted);
        this.#wanted.delete(path);
      }
    } finally {
      this.#running = false;
    }
  }

  /** Whoever else writes to the path meanwhile is merged with instead, some times. */
  async #merge(path: RelPath, wanted: Wanted): Promise<void> {
    for (let tries = 0; tries < TRIES && !this.#stopped; tries++) {
      let isTried = false;
      try {
        const conflict = conflictAt(this.#replica, wanted.copy);
        if (conflict === null || conflict.path !== path || !isMergeable(conflict)) return;
        isTried = true;
        const merged = await this.#mergedText(conflict, wanted.base);
        if (merged !== null) await this.#settle(conflict, merged);
        return;
      } catch (error) {
        // The disk refuses, or a side has changed: both stay, and the next look finds what was done.
        if (!(error instanceof FsError) && !(error instanceof CairnError)) throw error;
      } finally {
        if (isTried) this.#lookAgain([path, wanted.copy]);
      }
    }
  }

  async #settle(conflict: Conflict, merged: string): Promise<void> {
    const { deps: { fs, pool }, versions, catalogue } = this.#replica;
    const stage = `${versions.stage}/merge-${versions.next()}`;
    try {
      const file = fs.open(stage, "create");
      try {
        await file.write(new TextEncoder().encode(merged), 0);
        await file.syncData();
      } finally {
        file.close();
      }
      fs.chmod(stage, conflict.standing!.row.entry.mode);
      const [hashed] = await pool.hash([stage]);
      if (hashed === undefined || hashed instanceof FsError) return;
      const { content, size, chunks } = hashed;
      if (chunks !== null) catalogue.contents.put(content, size, chunks);
      await settleConflict(this.#replica, conflict, { keep: "merged", stage, content, size });
    } finally {
      if (fs.lstat(stage) !== null) fs.unlink(stage);
    }
  }

  async #mergedText({ standing, copy }: Conflict, base: Wanted["base"]): Promise<string | null> {
    const { deps: { fs, pool }, root } = this.#replica;
    const pins = new Pins(fs, root);
    try {
      const sides = [standing!, copy].map(({ row: { path, entry } }) => ({
        path: pins.at(path),
        content: entry.content!,
      }));
      const read = await pool.readSmall([{ path: base.at, content: base.content }, ...sides]);
      const [begun, theirs, ours] = read.map((bytes) => bytes === null ? null : textOf(bytes));
      return begun == null || theirs == null || ours == null ? null : mergeTexts(begun, ours, theirs);
    } finally {
      pins.close();
    }
  }
}

function contextOf({ row }: HeldRow): Context {
  return row.entry.version.context;
}

/** What may be a text: one that travels whole, since its bytes are checked as a whole. */
function isText(entry: Entry): boolean {
  return entry.kind === "file" && entry.size <= SMALL_FILE_BYTES;
}

/** Two texts, of which nobody has touched ours since it lost; what stands at the path has seen the winner or is it. */
function isMergeable({ standing, copy }: Conflict): boolean {
  return standing !== null && standing.row.held && isText(standing.row.entry) &&
    standing.row.entry.content !== copy.row.entry.content &&
    isText(copy.row.entry) && isUntouchedCopy(copy.row.entry.version);
}

function pathOrNull(pins: Pins, path: RelPath): string | null {
  try {
    return pins.at(path);
  } catch (error) {
    if (error instanceof FsError) return null;
    throw error;
  }
}
