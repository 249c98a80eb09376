/** Statuses to build tests on. */
import type { FolderStatus, PeerStatus, Status } from "../../src/daemon/api_types.ts";

export function sampleFolder(changes: Partial<FolderStatus> = {}): FolderStatus {
  return {
    id: "f1",
    name: "Notes",
    path: "/home/ann/Notes",
    mode: "sync",
    localChanges: 0,
    differing: 0,
    elsewhere: [],
    files: 10412,
    directories: 12,
    bytes: 3.1e9,
    state: { kind: "up-to-date" },
    watching: "events",
    notes: [],
    problems: [],
    problemsTotal: 0,
    conflicts: 0,
    ...changes,
  };
}

export function samplePeer(changes: Partial<PeerStatus> = {}): PeerStatus {
  return {
    id: "d2",
    name: "desktop",
    standing: "member",
    connected: true,
    paused: false,
    address: "10.0.0.2:22411",
    lastSeenMs: 1_000_000,
    behindFiles: 0,
    behindBytes: 0,
    reason: "",
    ...changes,
  };
}

export function sampleStatus(changes: Partial<Status> = {}): Status {
  return {
    schema: "cairn.status/1",
    version: "0.1.0",
    device: {
      id: "d1",
      name: "laptop",
      library: "l1",
      home: "/home/ann/.local/share/cairn",
      port: 22411,
      startedMs: 1_000_000,
    },
    folders: [sampleFolder()],
    foldersElsewhere: 0,
    peers: [samplePeer()],
    journal: { lsn: 1234, epoch: 1, segments: 2, bytes: 14e6, healthy: true, note: "" },
    catalogue: { bytes: 3e6, appliedLsn: 1234, rows: 12000, healthy: true, note: "" },
    removed: [],
    openInvites: 0,
    safety: { files: 10412, safe: 10412, worst: null },
    tags: 0,
    notes: [],
    ...changes,
  };
}
