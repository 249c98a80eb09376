/**
 * Which disk each replica lies on, as its device publishes it (`disk/FOLDER`): copies on two folders of one disk are one, and a disk that fails,
 * or is nearly full, is no safe place. Facts of other devices are what they say, checked for their form.
 */
import * as v from "valibot";
import type { Catalogue } from "../catalogue/catalogue.ts";

/** Key of the fact that names a replica's disk. */
export const DISK = "disk/";
/** Key of the fact that says when all of a replica was last read and found good. */
export const SCRUB = "scrub/";

export interface Disk {
  /** The same for all replicas on one disk, and for no others. */
  readonly id: string;
  /** A lower bound of the part of it that is free, in coarse steps. */
  readonly freeShare: number;
  readonly isFailing: boolean;
}

const schema = v.object({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  free_share: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  failing: v.boolean(),
});
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const scrubSchema = v.object({ passed_ms: v.pipe(v.number(), v.minValue(0)), at_risk: v.fallback(count, 0) });

/** Steps of what is said to be free: each change is a record that all devices keep. */
const STEPS = [0.5, 0.2, 0.1, 0.05, 0.02, 0] as const;
/** A disk that comes and goes around a step stays where it is. */
const SLACK = 0.01;

/** The step that is said of a share; the one that was said stays while the share is near it. */
export function coarseShare(share: number, said: number | null): number {
  const step = STEPS.find((one) => share >= one) ?? 0;
  if (said === null || step <= said) return step;
  return STEPS.find((one) => share >= one + SLACK) ?? 0;
}

export function diskValue({ id, freeShare, isFailing }: Disk): unknown {
  return { id, free_share: freeShare, failing: isFailing };
}

export function readDisk(value: unknown): Disk | null {
  const read = v.safeParse(schema, value);
  if (!read.success) return null;
  const { id, free_share, failing } = read.output;
  return { id, freeShare: free_share, isFailing: failing };
}

/** The disk of a device's replica; null when it has not said. */
export function diskOf({ values, ids }: Catalogue, device: number, folder: number): Disk | null {
  return readDisk(values.fact(device, DISK + ids.folderOf(folder)));
}

/** Replicas of which nobody knows on which disk they are: all those of a device on one, which has room. */
export function unknownDisk(device: number): Disk {
  return { id: `unknown of ${device}`, freeShare: 1, isFailing: false };
}

/** When a device's replica was last read whole and found good; null when it never was. */
export function verifiedMs(catalogue: Catalogue, device: number, folder: number): number | null {
  return scrubbed(catalogue, device, folder)?.passed_ms ?? null;
}

/** Files of a device's replica that its disk had damaged and nothing had healed when it was last read whole. */
export function damagedFiles(catalogue: Catalogue, device: number, folder: number): number {
  return scrubbed(catalogue, device, folder)?.at_risk ?? 0;
}

function scrubbed({ values, ids }: Catalogue, device: number, folder: number) {
  const read = v.safeParse(scrubSchema, values.fact(device, SCRUB + ids.folderOf(folder)));
  return read.success ? read.output : null;
}
