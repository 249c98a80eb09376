/** What is shown of each scenario, and what Cairn has set itself. Pure. */

export type Target =
  /** At most this share of what the peer has in the same sitting. */
  | { readonly ratio: number }
  | { readonly most: number }
  | { readonly least: number };

export interface Line {
  readonly scenario: string;
  readonly figure: string;
  /** None: it is only shown. */
  readonly targets: readonly Target[];
}

const MB = 1e6;

function line(scenario: string, figure: string, ...targets: Target[]): Line {
  return { scenario, figure, targets };
}

/** In the order of the report. */
export const LINES: readonly Line[] = [
  line("small", "s", { ratio: 0.15 }),
  line("small", "sent_bytes"),
  line("small", "cpu_s"),
  line("idle", "cpu_most_s", { most: 0.1 }),
  line("idle", "rss_bytes", { most: 130 * MB }),
  line("edit", "median_s", { most: 0.04 }),
  line("edit", "p95_s", { most: 0.12 }),
  line("catchup", "s", { ratio: 0.25 }),
  line("catchup", "sent_bytes"),
  line("catchup", "cpu_s"),
  line("mvdir", "s", { ratio: 0.1 }),
  line("mvdir", "sent_bytes", { most: 0.4 * MB }),
  line("mvdir", "cpu_s"),
  line("big", "s", { ratio: 0.5 }),
  line("big", "sent_bytes"),
  line("big", "cpu_s"),
  line("patch", "s", { ratio: 0.5 }),
  line("patch", "sent_bytes", { most: 0.35 * MB }),
  line("patch", "cpu_s"),
  line("rename", "s", { ratio: 0.15 }),
  line("rename", "sent_bytes", { most: 5000 }),
  line("insert", "s", { ratio: 0.25 }),
  line("insert", "sent_bytes", { most: 0.25 * MB }),
  line("insert", "cpu_s"),
  line("scan", "files_per_s", { least: 15_000 }),
  line("scan", "s"),
  line("scan", "rss_bytes"),
  line("rescan", "files_per_s", { least: 120_000 }),
  line("rescan", "s"),
  line("scanbig", "mb_per_s", { least: 600 }),
  line("scanbig", "sha256sum_mb_per_s"),
  line("scanbig", "sha256sum_all_cores_mb_per_s"),
  line("five", "one_s"),
  line("five", "all_s"),
  line("five", "all_to_one", { most: 2 }),
  line("five", "slow_one_s"),
  line("five", "slow_all_s"),
  line("five", "slow_all_to_one", { most: 2 }),
  line("five", "slow_sent_bytes"),
  line("slow", "edit_alone_s"),
  line("slow", "edit_median_s"),
  line("slow", "edit_most_s", { most: 1 }),
  line("slow", "text_s"),
  line("slow", "text_to_wire", { most: 1 }),
  line("catalogue", "received_s", { most: 60 }),
  line("catalogue", "received_bytes", { most: 80 * MB }),
  line("catalogue", "name_p95_ms", { most: 20 }),
  line("catalogue", "common_p95_ms", { most: 20 }),
  line("catalogue", "plocate_p95_ms"),
  line("catalogue", "text_p95_ms", { most: 50 }),
  line("catalogue", "rg_p95_ms"),
  line("catalogue", "question_p95_ms", { most: 50 }),
  line("catalogue", "ls_p95_ms", { most: 5 }),
  line("catalogue", "where_p95_ms", { most: 5 }),
  line("catalogue", "guard_p95_ms", { most: 50 }),
  line("catalogue", "dupes_p95_ms", { most: 1000 }),
  line("catalogue", "rss_bytes", { most: 450 * MB }),
];

/** Whether the value keeps the target; null when that needs a peer's value, and there is none. */
export function isKept(target: Target, value: number, peers: number | null): boolean | null {
  if ("ratio" in target) return peers === null ? null : value <= target.ratio * peers;
  return "most" in target ? value <= target.most : value >= target.least;
}

/** Limits of `scale` with a million files. */
export const SCALE_TARGETS: Readonly<Record<string, Target>> = {
  rss_bytes: { most: 450 * MB },
  first_row_bytes: { most: 350 },
  further_row_bytes: { most: 40 },
  edit_median_s: { most: 0.3 },
  idle_share: { most: 0.005 },
};
/** A file's cost with the most files, against that with 10,000. */
export const GROWTH_MOST = 1.5;
