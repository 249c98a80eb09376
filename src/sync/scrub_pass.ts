/** How far the scrub of a folder has come, as it is kept over restarts. */
import * as v from "valibot";
import type { RelPath } from "../core/ids.ts";
import { ROOT } from "../core/path.ts";

export interface Pass {
  /** When the present pass began, or the last one where none goes on; 0: never. */
  readonly startedMs: number;
  /** When the last one was over; 0: never. */
  readonly passedMs: number;
  readonly isOn: boolean;
  /** The last file that was read; of the present pass. */
  readonly directory: RelPath;
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
}

export const NEVER: Pass = {
  startedMs: 0,
  passedMs: 0,
  isOn: false,
  directory: ROOT,
  name: "",
  files: 0,
  bytes: 0,
};
const passSchema = v.object({
  startedMs: v.number(),
  passedMs: v.number(),
  isOn: v.boolean(),
  directory: v.custom<RelPath>((value) => typeof value === "string"),
  name: v.string(),
  files: v.number(),
  bytes: v.number(),
});

export function passFrom(value: unknown): Pass {
  const read = v.safeParse(passSchema, value);
  return read.success ? read.output : NEVER;
}
