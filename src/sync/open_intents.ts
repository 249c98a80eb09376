/**
 * What was about to be placed and is not recorded (R19): the program was stopped, or the disk or the journal refused. What the
 * disk shows of it is the intent's version, never a new edit.
 */
import type { HeldRow } from "../catalogue/rows.ts";
import type { Row } from "../core/entry.ts";
import type { Fingerprint } from "../core/fingerprint.ts";
import type { Lsn, RelPath } from "../core/ids.ts";
import { coversAll, sameVersion } from "../core/version.ts";
import type { Places } from "./places.ts";

interface Intended {
  readonly row: Row;
  /** This process placed it: whatever the disk shows now, somebody did that on top of it. */
  readonly isPlaced: boolean;
  /** What an earlier try had placed, of another version: it stands there still, unless this one took its place. */
  readonly beneath: Row | null;
  /** What the disk said of that which this process placed, right then; null where it placed none of both, or nobody knows. */
  readonly print: Fingerprint | null;
}

/** What stands on the disk, and no record says so. */
export interface Unrecorded {
  readonly row: Row;
  readonly print: Fingerprint | null;
}

export class OpenIntents {
  readonly #rows: Map<RelPath, Intended>;
  #upTo: Lsn;
  #isSettled: boolean;

  /** `rows` are left from before, none of them later than `upTo`. */
  constructor(rows: readonly Row[], upTo: Lsn) {
    this.#rows = new Map(rows.map((row) => [row.path, { row, isPlaced: false, beneath: null, print: null }]));
    this.#upTo = upTo;
    this.#isSettled = this.#rows.size === 0;
  }

  /** Nothing was about to be placed that is not recorded. */
  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  /** What was intended at our row's path; null when that row knows of it: it was recorded, or overruled. */
  at(path: RelPath, own: HeldRow | null): Intended | null {
    const intended = this.#rows.get(path);
    if (intended === undefined) return null;
    if (knows(own, intended.row)) return null;
    const { beneath } = intended;
    return beneath !== null && knows(own, beneath) ? { ...intended, beneath: null, print: null } : intended;
  }

  /** The record of a batch was refused: `placed` of its rows stand on the disk. */
  add(rows: readonly Row[], placed: readonly Unrecorded[], intent: Lsn): void {
    this.#isSettled = false;
    for (const row of rows) {
      const before = this.#rows.get(row.path);
      // What an earlier try had placed stands there still.
      const beneath = before?.isPlaced ? before.row : before?.beneath ?? null;
      const isPlaced = beneath !== null && sameVersion(beneath.entry.version, row.entry.version);
      const print = before?.print ?? null;
      this.#rows.set(row.path, { row, isPlaced, beneath: isPlaced ? null : beneath, print });
    }
    for (const { row, print } of placed) {
      this.#rows.set(row.path, { row, isPlaced: true, beneath: null, print });
    }
    this.#upTo = Math.max(this.#upTo, intent) as Lsn;
  }

  /** What was seen and recorded is settled: the same seen again later is somebody's edit. */
  drop(path: RelPath): void {
    this.#rows.delete(path);
  }

  /** The newest intent that a scan beginning now can settle. */
  get upTo(): Lsn {
    return this.#upTo;
  }

  /**
   * A scan of everything is complete but for some places: what it did not show of the intents up to where it began did not happen.
   * True when that was the last of them.
   */
  settle(upTo: Lsn, unseen: Places): boolean {
    if (this.#isSettled || this.#upTo !== upTo) return false;
    for (const path of this.#rows.keys()) if (!unseen.has(path)) this.#rows.delete(path);
    this.#isSettled = this.#rows.size === 0;
    return this.#isSettled;
  }
}

function knows(own: HeldRow | null, { entry: { version: { dots, meta } } }: Row): boolean {
  return own !== null && coversAll(own.row.entry.version.context, [...dots, meta]);
}

/** What this process has placed at a path, and stands there for all that it knows. */
export function placedBy(intended: Intended | null): Unrecorded | null {
  const row = intended?.isPlaced ? intended.row : intended?.beneath ?? null;
  return row && { row, print: intended!.print };
}
