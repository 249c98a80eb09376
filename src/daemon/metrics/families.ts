/** What is measured, and its names: docs/metrics.md lists them. All comes from the status, and from what is counted over time. */
import type { FolderState, FolderStatus, Status } from "../api_types.ts";
import type { Traffic } from "../../peer/traffic.ts";
import { BOUNDS, type Convergence } from "./convergence.ts";
import type { Family, Labels, Sample } from "./exposition.ts";

/** What this device still has to take of a folder. */
export interface FolderNeeds {
  readonly count: number;
  readonly bytes: number;
  readonly blocked: number;
}

export interface Measured {
  readonly status: Status;
  readonly convergence: Convergence;
  /** Of folders that take, by their ids. */
  readonly needs: ReadonlyMap<string, FolderNeeds>;
  /** What was taken of a folder since it was started here, by its id. */
  readonly taken: ReadonlyMap<string, { readonly files: number; readonly bytes: number }>;
  /** What crossed the wire to and from a device since the start, by its id. */
  readonly traffic: ReadonlyMap<string, Traffic>;
  /** Requests that ended with a fault of the program. */
  readonly faults: number;
  readonly nowMs: number;
  /** Of the clock that only goes on. */
  readonly monotonicMs: number;
}

const STATES: readonly FolderState["kind"][] = ["up-to-date", "scanning", "syncing", "waiting", "stopped"];
const ID_DIGITS = 8;
/** This device, among those that can be behind. */
export const HERE = "";

export function familiesOf(measured: Measured): Family[] {
  const { status, faults, nowMs } = measured;
  const { journal, catalogue, device, safety } = status;
  const one = (value: number): Sample[] => [{ value }];
  return [
    {
      name: "cairn_info",
      type: "gauge",
      help: "Version of the running program.",
      samples: [{ labels: { version: status.version }, value: 1 }],
    },
    gauge(
      "cairn_start_time_seconds",
      "When the device was started, in seconds since 1970.",
      one(device.startedMs / 1000),
    ),
    gauge("cairn_journal_lsn", "Number of the last durable record of the journal.", one(journal.lsn)),
    gauge("cairn_journal_segments", "Segment files of the journal.", one(journal.segments)),
    gauge("cairn_journal_bytes", "Bytes of the journal's segments.", one(journal.bytes)),
    gauge(
      "cairn_journal_healthy",
      "1 while the journal takes records, 0 while the disk refuses them.",
      one(Number(journal.healthy)),
    ),
    gauge("cairn_catalogue_bytes", "Bytes of the catalogue.", one(catalogue.bytes)),
    gauge("cairn_catalogue_rows", "Own living entries in the catalogue.", one(catalogue.rows)),
    gauge(
      "cairn_catalogue_lag_records",
      "Durable records that the catalogue lacks.",
      one(Math.max(0, journal.lsn - catalogue.appliedLsn)),
    ),
    gauge("cairn_open_invites", "Invites that are open.", one(status.openInvites)),
    gauge("cairn_notes", "What concerns no single folder and needs attention.", one(status.notes.length)),
    {
      name: "cairn_faults_total",
      type: "counter",
      help: "Requests of the local API that ended with a fault of the program.",
      samples: one(faults),
    },
    ...safety === null ? [] : [
      gauge(
        "cairn_library_files",
        "Files of the library that are held somewhere and not empty.",
        one(safety.files),
      ),
      gauge("cairn_library_safe_files", "Those of them that nothing is wrong with.", one(safety.safe)),
    ],
    ...folderFamilies(measured),
    ...peerFamilies(measured),
    gauge("cairn_scrape_time_seconds", "This device's clock, in seconds since 1970.", one(nowMs / 1000)),
  ];
}

