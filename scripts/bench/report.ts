/** What a run has found, as tables for people. Pure. */
import { formatCount } from "../../src/cli/format.ts";
import type { Environment } from "./environment.ts";
import { type Figures, median, type Sample, type Summary, summaryOf } from "./figures.ts";
import { formatFigure, table } from "./format.ts";
import { GROWTH_MOST, isKept, type Line, LINES, SCALE_TARGETS, type Target } from "./targets.ts";

export interface Report {
  readonly environment: Environment;
  readonly floors: Figures;
  readonly samples: readonly Sample[];
  readonly failures: readonly string[];
  /** Whether the targets are meant for these sizes. */
  readonly isStandard: boolean;
  readonly withPeer: boolean;
  /** What is done in each scenario. */
  readonly titles: ReadonlyMap<string, string>;
}

/** One line of the first table, also for programs. */
export interface Row {
  readonly scenario: string;
  readonly figure: string;
  readonly cairn: Summary;
  readonly peer: Summary | null;
  /** What the plainest program takes that does the same, where there is one. */
  readonly floor: Summary | null;
  /** Cairn's median by the peer's; null without a peer. */
  readonly ratio: number | null;
  readonly target: string;
  /** Null: there is none, or it cannot be judged. */
  readonly isKept: boolean | null;
}

export function rowsOf({ samples, isStandard }: Report): Row[] {
  return LINES.flatMap((line) => rowOf(line, samples, isStandard) ?? []);
}

function rowOf(
  { scenario, figure, targets }: Line,
  samples: readonly Sample[],
  isStandard: boolean,
): Row | null {
  const cairn = summaryOf(samples, scenario, figure, "cairn");
  if (cairn === null) return null;
  const peer = summaryOf(samples, scenario, figure, "syncthing");
  const verdicts = targets.map((target) => isKept(target, cairn.median, peer?.median ?? null));
  return {
    scenario,
    figure,
    cairn,
    peer,
    floor: summaryOf(samples, scenario, figure, "floor"),
    ratio: peer === null || peer.median === 0 ? null : cairn.median / peer.median,
    target: targets.map((target) => targetText(target, figure)).join(", "),
    isKept: !isStandard || verdicts.length === 0 || verdicts.includes(null)
      ? null
      : verdicts.every((verdict) => verdict),
  };
}

function targetText(target: Target, figure: string): string {
  if ("ratio" in target) return `≤ ${target.ratio} of the peer's`;
  return "most" in target
    ? `≤ ${formatFigure(figure, target.most)}`
    : `≥ ${formatFigure(figure, target.least)}`;
}

/** The whole report. */
export function reportText(report: Report): string {
  const { environment, floors, samples, failures, titles } = report;
  const words: string[] = [
    Object.entries(environment).map(([name, what]) => `- ${name}: ${what}`).join("\n"),
  ];
  const rows = rowsOf(report);
  if (rows.length > 0) {
    const played = [...titles].filter(([name]) => rows.some(({ scenario }) => scenario === name));
    words.push(
      played.map(([name, title]) => `- ${name}: ${title}`).join("\n"),
      mainTable(rows, report.withPeer),
    );
  }
  const scaled = samples.filter(({ scenario }) => scenario === "scale");
  if (scaled.length > 0) words.push(scaleTable(scaled));
  if (Object.keys(floors).length > 0) words.push(floorTable(floors));
  const noise = noiseOf(samples);
  if (noise !== null) words.push(noise);
  if (!report.isStandard) {
    words.push("The targets are set for other sizes; nothing is judged. Without --files and --size it is.");
  }
  for (const failure of failures) words.push(`FAILED: ${failure}`);
  return words.join("\n\n");
}

function mainTable(rows: readonly Row[], withPeer: boolean): string {
  const withFloor = rows.some(({ floor }) => floor !== null);
  const head = [
    "Scenario",
    "Figure",
    "Cairn",
    ...(withFloor ? ["Floor"] : []),
    ...(withPeer ? ["Syncthing", "Ratio"] : []),
    "Target",
    "",
  ];
  return table(
    head,
    rows.map(({ scenario, figure, cairn, peer, floor, ratio, target, isKept }) => [
      scenario,
      figureName(figure),
      summaryText(figure, cairn),
      ...(withFloor ? [floor === null ? "" : summaryText(figure, floor)] : []),
      ...(withPeer
        ? [peer === null ? "" : summaryText(figure, peer), ratio === null ? "" : ratio.toFixed(2)]
        : []),
      target,
      isKept === null ? "" : isKept ? "kept" : "missed",
    ]),
  );
}

/** `2.31 s (2.20 to 2.44 s)`: the median, and how far the runs lay apart. */
function summaryText(figure: string, { median, least, most, count }: Summary): string {
  const [text, from, to] = [median, least, most].map((value) => formatFigure(figure, value));
  if (count === 1 || from === to) return text!;
  const unit = to!.slice(to!.indexOf(" "));
  return `${text} (${from!.endsWith(unit) ? from!.slice(0, -unit.length) : from} to ${to})`;
}

