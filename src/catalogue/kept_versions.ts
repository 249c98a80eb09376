/**
 * The kept versions of this device's folders, as their stores' indexes tell (R21): a table to find, thin and count them by.
 * Derived and lagging: what is not in here yet is still in the index, and what is gone from the disk is found so when looked at.
 */
import type { RelPath } from "../core/ids.ts";
import { decodeKept, encodeKept, type Kept, roomOf } from "../core/kept.ts";
import { nameOf, parentOf } from "../core/path.ts";
import { AT_OR_BELOW, rangeOf } from "./briefs.ts";
import type { Database, SqlRow } from "./database.ts";
import type { Interning } from "./interning.ts";

/** A kept version with what the table knows of it beside its line. */
export interface KeptRow {
  readonly id: number;
  readonly kept: Kept;
  /** By the table: a time in the future is brought back to when that was noticed. */
  readonly keptMs: number;
  readonly bytes: number;
  readonly isPinned: boolean;
}

/** A path in the table, for going through all of them. */
export interface PathKey {
  readonly directory: number;
  readonly name: string;
}

const COLUMNS = "k.id, k.line, k.kept_ms, k.bytes, k.pinned";

export class KeptVersions {
  readonly #db: Database;
  readonly #ids: Interning;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
  }

  /** Takes in a line of a segment; true when it is news. Told twice, what was told last counts, and it belongs to that segment. */
  put(folder: number, segment: number, kept: Kept): boolean {
    const known = this.#db.get("SELECT id FROM kept WHERE folder = ? AND file = ?", folder, kept.file);
    if (known !== undefined) {
      this.#db.run(
        "UPDATE kept SET segment = ?, line = ? WHERE id = ?",
        segment,
        encodeKept(kept),
        Number(known[0]),
      );
      return false;
    }
    this.#db.run(
      `INSERT INTO kept (folder, file, directory, name, segment, kept_ms, bytes, pinned, line)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      folder,
      kept.file,
      this.#ids.directory(folder, parentOf(kept.path)),
      nameOf(kept.path),
      segment,
      kept.keptMs,
      roomOf(kept),
      Number(kept.lost !== null),
      encodeKept(kept),
    );
    return true;
  }

  /** It looks different now, with the same content. */
  rewrite(id: number, kept: Kept): void {
    this.#db.run("UPDATE kept SET line = ? WHERE id = ?", encodeKept(kept), id);
  }

  unpin(id: number): void {
    this.#db.run("UPDATE kept SET pinned = 0 WHERE id = ?", id);
  }

  drop(id: number): void {
    this.#db.run("DELETE FROM kept WHERE id = ?", id);
  }

  /** What a clock that was wrong has dated into the future counts as kept now: else it would stay for good. */
  redate(folder: number, nowMs: number, aheadMs: number): void {
    this.#db.run(
      "UPDATE kept SET kept_ms = ? WHERE folder = ? AND kept_ms > ?",
      nowMs,
      folder,
      nowMs + aheadMs,
    );
  }

  /** Versions of one path, newest first. */
  at(folder: number, path: RelPath): KeptRow[] {
    const directory = this.#ids.findDirectory(folder, parentOf(path));
    return directory === null ? [] : this.atKey({ directory, name: nameOf(path) });
  }

  atKey({ directory, name }: PathKey): KeptRow[] {
    return this.#read(this.#db.all(
      `SELECT ${COLUMNS} FROM kept k WHERE k.directory = ? AND k.name = ? ORDER BY k.kept_ms DESC, k.id DESC`,
      directory,
      name,
    ));
  }

  /** Versions of all paths in a directory and below, newest first, at most `limit`. */
  below(folder: number, directory: RelPath, limit: number): KeptRow[] {
    return this.#read(this.#db.all(
      `SELECT ${COLUMNS} FROM directories d CROSS JOIN kept k ON k.directory = d.id WHERE ${AT_OR_BELOW}
       ORDER BY k.kept_ms DESC, k.id DESC LIMIT ?`,
      folder,
      ...rangeOf(directory),
      limit,
    ));
  }

  countBelow(folder: number, directory: RelPath): number {
    return Number(
      this.#db.get(
        `SELECT count(*) FROM directories d CROSS JOIN kept k ON k.directory = d.id WHERE ${AT_OR_BELOW}`,
        folder,
        ...rangeOf(directory),
      )![0],
    );
  }

  /** Paths behind `after` that have versions, in the table's order. */
  pathsAfter(folder: number, after: PathKey | null, limit: number): PathKey[] {
    return this.#db.all(
      `SELECT DISTINCT k.directory, k.name FROM kept k CROSS JOIN directories d ON d.id = k.directory AND d.folder = ?
       WHERE (k.directory, k.name) > (?, ?) ORDER BY k.directory, k.name LIMIT ?`,
      folder,
      after?.directory ?? 0,
      after?.name ?? "",
      limit,
    ).map(([directory, name]) => ({ directory: Number(directory), name: String(name) }));
  }

  /** Versions behind (`afterMs`, `afterId`) in the order of time, oldest first. */
  youngAfter(folder: number, afterMs: number, afterId: number, limit: number): KeptRow[] {
    return this.#read(this.#db.all(
      `SELECT ${COLUMNS} FROM kept k WHERE k.folder = ? AND (k.kept_ms, k.id) > (?, ?)
       ORDER BY k.kept_ms, k.id LIMIT ?`,
      folder,
      afterMs,
      afterId,
      limit,
    ));
  }

  /** Versions kept up to `untilMs`, oldest first. */
  oldest(folder: number, untilMs: number, limit: number): KeptRow[] {
    return this.#read(this.#db.all(
      `SELECT ${COLUMNS} FROM kept k WHERE k.folder = ? AND k.kept_ms <= ? AND k.pinned = 0
       ORDER BY k.kept_ms, k.id LIMIT ?`,
      folder,
      untilMs,
      limit,
    ));
  }

  pinned(folder: number, after: number, limit: number): KeptRow[] {
    return this.#read(this.#db.all(
      `SELECT ${COLUMNS} FROM kept k WHERE k.folder = ? AND k.pinned = 1 AND k.id > ? ORDER BY k.id LIMIT ?`,
      folder,
      after,
      limit,
    ));
  }

  /** What all versions of a folder count for. */
  bytes(folder: number): number {
    return Number(this.#db.get("SELECT coalesce(sum(bytes), 0) FROM kept WHERE folder = ?", folder)![0]);
  }

  /** The folder has another store now: what was known is of no use. */
  forget(folder: number): void {
    this.#db.run("DELETE FROM kept WHERE folder = ?", folder);
    this.#db.run("DELETE FROM kept_segments WHERE folder = ?", folder);
  }

  // -------------------------------------------------------------------------------- segments

  /** How far each segment was taken in. */
  segments(folder: number): Map<number, { readonly readBytes: number; readonly lines: number }> {
    return new Map(
      this.#db.all(
        "SELECT segment, read_bytes, lines FROM kept_segments WHERE folder = ? ORDER BY segment",
        folder,
      ).map(([segment, readBytes, lines]) => [
        Number(segment),
        { readBytes: Number(readBytes), lines: Number(lines) },
      ]),
    );
  }

  setSegment(folder: number, segment: number, readBytes: number, lines: number): void {
    this.#db.run(
      "INSERT OR REPLACE INTO kept_segments (folder, segment, read_bytes, lines) VALUES (?, ?, ?, ?)",
      folder,
      segment,
      readBytes,
      lines,
    );
  }

  dropSegment(folder: number, segment: number): void {
    this.#db.run("DELETE FROM kept_segments WHERE folder = ? AND segment = ?", folder, segment);
  }

  inSegment(folder: number, segment: number): KeptRow[] {
    return this.#read(
      this.#db.all(
        `SELECT ${COLUMNS} FROM kept k WHERE k.folder = ? AND k.segment = ? ORDER BY k.id`,
        folder,
        segment,
      ),
    );
  }

  countInSegment(folder: number, segment: number): number {
    return Number(
      this.#db.get("SELECT count(*) FROM kept WHERE folder = ? AND segment = ?", folder, segment)![0],
    );
  }

  #read(rows: readonly SqlRow[]): KeptRow[] {
    return rows.flatMap(([id, line, keptMs, bytes, pinned]) => {
      const kept = decodeKept(String(line));
      return kept === null ? [] : [{
        id: Number(id),
        kept,
        keptMs: Number(keptMs),
        bytes: Number(bytes),
        isPinned: pinned === 1,
      }];
    });
  }
}
