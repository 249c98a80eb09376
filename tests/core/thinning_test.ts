/** The store's own rules must never empty it (R21): what may go and what may not, for everything that it could hold. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { DAY_MS, DENSE_MS, HOUR_MS, overflowing, thinned } from "../../src/core/thinning.ts";

const NOW_MS = 1_000 * DAY_MS + 12_345;

interface One {
  readonly keptMs: number;
  readonly isPinned: boolean;
  readonly bytes: number;
}

/** Ages from the future to a century, thick around the borders. */
const ageMs = fc.oneof(
  fc.integer({ min: -2 * DAY_MS, max: 3 * DAY_MS }),
  fc.integer({ min: 0, max: 60 * DAY_MS }),
  fc.integer({ min: 0, max: 36_500 * DAY_MS }),
  fc.constantFrom(0, DENSE_MS - 1, DENSE_MS, 2 * DAY_MS, 30 * DAY_MS, -1),
);
const one: fc.Arbitrary<One> = fc.record({
  keptMs: ageMs.map((age) => NOW_MS - age),
  isPinned: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  bytes: fc.integer({ min: 0, max: 2 ** 40 }),
});
const versions = fc.array(one, { maxLength: 60 });
const days = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constantFrom(0, -5, 36_500));

function stays<T>(all: readonly T[], going: readonly T[]): T[] {
  return all.filter((version) => !going.includes(version));
}

function lengthOf(age: number): number {
  return age < 2 * DAY_MS ? HOUR_MS : age < 30 * DAY_MS ? DAY_MS : 7 * DAY_MS;
}

Deno.test("nothing younger than a day goes, nothing of the future, nothing pinned: not by age, not by size (R21)", () => {
  fc.assert(fc.property(versions, days, fc.integer({ min: 0, max: 2 ** 41 }), (all, most, limit) => {
    const oldest = all.toSorted((a, b) => a.keptMs - b.keptMs);
    const held = all.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const gone of [...thinned(all, NOW_MS, most), ...overflowing(oldest, held, limit, NOW_MS)]) {
      assert.ok(!gone.isPinned);
      assert.ok(NOW_MS - gone.keptMs >= DENSE_MS);
    }
  }));
});

Deno.test("whatever is thinned out within the folder's days leaves a later one of the same stretch (R21)", () => {
  fc.assert(fc.property(versions, days, (all, most) => {
    const going = thinned(all, NOW_MS, most);
    const left = stays(all, going);
    for (const { keptMs } of going) {
      const age = NOW_MS - keptMs;
      if (age >= Math.max(most, 1) * DAY_MS) continue;
      const length = lengthOf(age);
      const stretch = Math.floor(keptMs / length);
      assert.ok(
        left.some((other) => other.keptMs >= keptMs && Math.floor(other.keptMs / length) === stretch),
        `nothing is left of ${age / HOUR_MS} h ago`,
      );
    }
  }));
});

Deno.test("of each stretch one stays, and what is beyond the days goes", () => {
  fc.assert(fc.property(versions, days, (all, most) => {
    const left = stays(all, thinned(all, NOW_MS, most)).filter((version) =>
      !version.isPinned && NOW_MS - version.keptMs >= DENSE_MS
    );
    const keys = left.map(({ keptMs }) => {
      const length = lengthOf(NOW_MS - keptMs);
      return `${length}/${Math.floor(keptMs / length)}`;
    });
    assert.equal(new Set(keys).size, keys.length);
    for (const { keptMs } of left) assert.ok(NOW_MS - keptMs < Math.max(most, 1) * DAY_MS);
  }));
});

Deno.test("thinning twice is thinning once, and in any order", () => {
  fc.assert(fc.property(versions, days, (all, most) => {
    const left = stays(all, thinned(all, NOW_MS, most));
    assert.deepEqual(thinned(left, NOW_MS, most), []);
    const backwards = all.toReversed();
    const times = (list: readonly One[]) => list.map(({ keptMs }) => keptMs).sort();
    assert.deepEqual(times(stays(backwards, thinned(backwards, NOW_MS, most))), times(left));
  }));
});

Deno.test("however often it is thinned on the way, each day of the last thirty keeps what it had", () => {
  const moments = fc.array(fc.integer({ min: 0, max: 40 * DAY_MS }), { maxLength: 12 });
  fc.assert(fc.property(fc.array(ageMs, { maxLength: 60 }), moments, (ages, steps) => {
    const all = ages.map((age) => ({ keptMs: NOW_MS - age, isPinned: false }));
    let left = all;
    let nowMs = NOW_MS;
    for (const step of [...steps].sort((a, b) => a - b)) {
      nowMs = NOW_MS + step;
      left = stays(left, thinned(left, nowMs, 30));
    }
    const daysOf = (list: typeof all) =>
      new Set(
        list.filter(({ keptMs }) => nowMs - keptMs < 30 * DAY_MS).map(({ keptMs }) =>
          Math.floor(keptMs / DAY_MS)
        ),
      );
    // The day in which the thirty begin may have lost its older part.
    const first = Math.floor((nowMs - 30 * DAY_MS) / DAY_MS);
    for (const day of daysOf(all)) if (day > first) assert.ok(daysOf(left).has(day));
  }));
});

Deno.test("overflowing() takes the oldest, and no more than it must", () => {
  fc.assert(fc.property(versions, fc.integer({ min: 0, max: 2 ** 43 }), (all, limit) => {
    const oldest = all.toSorted((a, b) => a.keptMs - b.keptMs);
    const held = all.reduce((sum, { bytes }) => sum + bytes, 0);
    const going = overflowing(oldest, held, limit, NOW_MS);
    const left = held - going.reduce((sum, { bytes }) => sum + bytes, 0);
    const last = going.at(-1);
    if (last !== undefined) assert.ok(left + last.bytes > limit, "one less would not have been enough");
    const free = oldest.filter((version) => !version.isPinned && NOW_MS - version.keptMs >= DENSE_MS);
    if (left > limit) assert.equal(going.length, free.length, "nothing that may go is left");
    assert.deepEqual(going, free.slice(0, going.length));
  }));
});
