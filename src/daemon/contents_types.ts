/** Contents from wherever they are, in the local API (docs/protocol.md, "Local API"). */
import type { ApiError } from "./api_types.ts";

/** A device that has a content, and how it can be reached. */
export interface CopyState {
  readonly id: string;
  readonly device: string;
  /** It is this device. */
  readonly isHere: boolean;
  readonly connected: boolean;
  /** When it was last here; 0: never met, its copy is known from others. */
  readonly lastSeenMs: number;
  /** As measured lately; null before it was. */
  readonly bytesPerSecond: number | null;
  readonly latencyMs: number | null;
}

/** POST /v1/cat → 200, frames of `cat_frames.ts`. */
export interface CatRequest {
  /** As it was typed: an address, or a path of this computer. */
  readonly address: string;
  /** The same as an absolute path, for what is one; as `here` of `PlaceAsked`. */
  readonly here?: string | undefined;
}
/** A source is turned to: in frames of kind "news". */
export interface CatNews {
  /** Where the content stands, by the first place that is known of it. */
  readonly name: string;
  readonly size: number;
  readonly device: string;
  /** Byte at which it takes over. */
  readonly at: number;
  /** Why the one before does not go on; "" for the first. */
  readonly because: string;
  /** Devices that have it, the one that would be asked first at the head. */
  readonly copies: readonly CopyState[];
}
/** The last frame. */
export interface CatEnd {
  readonly bytes: number;
  readonly error: ApiError | null;
  readonly copies: readonly CopyState[];
}

/** POST /v1/get → 200, newline-delimited JSON of `GetEvent`, the last of which is the end. */
export interface GetRequest extends CatRequest {
  /** Absolute local path. A file goes into a directory that is there; a directory becomes this one. */
  readonly to: string;
  /** `to` is a directory, into which it goes under its own name. */
  readonly into: boolean;
  /** What stands there is replaced. */
  readonly force: boolean;
}
export type GetEvent =
  /** What will be done, before anything is. */
  | {
    readonly kind: "plan";
    readonly to: string;
    readonly isDirectory: boolean;
    readonly files: number;
    readonly bytes: number;
    /** Of a file: who has it, the one that would be asked first at the head. */
    readonly copies: readonly CopyState[];
  }
  /** At most one in 200 ms. */
  | { readonly kind: "progress"; readonly files: number; readonly bytes: number }
  | ({ readonly kind: "end" } & GetAnswer);
export interface GetAnswer {
  readonly to: string;
  readonly isDirectory: boolean;
  /** Files that are there now by this, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Of a directory: files that were there already with this content. */
  readonly already: number;
  /** Where the bytes came from, by device, most first. */
  readonly from: readonly { readonly device: string; readonly bytes: number }[];
  readonly failed: readonly GetFailed[];
  readonly failedTotal: number;
  /** Why nothing could be done; null where something was, or all failures are told of single files. */
  readonly error: ApiError | null;
  readonly copies: readonly CopyState[];
}
export interface GetFailed {
  readonly path: string;
  readonly cause: string;
  readonly remedy: string;
}
