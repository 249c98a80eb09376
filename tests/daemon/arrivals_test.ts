/** Who comes and goes is asked again, and not more often than there is time for. */
import assert from "node:assert/strict";
import { Arrivals } from "../../src/daemon/arrivals.ts";
import { manualClock } from "../support/clock.ts";

Deno.test("a device that comes is asked at once, one that flaps every ten seconds, and each for itself (invariant 10)", async () => {
  const clock = manualClock();
  const asked: [number, number][] = [];
  const arrivals = new Arrivals(clock, (device) => asked.push([clock.monotonic(), device]));
  for (let ms = 0; ms < 25_000; ms += 500) {
    arrivals.came(7);
    if (ms === 4_000) arrivals.came(8);
    await clock.advance(500);
  }
  assert.deepEqual(asked, [[0, 7], [4_000, 8], [10_000, 7], [20_000, 7]]);
  arrivals.stop();
  await clock.advance(60_000);
  assert.equal(asked.length, 4);
});
