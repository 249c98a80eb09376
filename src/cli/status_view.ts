/** A status as a person reads it. Pure: values in, text out. */
import type { FolderStatus, PeerStatus, Status } from "../daemon/api_types.ts";
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  plural,
  printable,
  tildePath,
} from "./format.ts";
import { problemLine } from "./narrate.ts";
import { type Colour, paint } from "./paint.ts";
import { describeWork } from "./progress.ts";
import { alignRows } from "./table.ts";
import { wrapRows, wrapText } from "./fit.ts";

export interface View {
  readonly colour: boolean;
  readonly userHome: string | undefined;
  readonly nowMs: number;
  /** Width of the terminal; infinite where nobody looks. */
  readonly columns: number;
}

const INDENT = "  ";
/** Names and paths are shortened to this before the state beside them has to give. */
const LEAST_NAME = 12;
const LEAST_PATH = 16;

/** The whole of `cairn status`, with a line end after each line. */
export function statusText(status: Status, view: View): string {
  const { device } = status;
  const within = { ...view, columns: view.columns - INDENT.length };
  const lines = [
    `${paint(view, "bold", printable(device.name))}  cairn ${printable(status.version)}, ` +
    `port ${device.port}, up ${formatDuration(view.nowMs - device.startedMs)}`,
    ...section("Folders", folderRows(status.folders, within), noFolderText(status), view),
    ...section("Devices", peerRows(status.peers, within), "none yet; let one join with: cairn invite", view),
    ...problemSection(status, view),
    "",
    ...healthLines(status, view),
  ];
  return wrapText(lines.join("\n"), view.columns) + "\n";
}

function noFolderText({ foldersElsewhere }: Status): string {
  if (foldersElsewhere === 0) return "none yet; share one with: cairn up PATH";
  return `none here; the library has ${formatCount(foldersElsewhere)}: cairn folders`;
}

function indented(text: string): string {
  return INDENT + text.replaceAll("\n", `\n${INDENT}`);
}

function section(title: string, rows: readonly string[], none: string, view: View): string[] {
  return ["", paint(view, "bold", title), ...(rows.length > 0 ? rows : [none]).map(indented)];
}

/** One text a folder, of one line where there is room: name, local path, files, bytes, state. */
export function folderRows(folders: readonly FolderStatus[], view: View): string[] {
  return wrapRows(
    folders.map((folder) => [
      printable(folder.name),
      printable(tildePath(folder.path, view.userHome)),
      plural(folder.files, "file"),
      formatBytes(folder.bytes),
      folderState(folder, view),
    ]),
    {
      align: ["left", "left", "right", "right"],
      columns: view.columns,
      least: { 0: LEAST_NAME, 1: LEAST_PATH },
    },
  );
}

function folderState(
  { state, problemsTotal, conflicts, mode, differing, dropped, localChanges, scrub }: FolderStatus,
  view: View,
): string {
  const text = stateText(state);
  const colour: Record<typeof state.kind, Colour> = {
    "up-to-date": "green",
    scanning: "yellow",
    syncing: "yellow",
    waiting: "yellow",
    paused: "yellow",
    stopped: "red",
  };
  const extras = [
    ...(mode === "sync" ? [] : [`${printable(mode)} only`]),
    ...(differing > 0 ? [`${plural(differing, "path")} differing`] : []),
    ...(dropped === undefined ? [] : [`${plural(dropped.files, "file")} listed, not kept here`]),
    ...(localChanges > 0 ? [plural(localChanges, "local change")] : []),
    ...(problemsTotal > 0 ? [plural(problemsTotal, "problem")] : []),
    ...(scrub !== undefined && scrub.healed > 0
      ? [`${plural(scrub.healed, "damaged file")} healed: cairn log`]
      : []),
    ...(conflicts > 0 ? [`${plural(conflicts, "conflict")}: cairn conflicts`] : []),
  ];
  return paint(view, colour[state.kind], text) + (extras.length > 0 ? ` (${extras.join(", ")})` : "");
}

