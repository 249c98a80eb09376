/**
 * Which test file begins when: a long one that begins last keeps the whole run waiting with one core at work. Those that take more than a
 * quarter of a minute, the longest first; where it is wrong by some seconds nothing is lost.
 */
export const LONG: readonly string[] = [
  "tests/e2e/full_disk_test.ts",
  "tests/sync/texts_test.ts",
  "tests/e2e/comeback_test.ts",
  "tests/e2e/portable_test.ts",
  "tests/e2e/link_test.ts",
  "tests/e2e/brake_test.ts",
  "tests/e2e/contents_test.ts",
  "tests/sim/sim_test.ts",
  "tests/sim/steps/power_test.ts",
  "tests/e2e/storm_test.ts",
  "tests/e2e/catalogue_test.ts",
  "tests/sync/scrub_test.ts",
  "tests/e2e/restart_test.ts",
  "tests/e2e/hostile_test.ts",
  "tests/e2e/odd_test.ts",
  "tests/sim/steps/loser_test.ts",
  "tests/sim/steps/kill_test.ts",
  "tests/e2e/travel_test.ts",
  "tests/e2e/mount_test.ts",
  "tests/sync/strategies_test.ts",
  "tests/library/figures_test.ts",
  "tests/sync/fetch_pieces_test.ts",
  "tests/sim/steps/one_failure_test.ts",
  "tests/sim/steps/old_home_test.ts",
  "tests/sync/inbound_test.ts",
  "tests/daemon/conflicts_test.ts",
  "tests/e2e/trouble_test.ts",
  "tests/e2e/service_systemd_test.ts",
  "tests/e2e/completion_test.ts",
  "tests/e2e/modes_test.ts",
  "tests/platform/text_reader_test.ts",
  "tests/e2e/join_test.ts",
];

/** The long ones first; the others behind them as they came. */
export function longestFirst(files: readonly string[]): string[] {
  const there = new Set(files);
  const long = LONG.filter((file) => there.has(file));
  return [...long, ...files.filter((file) => !LONG.includes(file))];
}
