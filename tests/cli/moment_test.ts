import assert from "node:assert/strict";
import { parseMoment } from "../../src/cli/moment.ts";

/** A noon in local time, wherever the tests run. */
const NOW = new Date(2026, 10, 22, 12, 0, 0);
const NOW_MS = NOW.getTime();
const HOUR_MS = 3_600_000;

function local(day: number, hours: number, minutes = 0, seconds = 0): number {
  return new Date(2026, 10, day, hours, minutes, seconds).getTime();
}

for (
  const [text, ms] of [
    ["now", NOW_MS],
    ["2h ago", NOW_MS - 2 * HOUR_MS],
    ["90 min ago", NOW_MS - 1.5 * HOUR_MS],
    ["1.5 hours ago", NOW_MS - 1.5 * HOUR_MS],
    ["1 day 6 hours ago", NOW_MS - 30 * HOUR_MS],
    [" 3  Weeks  AGO ", NOW_MS - 21 * 24 * HOUR_MS],
    ["45s ago", NOW_MS - 45_000],
    ["11:30", local(22, 11, 30)],
    ["9:05:07", local(22, 9, 5, 7)],
    ["14:30", local(21, 14, 30)],
    ["today", local(22, 0)],
    ["today 9:00", local(22, 9)],
    ["yesterday", local(21, 0)],
    ["yesterday at 14:30", local(21, 14, 30)],
    ["2026-11-20", local(20, 0)],
    ["2026-11-20 14:30", local(20, 14, 30)],
    ["2026-11-20T14:30:05", local(20, 14, 30, 5)],
    ["2026-11-20T14:30Z", Date.UTC(2026, 10, 20, 14, 30)],
    ["2026-11-20T14:30:00.25+02:00", Date.UTC(2026, 10, 20, 12, 30, 0, 250)],
    ["2026-11-20 14:30 -0530", Date.UTC(2026, 10, 20, 20, 0)],
  ] as const
) {
  Deno.test(`"${text}" is a moment`, () => {
    assert.equal(new Date(parseMoment(text, NOW_MS)).toISOString(), new Date(ms).toISOString());
  });
}

for (
  const text of [
    "",
    "ago",
    "whenever",
    "2 ago",
    "2 fortnights ago",
    "h ago",
    "25:00",
    "12:60",
    "12",
    "2026",
    "2026-13-01",
    "2026-02-30",
    "20.11.2026",
    "11/20/2026",
    "2026-11-20Z",
    "2026-11-20T25:00",
    "last tuesday",
  ]
) {
  Deno.test(`"${text}" is no moment, and that is said with what would be one`, () => {
    assert.throws(() => parseMoment(text, NOW_MS), {
      code: "usage",
      message: /is no time that Cairn understands/,
      hint: /2h ago/,
    });
  });
}

Deno.test("a moment that is still to come is refused", () => {
  for (const text of ["2026-11-23", "today 13:00", "2030-01-01T00:00Z"]) {
    assert.throws(() => parseMoment(text, NOW_MS), { code: "usage", message: /still to come/ });
  }
});
