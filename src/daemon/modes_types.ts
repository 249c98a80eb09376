/** The local API's shapes for how this device takes part in folders (R9, R11). */
import type { Mode } from "../core/mode.ts";
import type { FolderStatus } from "./api_types.ts";

/** GET /v1/folders */
export interface FoldersAnswer {
  readonly schema: "cairn.folders/1";
  /** Those that this device has. */
  readonly folders: readonly FolderStatus[];
  /** Those of the library that it has not, with who has them and how; at most 1,000. */
  readonly notHere: readonly {
    readonly id: string;
    readonly name: string;
    readonly elsewhere: readonly { readonly device: string; readonly mode: string }[];
  }[];
}

export interface FolderHere {
  readonly id: string;
  readonly name: string;
  readonly path: string;
}

/** POST /v1/folders/mode. With `dryRun` it only tells. */
export interface ModeRequest {
  /** Its name, its id or its path here. */
  readonly folder: string;
  readonly mode: Mode;
  readonly dryRun: boolean;
}
export interface ModeAnswer {
  readonly schema: "cairn.folders.mode/1";
  readonly folder: FolderHere;
  readonly from: Mode;
  readonly to: Mode;
  readonly dryRun: boolean;
  /** What the change means, in files and links, as it stood before it. */
  readonly preview: {
    readonly taken: number;
    readonly takenBytes: number;
    readonly deleted: number;
    readonly conflicts: number;
    readonly given: number;
    readonly withdrawn: number;
    readonly differing: number;
  };
}

/** POST /v1/override and /v1/revert. Without `isMeant` they only tell. */
export interface WordRequest {
  readonly folder: string;
  readonly isMeant: boolean;
}
export interface OverrideAnswer {
  readonly schema: "cairn.override/1";
  readonly folder: FolderHere;
  readonly done: boolean;
  /** Files that others have otherwise, that they lack, and that only they have. */
  readonly replaced: number;
  readonly restored: number;
  readonly deleted: number;
}
export interface RevertAnswer {
  readonly schema: "cairn.revert/1";
  readonly folder: FolderHere;
  readonly done: boolean;
  /** Files that were changed, added and deleted here. */
  readonly changed: number;
  readonly added: number;
  readonly deleted: number;
  /** Of these, those that could not be undone now. */
  readonly left: number;
}

/** POST /v1/folders/leave: this device leaves the folder, and keeps its files. */
export interface LeaveRequest {
  readonly folder: string;
  readonly purgeVersions: boolean;
  readonly dryRun: boolean;
}
export interface LeaveAnswer {
  readonly schema: "cairn.folders.remove/1";
  readonly folder: FolderHere;
  readonly done: boolean;
  /** What stays in its place. */
  readonly files: number;
  readonly bytes: number;
  /** Files of which no other device is known to hold what is here. */
  readonly onlyHere: number;
  /** All of it is withdrawn, and its traces are gone; else that goes on by itself. */
  readonly isComplete: boolean;
}
