/** Verifying replicas, in the local API (docs/protocol.md, "Local API"). */
import type { ApiError, Problem } from "./api_types.ts";

/** POST /v1/verify → 200, newline-delimited JSON of `VerifyEvent`, the last of which is the end. */
export interface VerifyRequest {
  /** Its name in the library; null: all folders of this device. */
  readonly folder: string | null;
}
export type VerifyEvent =
  /** At most one in 200 ms. */
  | {
    readonly kind: "progress";
    readonly folder: string;
    readonly files: number;
    readonly filesTotal: number;
    readonly bytes: number;
    readonly bytesTotal: number;
  }
  | { readonly kind: "end"; readonly folders: readonly VerifiedFolder[]; readonly error: ApiError | null };

export interface VerifiedFolder {
  readonly folder: string;
  /** Files of this device that were read, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Files that were just being changed: they are read when they rest. */
  readonly unsure: number;
  /** False where it was ended before all was read. */
  readonly isWhole: boolean;
  /** Files that this device's disk has damaged, healed ones among them: "healed" has no remedy. Cut at 1,000. */
  readonly damaged: readonly (Problem & { readonly healed: boolean })[];
  readonly damagedTotal: number;
  readonly replicas: readonly VerifiedReplica[];
  /** All replicas are equal, by what their devices say. */
  readonly isEqual: boolean;
  readonly differences: readonly {
    readonly path: string;
    readonly why: string;
    /** By device; null: nothing. */
    readonly has: Readonly<Record<string, string | null>>;
  }[];
  readonly differencesTotal: number;
  readonly directories: readonly { readonly path: string; readonly entries: number }[];
}
export interface VerifiedReplica {
  readonly device: string;
  readonly isHere: boolean;
  readonly connected: boolean;
  /** What it says is as of then, where it is not connected. */
  readonly lastSeenMs: number;
  /** When it had read all of it last, to the hour; 0: never. */
  readonly passedMs: number;
  readonly entries: number;
  readonly digest: string;
}
