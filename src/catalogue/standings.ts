/**
 * In which ways contents stand on devices, each way once, with how many contents and bytes stand so. There are a handful of ways in a library
 * of a million files, so whoever asks how safe all is reads a handful of rows (docs/catalogue.md).
 */
import { assert } from "../core/errors.ts";
import type { Database } from "./database.ts";

/** `states.counted` of what is not counted. All numbers of standings are greater, and take four bytes as this does. */
export const UNCOUNTED = 2 ** 23;
/** `states.counted` of a content that is counted in slices (catalogue/crowds.ts). Standings behind it are of contents at several paths. */
export const CROWD = 2 ** 30;
const LAST = 2 ** 31 - 1;
/** Standings kept by their words: more are asked for again. */
const KEPT = 10_000;

/** Paths in a folder at which exactly these devices have a content. */
export interface Spot {
  readonly folder: number;
  /** In the order of their numbers. */
  readonly devices: readonly number[];
  readonly paths: number;
  /** Devices that say that their disks have damaged it: it stands there, and is no copy (catalogue/damaged.ts). */
  readonly damaged?: readonly number[];
}

export interface Standing {
  readonly id: number;
  readonly spots: readonly Spot[];
  readonly contents: number;
  readonly bytes: number;
}

interface Change {
  contents: number;
  bytes: number;
  examples: Uint8Array[];
}

/** Contents that are kept as examples of a standing. */
const EXAMPLES = 3;
const CONTENT_BYTES = 33;

export class Standings {
  readonly #db: Database;
  readonly #ids = new Map<string, number>();
  /** What the present transaction has not written yet. */
  readonly #changes = new Map<number, Change>();

  constructor(db: Database) {
    this.#db = db;
    db.onRollback(() => {
      this.#ids.clear();
      this.#changes.clear();
    });
  }

  /** All of them. */
  all(): Standing[] {
    return this.#db.all("SELECT id, standing, contents, bytes FROM standings").map(readStanding);
  }

  /** How many there are. */
  count(): number {
    return Number(this.#db.get("SELECT count(*) FROM standings")![0]);
  }

  byId(id: number): Standing | null {
    const row = this.#db.get("SELECT id, standing, contents, bytes FROM standings WHERE id = ?", id);
    return row === undefined ? null : readStanding(row);
  }

  /** The number of a standing, made when it is new; UNCOUNTED for that of what nobody has. */
  idOf(spots: readonly Spot[]): number {
    if (spots.length === 0) return UNCOUNTED;
    const words = wordsOf(spots);
    const known = this.#ids.get(words);
    if (known !== undefined) return known;
    const row = this.#db.get("SELECT id FROM standings WHERE standing = ?", words);
    const id = row === undefined ? this.#make(words, spots) : Number(row[0]);
    if (this.#ids.size >= KEPT) this.#ids.clear();
    this.#ids.set(words, id);
    return id;
  }

  #make(words: string, spots: readonly Spot[]): number {
    const isSingle = spots.length === 1 && spots[0]!.paths === 1;
    const [above, upTo] = isSingle ? [UNCOUNTED, CROWD - 1] : [CROWD, LAST];
    const last = this.#db.get("SELECT max(id) FROM standings WHERE id > ? AND id <= ?", above, upTo)![0];
    const id = Number(last ?? above) + 1;
    assert(id <= upTo, "there are fewer ways to stand than contents");
    this.#db.run("INSERT INTO standings (id, standing, contents, bytes) VALUES (?, ?, 0, 0)", id, words);
    return id;
  }

  /** A content of so many bytes stood so, and does no more. Only within a transaction that `write` ends, as `enter`. */
  leave(id: number, bytes: number): void {
    this.#change(id, -1, -bytes);
  }

  /** A content of so many bytes stands so. */
  enter(id: number, bytes: number, content: Uint8Array): void {
    const change = this.#change(id, 1, bytes);
    if (change !== null && change.examples.length < EXAMPLES) change.examples.push(content);
  }

  #change(id: number, contents: number, bytes: number): Change | null {
    if (id === UNCOUNTED) return null;
    const change = this.#changes.get(id) ?? { contents: 0, bytes: 0, examples: [] };
    change.contents += contents;
    change.bytes += bytes;
    this.#changes.set(id, change);
    return change;
  }

  /** Contents that stood so when they were counted last; others may do by now. */
  examplesOf(id: number): Uint8Array[] {
    const all = this.#db.get("SELECT examples FROM standings WHERE id = ?", id)?.[0];
    if (!(all instanceof Uint8Array)) return [];
    return Array.from(
      { length: all.length / CONTENT_BYTES },
      (_, i) => all.slice(i * CONTENT_BYTES, (i + 1) * CONTENT_BYTES),
    );
  }

  /** Writes what was gathered, once for each standing. What nothing stands in any more goes. */
  write(): void {
    for (const [id, { contents, bytes, examples }] of this.#changes) {
      const kept = examples.length === 0
        ? null
        : joined([...examples, ...this.examplesOf(id)].slice(0, EXAMPLES));
      const [left] = this.#db.get(
        `UPDATE standings SET contents = contents + ?, bytes = bytes + ?, examples = coalesce(?, examples) WHERE id = ?
         RETURNING contents`,
        contents,
        bytes,
        kept,
        id,
      )!;
      assert(Number(left) >= 0, "no more contents stop standing so than did");
      if (left === 0) {
        this.#db.run("DELETE FROM standings WHERE id = ?", id);
        this.#ids.clear();
      }
    }
    this.#changes.clear();
  }
}

/** Whether a standing is of contents at several paths. */
export function isAtSeveral(id: number): boolean {
  return id > CROWD;
}

function joined(contents: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(contents.length * CONTENT_BYTES);
  contents.forEach((content, i) => out.set(content, i * CONTENT_BYTES));
  return out;
}

function wordsOf(spots: readonly Spot[]): string {
  const parts = spots.map(({ folder, devices, paths, damaged }) =>
    JSON.stringify([folder, devices, paths, ...damaged === undefined ? [] : [damaged]])
  );
  return `[${parts.sort().join(",")}]`;
}

function readStanding([id, words, contents, bytes]: readonly unknown[]): Standing {
  const spots = (JSON.parse(String(words)) as [number, number[], number, number[]?][])
    .map(([folder, devices, paths, damaged]) => ({
      folder,
      devices,
      paths,
      ...damaged === undefined ? {} : { damaged },
    }));
  return { id: Number(id), spots, contents: Number(contents), bytes: Number(bytes) };
}

/** Paths by folder and the set of devices that have them. */
export class SpotTally {
  readonly #spots = new Map<string, { folder: number; devices: number[]; paths: number }>();

  add(folder: number, devices: readonly number[]): void {
    const sorted = [...devices].sort((a, b) => a - b);
    const key = `${folder}/${sorted.join()}`;
    const there = this.#spots.get(key);
    if (there === undefined) this.#spots.set(key, { folder, devices: sorted, paths: 1 });
    else there.paths++;
  }

  spots(): Spot[] {
    return [...this.#spots.values()];
  }
}
