/** The shapes of `cairn doctor`. */

export const CHECKS = [
  "clock",
  "disk",
  "watches",
  "broadcast",
  "port",
  "permissions",
  "journal",
  "catalogue",
  "peers",
] as const;
export type Check = typeof CHECKS[number];

/** "note": worth knowing, or could not be looked at; nothing is wrong for all that is known. */
export type Verdict = "good" | "note" | "attention";

export interface Finding {
  readonly check: Check;
  /** A stable name for what was found. */
  readonly code: string;
  readonly verdict: Verdict;
  /** Which path, file or device it is about; "" for the machine. */
  readonly subject: string;
  readonly says: string;
  /** What to do; "" where nothing is. */
  readonly remedy: string;
  /** Its figures, without a word: what a redacted report may tell. */
  readonly facts: Readonly<Record<string, number | boolean>>;
}

/** `cairn doctor --json` */
export interface DoctorReport {
  readonly schema: "cairn.doctor/1";
  readonly version: string;
  readonly os: string;
  readonly arch: string;
  readonly home: string;
  /** Whether a device runs in the home. */
  readonly running: boolean;
  /** How many findings need attention. */
  readonly attention: number;
  readonly findings: readonly Finding[];
}

/** GET /v1/doctor: what only the running device can tell. */
export interface DoctorAnswer {
  readonly peers: readonly PeerTold[];
  readonly disks: readonly DiskTried[];
}

/** What a connected device says of itself. */
export interface PeerTold {
  readonly id: string;
  /** "" where it does not tell. */
  readonly version: string;
  /** How far its clock stood before ours when the session began; null where it does not tell. */
  readonly aheadMs: number | null;
}

/** A directory in which a file was written durably, read again and removed. */
export interface DiskTried {
  readonly path: string;
  readonly isHome: boolean;
  readonly tookMs: number;
  /** Why it could not; null when it did. */
  readonly failure: string | null;
  /** Names that differ only by case are one there; null where that is not known. */
  readonly foldsCase: boolean | null;
}
