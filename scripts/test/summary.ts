/** What `deno test` says last, read and added up: "ok | 123 passed (4 steps) | 0 failed | 2 ignored (5s)". */

export interface Summary {
  readonly passed: number;
  readonly passedSteps: number;
  readonly failed: number;
  readonly failedSteps: number;
  readonly ignored: number;
}

/** The words without a terminal's colours. */
export function plain(words: string): string {
  // deno-lint-ignore no-control-regex
  return words.replaceAll(/\x1b\[[0-9;]*m/g, "");
}

/** The last summary in what a run said, which must be its last words but for an error's; null where there is none. */
export function summaryIn(words: string): Summary | null {
  const line = plain(words).split("\n").findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line));
  if (line === undefined) return null;
  const count = (what: string) => Number(new RegExp(`\\| (\\d+) ${what}`).exec(line)?.[1] ?? 0);
  const steps = (what: string) => Number(new RegExp(`${what} \\((\\d+) steps?\\)`).exec(line)?.[1] ?? 0);
  return {
    passed: count("passed"),
    passedSteps: steps("passed"),
    failed: count("failed"),
    failedSteps: steps("failed"),
    ignored: count("ignored"),
  };
}

/** A file that failed and counts no failure (it ended in its middle, or beside its tests) is one. */
export function sumOf(
  done: readonly { readonly summary: Summary | null; readonly isGood: boolean }[],
): Summary {
  const sum = { passed: 0, passedSteps: 0, failed: 0, failedSteps: 0, ignored: 0 };
  for (const { summary, isGood } of done) {
    sum.passed += summary?.passed ?? 0;
    sum.passedSteps += summary?.passedSteps ?? 0;
    sum.failed += Math.max(summary?.failed ?? 0, isGood ? 0 : 1);
    sum.failedSteps += summary?.failedSteps ?? 0;
    sum.ignored += summary?.ignored ?? 0;
  }
  return sum;
}

/** The same line for all files. */
export function lastLine(sum: Summary, tookMs: number): string {
  const steps = (count: number) => count === 0 ? "" : ` (${count} ${count === 1 ? "step" : "steps"})`;
  const seconds = Math.round(tookMs / 1000);
  const took = seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return [
    sum.failed === 0 ? "ok" : "FAILED",
    `${sum.passed} passed${steps(sum.passedSteps)}`,
    `${sum.failed} failed${steps(sum.failedSteps)}`,
    ...sum.ignored === 0 ? [] : [`${sum.ignored} ignored`],
  ].join(" | ") + ` (${took})`;
}
