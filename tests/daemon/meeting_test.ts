/** A device that has just come takes all others for connected, for a moment and not again and again. */
import assert from "node:assert/strict";
import { Meeting } from "../../src/daemon/meeting.ts";
import { manualClock } from "../support/clock.ts";

Deno.test("the first moments end by themselves, and whoever comes and goes all the time has them every ten seconds", async () => {
  const clock = manualClock();
  const ends: number[] = [];
  const meeting = new Meeting(clock, () => ends.push(clock.monotonic()));
  assert.ok(!meeting.isOn);
  let onMs = 0;
  for (let ms = 0; ms < 18_000; ms += 500) {
    meeting.begin();
    if (meeting.isOn) onMs += 500;
    await clock.advance(500);
  }
  assert.deepEqual(ends, [2_000, 12_000]);
  assert.equal(onMs, 4_000);
});

Deno.test("a device that stops tells nobody more", async () => {
  const clock = manualClock();
  const meeting = new Meeting(clock, () => assert.fail("it was told"));
  meeting.begin();
  meeting.stop();
  await clock.advance(10_000);
  assert.ok(!meeting.isOn);
});
