/** The local API's shapes for questions about places: what stands, lies and weighs where. Times in milliseconds since 1970. */
import type { DiskUsage } from "../library/disk_usage.ts";
import type { Listed } from "../library/listing.ts";
import type { Branch } from "../library/walk.ts";
import type { Stat, Whereabouts } from "../library/whereabouts.ts";

/**
 * Which place is meant: by an address of docs/catalogue.md, or by an absolute local path. With `here` the word may be either: it is that
 * path where it names no folder or device of the library and something stands there.
 */
export type PlaceAsked =
  | { readonly address: string; readonly here?: string | undefined }
  | { readonly path: string };

/** POST /v1/ls → LsAnswer */
export interface LsRequest {
  readonly place: PlaceAsked;
  /** The name behind which to go on; "" for the first. */
  readonly after: string;
  readonly limit: number;
}

export interface LsAnswer {
  readonly schema: "cairn.ls/1";
  readonly address: string;
  readonly entries: readonly Listed[];
  /** To be given as `after`; null at the end. */
  readonly next: string | null;
}

/** POST /v1/tree → TreeAnswer */
export interface TreeRequest {
  readonly place: PlaceAsked;
  readonly depth: number;
  /** The address behind which to go on; null from the top. */
  readonly after: string | null;
  readonly limit: number;
}

export interface TreeAnswer {
  readonly schema: "cairn.tree/1";
  readonly address: string;
  readonly branches: readonly Branch[];
  readonly next: string | null;
}

/** POST /v1/stat → StatAnswer */
export interface StatRequest {
  readonly place: PlaceAsked;
}

export interface StatAnswer extends Stat {
  readonly schema: "cairn.stat/1";
  /** What is said of the content, and so of every copy. */
  readonly tags: readonly string[];
  readonly note: string;
  /** What is said of the place, whatever stands there. */
  readonly placeTags: readonly string[];
  readonly placeNote: string;
  /** Former contents that are kept on this device, newest first, the first 20; null where it keeps no replica of the folder. */
  readonly kept: readonly KeptHere[] | null;
  readonly keptTotal: number;
}

export interface KeptHere {
  /** As `cairn restore --version` takes it. */
  readonly id: string;
  readonly size: number;
  readonly sinceMs: number;
  readonly keptMs: number;
  readonly why: string;
}

/** POST /v1/where → WhereAnswer */
export interface WhereRequest {
  readonly place: PlaceAsked;
}

export interface WhereAnswer {
  readonly schema: "cairn.where/1";
  /** The place that was asked for; null for a file outside of all folders, which was read, and for a content. */
  readonly address: string | null;
  readonly kind: Stat["kind"];
  /** What each device says of the path; none where no path was asked for. */
  readonly copies: Stat["copies"];
  /** Null of what has no content, such as a directory. */
  readonly content: Whereabouts | null;
}

/** POST /v1/du → DuAnswer */
export interface DuRequest {
  readonly place: PlaceAsked;
  readonly depth: number;
}

export interface DuAnswer extends DiskUsage {
  readonly schema: "cairn.du/1";
}
