/**
 * Which former contents a version store gives up (R21): pure, so that it can be shown that nothing young goes, and that a
 * stretch of time out of which anything was kept keeps something.
 *
 * 1. Nothing younger than a day ever goes, and nothing whose time is not known to be past.
 * 2. Nothing pinned ever goes: a loser that is kept nowhere else and that nobody has overruled since.
 * 3. Until two days old one an hour stays of each path, until 30 days one a day, then one a week: the newest of it, which is
 *    what stood there longest after. Hours lie within days and days within weeks, so going through it often or seldom
 *    leaves the same.
 * 4. Nothing stays beyond the folder's days. When the rest takes too much room, the oldest goes first.
 */

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** All is kept for this long. */
export const DENSE_MS = DAY_MS;

export interface Aged {
  readonly keptMs: number;
  readonly isPinned: boolean;
}

/** Whether it may go at all. */
export function mayGo({ keptMs, isPinned }: Aged, nowMs: number): boolean {
  return !isPinned && nowMs - keptMs >= DENSE_MS;
}

/** Of one path's versions, in any order, those that go at `nowMs`; `days` is for how long anything stays. */
export function thinned<T extends Aged>(versions: readonly T[], nowMs: number, days: number): T[] {
  const limitMs = Math.max(days, 1) * DAY_MS;
  const taken = new Set<string>();
  const newestFirst = versions.filter((one) => mayGo(one, nowMs)).sort((a, b) => b.keptMs - a.keptMs);
  return newestFirst.filter(({ keptMs }) => {
    if (nowMs - keptMs >= limitMs) return true;
    const stretch = stretchOf(keptMs, nowMs);
    if (taken.has(stretch)) return true;
    taken.add(stretch);
    return false;
  });
}

/** The stretch of time of which one version stays. */
function stretchOf(keptMs: number, nowMs: number): string {
  const ageMs = nowMs - keptMs;
  const lengthMs = ageMs < 2 * DAY_MS ? HOUR_MS : ageMs < 30 * DAY_MS ? DAY_MS : 7 * DAY_MS;
  return `${lengthMs}/${Math.floor(keptMs / lengthMs)}`;
}

/** Of all versions, oldest first, those that go so that the rest takes at most `limitBytes`, as far as any may go. */
export function overflowing<T extends Aged & { readonly bytes: number }>(
  oldestFirst: readonly T[],
  heldBytes: number,
  limitBytes: number,
  nowMs: number,
): T[] {
  let left = heldBytes;
  return oldestFirst.filter((one) => {
    if (left <= limitBytes || !mayGo(one, nowMs)) return false;
    left -= one.bytes;
    return true;
  });
}
