import assert from "node:assert/strict";
import fc from "fast-check";
import type { Stamp } from "../../src/core/ids.ts";
import { STAMP_AHEAD_MS } from "../../src/core/limits.ts";
import { isStamp, nextStamp, receiveStamp, stampAt, stampMs } from "../../src/core/stamp.ts";

const NOW_MS = 1_790_000_000_000;
const IN_2099_MS = Date.UTC(2099, 0, 1);
const anyMs = fc.integer({ min: 0, max: IN_2099_MS });
const anyStamp = anyMs.chain((ms) => fc.nat(1023).map((units) => stampAt(ms) + units as Stamp));

Deno.test("a stamp tells its millisecond", () => {
  fc.assert(fc.property(anyMs, fc.nat(1023), (ms, units) => {
    assert.equal(stampMs(stampAt(ms) + units as Stamp), ms);
  }));
});

Deno.test("stampAt() stays within what a stamp can say, whatever the clock or a file says", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (ms) => assert.ok(isStamp(stampAt(ms)), String(stampAt(ms)))),
  );
  assert.equal(stampAt(-1), 0);
});

Deno.test("isStamp() takes whole, safe, non-negative numbers alone", () => {
  for (const good of [0, 1, Number.MAX_SAFE_INTEGER]) assert.ok(isStamp(good));
  for (const bad of [-1, 0.5, NaN, Infinity, 2 ** 53, "1", null, undefined, 1n]) assert.ok(!isStamp(bad));
});

Deno.test("a new stamp is later than this device's last, than the one it replaces, and not before now (R7)", () => {
  fc.assert(fc.property(anyStamp, anyMs, anyStamp, (last, nowMs, replaced) => {
    const stamp = nextStamp(last, nowMs, replaced);
    assert.ok(stamp > last && stamp > replaced && stampMs(stamp) >= nowMs);
  }));
});

Deno.test("a clock that stands still gives later stamps all the same", () => {
  const first = nextStamp(0 as Stamp, NOW_MS);
  assert.equal(first, stampAt(NOW_MS));
  assert.equal(nextStamp(first, NOW_MS), first + 1);
  assert.equal(nextStamp(first, NOW_MS - 1000), first + 1);
});

Deno.test("receiving never moves our clock back, and at most a day beyond the wall clock (R7)", () => {
  fc.assert(fc.property(anyStamp, anyStamp, anyMs, (last, received, nowMs) => {
    const after = receiveStamp(last, received, nowMs);
    assert.ok(after >= last);
    assert.ok(after <= Math.max(last, stampAt(nowMs + STAMP_AHEAD_MS)));
    if (stampMs(received) <= nowMs) assert.ok(after >= received);
  }));
});

Deno.test("a peer whose clock stands in 2099 does not take ours along (R7)", () => {
  const after = receiveStamp(stampAt(NOW_MS), stampAt(IN_2099_MS), NOW_MS);
  assert.equal(after, stampAt(NOW_MS + STAMP_AHEAD_MS));
  // What is written next to its file still beats it: a new stamp is later than the one it replaces.
  assert.ok(nextStamp(after, NOW_MS, stampAt(IN_2099_MS)) > stampAt(IN_2099_MS));
});
