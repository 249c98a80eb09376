import assert from "node:assert/strict";
import { lastLine, type Summary, summaryIn, sumOf } from "../../../scripts/test/summary.ts";

const NONE: Summary = { passed: 0, passedSteps: 0, failed: 0, failedSteps: 0, ignored: 0 };

Deno.test("summaryIn() reads the last words of deno test, coloured or not", () => {
  assert.deepEqual(summaryIn("a ... ok\n\nok | 12 passed (4 steps) | 0 failed | 2 ignored (5s)\n\n"), {
    ...NONE,
    passed: 12,
    passedSteps: 4,
    ignored: 2,
  });
  assert.deepEqual(
    summaryIn(
      "\x1b[0m\x1b[31mFAILED\x1b[0m | 7 passed | 3 failed (1 step) \x1b[0m\x1b[38;5;245m(26ms)\x1b[0m\n\nerror: Test failed\n",
    ),
    { ...NONE, passed: 7, failed: 3, failedSteps: 1 },
  );
  assert.deepEqual(summaryIn("ok | 1 passed | 0 failed (1s)\nok | 2 passed | 0 failed (1s)\n")?.passed, 2);
});

Deno.test("summaryIn() finds nothing in a test's own words", () => {
  assert.equal(summaryIn("a test that prints ok | 5 passed | 0 failed\nerror: Uncaught\n"), null);
});

Deno.test("sumOf() counts a file that ended without a count, or failed beside its tests, as a failure", () => {
  const good = { summary: { ...NONE, passed: 2, ignored: 1 }, isGood: true };
  const bad = { summary: { ...NONE, passed: 1, failed: 3 }, isGood: false };
  assert.deepEqual(sumOf([good, bad]), { ...NONE, passed: 3, failed: 3, ignored: 1 });
  assert.equal(sumOf([good, { summary: null, isGood: false }]).failed, 1);
  assert.equal(sumOf([{ summary: good.summary, isGood: false }]).failed, 1);
});

Deno.test("lastLine() is a line as deno test says it", () => {
  assert.equal(
    lastLine({ ...NONE, passed: 3, passedSteps: 1 }, 61_400),
    "ok | 3 passed (1 step) | 0 failed (1m1s)",
  );
  const bad = { passed: 3, passedSteps: 2, failed: 1, failedSteps: 4, ignored: 5 };
  assert.equal(lastLine(bad, 900), "FAILED | 3 passed (2 steps) | 1 failed (4 steps) | 5 ignored (1s)");
  assert.deepEqual(summaryIn(lastLine(bad, 900)), bad);
});
