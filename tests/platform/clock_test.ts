import assert from "node:assert/strict";
import { realClock } from "../../src/platform/real/clock.ts";
import { realRandom } from "../../src/platform/real/random.ts";

Deno.test("after() runs once, not before its time, and not when cancelled", async () => {
  const clock = realClock();
  const start = clock.monotonic();
  let cancelled = true;
  clock.after(1, () => cancelled = false)();
  await new Promise<void>((resolve) => clock.after(20, resolve));
  assert.ok(clock.monotonic() - start >= 19);
  assert.ok(cancelled);
});

Deno.test("after() takes delays longer than a timer's", async () => {
  const clock = realClock();
  let ran = false;
  const cancel = clock.after(2 ** 33, () => ran = true);
  await new Promise<void>((resolve) => clock.after(5, resolve));
  cancel();
  assert.equal(ran, false);
});

Deno.test("bytes() fills any length, each time differently", () => {
  const random = realRandom();
  for (const length of [0, 1, 65_536, 65_537, 200_000]) assert.equal(random.bytes(length).length, length);
  assert.notDeepEqual(random.bytes(32), random.bytes(32));
  assert.ok(random.bytes(200_000).subarray(131_072).some((byte) => byte !== 0));
});
