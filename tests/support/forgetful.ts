/**
 * Devices that forget tombstones (R28), as a model: own rows and watermarks are in a journal and survive everything, what is known of
 * others is in a catalogue that a power cut sets back. Devices hear each other in part or whole, directly and through relays, join
 * through whoever is there, are removed, run out of disk. What decides is the program's own: `decide`, `mayForget`, `isBehind`.
 */
import { conflictCopy, isConflictPath } from "../../src/core/conflict_name.ts";
import { type Cursor } from "../../src/core/cursor.ts";
import { type Entry, isAlive, type Row } from "../../src/core/entry.ts";
import type { DeviceId, Lsn, RelPath, Stamp } from "../../src/core/ids.ts";
import { decide } from "../../src/core/reconcile.ts";
import { nextStamp, receiveStamp, stampAt } from "../../src/core/stamp.ts";
import { nextCounter } from "../../src/core/version.ts";
import { floorsOf, isBehind, mayForget, type Watermark } from "../../src/core/watermark.ts";
import { type Mint, rowOfGone, rowOfSeen } from "../../src/sync/local_change.ts";
import { actorOf, contentOf, deviceOf } from "./entries.ts";

export const START_MS = Date.UTC(2026, 0, 1);

interface Told {
  readonly row: Row;
  readonly lsn: number;
}

/** What is known of another device: everything that it said up to `lsn`. */
interface Known {
  lsn: number;
  rows: Map<RelPath, Told>;
  seen: { readonly marks: ReadonlyMap<DeviceId, Watermark>; readonly lsn: number } | null;
}

export type MayForget = typeof mayForget;

export class ForgetfulDevice {
  readonly id: DeviceId;
  nowMs = START_MS;
  isFull = false;
  /** Times that watermarks were published. */
  published = 0;
  readonly own = new Map<RelPath, Told>();
  /** Members with the lsn at which we wrote them down. */
  readonly members = new Map<DeviceId, number>();
  /** Who was removed, the lsn at which we wrote it down, and whom the remover knew. */
  readonly removed = new Map<DeviceId, { readonly lsn: number; readonly keeps: ReadonlySet<DeviceId> }>();
  /** Who let whom in, as far as that was after the start: signed, and so the same for all of a library. */
  inviters = new Map<DeviceId, DeviceId>();
  #marks = new Map<DeviceId, Watermark>();
  #marksLsn = 0;
  #known = new Map<DeviceId, Known>();
  #saved = new Map<DeviceId, Known>();
  #lsn = 0;
  #counter = 0;
  #stamp = 0 as Stamp;
  readonly #mint: Mint;

  constructor(readonly number: number, readonly rule: MayForget = mayForget) {
    this.id = deviceOf(number);
    this.members.set(this.id, ++this.#lsn);
    this.#mint = {
      device: this.id,
      mode: "sync",
      dot: () => ({
        actor: actorOf(number),
        counter: this.#counter = nextCounter(this.#counter, this.nowMs),
      }),
      stamp: (replaced) => this.#stamp = nextStamp(this.#stamp, this.nowMs, replaced),
      found: (mtimeMs) => stampAt(Math.min(mtimeMs, this.nowMs)),
    };
  }

  // -------------------------------------------------------------------------------- what people do

