/**
 * What changed between two statuses, as lines for a person. Pure: each piece of news gives its line
 * once, and whatever stays as it is gives none.
 */
import type { FolderStatus, PeerStatus, Problem, Status } from "../daemon/api_types.ts";
import { plural, printable } from "./format.ts";

/** More new problems at once than this are summed up; `cairn status` lists them. */
const PROBLEMS_AT_ONCE = 5;

/** The news since `before`; null: everything in `after` that is worth a word is news. */
export function narrate(before: Status | null, after: Status): string[] {
  return [
    ...problemLines("", before?.notes ?? [], after.notes),
    ...after.peers.flatMap((peer) => peerLines(before?.peers.find((p) => p.id === peer.id), peer)),
    ...after.folders.flatMap((folder) =>
      folderLines(before?.folders.find((f) => f.id === folder.id), folder)
    ),
  ];
}

function peerLines(before: PeerStatus | undefined, peer: PeerStatus): string[] {
  if (peer.connected === (before?.connected ?? false)) return [];
  const name = printable(peer.name);
  if (!peer.connected && peer.paused) return [`${name} is paused.`];
  if (!peer.connected) {
    return [`${name} disconnected${peer.reason === "" ? "" : `: ${printable(peer.reason)}`}.`];
  }
  return [`${name} connected${peer.address === "" ? "" : ` from ${hostOf(printable(peer.address))}`}.`];
}

/** Without the port, which says nothing where the other one has dialled. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, "");
}

function folderLines(before: FolderStatus | undefined, folder: FolderStatus): string[] {
  const name = printable(folder.name);
  const problems = [
    ...problemLines(name, before?.notes ?? [], folder.notes),
    ...problemLines(name, before?.problems ?? [], folder.problems),
  ];
  const state = stateLine(name, before, folder);
  return state === null ? problems : [...problems, state];
}

function stateLine(name: string, before: FolderStatus | undefined, folder: FolderStatus): string | null {
  const [was, is] = [before?.state, folder.state];
  switch (is.kind) {
    case "up-to-date":
      return was?.kind === "up-to-date" ? null : `${name} is up to date.`;
    case "stopped":
      if (was?.kind === "stopped" && was.reason === is.reason) return null;
      return `${name} stopped: ${printable(is.reason)}${remedy(is.remedy)}`;
    case "waiting":
      // Right after joining nobody has told anything yet: that is no news.
      if (is.filesLeft === 0) return null;
      if (was?.kind === "waiting" && was.reason === is.reason && was.filesLeft === is.filesLeft) return null;
      return `${name} waits, ${plural(is.filesLeft, "file")} left: ${printable(is.reason)}`;
    case "paused":
      return was?.kind === "paused" ? null : `${name} is paused.`;
    case "scanning":
    case "syncing":
      return null;
  }
}

function problemLines(folder: string, before: readonly Problem[], after: readonly Problem[]): string[] {
  const known = new Set(before.map(keyOf));
  const news = after.filter((problem) => !known.has(keyOf(problem)));
  const lines = news.slice(0, PROBLEMS_AT_ONCE).map((problem) => problemLine(folder, problem));
  const more = news.length - lines.length;
  if (more > 0) {
    lines.push(`… and ${plural(more, "more problem", "more problems")}. List them with: cairn status`);
  }
  return lines;
}

/** `Notes/docs/a.txt is not in sync: permission denied` and below it the remedy. */
export function problemLine(folder: string, problem: Problem): string {
  const where = [folder, printable(problem.path)].filter((part) => part !== "").join("/");
  const cause = printable(problem.cause);
  return (where === ""
    ? cause
    : problem.path === ""
    ? `${where}: ${cause}`
    : `${where} is not in sync: ${cause}`) +
    remedy(problem.remedy);
}

function remedy(text: string): string {
  return text === "" ? "" : `\n  → ${printable(text)}`;
}

function keyOf(problem: Problem): string {
  return `${problem.path}\0${problem.cause}`;
}
