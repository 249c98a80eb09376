/** Figures of a run: numbers by name, the unit last in the name. Pure. */
import type { PeerName } from "./peer.ts";

/**
 * `s` is wall-clock seconds of the timed part, `sent_bytes` and `received_bytes` are those at the first host's interface, `cpu_s` is the
 * processor time of all devices and `cpu_most_s` that of the one with the most, `rss_bytes` is the most memory of any device. What was
 * not measured is not there.
 */
export type Figures = Readonly<Record<string, number>>;

export interface Sample {
  readonly scenario: string;
  readonly peer: PeerName;
  /** Counted from 1. */
  readonly run: number;
  /** How many files it was about, where a scenario is run with several numbers. */
  readonly files?: number;
  readonly figures: Figures;
}

/** The value in the middle; of an even number the mean of both. Throws when there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("There is no median of nothing");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** The least value that so great a share of all does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("There is no quantile of nothing");
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}

export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

/** One figure of a scenario over all runs; null when no run has it. */
export function summaryOf(
  samples: readonly Sample[],
  scenario: string,
  figure: string,
  peer: PeerName,
): Summary | null {
  const values = samples.filter((sample) => sample.scenario === scenario && sample.peer === peer)
    .flatMap(({ figures }) => figures[figure] ?? []);
  if (values.length === 0) return null;
  return {
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    count: values.length,
  };
}
