/** The local API's shapes for conflicts. Times in milliseconds since 1970, sizes in bytes. */

/** POST /v1/conflicts → ConflictsAnswer. With neither, those of all folders. */
export interface ConflictsRequest {
  /** Absolute local path: of either side of a conflict, or of a directory above. It may be gone. */
  readonly path: string | null;
  /** Name of a folder. */
  readonly folder: string | null;
  /** Whether to compare the two sides. */
  readonly diff: boolean;
}

export interface ConflictsAnswer {
  readonly conflicts: readonly ConflictStatus[];
}

export interface ConflictStatus {
  readonly folder: string;
  /** Where the two met, in the folder. */
  readonly path: string;
  /** Where the one that lost is kept. */
  readonly copyPath: string;
  /** Absolute local path of the folder's root. */
  readonly root: string;
  /** What stands at the path; null when nothing does any more. */
  readonly standing: ConflictSide | null;
  readonly copy: ConflictSide;
  /** What `--keep mine` keeps; null when there is but one side. */
  readonly mine: "standing" | "copy" | null;
  /** A unified diff, or a line that says why there is none; null when none was asked for. */
  readonly diff: string | null;
}

export interface ConflictSide {
  readonly kind: "file" | "directory" | "symlink";
  readonly size: number;
  /** When it was written, by its writer's clock. */
  readonly writtenMs: number;
  /** Name of the device on which it was written. */
  readonly device: string;
  readonly isOurs: boolean;
}

/** POST /v1/conflicts/resolve → ResolveAnswer */
export interface ResolveRequest {
  /** Absolute local path of either side. */
  readonly path: string;
  readonly keep: Keep;
}
export type Keep = "mine" | "theirs" | "both";

export interface ResolveAnswer {
  readonly resolved: readonly ResolvedConflict[];
}

export interface ResolvedConflict {
  readonly folder: string;
  readonly path: string;
  readonly kept: "standing" | "copy" | "both";
  /** Where the copy is now, in the folder; null when it is gone. */
  readonly copyPath: string | null;
}