/** `cpu_most_s` as `cpu most`; what is only a unit is the time, or the rate. */
function figureName(figure: string): string {
  if (figure === "s") return "time";
  return figure.replace(/_?(mb_per_s|files_per_s)$/, "").replace(/_(s|bytes)$/, "").replaceAll("_", " ") ||
    "rate";
}

/** Cost against the number of files: a column for each number. */
function scaleTable(samples: readonly Sample[]): string {
  const counts = [...new Set(samples.map(({ files }) => files ?? 0))].toSorted((a, b) => a - b);
  const value = (files: number, figure: string): number | null => {
    const values = samples.filter((sample) => sample.files === files)
      .flatMap(({ figures }) => figures[figure] ?? []);
    return values.length === 0 ? null : median(values);
  };
  const most = counts.at(-1)!;
  const isJudged = most >= 1_000_000;
  const rows = SCALE_ROWS.map(([figure, what]) => {
    const target = SCALE_TARGETS[figure];
    const last = value(most, figure);
    const judged = target !== undefined && isJudged && last !== null ? isKept(target, last, null) : null;
    return [
      what,
      ...counts.map((files) => {
        const found = value(files, figure);
        return found === null ? "" : formatFigure(figure, found);
      }),
      target === undefined ? "" : targetText(target, figure),
      judged === null ? "" : judged ? "kept" : "missed",
    ];
  });
  for (const [step, what] of COSTS) {
    const costs = counts.map((files) => {
      const rate = value(files, `${step}_files_per_s`);
      return rate === null ? null : 1e6 / rate;
    });
    const [first, last] = [costs[0] ?? null, costs.at(-1) ?? null];
    const growth = first === null || last === null || counts.length < 2 ? null : last / first;
    rows.push([
      what,
      ...costs.map((cost) => cost === null ? "" : `${formatCount(cost)} µs`),
      `growth ≤ ${GROWTH_MOST}`,
      growth === null
        ? ""
        : `${growth.toFixed(2)}${isJudged ? growth <= GROWTH_MOST ? ", kept" : ", missed" : ""}`,
    ]);
  }
  return table(["One folder, files of 4 KiB", ...counts.map(formatCount), "Target", ""], rows);
}

const SCALE_ROWS: readonly (readonly [string, string])[] = [
  ["scan_s", "first scan"],
  ["sync_s", "to a second device, from its start"],
  ["restart_s", "restart, to up to date"],
  ["rename_s", "a folder of a tenth renamed"],
  ["rename_sent_bytes", "the same, bytes sent"],
  ["edit_median_s", "edit to visible, median"],
  ["edit_p95_s", "the same, 95 of 100"],
  ["idle_share", "processor when idle, of a core"],
  ["rss_bytes", "memory, the most at any time"],
  ["first_row_bytes", "catalogue a file, one device"],
  ["further_row_bytes", "catalogue a file, for the second"],
];
const COSTS: readonly (readonly [string, string])[] = [
  ["scan", "first scan, a file"],
  ["sync", "to a second device, a file"],
  ["restart", "restart, a file"],
  ["rename", "rename, a file"],
];

const FLOOR_NAMES: readonly (readonly [string, string])[] = [
  ["wire_mb_per_s", "one TCP connection between the hosts"],
  ["disk_mb_per_s", "one file written and synced"],
  ["small_files_per_s", "files of 4 KiB made, then one sync"],
  ["hash_mb_per_s", "SHA-256, one thread"],
  ["hash_all_cores_mb_per_s", "SHA-256, all cores"],
];

function floorTable(floors: Figures): string {
  const rows = FLOOR_NAMES.flatMap(([name, what]) => {
    const value = floors[name];
    return value === undefined ? [] : [[what, formatFigure(name, value)]];
  });
  return table(["Floor, in the same run", ""], rows);
}

/** With more than this share of a core, what others did has its part in a figure. */
const NOISE_SHARE = 0.1;
/** The kernel counts in hundredths of a second: in a shorter time nobody's share can be told. */
const NOISE_S = 0.5;

/** Names the samples that others' work fell into; null when there are none. */
function noiseOf(samples: readonly Sample[]): string | null {
  const noisy = samples.flatMap(({ scenario, peer, run, figures }) => {
    const { from_uptime_s: from, to_uptime_s: to, other_cpu_s: other = 0, stolen_cpu_s: stolen = 0 } =
      figures;
    if (from === undefined || to === undefined || to - from < NOISE_S) return [];
    const share = (other + stolen) / (to - from);
    return share <= NOISE_SHARE ? [] : [`${scenario} of ${peer}, run ${run} (${share.toFixed(2)} cores)`];
  });
  if (noisy.length === 0) return null;
  return `Others used the processors meanwhile: ${noisy.join("; ")}`;
}
