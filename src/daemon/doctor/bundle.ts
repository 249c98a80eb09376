/**
 * A report to pass on. It is made of nothing but codes, verdicts and figures, so that no name, path, address, key or code of the user's can be in
 * it, whatever a check says in words.
 */
import type { Status } from "../api_types.ts";
import type { DoctorReport, Finding } from "./types.ts";

const CONTAINS =
  "Codes of what was found, with figures (sizes, counts, times, ports); Cairn's version and the operating system; of each folder and device its " +
  "state and counts, under a number. No names of files, folders or devices, no paths, no addresses, no ids, no keys, no pairing codes.";

export interface DoctorBundle {
  readonly schema: "cairn.doctor-bundle/1";
  readonly contains: string;
  readonly version: string;
  readonly os: string;
  readonly arch: string;
  readonly running: boolean;
  readonly attention: number;
  readonly findings: readonly (Pick<Finding, "check" | "code" | "verdict" | "facts"> & {
    /** The same number for the same subject; 0 for the machine. */
    readonly subject: number;
  })[];
  readonly device: DeviceFigures | null;
}

interface DeviceFigures {
  readonly upMs: number;
  readonly journal: {
    readonly lsn: number;
    readonly segments: number;
    readonly bytes: number;
    readonly healthy: boolean;
  };
  readonly catalogue: {
    readonly appliedLsn: number;
    readonly rows: number;
    readonly bytes: number;
    readonly healthy: boolean;
  };
  readonly folders: readonly Record<string, number | string>[];
  readonly peers: readonly Record<string, number | boolean>[];
  readonly removed: number;
  readonly notes: number;
}

export function bundleOf(report: DoctorReport, status: Status | null, nowMs: number): DoctorBundle {
  const { version, os, arch, running, attention } = report;
  const subjects = [...new Set(report.findings.map(({ subject }) => subject).filter((one) => one !== ""))];
  return {
    schema: "cairn.doctor-bundle/1",
    contains: CONTAINS,
    version,
    os,
    arch,
    running,
    attention,
    findings: report.findings.map(({ check, code, verdict, facts, subject }) => ({
      check,
      code,
      verdict,
      facts,
      subject: subject === "" ? 0 : subjects.indexOf(subject) + 1,
    })),
    device: status === null ? null : figuresOf(status, nowMs),
  };
}

function figuresOf(status: Status, nowMs: number): DeviceFigures {
  const { journal, catalogue } = status;
  return {
    upMs: nowMs - status.device.startedMs,
    journal: { lsn: journal.lsn, segments: journal.segments, bytes: journal.bytes, healthy: journal.healthy },
    catalogue: {
      appliedLsn: catalogue.appliedLsn,
      rows: catalogue.rows,
      bytes: catalogue.bytes,
      healthy: catalogue.healthy,
    },
    folders: status.folders.map((
      { mode, files, directories, bytes, state, watching, problemsTotal, conflicts },
    ) => ({
      mode,
      state: state.kind,
      watching,
      files,
      directories,
      bytes,
      problems: problemsTotal,
      conflicts,
    })),
    peers: status.peers.map(({ connected, behindFiles, behindBytes }) => ({
      connected,
      behindFiles,
      behindBytes,
    })),
    removed: status.removed.length,
    notes: status.notes.length,
  };
}
