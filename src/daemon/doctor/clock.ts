/** The clock: a year that can be, not behind what was written already, and near those of the other devices. */
import { formatSpan } from "./words.ts";
import type { Finding, PeerTold } from "./types.ts";

/** No Cairn is older, and a clock without a battery starts long before. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);
/** Clocks that are set by the network are within a second; so far off, the wrong one of two edits is taken for the later. */
const APART_MS = 60_000;
/** Disks round times, and a clock may have been set right by a little. */
const BEFORE_MS = 10 * 60_000;

const SET_CLOCK = "Set the clock and let the network keep it right (Linux: sudo timedatectl set-ntp true).";

export interface ClockFacts {
  readonly nowMs: number;
  /** When the journal was last written; null where there is none. */
  readonly journalMs: number | null;
  readonly peers: readonly (PeerTold & { readonly name: string })[];
}

export function checkClock({ nowMs, journalMs, peers }: ClockFacts): Finding[] {
  const findings: Finding[] = [];
  const base = { check: "clock", subject: "" } as const;
  const year = new Date(nowMs).getUTCFullYear();
  const isYear = nowMs >= EARLIEST_MS && nowMs < LATEST_MS;
  findings.push({
    ...base,
    code: isYear ? "clock-year" : "clock-year-impossible",
    verdict: isYear ? "good" : "attention",
    says: isYear
      ? `it says ${new Date(nowMs).toISOString().slice(0, 16).replace("T", " ")} UTC`
      : `it says that this is the year ${year}`,
    remedy: isYear ? "" : SET_CLOCK,
    facts: { year },
  });
  if (journalMs !== null && journalMs - nowMs > BEFORE_MS) {
    findings.push({
      ...base,
      code: "clock-before-journal",
      verdict: "attention",
      says: `it stands ${formatSpan(journalMs - nowMs)} before the last write of this device's journal`,
      remedy:
        `${SET_CLOCK} Nothing is lost by it; until then edits of other devices count as the later ones.`,
      facts: { behindMs: Math.round(journalMs - nowMs) },
    });
  }
  for (const { name, aheadMs } of peers) {
    if (aheadMs === null) continue;
    const isApart = Math.abs(aheadMs) > APART_MS;
    const way = aheadMs > 0 ? "ahead of" : "behind";
    findings.push({
      ...base,
      subject: name,
      code: isApart ? "clock-apart" : "clock-together",
      verdict: isApart ? "attention" : "good",
      says: isApart
        ? `its clock was ${formatSpan(Math.abs(aheadMs))} ${way} this one when it connected`
        : "its clock and this one agree",
      remedy: isApart ? `Of the two, correct the one that is wrong. ${SET_CLOCK}` : "",
      facts: { aheadMs },
    });
  }
  return findings;
}
