/** What the other devices run. */
import type { PeerStatus } from "../api_types.ts";
import type { Finding, PeerTold } from "./types.ts";
import { formatSpan } from "./words.ts";

export function checkPeers(
  own: string,
  peers: readonly PeerStatus[],
  told: readonly PeerTold[],
  nowMs: number,
): Finding[] {
  return peers.map((peer) => {
    const base = { check: "peers", subject: peer.name } as const;
    if (!peer.connected) {
      const since = peer.lastSeenMs === 0
        ? "never met yet"
        : `met last ${formatSpan(nowMs - peer.lastSeenMs)} ago`;
      return {
        ...base,
        code: "peer-away",
        verdict: "note",
        says: peer.reason === "" ? `not connected, ${since}` : `not connected, ${since}: ${peer.reason}`,
        remedy: "If it is on: run cairn doctor there, too.",
        facts: { connected: false },
      };
    }
    const version = told.find(({ id }) => id === peer.id)?.version ?? "";
    const order = version === "" ? -1 : compareVersions(version, own);
    return {
      ...base,
      code: order === 0 ? "peer-same" : order < 0 ? "peer-older" : "peer-newer",
      verdict: order === 0 ? "good" : "note",
      says: version === "" ? "it runs a version that does not tell its name" : `it runs Cairn ${version}`,
      remedy: order === 0
        ? ""
        : order < 0
        ? "Both work together. Update Cairn there when you can."
        : "Both work together. Update Cairn here when you can.",
      facts: { connected: true, order },
    };
  });
}

/** By their numbers; what follows them (`-rc.1`) makes a version another one, and an earlier one. */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [a, b].map((version) => /^[\d.]*/.exec(version)![0].split(".").map(Number));
  for (let i = 0; i < Math.max(left!.length, right!.length); i++) {
    const difference = (left![i] ?? 0) - (right![i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return /-/.test(a) === /-/.test(b) ? (a < b ? -1 : 1) : /-/.test(a) ? -1 : 1;
}
