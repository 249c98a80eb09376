/**
 * What each device says of each path: one `states` row for each distinct statement, one `holds` row for each device
 * that makes it. Every change of a row keeps `needs` exact: a path of a wanted folder has a need iff
 * `core/reconcile.ts` would do something about it.
 */
import { type Entry, isAlive, isDropped, type Row, sameContent, saysNothing } from "../core/entry.ts";
import { takesAway } from "../core/brake.ts";
import { type ContentId, fromHex, type Lsn, type RelPath, toHex } from "../core/ids.ts";
import { childOf, nameOf, parentOf } from "../core/path.ts";
import { shortFromHex } from "../core/slab.ts";
import { isWithheld, sameVersion } from "../core/version.ts";
import type { Database, SqlValue } from "./database.ts";
import { decideFor } from "./decided.ts";
import { FolderFigures } from "./folder_figures.ts";
import { FreshDirectories } from "./fresh_directories.ts";
import { type Interning, SELF } from "./interning.ts";
import { LocalChanges } from "./local_changes.ts";
import { RecentRows } from "./recent_rows.ts";
import { RowCounts } from "./row_counts.ts";
import { type RowOfFolder, RowPages } from "./row_pages.ts";
import { UNCOUNTED } from "./standings.ts";
import { Wanting } from "./wanting.ts";
import {
  AT_NAME,
  DROP_NEED,
  HELD,
  type HeldRow,
  IN_PATH_ORDER,
  OFFERED,
  PUT_HOLD,
  PUT_LEAVING,
  PUT_NEED,
  PUT_STATE,
  readRow,
  STATE,
  UNDECIDED,
  valuesOf,
  WITHHELD,
} from "./row_sql.ts";

export { decideFor, ownAmong } from "./decided.ts";
export { HELD, type HeldRow, KINDS, OFFERED, WITHHELD } from "./row_sql.ts";

/** A path in a folder. */
export interface Place {
  readonly folder: number;
  readonly path: RelPath;
}

/** What a change of a row did, for those who keep something by state. */
export interface RowChange {
  readonly state: number;
  /** The device's former state of the path; null when it had none. */
  readonly former: number | null;
  readonly formerEntry: Entry | null;
}

export class Rows {
  /** Devices whose rows take no part in anything: those that are no members (R32), and those of which we know less than we did (R28). */
  ignored: ReadonlySet<number> = new Set();
  readonly #db: Database;
  readonly #ids: Interning;
  /** The number of a state is not given again while we run: an observation may still be based on the old one (R12). */
  #lastState: number;
  readonly counts: RowCounts;
  readonly figures: FolderFigures;
  readonly local: LocalChanges;
  readonly wanting: Wanting;
  readonly #recent = new RecentRows<HeldRow>();
  readonly #fresh = new FreshDirectories();
  readonly #pages: RowPages;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
    // Nor of one that the index of names may still have.
    const used = "SELECT max(coalesce(max(id), 0), (SELECT upto FROM names_progress)) FROM states";
    this.#lastState = Number(db.get(used)![0]);
    this.counts = new RowCounts(db);
    this.figures = new FolderFigures(db);
    this.local = new LocalChanges(db);
    this.wanting = new Wanting(db);
    this.#pages = new RowPages(db, ids, this.#recent);
    db.onRollback(() => {
      this.#recent.clear();
      this.#fresh.clear();
    });
    ids.onNewDirectory((directory) => this.#fresh.begin(directory));
  }

  /** What every device whose rows count says of a path. */
  at(folder: number, path: RelPath): readonly HeldRow[] {
    return this.#counted(this.allAt(folder, path));
  }

