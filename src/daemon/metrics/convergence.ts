/**
 * How long it takes until somebody who lacks something has it all: from the first word that something is missing to the first that nothing is. Whoever
 * goes meanwhile is forgotten: how long it was away says nothing of how fast files travel.
 */
import type { Histogram, Labels } from "./exposition.ts";

/** Seconds: from an edit of a small file to a disk that is filled for days. */
export const BOUNDS = [0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400];
/** Devices that ever were behind while this one ran. */
const MOST = 1_024;

interface Course {
  sinceMs: number | null;
  readonly counts: number[];
  count: number;
  sum: number;
}

export class Convergence {
  readonly #courses = new Map<string, Course>();

  /** How many files `who` lacks now; null when nobody can say, since it is away. */
  tell(who: string, lacking: number | null, nowMs: number): void {
    let course = this.#courses.get(who);
    if (course === undefined) {
      if ((lacking ?? 0) === 0 || this.#courses.size >= MOST) return;
      this.#courses.set(who, course = { sinceMs: null, counts: BOUNDS.map(() => 0), count: 0, sum: 0 });
    }
    if (lacking === null) course.sinceMs = null;
    else if (lacking > 0) course.sinceMs ??= nowMs;
    else if (course.sinceMs !== null) {
      const seconds = (nowMs - course.sinceMs) / 1000;
      course.sinceMs = null;
      course.count++;
      course.sum += seconds;
      BOUNDS.forEach((bound, i) => seconds <= bound && course.counts[i]!++);
    }
  }

  /** For how long it has been behind; 0 when it is not. */
  behindSeconds(who: string, nowMs: number): number {
    const sinceMs = this.#courses.get(who)?.sinceMs ?? null;
    return sinceMs === null ? 0 : (nowMs - sinceMs) / 1000;
  }

  histogramOf(who: string, labels: Labels): Histogram | null {
    const course = this.#courses.get(who);
    return course === undefined
      ? null
      : { labels, counts: course.counts, count: course.count, sum: course.sum };
  }
}