function left(files: number): string {
  return files === 0 ? "" : `, ${plural(files, "file")} left`;
}

function stateText(state: FolderStatus["state"]): string {
  switch (state.kind) {
    case "up-to-date":
      return "up to date";
    case "waiting":
      return `waiting${left(state.filesLeft)}: ${printable(state.reason)}`;
    case "stopped":
      return `stopped: ${printable(state.reason)}`;
    case "paused":
      return `${state.isAll ? "all is paused" : "paused"}${left(state.filesLeft)}`;
    case "scanning":
    case "syncing":
      return describeWork(state);
  }
}

/** One text a peer: name, connected or last seen, how far behind. */
export function peerRows(peers: readonly PeerStatus[], view: View): string[] {
  const rows = peers.map((peer) => [
    printable(peer.name),
    peer.standing === "suspended"
      ? paint(view, "red", "suspended")
      : peer.connected
      ? paint(view, "green", "connected")
      : peer.paused
      ? paint(view, "yellow", "paused")
      : `last seen ${formatAgo(peer.lastSeenMs, view.nowMs)}`,
    printable(peer.address),
    behindText(peer) +
    (!peer.connected && !peer.paused && peer.reason !== "" ? ` (${printable(peer.reason)})` : ""),
  ]);
  return wrapRows(rows, { columns: view.columns, least: { 0: LEAST_NAME, 2: LEAST_PATH } });
}

function behindText(peer: PeerStatus): string {
  if (peer.behindFiles < 0) return "";
  if (peer.behindFiles === 0) return "up to date";
  return `${plural(peer.behindFiles, "file")}, ${formatBytes(peer.behindBytes)} behind`;
}

function problemSection(status: Status, view: View): string[] {
  const lines = status.notes.map((note) => problemLine("", note));
  for (const folder of status.folders) {
    const name = printable(folder.name);
    if (folder.state.kind === "stopped" && folder.state.remedy !== "") {
      lines.push(`${name} stopped: ${printable(folder.state.reason)}\n  → ${printable(folder.state.remedy)}`);
    }
    for (const problem of [...folder.notes, ...folder.problems]) lines.push(problemLine(name, problem));
    const more = folder.problemsTotal - folder.problems.length;
    if (more > 0) lines.push(`… and ${plural(more, "more problem", "more problems")} in ${name}`);
  }
  if (lines.length === 0) return [];
  return [
    "",
    paint(view, "bold", "Needs attention"),
    ...lines.map(indented),
  ];
}

/** Copies of all files of the library in a line. */
function safetyRow(safety: Status["safety"], view: View): string[][] {
  if (safety === null || safety.files === 0) return [];
  const { files, safe } = safety;
  const text = safe === files
    ? `all ${plural(files, "file")} of the library as safe as asked for`
    : `${
      paint(view, "yellow", `${plural(files - safe, "file")} of ${formatCount(files)} at risk`)
    }: cairn guard`;
  return [["Copies", text]];
}

function healthLines({ journal, catalogue, openInvites, device, safety }: Status, view: View): string[] {
  const health = (part: { healthy: boolean; note: string }) =>
    (part.healthy ? "healthy" : paint(view, "red", "broken")) +
    (part.note === "" ? "" : `: ${printable(part.note)}`);
  const rows = [
    [
      "Journal",
      `${health(journal)}, at ${formatCount(journal.lsn)}, ${plural(journal.segments, "segment")}, ${
        formatBytes(journal.bytes)
      }`,
    ],
    [
      "Catalogue",
      `${health(catalogue)}, at ${formatCount(catalogue.appliedLsn)}, ${plural(catalogue.rows, "row")}, ${
        formatBytes(catalogue.bytes)
      }`,
    ],
    ...safetyRow(safety, view),
    ["Home", printable(tildePath(device.home, view.userHome))],
  ];
  if (openInvites > 0) rows.push(["Invites", `${formatCount(openInvites)} open`]);
  return alignRows(rows);
}
