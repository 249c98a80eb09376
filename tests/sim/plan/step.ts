/** What happens in a world, as data: so that it can be printed, run again, and made smaller while it still fails. */
import type { CrashMode } from "../disk/sim_disk.ts";
import type { Mode } from "../../../src/core/mode.ts";
import type { FsCode } from "../../../src/platform/ports.ts";

/** What a person does. Paths are relative to the folder's root; what cannot be done on the tree as it is then is not done. */
export type UserStep =
  /** "in-place": at once, as `>` does; "save": aside and renamed over; "slow": in two parts, `gapMs` apart, the file held open. */
  | {
    readonly do: "write";
    readonly path: string;
    /** Names the content: the same token and size, wherever written, are the same bytes. */
    readonly token: number;
    readonly size: number;
    readonly how: "in-place" | "save" | "slow";
    readonly gapMs: number;
  }
  | { readonly do: "append"; readonly path: string; readonly token: number; readonly size: number }
  /** Keeps a part of it, in hundredths. */
  | { readonly do: "truncate"; readonly path: string; readonly keep: number }
  | { readonly do: "rename"; readonly path: string; readonly to: string }
  | { readonly do: "copy"; readonly path: string; readonly to: string }
  /** A file, or a directory with all in it. */
  | { readonly do: "delete"; readonly path: string }
  | { readonly do: "mkdir"; readonly path: string }
  | { readonly do: "symlink"; readonly path: string; readonly token: number }
  | { readonly do: "chmod"; readonly path: string; readonly mode: number }
  | { readonly do: "touch"; readonly path: string; readonly backMs: number }
  /** A file becomes a directory with a file in it. */
  | { readonly do: "to-directory"; readonly path: string; readonly token: number; readonly size: number }
  /** A directory with all in it becomes a file. */
  | { readonly do: "to-file"; readonly path: string; readonly token: number; readonly size: number };

/** What befalls a device. */
export type DeviceStep =
  | { readonly do: "kill"; readonly downMs: number }
  /** Killed between two changing calls of its disk. */
  | { readonly do: "kill-between"; readonly calls: number; readonly downMs: number }
  | { readonly do: "stop"; readonly downMs: number }
  | {
    readonly do: "power-cut";
    readonly mode: CrashMode;
    /** Changing calls until it comes; 0: now. */
    readonly calls: number;
    /** Marked states of the catalogue that are lost. */
    readonly marks: number;
    readonly downMs: number;
  }
  /** The catalogue's state now is one that a power cut may go back to. */
  | { readonly do: "mark" }
  /** The kernel writes back a part of what it holds, or everything. */
  | { readonly do: "write-back"; readonly isWhole?: true }
  | { readonly do: "clock"; readonly jumpMs: number }
  | {
    readonly do: "disk-fault";
    readonly code: FsCode;
    readonly where: "home" | "root" | "everywhere";
    readonly on: "syncs" | "changes" | "opens" | "all";
    readonly chance: number;
    readonly forMs: number;
  }
  /** Only so many bytes are free, for a while. */
  | { readonly do: "full"; readonly freeBytes: number; readonly forMs: number }
  | { readonly do: "lie"; readonly lie: "a-while" | "until-cut"; readonly forMs: number }
  | { readonly do: "watch"; readonly loss: number; readonly delayMs: number; readonly forMs: number }
  | { readonly do: "no-watches" }
  | { readonly do: "slow-disk"; readonly ms: number; readonly forMs: number }
  /** Between two runs of the daemon: it is stopped (in order or not), something is done to its home, it starts again. */
  | {
    readonly do: "home";
    readonly what:
      | "delete-catalogue"
      | "damage-catalogue"
      | "zero-catalogue"
      | "cut-journal"
      | "damage-journal"
      | "delete-journal"
      | "put-back";
    readonly killed: boolean;
    readonly at: number;
    readonly downMs: number;
  }
  /** A bit flips in a file at rest, the one at `path` where it is one, else in another, and nothing tells of it. */
  | { readonly do: "rot"; readonly path: string; readonly of: number }
  /** A copy of the home is made, while the daemon does not run. */
  | { readonly do: "back-up" };

/** What befalls the network. */
export type NetStep =
  | { readonly do: "partition"; readonly sides: readonly number[]; readonly forMs: number }
  | { readonly do: "cut-links" }
  | { readonly do: "stall"; readonly ms: number }
  | {
    readonly do: "slow-wire";
    readonly latencyMs: number;
    readonly bytesPerMs: number;
    readonly forMs: number;
  };

/** What a person says of things, and wants. Things and scopes by their number (`labels.ts`). */
export type LabelStep =
  | { readonly do: "tag"; readonly of: number; readonly tag: string; readonly on: boolean }
  | { readonly do: "note"; readonly of: number; readonly text: string }
  | { readonly do: "policy"; readonly scope: number; readonly copies: number | null };

/** What a person does not want to keep on a device, or wants back. */
export interface DropStep {
  readonly do: "drop" | "get";
  readonly path: string;
}

/** Which part of the folder a person wants on a device. */
export interface KeepStep {
  readonly do: "keep";
  readonly patterns: readonly string[];
}

export type Step =
  & { readonly atMs: number; readonly device: number }
  & (UserStep | DeviceStep | NetStep | LabelStep | DropStep | KeepStep);

export type Topology = "mesh" | "line" | "star";

export const FAULT_CLASSES = [
  "net",
  "kill",
  "power",
  "disk",
  "lie",
  "watch",
  "clock",
  "home",
  "odd",
  "away",
] as const;
export type FaultClass = typeof FAULT_CLASSES[number];

export interface Plan {
  readonly seed: number;
  readonly devices: number;
  readonly topology: Topology;
  readonly faults: readonly FaultClass[];
  /** What each device's disk is like. */
  readonly disks: readonly DiskKind[];
  /** When each device first starts. */
  readonly startsMs: readonly number[];
  /** Each device's wall clock against the world's; none when left out. */
  readonly clocksMs?: readonly number[];
  /** How each device takes part in the folder at first (R9); `sync` where left out. */
  readonly modes?: readonly Mode[];
  /** When a device is told to take part in another way, if it runs then. */
  readonly modeChanges?: readonly { readonly atMs: number; readonly device: number; readonly mode: Mode }[];
  /** When a person undoes what was done on a device that only receives, or makes what is on one that only sends hold everywhere. */
  readonly settlings?: readonly { readonly atMs: number; readonly device: number }[];
  /** Disks flip bits, and every file is read again by itself to find them (R15). */
  readonly rot?: boolean;
  /** People drop what is kept elsewhere (R10); in the end they get it back. */
  readonly drops?: boolean;
  readonly steps: readonly Step[];
}

export interface DiskKind {
  readonly persistence: CrashMode;
  readonly hardLinks: boolean;
  readonly birthTimes: boolean;
  readonly inodeReuse: "at-once" | "never";
  /** Grain of stored times, milliseconds. */
  readonly grainMs: number;
  /** Where left out: as `birthTimes`. */
  readonly exchanges?: boolean;
  readonly pins?: "descriptor" | "checked";
  readonly syncsFileSystem?: boolean;
}
