/**
 * What a device said after its root's marker was written last, and whether the root shows it: then the root is the one that the device had,
 * and not an older one that was put back.
 */
import { isAlive, type Row } from "../core/entry.ts";
import type { Lsn } from "../core/ids.ts";
import type { PlacedRow } from "../core/row_codec.ts";
import { type Fs, FsError } from "../platform/ports.ts";

/** More than a marker lags behind in its minute is looked at as an older root. */
const MOST_ROWS = 20_000;
/** Disks round times to as much. */
const GRAIN_MS = 2_000;

export class LaterRows {
  /** Where the root is and how far its marker has come; null where there is none that is its own. */
  readonly #root: { readonly path: string; readonly lsn: Lsn } | null;
  readonly #rows: Row[] = [];
  #count = 0;
  #last = 0 as Lsn;

  constructor(root: { readonly path: string; readonly lsn: Lsn } | null) {
    this.#root = root;
  }

  add(placed: readonly PlacedRow[]): void {
    for (const { lsn, row } of placed) {
      if (lsn > this.#last) this.#last = lsn;
      if (this.#root === null || lsn <= this.#root.lsn) continue;
      this.#count++;
      if (this.#rows.length < MOST_ROWS) this.#rows.push(row);
    }
  }

  /** How far a root must have come so that it is not an older one. */
  mark(fs: Fs): Lsn {
    const root = this.#root;
    if (root === null || this.#count > MOST_ROWS) return this.#last;
    return this.#rows.every((row) => shows(fs, root.path, row))
      ? Math.min(root.lsn, this.#last) as Lsn
      : this.#last;
  }
}

/** Whether the disk has at the path what the row says, as far as one look tells. */
function shows(fs: Fs, root: string, { path, held, entry }: Row): boolean {
  if (isAlive(entry) && !held) return true;
  try {
    const stat = fs.lstat(`${root}/${path}`);
    if (!isAlive(entry)) return stat === null;
    if (stat?.kind !== entry.kind) return false;
    return entry.kind !== "file" ||
      (stat.size === entry.size && Math.abs(stat.mtimeMs - entry.mtimeMs) <= GRAIN_MS);
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    // Its parent is gone, or is a file now.
    return !isAlive(entry) && (error.code === "not-directory" || error.code === "not-found");
  }
}
