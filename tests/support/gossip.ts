/**
 * Some devices and nothing but rows: people edit, delete and chmod, devices tell each other what they have, and each does what
 * `decide()` says, at one path after the other. No disk, no journal: what fails here fails in the rules.
 */
import { conflictCopy, copyActorsIn, isUntouchedCopy, type Strategy } from "../../src/core/conflict_name.ts";
import { type Entry, isAlive, type Row } from "../../src/core/entry.ts";
import type { Fingerprint } from "../../src/core/fingerprint.ts";
import type { RelPath, Stamp } from "../../src/core/ids.ts";
import { decide, supersedes } from "../../src/core/reconcile.ts";
import { nextStamp, receiveStamp, stampAt } from "../../src/core/stamp.ts";
import { nextCounter } from "../../src/core/version.ts";
import { type Mint, rowOfGone, rowOfKept, rowOfSeen, type SeenContent } from "../../src/sync/local_change.ts";
import { actorOf, contentOf, deviceOf, pathOf } from "./entries.ts";

export const START_MS = Date.UTC(2026, 0, 1);

const MARK = /\.conflict-\d{8}-[0-9a-f]{8}/;

interface Told {
  readonly row: Row;
  /** Its place among the statements of its device. */
  readonly at: number;
}

export interface Write {
  readonly path: RelPath;
  readonly what: string;
}

export class GossipDevice {
  readonly own = new Map<RelPath, Told>();
  readonly known = new Map<number, Map<RelPath, Told>>();
  /** Wall clock, moved by the test. */
  nowMs = START_MS;
  minted = 0;
  copies = 0;
  /** What this device takes for the folder's strategy: shared data, which others may have heard of sooner or later. */
  strategy: Strategy = "keep-both";
  /** Losers that went into this device's version store, and not beside the winner. */
  readonly stored: string[] = [];
  #said = 0;
  #counter = 0;
  #stamp = 0 as Stamp;
  readonly #mint: Mint;

  constructor(readonly number: number) {
    this.#mint = {
      device: deviceOf(number),
      mode: "sync",
      dot: () => {
        this.minted++;
        return { actor: actorOf(number), counter: this.#counter = nextCounter(this.#counter, this.nowMs) };
      },
      stamp: (replaced) => this.#stamp = nextStamp(this.#stamp, this.nowMs, replaced),
      found: (mtimeMs) => stampAt(Math.min(mtimeMs, this.nowMs)),
    };
  }

  entry(path: string): Entry | null {
    return this.own.get(pathOf(path))?.row.entry ?? null;
  }

  /** What stands on the disk: path → kind, content and mode in words. */
  get tree(): Map<RelPath, string> {
    const living = [...this.own.values()].filter(({ row }) => isAlive(row.entry));
    return new Map(living.map(({ row }) => [row.path, `${whatIs(row.entry)} ${row.entry.mode.toString(8)}`]));
  }

  /** Living rows with all that they say. */
  get living(): Map<RelPath, Entry> {
    const living = [...this.own.values()].filter(({ row }) => isAlive(row.entry));
    return new Map(
      living.map(({ row }) => [row.path, row.entry] as const).sort(([a], [b]) => a < b ? -1 : 1),
    );
  }

