/**
 * How far a root's marker is known to have come (R24, the other way round): one that is clearly behind that was put back from a backup,
 * with the files that it had then. Kept in the catalogue alone: where that is lost or set back nothing is known, and nothing is asked.
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { FolderId, Lsn } from "../core/ids.ts";
import { orPass } from "../core/passing.ts";

/** A disk that lies about its syncs has written what is older than this by itself. */
const SURE_MS = 10 * 60_000;

/** Others know a row of ours with this lsn: a root that has not come so far is older. */
export function noteMark(catalogue: Catalogue, folder: FolderId, lsn: Lsn): void {
  catalogue.values.putLocal(keyOf(folder), [lsn, lsn]);
}

function keyOf(folder: FolderId): string {
  return `mark/${folder}`;
}

export class RootMark {
  readonly #catalogue: Catalogue;
  readonly #key: string;
  /** The last mark that was written, and the last of which even a disk that lies cannot fall short. */
  #last: number;
  #sure: number;
  /** Marks of this run, with the monotone time of their writing, oldest first. */
  readonly #young: { readonly lsn: number; readonly atMs: number }[] = [];

  /** `nowMs` is monotone time, as everywhere here. */
  constructor(catalogue: Catalogue, folder: FolderId, nowMs: number) {
    this.#catalogue = catalogue;
    this.#key = keyOf(folder);
    const saved = catalogue.values.local(this.#key);
    const [last, sure] = Array.isArray(saved) ? saved.map(Number) : [];
    this.#last = last || 0;
    this.#sure = sure || 0;
    // Nobody knows how long ago a run before this one wrote it.
    if (this.#last > this.#sure) this.#young.push({ lsn: this.#last, atMs: nowMs });
  }

  /** Whether a root with this mark is older than what this device has seen of it. After a crash the last marks may be lost. */
  isBehind(lsn: number, crashed: boolean): boolean {
    return lsn < (crashed ? this.#sure : this.#last);
  }

  /** Whether the root's marker is what it was last made, or later: it is no older one. */
  isReached(lsn: number): boolean {
    return this.#last > 0 && lsn >= this.#last;
  }

  /** A root with this mark is taken for what it should be: what a crash took of the marks is not asked about at the next start. */
  believed(lsn: number): void {
    if (lsn >= this.#last) return;
    this.#young.length = 0;
    this.#keep(lsn, Math.min(this.#sure, lsn));
  }

  /** The marker of the root says this now, durably. */
  written(lsn: number, nowMs: number): void {
    this.#young.push({ lsn, atMs: nowMs });
    this.#keep(lsn, Math.min(this.#sure, lsn));
  }

  /** Time has passed. */
  settle(nowMs: number): void {
    let sure = this.#sure;
    while (this.#young.length > 0 && nowMs - this.#young[0]!.atMs >= SURE_MS) sure = this.#young.shift()!.lsn;
    if (sure !== this.#sure) this.#keep(this.#last, sure);
  }

  #keep(last: number, sure: number): void {
    this.#last = last;
    this.#sure = sure;
    // One that is not kept is one that is not asked about.
    orPass(() => this.#catalogue.values.putLocal(this.#key, [last, sure]));
  }
}