  /** Answers the content that a person replaced, seeing it; null for none. */
  write(path: RelPath, text: string): string | null {
    const before = this.own.get(path)?.row ?? null;
    const seen = {
      kind: "file",
      size: text.length,
      mtimeMs: this.nowMs,
      writtenMs: this.nowMs,
      mode: 0o644,
      content: contentOf(text),
      target: null,
    } as const;
    const row = rowOfSeen(path, before, null, seen, this.#mint);
    if (row !== null) this.#put(row);
    return before !== null && isAlive(before.entry) ? before.entry.content : null;
  }

  remove(path: RelPath): string | null {
    const before = this.own.get(path)?.row;
    if (before === undefined || !isAlive(before.entry)) return null;
    this.#put(rowOfGone(before, this.#mint));
    return before.entry.content;
  }

  /** Lets a newcomer in: it knows all members that we know. */
  letIn(newcomer: ForgetfulDevice): void {
    this.members.set(newcomer.id, ++this.#lsn);
    newcomer.inviters = this.inviters;
    this.inviters.set(newcomer.id, this.id);
    for (const member of this.members.keys()) {
      if (!newcomer.members.has(member)) newcomer.members.set(member, ++newcomer.#lsn);
    }
    for (const [gone, { keeps }] of this.removed) newcomer.removed.set(gone, { lsn: ++newcomer.#lsn, keeps });
  }

  expel(device: DeviceId, keeps: ReadonlySet<DeviceId> = new Set(this.members.keys())): void {
    if (device === this.id || this.removed.has(device)) return;
    this.removed.set(device, { lsn: ++this.#lsn, keeps });
    this.#known.delete(device);
  }

  /** Removed, or suspended. */
  refuses(device: DeviceId): boolean {
    return this.removed.has(device) || this.isSuspended(device);
  }

  /** Let in by one that was removed since, without its remover's knowledge (R32). */
  isSuspended(device: DeviceId): boolean {
    const inviter = this.inviters.get(device);
    const removal = inviter === undefined ? undefined : this.removed.get(inviter);
    return removal !== undefined && !removal.keeps.has(device) && !this.removed.has(device);
  }

  #put(row: Row): void {
    this.own.set(row.path, { row, lsn: ++this.#lsn });
  }

  // -------------------------------------------------------------------------------- what devices do

  get #cursorOf() {
    return (device: DeviceId): Cursor => ({
      epoch: 1,
      boot: null,
      lsn: (this.#known.get(device)?.lsn ?? 0) as Lsn,
    });
  }

  #isBehind(device: DeviceId): boolean {
    const mark = this.#marks.get(device);
    return mark !== undefined && isBehind(this.#cursorOf(device), mark);
  }

  /** Hears `share` of what the other has that is news, 1 for all: of itself, then of others as a relay. */
  hear(from: ForgetfulDevice, share = 1): boolean {
    if (this.refuses(from.id) || from.refuses(this.id) || !this.members.has(from.id)) return false;
    const before = this.#cursorOf(from.id).lsn;
    const upTo = Math.ceil(before + (from.#lsn - before) * share);
    let news = this.#learn(from.id, upTo, from.own, { marks: from.#marks, lsn: from.#marksLsn });
    for (const [member, lsn] of from.members) {
      if (lsn <= upTo && !this.members.has(member)) this.members.set(member, ++this.#lsn);
    }
    for (const [gone, { lsn, keeps }] of from.removed) if (lsn <= upTo) this.expel(gone, keeps);
    for (const device of this.#known.keys()) if (this.refuses(device)) this.#known.delete(device);
    if (upTo < from.#lsn) return news;
    for (const [origin, { lsn, rows, seen }] of from.#known) {
      if (from.#isBehind(origin) || this.refuses(origin) || !this.members.has(origin)) continue;
      news = this.#learn(origin, lsn, rows, seen) || news;
    }
    return news;
  }

  #learn(
    origin: DeviceId,
    upTo: number,
    rows: ReadonlyMap<RelPath, Told>,
    seen: Known["seen"],
  ): boolean {
    if (origin === this.id) return false;
    let known = this.#known.get(origin);
    if (known === undefined) this.#known.set(origin, known = { lsn: 0, rows: new Map(), seen: null });
    if (upTo <= known.lsn) return false;
    let news = false;
    for (const [path, told] of rows) {
      if (told.lsn <= known.lsn || told.lsn > upTo) continue;
      known.rows.set(path, told);
      this.#stamp = receiveStamp(this.#stamp, told.row.entry.stamp, this.nowMs);
      news = true;
    }
    if (seen !== null && seen.lsn > known.lsn && seen.lsn <= upTo) known.seen = seen;
    known.lsn = upTo;
    return news;
  }

  get paths(): RelPath[] {
    const all = [...this.#known.values()].flatMap(({ rows }) => [...rows.keys()]);
    return [...new Set([...this.own.keys(), ...all])].sort();
  }

  /** Does what `decide()` says of a path; false when that is nothing, or when the disk has no room for it. */
  step(path: RelPath): boolean {
    const others = [...this.#known].flatMap(([device, { rows }]) =>
      this.#isBehind(device) ? [] : rows.get(path)?.row.entry ?? []
    );
    return this.#apply(path, others);
  }

  #apply(path: RelPath, others: readonly Entry[]): boolean {
    const decision = decide(this.own.get(path)?.row.entry ?? null, others);
    if (decision.kind === "none" || this.isFull) return false;
    if (decision.kind === "take" && decision.copy !== null) {
      const copy = conflictCopy(path, decision.copy);
      this.#apply(copy.path, [copy.entry]);
    }
    const { entry } = decision;
    this.#put({ path, entry, offered: true, held: isAlive(entry) });
    return true;
  }

  /** Publishes how far it has others' rows, if there is a tombstone among what it has not published yet. */
  publish(): boolean {
    const members = [...this.members.keys()].filter((id) => id !== this.id && !this.refuses(id));
    const isWorthIt = members.some((id) => {
      const known = this.#known.get(id);
      if (known === undefined || this.#isBehind(id)) return false;
      const mark = this.#marks.get(id);
      return mark === undefined ||
        [...known.rows.values()].some(({ row, lsn }) => lsn > mark.lsn && !isAlive(row.entry));
    });
    if (!isWorthIt) return false;
    this.#marks = new Map(members.flatMap((id) => {
      const mark = this.#marks.get(id);
      if (this.#known.has(id) && !this.#isBehind(id)) return [[id, this.#cursorOf(id)]];
      return mark === undefined ? [] : [[id, mark]];
    }));
    this.#marksLsn = ++this.#lsn;
    this.published++;
    return true;
  }

  /** Forgets what it may; answers the paths. */
  forget(): RelPath[] {
    const members = [...this.members.keys()].filter((id) => !this.removed.has(id));
    if (members.some((id) => this.#isBehind(id) || this.isSuspended(id))) return [];
    const floors = floorsOf(
      members,
      () => 1,
      (id) => (id === this.id ? this.#marks : this.#known.get(id)?.seen?.marks) ?? new Map(),
    );
    return this.paths.filter((path) => {
      if (isConflictPath(path)) return false;
      const rows = members.flatMap((device) => {
        const told = device === this.id ? this.own.get(path) : this.#known.get(device)?.rows.get(path);
        return told === undefined ? [] : [{ device, lsn: told.lsn, entry: told.row.entry }];
      });
      if (!this.rule(rows, floors)) return false;
      this.own.delete(path);
      for (const { rows } of this.#known.values()) rows.delete(path);
      return true;
    });
  }

  // -------------------------------------------------------------------------------- trouble

  /** What the catalogue would be after a power cut some time from now. */
  save(): void {
    this.#saved = copyOf(this.#known);
  }

  /** The catalogue is what it was when it was saved. */
  powerCut(): void {
    this.#known = copyOf(this.#saved);
    for (const gone of this.removed.keys()) this.#known.delete(gone);
    // What was forgotten meanwhile is not told: a living row of it would stay for good.
    for (const device of this.#marks.keys()) if (this.#isBehind(device)) this.#known.delete(device);
  }

  loseCatalogue(): void {
    this.#known = new Map();
    this.#saved = new Map();
  }

  // -------------------------------------------------------------------------------- looks

  /** Living contents by path. */
  get tree(): Map<RelPath, string> {
    const living = [...this.own.values()].filter(({ row }) => isAlive(row.entry));
    return new Map(living.map(({ row }) => [row.path, row.entry.content!] as const).sort());
  }

  get tombstones(): RelPath[] {
    return this.paths.filter((path) =>
      !isConflictPath(path) &&
      [this.own, ...[...this.#known.values()].map(({ rows }) => rows)].some((rows) => {
        const told = rows.get(path);
        return told !== undefined && !isAlive(told.row.entry);
      })
    );
  }
}

function copyOf(known: ReadonlyMap<DeviceId, Known>): Map<DeviceId, Known> {
  return new Map(
    [...known].map(([device, { lsn, rows, seen }]) => [device, { lsn, rows: new Map(rows), seen }]),
  );
}

/** Everybody hears everybody, acts, publishes and forgets, until nothing changes any more. Answers the rounds that it took. */
export function untilForgotten(devices: readonly ForgetfulDevice[], mostRounds = 40): number {
  for (let round = 1; round <= mostRounds; round++) {
    let moved = false;
    for (const device of devices) {
      for (const other of devices) if (other !== device && device.hear(other)) moved = true;
      for (const path of device.paths) if (device.step(path)) moved = true;
    }
    for (const device of devices) if (device.publish()) moved = true;
    for (const device of devices) if (device.forget().length > 0) moved = true;
    if (!moved) return round;
  }
  throw new Error(`the devices still talk after ${mostRounds} rounds`);
}
