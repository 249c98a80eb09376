/** The local API's shapes for former contents: what is kept, and restoring it. Times in milliseconds since 1970. */

/** POST /v1/versions → VersionsAnswer */
export interface VersionsRequest {
  /** Absolute local path of a file or directory in a folder; it may be gone. */
  readonly path: string;
  /** How many of the newest to tell. */
  readonly limit: number;
}

export interface VersionsAnswer {
  readonly folder: string;
  /** In the folder; "" for its root. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Newest first. */
  readonly versions: readonly KeptVersion[];
  readonly total: number;
  /** Files here that a crash of the machine emptied, and that are held back; restoring one brings its content back. */
  readonly heldBack: readonly string[];
}

export interface KeptVersion {
  /** Names it among the versions of its path. */
  readonly id: string;
  readonly path: string;
  readonly kind: "file" | "symlink";
  readonly size: number;
  /** When its content was written, and when it was taken from its path. */
  readonly sinceMs: number;
  readonly keptMs: number;
  /** "replaced", "deleted", "conflict" (it lost one), "restored" (an older one was brought back). */
  readonly why: string;
  /** Name of the device whose change took its place. */
  readonly by: string;
}

/** POST /v1/restore → RestoreAnswer */
export interface RestoreRequest {
  readonly path: string;
  /** What stood there then; at most one of this and `version`. */
  readonly atMs: number | null;
  readonly version: string | null;
  /** Absolute local path where it shall come to stand; null: where it was. */
  readonly to: string | null;
  readonly dryRun: boolean;
}

export interface RestoreAnswer {
  readonly folder: string;
  readonly isDirectory: boolean;
  readonly dryRun: boolean;
  /** The first 1,000. */
  readonly items: readonly RestoredItem[];
  readonly itemsTotal: number;
  readonly failedTotal: number;
  /** Files that have the content already. */
  readonly same: number;
  /** Files of which nothing of that time is kept; they stay as they are. The first 100. */
  readonly unknown: readonly string[];
  readonly unknownTotal: number;
}

export interface RestoredItem {
  readonly path: string;
  /** Absolute local path where it comes to stand. */
  readonly to: string;
  /** Something stands there that is replaced; it is kept in its turn. */
  readonly replaces: boolean;
  readonly size: number;
  /** When the content was written; 0 where it is not from the version store. */
  readonly sinceMs: number;
  /** False for the content nearest to one that has been thinned out. */
  readonly isExact: boolean;
  readonly failure: { readonly cause: string; readonly remedy: string } | null;
}
