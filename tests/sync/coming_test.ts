/** Whose answers keep whom waiting: slow peers are asked as fast as they answer, and nobody waits behind them (invariant 10). */
import assert from "node:assert/strict";
import type { RelPath } from "../../src/core/ids.ts";
import { NEED_WINDOW } from "../../src/core/limits.ts";
import { Coming } from "../../src/sync/coming.ts";

const SLOW = [1];
const OTHER = [1, 2];

function world() {
  const clock = { ms: 0 };
  const coming = new Coming(() => clock.ms);
  const begin = (from: number, to: number, devices: readonly number[]) => {
    for (let i = from; i < to; i++) coming.begin(`${devices}/${i}` as RelPath, 10, devices);
  };
  const end = (i: number, devices: readonly number[]) => coming.end(`${devices}/${i}` as RelPath);
  return { clock, coming, begin, end };
}

Deno.test("bytes count from begin to end, whoever has them", () => {
  const { coming, begin, end } = world();
  begin(0, 3, SLOW);
  begin(0, 1, OTHER);
  assert.equal(coming.bytes, 40);
  end(1, SLOW);
  end(1, SLOW);
  assert.equal(coming.bytes, 30);
});

Deno.test("peers whose oldest answer is long awaited are slow; all that they owe is, and nothing of others", () => {
  const { clock, coming, begin, end } = world();
  begin(0, 5, SLOW);
  clock.ms = 2_000;
  begin(5, 7, SLOW);
  begin(0, 3, OTHER);
  assert.equal(coming.slow, 0);
  clock.ms = 2_001;
  assert.equal(coming.slow, 7);
  for (let i = 0; i < 5; i++) end(i, SLOW);
  assert.equal(coming.slow, 0);
});

Deno.test("of slow peers half a window is asked at a time; each further fetch has its turn at the pace of their answers", () => {
  const { clock, coming, begin } = world();
  begin(0, NEED_WINDOW / 2 - 1, SLOW);
  clock.ms = 5_000;
  assert.equal(coming.waitMs(SLOW), 0);
  begin(NEED_WINDOW, NEED_WINDOW + 1, SLOW);
  const perFetchMs = 5_000 / (NEED_WINDOW / 2);
  assert.equal(coming.waitMs(SLOW), 1_000 + perFetchMs);
  assert.equal(coming.waitMs(SLOW), 1_000 + 2 * perFetchMs);
  assert.equal(coming.waitMs(OTHER), 0);
});

Deno.test("peers that are not slow are asked for as much as there is", () => {
  const { clock, coming, begin } = world();
  begin(0, NEED_WINDOW, SLOW);
  clock.ms = 1_000;
  assert.equal(coming.waitMs(SLOW), 0);
});

Deno.test("once most of what slow peers owed has come, what waits for them need not wait, and that is told once", () => {
  const { clock, coming, begin, end } = world();
  begin(0, NEED_WINDOW / 2, SLOW);
  clock.ms = 5_000;
  assert.ok(coming.waitMs(SLOW) > 0);
  const told = Array.from({ length: NEED_WINDOW / 2 }, (_, i) => end(i, SLOW));
  assert.deepEqual(told.flatMap((isTold, i) => isTold ? [i] : []), [NEED_WINDOW / 4]);
});
