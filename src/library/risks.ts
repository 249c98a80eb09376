/**
 * What is at risk in how a content stands. Pure: policies, devices and disks in, reasons out. One content may have several reasons; each
 * reason counts by itself.
 */
import { AWAY_DAYS, NEARLY_FULL_SHARE } from "../core/limits.ts";
import type { Disk } from "./disks.ts";
import type { Asked } from "./policies.ts";

const DAY_MS = 86_400_000;

/** Worst first. */
export const REASONS = [
  "damaged",
  "failing-disk",
  "away",
  "too-few",
  "one-device",
  "elsewhere",
  "nearly-full",
  "unverified",
] as const;
export type Reason = typeof REASONS[number];

/** How bad a reason is: 1 may be lost at any moment, 2 would be with one accident, 3 is not as it was asked for. */
export const SEVERITY: Readonly<Record<Reason, 1 | 2 | 3>> = {
  "damaged": 1,
  "failing-disk": 1,
  "away": 1,
  "too-few": 2,
  "one-device": 2,
  "elsewhere": 3,
  "nearly-full": 3,
  "unverified": 3,
};

/** A replica in which a content is. */
export interface Copy {
  readonly device: number;
  readonly disk: Disk;
  /** When the replica was last read whole and found good; null: never. */
  readonly verifiedMs: number | null;
}

export interface Presence {
  readonly isSelf: boolean;
  readonly online: boolean;
  readonly lastSeenMs: number;
}

/** What is wrong with a content of which there are these copies, one at least; worst first. Where there is none, all are damaged. */
export function reasonsOf(
  copies: readonly Copy[],
  asked: Asked & { readonly onNumbers: readonly number[] },
  presenceOf: (device: number) => Presence,
  nowMs: number,
): Reason[] {
  const devices = new Set(copies.map(({ device }) => device));
  const disks = new Map(copies.map(({ disk }) => [disk.id, disk]));
  const isHere = (device: number) => {
    const { isSelf, online, lastSeenMs } = presenceOf(device);
    return isSelf || online || nowMs - lastSeenMs < AWAY_DAYS * DAY_MS;
  };
  const since = nowMs - (asked.verifiedDays ?? 0) * DAY_MS;
  const has: Readonly<Record<Reason, boolean>> = {
    "damaged": false,
    "failing-disk": [...disks.values()].every(({ isFailing }) => isFailing),
    "away": ![...devices].some(isHere),
    "too-few": asked.copies !== null && disks.size < asked.copies,
    "one-device": asked.copies === null && devices.size === 1,
    "elsewhere": asked.onNumbers.some((device) => !devices.has(device)),
    "nearly-full": [...disks.values()].every(({ freeShare }) => freeShare < NEARLY_FULL_SHARE),
    "unverified": asked.verifiedDays !== null &&
      !copies.some(({ verifiedMs }) => (verifiedMs ?? -1) >= since),
  };
  return REASONS.filter((reason) => has[reason]);
}
