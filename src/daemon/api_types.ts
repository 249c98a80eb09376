/**
 * The local API's JSON shapes, shared by the daemon and its clients. Sizes in bytes, times in milliseconds since 1970.
 * Every answer is one of these or an `ApiError`; the paths stand in `daemon/api.ts`.
 */
import type { ScrubStatus } from "./scrub_types.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Mode } from "../core/mode.ts";

/** Body of any answer that is not 2xx. */
export interface ApiError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** GET /v1/status */
export interface Status {
  readonly schema: "cairn.status/1";
  readonly version: string;
  readonly device: DeviceStatus;
  readonly folders: readonly FolderStatus[];
  /** Folders of the library that are not on this device: GET /v1/folders lists them. */
  readonly foldersElsewhere: number;
  readonly peers: readonly PeerStatus[];
  readonly journal: JournalStatus;
  readonly catalogue: CatalogueStatus;
  /** Devices that were removed from the library, or left it. */
  readonly removed: readonly RemovedDevice[];
  /** Invites that are open now; the codes themselves are told only once. */
  readonly openInvites: number;
  /** How safe the files of the library are, over all devices; null where only `cairn guard` can tell. */
  readonly safety: SafetyStatus | null;
  /** Tags that anything has. */
  readonly tags: number;
  /** What concerns no single folder, each with its remedy. */
  readonly notes: readonly Problem[];
}

export interface SafetyStatus {
  /** Files that are held somewhere and not empty; those that nothing is wrong with. */
  readonly files: number;
  readonly safe: number;
  /** The worst reason of `cairn guard` that holds for any; null where nothing is wrong. */
  readonly worst: string | null;
}

export interface DeviceStatus {
  readonly id: string;
  readonly name: string;
  readonly library: string;
  readonly home: string;
  readonly port: number;
  readonly startedMs: number;
}

export type FolderState =
  | { readonly kind: "up-to-date" }
  /** `checked` entries of `known` (0 when not known yet) in the scan under way. */
  | { readonly kind: "scanning"; readonly checked: number; readonly known: number }
  /** Of `filesTotal` needs of this run `filesDone` are done; bytes likewise. */
  | {
    readonly kind: "syncing";
    readonly filesDone: number;
    readonly filesTotal: number;
    readonly bytesDone: number;
    readonly bytesTotal: number;
    readonly bytesPerSecond: number;
  }
  /** Everything that can be done is done; `problems` says what is left and why. No file is left where nobody knows yet what there is. */
  | { readonly kind: "waiting"; readonly filesLeft: number; readonly reason: string }
  /** A person has paused it, or (`isAll`) the whole device; so many files are left for when it goes on. */
  | { readonly kind: "paused"; readonly filesLeft: number; readonly isAll: boolean }
  | { readonly kind: "stopped"; readonly reason: string; readonly remedy: string };

export interface FolderStatus {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** How this device takes part: `sync`, `send`, `receive`, `index`. */
  readonly mode: string;
  /** `receive`: paths that were changed here and are not given; -1 while they are not counted. */
  readonly localChanges: number;
  /** Files that are listed on this device and not kept (docs/selective.md); left out where there are none, or they are not counted yet. */
  readonly dropped?: { readonly files: number; readonly bytes: number };
  /** `send`: paths at which the other devices have something else. */
  readonly differing: number;
  /** How the other devices say that they take part, those that do; at most 100. */
  readonly elsewhere: readonly { readonly device: string; readonly mode: string }[];
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  readonly state: FolderState;
  /** How the tree is watched: "events", "polling". */
  readonly watching: string;
  /** What only informs: of the folder as a whole, such as a fall back to polling; of paths that are never synced, such as a pipe. */
  readonly notes: readonly Problem[];
  /** What is not in sync; cut at 100, `problemsTotal` counts all. */
  readonly problems: readonly Problem[];
  readonly problemsTotal: number;
  /** Conflicts that nobody has settled: `cairn conflicts` lists them. */
  readonly conflicts: number;
  /** When its files were read again last, and what was found; absent of a folder that is not started. */
  readonly scrub?: ScrubStatus;
}

/** Invariant 11: a path (may be ""), a cause and a remedy. */
export interface Problem {
  readonly path: string;
  readonly cause: string;
  readonly remedy: string;
}

export interface RemovedDevice {
  readonly id: string;
  readonly name: string;
  /** Who removed it; its own name when it left. */
  readonly by: string;
  readonly whenMs: number;
}