  #put(row: Row): void {
    this.own.set(row.path, { row, at: ++this.#said });
  }

  /** The path now holds this. Answers the entry that a person replaced, if there was one. */
  see(path: RelPath, change: Partial<SeenContent> & { readonly text?: string }): Entry | null {
    const before = this.own.get(path)?.row ?? null;
    const was = before !== null && isAlive(before.entry) ? before.entry : null;
    const kind = change.kind ?? (was?.kind as SeenContent["kind"] | undefined) ?? "file";
    const text = change.text;
    const seen: SeenContent = {
      kind,
      size: kind === "file" ? text?.length ?? was?.size ?? 0 : 0,
      mtimeMs: kind === "file" ? change.mtimeMs ?? this.nowMs : 0,
      writtenMs: this.nowMs,
      mode: kind === "symlink" ? 0o777 : change.mode ?? was?.mode ?? 0o644,
      content: kind === "file" ? text === undefined ? was?.content ?? contentOf("") : contentOf(text) : null,
      target: kind === "symlink" ? text ?? was?.target ?? "target" : null,
    };
    const row = rowOfSeen(path, before, was === null ? null : printOf(was), seen, this.#mint);
    if (row !== null) this.#put(row);
    return before?.entry ?? null;
  }

  remove(path: RelPath): Entry | null {
    const before = this.own.get(path)?.row;
    if (before === undefined || !isAlive(before.entry)) return null;
    this.#put(rowOfGone(before, this.#mint));
    return before.entry;
  }

  /** Learns what another device says, of one path or of all, and what that one has heard of others. */
  hear(from: GossipDevice, path: RelPath | null = null): boolean {
    let news = false;
    const learn = (device: number, told: ReadonlyMap<RelPath, Told>) => {
      if (device === this.number) return;
      const mine = this.known.get(device) ?? new Map<RelPath, Told>();
      this.known.set(device, mine);
      for (const [at, row] of told) {
        if ((path !== null && at !== path) || (mine.get(at)?.at ?? 0) >= row.at) continue;
        mine.set(at, row);
        this.#stamp = receiveStamp(this.#stamp, row.row.entry.stamp, this.nowMs);
        news = true;
      }
    };
    learn(from.number, from.own);
    for (const [device, told] of from.known) learn(device, told);
    return news;
  }

  get paths(): RelPath[] {
    return [...new Set([...this.own.keys(), ...[...this.known.values()].flatMap((rows) => [...rows.keys()])])]
      .sort();
  }

  /** Does what `decide()` says of a path; false when that is nothing. */
  step(path: RelPath): boolean {
    const others = [...this.known.values()].flatMap((rows) => rows.get(path)?.row.entry ?? []);
    return this.#apply(path, others);
  }

  /** A person rejects what others would take of the path (R38): what is here is said anew, with knowledge of them. */
  reject(path: RelPath): boolean {
    const own = this.own.get(path)?.row;
    if (own === undefined || !isAlive(own.entry)) return false;
    const overruled = [...this.known.values()].flatMap((rows) => rows.get(path)?.row.entry ?? [])
      .filter((entry) => supersedes(entry, own.entry));
    if (overruled.length === 0) return false;
    this.#put(rowOfKept(own, overruled, this.#mint));
    return true;
  }

  /** As sync/placing.ts has it. */
  #goesToStore(winner: Entry): boolean {
    return winner.kind !== "directory" && this.strategy === "newest";
  }

  /** What merging does to a conflict that this device lost: an ordinary edit and an ordinary delete (R8). */
  merge(path: RelPath, text: string): Entry[] {
    const losers = [...this.own.values()].map(({ row }) => row).filter(({ path: at, entry }) =>
      at !== path && at.replace(MARK, "") === path && entry.kind === "file" &&
      entry.writer === deviceOf(this.number) && isUntouchedCopy(entry.version) &&
      copyActorsIn(entry.version).length > 0
    );
    const standing = this.entry(path);
    if (this.strategy !== "merge" || losers.length === 0 || standing?.kind !== "file") return [];
    this.see(path, { text });
    for (const { path: at } of losers) this.remove(at);
    return [standing, ...losers.map(({ entry }) => entry)];
  }

  #apply(path: RelPath, others: readonly Entry[]): boolean {
    const decision = decide(this.own.get(path)?.row.entry ?? null, others);
    if (decision.kind === "none") return false;
    if (decision.kind === "take" && decision.copy !== null && this.#goesToStore(decision.entry)) {
      this.stored.push(whatIs(decision.copy));
    } else if (decision.kind === "take" && decision.copy !== null) {
      this.copies++;
      // A copy is an ordinary entry of its path: who is there already, or was and is deleted, is decided like any other.
      const copy = conflictCopy(path, decision.copy);
      this.#apply(copy.path, [copy.entry]);
    }
    const { entry } = decision;
    this.#put({ path, entry, offered: true, held: isAlive(entry) });
    return true;
  }
}

function printOf(entry: Entry): Fingerprint {
  const { size, mtimeMs, mode } = entry;
  return { size, mtimeMs, ctimeMs: 1, birthMs: 1, ino: 1, dev: 0, mode, settled: true };
}

export function whatIs(entry: Entry): string {
  return `${entry.kind} ${entry.content ?? entry.target ?? ""}`;
}

/** `count` devices that know nothing yet. */
export function gossipDevices(count: number): GossipDevice[] {
  return Array.from({ length: count }, (_, i) => new GossipDevice(i + 1));
}

/** Everybody hears everybody and acts, until nothing changes any more. Answers the rounds that it took. */
export function untilQuiet(devices: readonly GossipDevice[], mostRounds = 30): number {
  for (let round = 1; round <= mostRounds; round++) {
    let moved = false;
    for (const device of devices) {
      for (const other of devices) if (other !== device && device.hear(other)) moved = true;
      for (const path of device.paths) if (device.step(path)) moved = true;
    }
    if (!moved) return round;
  }
  throw new Error(`the devices still talk after ${mostRounds} rounds`);
}