  #counted(rows: readonly HeldRow[]): readonly HeldRow[] {
    return this.ignored.size === 0 ? rows : rows.filter(({ device }) => !this.ignored.has(device));
  }

  /** What every device says of a path, whether it counts or not. */
  allAt(folder: number, path: RelPath): readonly HeldRow[] {
    const directory = this.#ids.findDirectory(folder, parentOf(path));
    return directory === null ? [] : this.#at(directory, nameOf(path));
  }

  #at(directory: number, name: string): readonly HeldRow[] {
    return this.#recent.of(directory, name, () => this.#allOf(AT_NAME, directory, name));
  }

  #allOf(sql: string, ...values: SqlValue[]): HeldRow[] {
    return this.#db.all(sql, ...values).map((row) => readRow(this.#ids, row));
  }

  /** Forgets what it has read: rows were changed by another hand, or memory is wanted back. */
  readonly forgetRecent = () => this.#recent.clear();

  /** This device's own row of a path. */
  own(folder: number, path: RelPath): HeldRow | null {
    return this.at(folder, path).find((row) => row.device === SELF) ?? null;
  }

  /** This device's rows directly in a directory, tombstones included. */
  ownIn(folder: number, directory: RelPath): HeldRow[] {
    const id = this.#ids.findDirectory(folder, directory);
    if (id === null) return [];
    return this.#allOf(`${IN_PATH_ORDER} WHERE s.directory = ? AND h.device = ?`, id, SELF);
  }

  /** This device's living rows in a folder under a conflict name of the form that SQLite's GLOB is given. By the index of such names. */
  ownConflicts(folder: number, glob: string): HeldRow[] {
    return this.#allOf(
      `SELECT ${STATE}, h.device, h.lsn, h.flags, s.directory FROM states s INDEXED BY states_of_conflicts
       CROSS JOIN directories d ON d.id = s.directory AND d.folder = ? CROSS JOIN holds h ON h.state = s.id
       WHERE s.name GLOB '*.conflict-*' AND s.kind <> 0 AND s.name GLOB ? AND h.device = ${SELF} ORDER BY d.path, s.name`,
      folder,
      glob,
    );
  }

  /** The path in a folder at which this device has a state; null when it has it nowhere there. */
  ownPathOf(folder: number, state: number): RelPath | null {
    const row = this.#db.get(
      `SELECT s.directory, s.name FROM states s CROSS JOIN holds h ON h.state = s.id AND h.device = ${SELF} WHERE s.id = ?`,
      state,
    );
    if (row === undefined) return null;
    const { folder: its, path } = this.#ids.directoryOf(Number(row[0]));
    return its === folder ? childOf(path, String(row[1])) : null;
  }

  /** The content of a state, or null when it has none. */
  contentOf(state: number): ContentId | null {
    const content = this.#db.get("SELECT content FROM states WHERE id = ?", state)?.[0];
    return content instanceof Uint8Array ? toHex(content) as ContentId : null;
  }

  /** This device's living, held files with a content, over all folders; at most `limit`. */
  ownWithContent(content: ContentId, limit: number): { folder: number; row: HeldRow }[] {
    const bytes = fromHex(content);
    return this.#db.all(
      `SELECT ${STATE}, h.device, h.lsn, h.flags, s.directory FROM states s CROSS JOIN holds h ON h.state = s.id AND h.device = ${SELF}
       WHERE s.content IS NOT NULL AND substr(s.content, 2, 8) = ? AND s.content = ? AND h.flags & ${HELD} LIMIT ?`,
      bytes.slice(1, 9),
      bytes,
      limit,
    ).map((row) => ({ folder: this.#ids.directoryOf(Number(row[14])).folder, row: readRow(this.#ids, row) }));
  }

  /** Which of these contents this device holds in any folder. */
  ownContents(contents: readonly ContentId[]): Set<ContentId> {
    const found = this.#db.all(
      `SELECT DISTINCT j.value FROM json_each(?) j CROSS JOIN states s ON s.content IS NOT NULL
       AND substr(s.content, 2, 8) = substr(unhex(j.value), 2, 8) AND s.content = unhex(j.value)
       CROSS JOIN holds h ON h.state = s.id AND h.device = ${SELF} WHERE h.flags & ${HELD}`,
      JSON.stringify(contents),
    );
    return new Set(found.map(([content]) => content as ContentId));
  }

  /** See `RowPages.page`. */
  page(device: number, after: Lsn, upTo: Lsn, atLeast: number): RowOfFolder[] {
    return this.#pages.page(device, after, upTo, atLeast);
  }

  /** The last lsn at which a device has a row; 0 when it has none. */
  lastLsn(device: number): Lsn {
    return Number(this.#db.get("SELECT max(lsn) FROM holds WHERE device = ?", device)?.[0] ?? 0) as Lsn;
  }

  /** Whether a device has rows with lsn beyond `after` and up to `upTo`. */
  anyAfter(device: number, after: Lsn, upTo: Lsn): boolean {
    const sql = "SELECT 1 FROM holds WHERE device = ? AND lsn > ? AND lsn <= ? LIMIT 1";
    return this.#db.get(sql, device, after, upTo) !== undefined;
  }

  /** Sets what a device says of a path. */
  put(device: number, folder: number, row: Row, lsn: Lsn): RowChange {
    const directory = this.#ids.directory(folder, parentOf(row.path));
    const name = nameOf(row.path);
    const there = this.#fresh.isUnknown(directory, name) ? [] : this.#at(directory, name);
    const former = there.find((held) => held.device === device) ?? null;
    const equal = there.find((held) => isSameState(held.row.entry, row.entry)) ?? null;
    const state = equal?.state ?? this.#insertState(directory, name, row.entry);
    if (former !== null && former.state !== state) this.#release(former, there);
    if (former === null) this.counts.add(device, 1);
    this.#db.gather(
      PUT_HOLD,
      state,
      device,
      lsn,
      (row.offered ? OFFERED : isWithheld(row.entry.version) ? WITHHELD : 0) | (row.held ? HELD : 0),
    );
    if (device === SELF) {
      this.#count(folder, standing(former?.row), standing(row));
      this.local.note(folder, former, { row, lsn });
    }
    const now = there.filter((held) => held.device !== device);
    const wasOurs = device === SELF && now.length === 0;
    now.push({ device, state, lsn, row: equal === null ? row : withEntryOf(row, equal.row) });
    this.#recent.set(directory, name, now.sort(inTableOrder));
    // Where nobody but us ever said anything, nothing was needed and nothing is; nor in a folder that is only listed here.
    if (!wasOurs && this.figures.isWanted(folder)) this.#keepNeed(folder, directory, name, now);
    return { state, former: former?.state ?? null, formerEntry: former?.row.entry ?? null };
  }

  /** Forgets what a device said of a path, as a sweep does (R25). */
  drop(device: number, folder: number, path: RelPath): void {
    const there = this.allAt(folder, path);
    const former = there.find((held) => held.device === device);
    if (former === undefined) return;
    const directory = this.#ids.directory(folder, parentOf(path));
    this.#recent.forget(directory, nameOf(path));
    if (device === SELF) this.local.note(folder, former, null);
    this.#release(former, there);
    this.counts.add(device, -1);
    this.#keepNeed(folder, directory, nameOf(path), there.filter((held) => held !== former));
  }

  /** Own rows of a folder in the order of their states, from behind `afterState`; for snapshots. */
  ownAfter(afterState: number, limit: number): { folder: number; state: number; lsn: Lsn; row: Row }[] {
    return this.#db.all(
      `${IN_PATH_ORDER} WHERE h.device = ${SELF} AND s.id > ? ORDER BY s.id LIMIT ?`,
      afterState,
      limit,
    ).map((sql) => {
      const { state, lsn, row } = readRow(this.#ids, sql);
      return { folder: this.#ids.directoryOf(Number(sql[14])).folder, state, lsn, row };
    });
  }

  /** Own rows of a folder with `flags` among those of `mask`, of the states beyond `after` up to `upTo`, in their order. */
  ownFlagged(
    folder: number,
    [after, upTo]: readonly [number, number],
    mask: number,
    flags: number,
  ): HeldRow[] {
    return this.#allOf(
      `${IN_PATH_ORDER} CROSS JOIN directories d ON d.id = s.directory
       WHERE h.device = ${SELF} AND s.id > ? AND s.id <= ? AND h.flags & ? = ? AND d.folder = ? ORDER BY s.id`,
      after,
      upTo,
      mask,
      flags,
      folder,
    );
  }

  /** The newest state that there is. */
  get lastState(): number {
    return this.#lastState;
  }

  /**
   * Decides some paths that may be needs, at most `limit`: what they are, and what they would take (R38). Answers how many; `limit` while there
   * may be more.
   */
  decideSome(folder: number, limit: number): number {
    const sql = `SELECT directory, name FROM needs WHERE folder = ? AND deletes = ${UNDECIDED} LIMIT ?`;
    // What is not looked at yet is more than anybody asks for.
    const isRest = this.wanting.markSome(folder);
    const some = this.#db.all(sql, folder, limit);
    if (some.length === 0) return isRest ? limit : 0;
    this.#db.transaction(() => {
      for (const [directory, name] of some) {
        const all = this.#at(Number(directory), String(name));
        this.#keepNeed(folder, Number(directory), String(name), all);
      }
    });
    return isRest ? limit : some.length;
  }

  /** Numbers for so many new states: those that follow the answer. */
  takeStates(count: number): number {
    const before = this.#lastState;
    this.#lastState += count;
    return before;
  }

  /** Rows of a device have moved to another directory, by another hand (catalogue/bulk_moves.ts). */
  movedInBulk(device: number, count: number, to: number): void {
    this.counts.add(device, count);
    this.#recent.clear();
    this.#fresh.end(to);
  }

  count(): number {
    return Number(this.#db.get("SELECT count(*) FROM holds")![0]);
  }

  #insertState(directory: number, name: string, entry: Entry): number {
    this.#fresh.put(directory, name);
    const state = ++this.#lastState;
    this.#db.gather(PUT_STATE, state, directory, name, ...valuesOf(entry, this.#ids));
    return state;
  }

  #release(former: HeldRow, there: readonly HeldRow[]): void {
    this.#db.run("DELETE FROM holds WHERE state = ? AND device = ?", former.state, former.device);
    const isLast = !there.some((held) => held !== former && held.state === former.state);
    const counted = isLast
      ? Number(this.#db.get("DELETE FROM states WHERE id = ? RETURNING counted", former.state)![0])
      : UNCOUNTED;
    const { content, size } = former.row.entry;
    if (content === null || (isLast && counted === UNCOUNTED)) return;
    this.#db.gather(PUT_LEAVING, shortFromHex(content), isLast ? size : 0, counted);
  }

  #count(folder: number, former: Entry | null, entry: Entry | null): void {
    const files = Number(isFile(entry)) - Number(isFile(former));
    const directories = Number(entry?.kind === "directory") - Number(former?.kind === "directory");
    const bytes = (entry?.size ?? 0) - (former?.size ?? 0);
    if (files === 0 && directories === 0 && bytes === 0) return;
    this.figures.add(folder, { files, directories, bytes });
  }

  #keepNeed(folder: number, directory: number, name: string, all: readonly HeldRow[]): void {
    const rows = this.#counted(all);
    const isOurs = rows.every((held) => held.device === SELF);
    const decision = isOurs || !this.figures.isWanted(folder) ? null : decideFor(rows);
    if (decision === null || decision.kind === "none") {
      this.#db.gather(DROP_NEED, folder, directory, name);
      return;
    }
    const own = rows.find((held) => held.device === SELF) ?? null;
    const mark = takesAway(own?.row ?? null, decision) && !this.#isCounted(folder, own!.row.path) ? 1 : 0;
    // What a person agreed to, and what was found to live on elsewhere, stays so while it is to be taken.
    this.#db.gather(
      PUT_NEED,
      folder,
      directory,
      name,
      Number(!isAlive(decision.entry)),
      decision.kind === "take" ? decision.entry.size : 0,
      mark,
    );
  }

  /** The path was taken from within the brake's hour already: each counts once (R38). */
  #isCounted(folder: number, path: RelPath): boolean {
    return this.#db.get("SELECT 1 FROM losses WHERE folder = ? AND path = ?", folder, path) !== undefined;
  }
}

/** Two statements that are one row of `states`. */
export function isSameState(a: Entry, b: Entry): boolean {
  if (a === b) return true;
  return sameContent(a, b) && a.size === b.size && a.mtimeMs === b.mtimeMs && a.mode === b.mode &&
    a.stamp === b.stamp && a.writer === b.writer && sameVersion(a.version, b.version);
}

/** Rows that are kept share their entry: of a path that all have it is there once. */
function withEntryOf({ path, offered, held }: Row, equal: Row): Row {
  if (equal.offered === offered && equal.held === held) return equal;
  return { path, entry: equal.entry, offered, held };
}

function inTableOrder(a: HeldRow, b: HeldRow): number {
  return a.state - b.state || a.device - b.device;
}

function standing(row: Row | undefined): Entry | null {
  return row === undefined || saysNothing(row) || isDropped(row) ? null : row.entry;
}

function isFile(entry: Entry | null): boolean {
  return entry !== null && isAlive(entry) && entry.kind !== "directory";
}
