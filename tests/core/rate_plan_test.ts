import assert from "node:assert/strict";
import { LEAST_RATE, rateAt, readRatePlan, showRatePlan } from "../../src/core/rate_plan.ts";
import { isWithin, readWeekHours, showWeekHours } from "../../src/core/week_hours.ts";

/** A time of this computer's own zone; 2026-11-23 is a Monday. */
function at(day: number, hour: number, minute = 0): number {
  return +new Date(2026, 10, 22 + day, hour, minute);
}

for (
  const [text, shown] of [
    ["01:00-06:00", "01:00-06:00"],
    ["8:00-18:00 MON-FRI", "08:00-18:00 mon-fri"],
    ["mon-fri 08:00-24:00", "08:00-00:00 mon-fri"],
    ["sat,sun", "sun,sat"],
    ["fri-mon", "fri-mon"],
    ["mon,wed", "mon,wed"],
    ["00:00-24:00", "00:00-24:00"],
  ]
) {
  Deno.test(`hours: ${text} is read, and shown as ${shown}`, () => {
    const hours = readWeekHours(text!)!;
    assert.equal(showWeekHours(hours), shown);
    assert.deepEqual(readWeekHours(shown!), hours);
  });
}

for (
  const text of [
    "",
    "8-18",
    "25:00-26:00",
    "08:60-09:00",
    "24:30-01:00",
    "08:00-24:01",
    "monday",
    "mon-",
    "mon-tue-wed",
    "mon fri",
    "08:00-09:00 10:00-11:00",
    "08:00-",
  ]
) {
  Deno.test(`hours: "${text}" is none`, () => assert.equal(readWeekHours(text), null));
}

Deno.test("hours hold from their beginning to just before their end; over midnight they are of the day on which they begin", () => {
  const work = readWeekHours("08:00-18:00 mon-fri")!;
  assert.deepEqual(
    [at(1, 7, 59), at(1, 8), at(5, 17, 59), at(5, 18), at(6, 12)].map((ms) => isWithin(work, ms)),
    [false, true, true, false, false],
  );
  const night = readWeekHours("22:00-06:00 fri,sat")!;
  assert.deepEqual(
    [at(5, 21, 59), at(5, 22), at(6, 5, 59), at(6, 6), at(7, 5), at(8, 5), at(5, 5)].map((ms) =>
      isWithin(night, ms)
    ),
    [false, true, true, false, true, false, false],
  );
  assert.deepEqual([at(0, 12), at(1, 12)].map((ms) => isWithin(readWeekHours("sun")!, ms)), [true, false]);
});

Deno.test("the first part whose hours hold says the rate; where none does there is no limit", () => {
  const plan = readRatePlan("08:00-18:00 mon-fri 1MB/s; 22:00-06:00 off; 5M")!;
  assert.deepEqual(
    [at(1, 9), at(1, 23), at(6, 9)].map((ms) => rateAt(plan, ms)),
    [2 ** 20, null, 5 * 2 ** 20],
  );
  assert.equal(rateAt(readRatePlan("mon 1M")!, at(2, 9)), null);
  assert.equal(rateAt(readRatePlan("off")!, at(2, 9)), null);
  assert.equal(showRatePlan(plan), "08:00-18:00 mon-fri 1MB/s; 22:00-06:00 off; 5MB/s");
  assert.deepEqual(readRatePlan(showRatePlan(plan)), plan);
});

Deno.test("what is no plan is none: no rate, one that is too small, or too many parts", () => {
  const bad = [
    "",
    "fast",
    "1MB/s 08:00-18:00",
    `${LEAST_RATE - 1}`,
    "0",
    "-1M",
    "1M;",
    "25:00-26:00 1M",
    "1M/m",
  ];
  for (const text of bad) assert.equal(readRatePlan(text), null, text);
  assert.notEqual(readRatePlan(Array(16).fill("1M").join(";")), null);
  assert.equal(readRatePlan(Array(17).fill("1M").join(";")), null);
});
