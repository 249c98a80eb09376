/**
 * A replica that takes nothing from others until a person has decided (R38, invariant 8), as its device tells all others: a fact
 * of its own, in its journal, so that it stands over restarts and is seen everywhere. And the writes by which one was rejected: to
 * the device whose changes they undo they are as many replacements, about which nobody needs to be asked again.
 */
import * as v from "valibot";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { ActorId, FolderId } from "../core/ids.ts";
import type { JournalRecord } from "../core/record.ts";
import type { Dot } from "../core/version.ts";

const HALT = "halt/";
const SETTLED = "settled/";
/** Rejections that a device remembers: for devices that were away. */
const MOST_SETTLED = 16;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const schema = v.object({
  kind: v.picklist(["changes", "emptied", "older"]),
  deletes: count,
  replaces: count,
  taken: count,
  files: count,
  sinceMs: count,
});

export interface Halt {
  /**
   * "changes": others' changes would take too much. "emptied": the root on this device was emptied or has lost its marker. "older": it was
   * put back from a backup.
   */
  readonly kind: "changes" | "emptied" | "older";
  /** What is held back: files of ours that others deleted, and that they replaced. */
  readonly deletes: number;
  readonly replaces: number;
  /** What others' changes took within the hour before it was noticed. */
  readonly taken: number;
  /** Files in the folder before. */
  readonly files: number;
  readonly sinceMs: number;
}

/** What a device (by its number in the catalogue) says of its replica; null when it goes on, or says what makes no sense. */
export function haltOf(catalogue: Catalogue, device: number, folder: FolderId): Halt | null {
  const read = v.safeParse(schema, catalogue.values.fact(device, HALT + folder));
  return read.success ? read.output : null;
}

export function haltRecord(folder: FolderId, halt: Halt | null): JournalRecord {
  return { type: "fact", key: HALT + folder, value: halt };
}

const settledSchema = v.pipe(v.array(v.tuple([v.string(), count, count])), v.maxLength(MOST_SETTLED));

/** Writes of one actor, by their counters. */
export interface Settled {
  readonly actor: ActorId;
  readonly from: number;
  readonly to: number;
}

export function settledBy(catalogue: Catalogue, device: number, folder: FolderId): Settled[] {
  const read = v.safeParse(settledSchema, catalogue.values.fact(device, SETTLED + folder));
  return read.success ? read.output.map(([actor, from, to]) => ({ actor: actor as ActorId, from, to })) : [];
}

export function settledRecord(folder: FolderId, settled: readonly Settled[]): JournalRecord {
  const value = settled.slice(-MOST_SETTLED).map(({ actor, from, to }) => [actor, from, to]);
  return { type: "fact", key: SETTLED + folder, value };
}

export function isSettled({ actor, counter }: Dot, settled: readonly Settled[]): boolean {
  return settled.some((range) => range.actor === actor && counter >= range.from && counter <= range.to);
}