function folderFamilies(
  { status: { folders }, needs, taken, convergence, monotonicMs }: Measured,
): Family[] {
  const each = (value: (folder: FolderStatus) => number | undefined) =>
    folders.flatMap((folder) => sampleOf({ folder: folder.name }, value(folder)));
  const here = convergence.histogramOf(HERE, {});
  return [
    gauge("cairn_folder_files", "Files of the folder on this device.", each(({ files }) => files)),
    gauge(
      "cairn_folder_directories",
      "Directories of the folder on this device.",
      each(({ directories }) => directories),
    ),
    gauge("cairn_folder_bytes", "Bytes of the folder's files on this device.", each(({ bytes }) => bytes)),
    gauge(
      "cairn_folder_state",
      "1 for the state in which the folder is, 0 for the others.",
      folders.flatMap(({ name, state }) =>
        STATES.map((kind) => ({ labels: { folder: name, state: kind }, value: Number(kind === state.kind) }))
      ),
    ),
    gauge(
      "cairn_folder_needed_files",
      "Files that this device still has to take.",
      each(({ id }) => needs.get(id)?.count),
    ),
    gauge("cairn_folder_needed_bytes", "Bytes of them.", each(({ id }) => needs.get(id)?.bytes)),
    gauge(
      "cairn_folder_blocked_files",
      "Those of them that cannot be taken now.",
      each(({ id }) => needs.get(id)?.blocked),
    ),
    gauge(
      "cairn_folder_problems",
      "Paths that are not in sync for a cause that status tells.",
      each(({ problemsTotal }) => problemsTotal),
    ),
    gauge("cairn_folder_conflicts", "Conflicts that nobody has settled.", each(({ conflicts }) => conflicts)),
    gauge(
      "cairn_folder_polling",
      "1 where the folder is looked at every few seconds instead of watched.",
      each(({ watching }) => Number(watching === "polling")),
    ),
    {
      name: "cairn_folder_taken_files_total",
      type: "counter",
      help: "Changes of others that were taken: files placed, replaced and deleted.",
      samples: each(({ id }) => taken.get(id)?.files ?? 0),
    },
    {
      name: "cairn_folder_taken_bytes_total",
      type: "counter",
      help: "Bytes of the files that were so placed.",
      samples: each(({ id }) => taken.get(id)?.bytes ?? 0),
    },
    gauge(
      "cairn_behind_seconds",
      "For how long this device has lacked files that it is to take; 0 when it has all.",
      [
        { value: convergence.behindSeconds(HERE, monotonicMs) },
      ],
    ),
    {
      name: "cairn_convergence_seconds",
      type: "histogram",
      help: "From the first file that this device lacked until it had all.",
      bounds: BOUNDS,
      histograms: here === null ? [] : [here],
    },
  ];
}

function peerFamilies({ status: { peers }, convergence, traffic, monotonicMs }: Measured): Family[] {
  const each = (value: (peer: typeof peers[number]) => number | undefined) =>
    peers.flatMap((peer) => sampleOf(labelsOf(peer), value(peer)));
  const known = (value: number) => value < 0 ? undefined : value;
  return [
    gauge(
      "cairn_peer_connected",
      "1 while there is a session with the device.",
      each(({ connected }) => Number(connected)),
    ),
    gauge(
      "cairn_peer_last_seen_seconds",
      "When the device was met last, in seconds since 1970.",
      each(({ lastSeenMs }) => lastSeenMs === 0 ? undefined : lastSeenMs / 1000),
    ),
    gauge(
      "cairn_peer_behind_files",
      "Files that the device still has to take, as it says itself.",
      each(({ behindFiles }) => known(behindFiles)),
    ),
    gauge("cairn_peer_behind_bytes", "Bytes of them.", each(({ behindBytes }) => known(behindBytes))),
    gauge(
      "cairn_peer_behind_seconds",
      "For how long the device has lacked files; 0 when it has all.",
      each(({ id, behindFiles }) => behindFiles < 0 ? undefined : convergence.behindSeconds(id, monotonicMs)),
    ),
    {
      name: "cairn_peer_sent_bytes_total",
      type: "counter",
      help: "Bytes of frames that were sent to the device, before TLS encrypts them.",
      samples: each(({ id }) => traffic.get(id)?.sent),
    },
    {
      name: "cairn_peer_received_bytes_total",
      type: "counter",
      help: "Bytes of frames that came from the device.",
      samples: each(({ id }) => traffic.get(id)?.received),
    },
    {
      name: "cairn_peer_convergence_seconds",
      type: "histogram",
      help: "From the first file that a device lacked until it had all, while it was connected.",
      bounds: BOUNDS,
      histograms: peers.flatMap((peer) => convergence.histogramOf(peer.id, labelsOf(peer)) ?? []),
    },
  ];
}

/** Several devices may have given themselves one name. */
function labelsOf({ name, id }: { readonly name: string; readonly id: string }): Labels {
  return { peer: name, id: id.slice(0, ID_DIGITS) };
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help, type: "gauge", samples };
}

function sampleOf(labels: Labels, value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ labels, value }];
}
