/** What is kept of a folder on this device, in the local API (docs/protocol.md, "Local API"; docs/selective.md). */
import type { ApiError } from "./api_types.ts";

/** POST /v1/drop → 200, newline-delimited JSON of `DropEvent`, the last of which is the end. */
export interface DropRequest {
  /** As it was typed: an address, or a path of this computer. */
  readonly address: string;
  /** The same as an absolute path, for what is one; as `here` of `PlaceAsked`. */
  readonly here?: string | undefined;
  /** Only says what would be dropped; asks nobody. */
  readonly dryRun: boolean;
}
export type DropEvent =
  /** Files that are kept here, before anything is done. */
  | { readonly kind: "plan"; readonly files: number; readonly bytes: number }
  /** At most one in 200 ms. */
  | { readonly kind: "progress"; readonly files: number; readonly bytes: number }
  | ({ readonly kind: "end" } & DropAnswer);
export interface DropAnswer {
  /** The folder, and the path in it; "" for the folder itself. */
  readonly folder: string;
  readonly path: string;
  /** Files that were dropped, or would be. */
  readonly files: number;
  readonly bytes: number;
  /** Files that stay, with the reason of some. */
  readonly refused: readonly NotDroppedFile[];
  readonly refusedTotal: number;
  readonly refusedBytes: number;
  /** Why it did not come to its end; null where it did. */
  readonly error: ApiError | null;
}
export interface NotDroppedFile {
  readonly path: string;
  readonly cause: string;
  readonly remedy: string;
}
