/** Devices that have a content, and how they can be reached. */
import type { CopyState } from "../daemon/contents_types.ts";
import { formatAgo, formatBytes, printable } from "./format.ts";
import { alignRows } from "./table.ts";

/** A line for each, the one that is asked first at the head. */
export function copiesText(copies: readonly CopyState[], nowMs: number): string[] {
  return alignRows(copies.map((copy) => [`  ${printable(copy.device)}`, howOf(copy, nowMs)]));
}

function howOf(
  { isHere, connected, lastSeenMs, bytesPerSecond, latencyMs }: CopyState,
  nowMs: number,
): string {
  if (isHere) return "this device";
  if (!connected) {
    return lastSeenMs === 0 ? "never met by this device" : `last here ${formatAgo(lastSeenMs, nowMs)}`;
  }
  const measured = [
    ...(bytesPerSecond === null ? [] : [`${formatBytes(bytesPerSecond)}/s`]),
    ...(latencyMs === null ? [] : [`answers in ${Math.max(1, Math.round(latencyMs))} ms`]),
  ];
  return ["connected", ...measured].join(", ");
}
