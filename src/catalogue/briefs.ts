/** This device's own rows as a scan compares them with the disk: cheap to read, many at a time. */
import type { EntryKind } from "../core/entry.ts";
import type { Fingerprint } from "../core/fingerprint.ts";
import type { RelPath, Stamp } from "../core/ids.ts";
import type { Database, SqlRow } from "./database.ts";
import { type Interning, SELF } from "./interning.ts";
import { readPrint } from "./prints.ts";
import { HELD, KINDS, OFFERED, WITHHELD } from "./rows.ts";

const COLUMNS =
  "s.id, s.name, s.kind, s.mode, h.flags, p.size, p.mtime_ms, p.ctime_ms, p.birth_ms, p.ino, p.dev, p.mode, p.settled";
const OURS =
  `CROSS JOIN holds h ON h.state = s.id AND h.device = ${SELF} LEFT JOIN prints p ON p.state = s.id`;

/** Directories `d` of a folder at or below a path; its values are the folder and `rangeOf(path)`. */
export const AT_OR_BELOW = "d.folder = ? AND d.path >= ? AND d.path < ? AND (d.path = ? OR d.path >= ?)";

/** Bounds for `AT_OR_BELOW`: "0" is the character behind "/", so the first two let an index do most of it. */
export function rangeOf(path: RelPath): [string, string, string, string] {
  return path === "" ? ["", "\u{10ffff}", "", ""] : [path, `${path}0`, path, `${path}/`];
}

/** For LIKE with ESCAPE '\': ASCII regardless of case, all else regardless of anything. */
export function likePattern(name: string): string {
  // An accent may be a character of its own behind its letter.
  return name.replace(/[\\%_]/g, "\\$&").replace(/[\0-\x7f]?[^\0-\x7f]+/g, "%");
}

export interface BriefRow {
  readonly state: number;
  readonly name: string;
  readonly kind: EntryKind;
  /** The entry's; of a directory the disk may still have another. */
  readonly mode: number;
  readonly offered: boolean;
  readonly held: boolean;
  /** Not offered, and no write of anybody's (R9). */
  readonly withheld: boolean;
  readonly print: Fingerprint | null;
}

/** The rows of this device below a directory, taken together. */
export interface Standing {
  /** How many are alive. */
  readonly living: number;
  /** The newest state, and the greatest lsn. */
  readonly state: number;
  readonly lsn: number;
  readonly stamp: Stamp;
  /** The longest version. */
  readonly versionBytes: number;
}

export function isSameStanding(a: Standing, b: Standing): boolean {
  return a.living === b.living && a.state === b.state && a.lsn === b.lsn;
}

export class Briefs {
  readonly #db: Database;
  readonly #ids: Interning;

  constructor(db: Database, ids: Interning) {
    this.#db = db;
    this.#ids = ids;
  }

  /** This device's rows directly in a directory, as much as a scan compares (R14), in the order of their names' bytes. */
  inDirectory(folder: number, directory: RelPath): BriefRow[] {
    const id = this.#ids.findDirectory(folder, directory);
    return id === null
      ? []
      : this.#db.all(`SELECT ${COLUMNS} FROM states s ${OURS} WHERE s.directory = ? ORDER BY s.name`, id)
        .map(readBrief);
  }

  /** The same of single names. */
  at(folder: number, directory: RelPath, names: Iterable<string>): BriefRow[] {
    const id = this.#ids.findDirectory(folder, directory);
    if (id === null) return [];
    const sql = `SELECT ${COLUMNS} FROM json_each(?) j
      CROSS JOIN states s ON s.directory = ? AND s.name = j.value ${OURS}`;
    return this.#db.all(sql, JSON.stringify([...names]), id).map(readBrief);
  }

  /**
   * Names of our living rows in a directory that may be the same as `name` on a disk that does not tell all names apart; the caller
   * looks closer. Reads an index alone but for the hits.
   */
  alike(folder: number, directory: RelPath, name: string): string[] {
    const id = this.#ids.findDirectory(folder, directory);
    if (id === null) return [];
    return this.#db.all(
      `SELECT s.name FROM states s CROSS JOIN holds h ON h.state = s.id AND h.device = ${SELF}
       WHERE s.directory = ? AND s.name LIKE ? ESCAPE '\\' AND s.kind <> 0 AND h.flags & ${HELD}`,
      id,
      likePattern(name),
    ).map(([found]) => String(found));
  }

  /** How this device's rows below a directory stand: whatever changes in them changes this. */
  standing(folder: number, directory: RelPath): Standing {
    const [living, state, lsn, stamp, version] = this.#db.get(
      `SELECT coalesce(sum(s.kind <> 0), 0), max(s.id), max(h.lsn), max(s.stamp), max(length(s.version)) FROM directories d
       CROSS JOIN states s ON s.directory = d.id CROSS JOIN holds h ON h.state = s.id AND h.device = ${SELF} WHERE ${AT_OR_BELOW}`,
      folder,
      ...rangeOf(directory),
    )!.map(Number);
    return { living: living!, state: state!, lsn: lsn!, stamp: stamp as Stamp, versionBytes: version! };
  }

  /** Paths of directories at or below `directory` in which this device has living entries. */
  directoriesBelow(folder: number, directory: RelPath): RelPath[] {
    return this.#db.all(
      `SELECT path FROM directories d WHERE ${AT_OR_BELOW} AND EXISTS (
         SELECT 1 FROM states s CROSS JOIN holds h ON h.state = s.id AND h.device = ${SELF}
         WHERE s.directory = d.id AND s.kind <> 0)`,
      folder,
      ...rangeOf(directory),
    ).map(([path]) => path as RelPath);
  }
}

function readBrief(row: SqlRow): BriefRow {
  return {
    state: Number(row[0]),
    name: String(row[1]),
    kind: KINDS[Number(row[2])]!,
    mode: Number(row[3]),
    offered: (Number(row[4]) & OFFERED) !== 0,
    held: (Number(row[4]) & HELD) !== 0,
    withheld: (Number(row[4]) & WITHHELD) !== 0,
    print: row[5] === null ? null : readPrint(row, 5),
  };
}
