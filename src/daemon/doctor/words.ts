/** Spans of time as a doctor says them: one unit, rounded. */
const UNITS = [[86_400_000, "day"], [3_600_000, "hour"], [60_000, "minute"], [1_000, "second"]] as const;

export function formatSpan(ms: number): string {
  for (const [size, name] of UNITS) {
    if (ms < size) continue;
    const count = Math.round(ms / size);
    return `${count} ${name}${count === 1 ? "" : "s"}`;
  }
  return `${Math.round(ms)} ms`;
}
