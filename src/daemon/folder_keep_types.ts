/** Patterns of what is kept of a folder on this device, in the local API (docs/protocol.md, "Local API"; docs/selective.md). */
import type { ApiError } from "./api_types.ts";
import type { NotDroppedFile } from "./dropping_types.ts";

/** POST /v1/folders/keep → 200, newline-delimited JSON of `KeepEvent`, the last of which is the end. */
export interface KeepRequest {
  /** Its name. */
  readonly folder: string;
  /** Those that are to hold from now on: `[]`, all is kept; null, those in force stay. */
  readonly patterns: readonly string[] | null;
  /** With null: what is here outside of those in force is dropped. */
  readonly again: boolean;
  /** Only says what would happen; asks nobody. */
  readonly dryRun: boolean;
}
export type KeepEvent =
  /** Files that are to be dropped, before the first one is. */
  | { readonly kind: "plan"; readonly files: number; readonly bytes: number }
  /** At most one in 200 ms. */
  | { readonly kind: "progress"; readonly files: number; readonly bytes: number }
  | ({ readonly kind: "end" } & KeepAnswer);
export interface KeptCount {
  readonly files: number;
  readonly bytes: number;
}
export interface KeepAnswer {
  readonly folder: string;
  /** Those in force; with `dryRun` those that would be. Empty: all is kept. */
  readonly patterns: readonly string[];
  /** What is here of the folder, what is only listed, and what is here outside of the patterns: when it ended. */
  readonly kept: KeptCount;
  readonly listed: KeptCount;
  readonly outside: KeptCount;
  /** What was dropped, or would be. */
  readonly dropped: KeptCount;
  /** What was listed and is on its way by this, or would be. */
  readonly coming: KeptCount;
  /** What is inside of the patterns and stays listed: no other device is known to have it. */
  readonly absent: KeptCount;
  /** Files that stay outside of the patterns, with the reason of some. */
  readonly refused: readonly NotDroppedFile[];
  readonly refusedTotal: number;
  readonly refusedBytes: number;
  /** Why it did not come to its end; null where it did. */
  readonly error: ApiError | null;
}