export interface PeerStatus {
  readonly id: string;
  readonly name: string;
  /** Suspended: let in by a device that was removed since, and confirmed by none. */
  readonly standing: "member" | "suspended";
  readonly connected: boolean;
  /** A person on this device has paused it, or all. */
  readonly paused: boolean;
  /** `host:port` of the session, or the last one known; "" when none. */
  readonly address: string;
  readonly lastSeenMs: number;
  /** What this peer still has to take from the library, as it says itself; -1 when not known. */
  readonly behindFiles: number;
  readonly behindBytes: number;
  /** Why there is no session, "" when there is one or nothing is known. */
  readonly reason: string;
}

export interface JournalStatus {
  readonly lsn: number;
  readonly epoch: number;
  readonly segments: number;
  readonly bytes: number;
  readonly healthy: boolean;
  readonly note: string;
}

export interface CatalogueStatus {
  readonly bytes: number;
  readonly appliedLsn: number;
  readonly rows: number;
  readonly healthy: boolean;
  readonly note: string;
}

/** POST /v1/invites → 201 */
export interface Invite {
  readonly code: string;
  readonly expiresMs: number;
}

/** POST /v1/join (answered when pairing is done and the folder is added). Errors come as ApiError. */
export interface JoinRequest {
  readonly code: string;
  /** Absolute local path; null: pair only, no folder. */
  readonly path: string | null;
  /** `host:port` of the inviter, or null to look for its beacon. */
  readonly at: string | null;
  /** Name of the folder to take; null: the one the inviter offers, an error when it offers several. */
  readonly folder: string | null;
  /** Adds files that are only here, where the path was a replica of this device before it was removed. */
  readonly addFiles?: boolean;
}
export interface JoinAnswer {
  readonly peer: { readonly id: string; readonly name: string };
  readonly folder: { readonly id: string; readonly name: string; readonly path: string } | null;
}

/** POST /v1/folders → 201 FolderStatus; makes a folder of a directory, or answers the one that is there already. */
export interface AddFolderRequest {
  /** Absolute local path. */
  readonly path: string;
  /** Name in the library; null: the directory's own. */
  readonly name: string | null;
  /** Name of a folder of the library to take there; null: a new folder. */
  readonly take?: string | null;
  /** How this device is to take part; `sync` where nothing is said. */
  readonly mode?: Mode | undefined;
  /** As of a join. */
  readonly addFiles?: boolean;
}

/** POST /v1/devices/remove */
export interface RemoveRequest {
  /** Its name, or the first digits of its id. */
  readonly name: string;
  /** The person knows that it is this very device, which leaves. */
  readonly self: boolean;
}
export interface RemoveAnswer {
  readonly id: string;
  readonly name: string;
  /** Devices that it had let in and that stay. */
  readonly letIn: readonly { readonly id: string; readonly name: string }[];
}

/** POST /v1/devices/confirm */
export interface ConfirmRequest {
  readonly name: string;
}
export interface ConfirmAnswer {
  readonly id: string;
  readonly name: string;
}

/** POST /v1/resume → 200 ResumeAnswer: a person's word on a halted folder. Without a verdict it only tells. */
export interface ResumeRequest {
  /** Its name in the library, its id or its local path. */
  readonly folder: string;
  readonly verdict: "accept" | "reject" | null;
}
export interface ResumeAnswer {
  readonly folder: { readonly id: string; readonly name: string; readonly path: string };
  readonly verdict: "accept" | "reject" | null;
  /**
   * "changes": others' changes would take too much. "emptied": this device's root was emptied, or has lost its marker. "older": it was put
   * back from a backup.
   */
  readonly kind: "changes" | "emptied" | "older";
  /** How this device takes part: what each word does hangs on it. */
  readonly mode: Mode;
  /** Files in the folder before. */
  readonly files: number;
  /** "changes": files that others would delete and replace, and those that they took within the hour before. */
  readonly deletes: number;
  readonly replaces: number;
  readonly taken: number;
  /** Of `taken`, those that a reject has put back from the version store. */
  readonly broughtBack: number;
  /** "emptied", "older": files that are missing on this device, and those of them that another device has. */
  readonly missing: number;
  readonly elsewhere: number;
  /** The directory into which a reject of "older" has put what was in the root; null otherwise. */
  readonly aside: string | null;
}

/**
 * GET /v1/log?follow=0|1&limit=N: newline-delimited JSON of these, oldest first. With `follow` it goes on.
 */
export interface LogLine {
  readonly lsn: number;
  readonly timeMs: number;
  /** "added", "changed", "deleted", "permissions", "received", "paired", "folder-added", "started" … */
  readonly event: string;
  readonly folder: string;
  readonly path: string;
  readonly detail: string;
}

/** GET /v1/events: server-sent events named "status" whose data is a `Status`, at most one in 200 ms. */

/** POST /v1/stop → 202; the device stops cleanly. */

/** What `home/api.json` (mode 0600) holds while a device runs. */
export interface ApiAccess {
  readonly port: number;
  readonly token: string;
  readonly pid: number;
  readonly version: string;
}
