/** When a file that changes while it is read is tried again (R17). */
import assert from "node:assert/strict";
import { STILL_WRITING_MS } from "../../src/core/limits.ts";
import { StillWriting } from "../../src/sync/still_writing.ts";
import { pathOf } from "../support/entries.ts";

const LOG = pathOf("log");

Deno.test("pauses grow with the time that it goes on, to ten seconds; after five minutes it is told (R17)", () => {
  const busy = new StillWriting();
  const delays: number[] = [];
  let nowMs = 0;
  for (let isTold = false; !isTold;) {
    const { delayMs, isLong } = busy.add(LOG, nowMs);
    assert.equal(isLong, nowMs > STILL_WRITING_MS, `after ${nowMs} ms`);
    delays.push(delayMs);
    nowMs += delayMs;
    isTold = isLong;
  }
  assert.equal(delays[0], 200);
  assert.equal(delays.at(-1), 10_000);
  assert.ok(delays.every((delayMs, i) => i === 0 || delayMs >= delays[i - 1]!));
  assert.ok(delays.length < 60, `${delays.length} readings in five minutes`);
});

Deno.test("events are heeded for ten seconds, and wait for the next try after that (R17)", () => {
  const busy = new StillWriting();
  busy.add(LOG, 0);
  busy.add(LOG, 10_000);
  assert.equal(busy.waitOf(LOG, 10_000), null);
  assert.deepEqual(busy.waitOf(LOG, 10_001), { isLong: false });
  assert.deepEqual(busy.waitOf(LOG, STILL_WRITING_MS + 1), { isLong: true });
  assert.equal(busy.waitOf(pathOf("other"), 10_001), null);
  const { turn } = busy.add(LOG, 20_000);
  assert.deepEqual(busy.due(LOG, turn - 1), [], "another try was put in its place");
  assert.ok(busy.isWaiting);
  assert.deepEqual(busy.due(LOG, turn), [LOG]);
  assert.deepEqual([busy.waitOf(LOG, 20_001), busy.isWaiting], [null, false]);
});

Deno.test("a file that rested begins anew, and is not waited for when it is gone", () => {
  const busy = new StillWriting();
  const { turn } = busy.add(LOG, 0);
  busy.delete(LOG);
  assert.deepEqual([busy.due(LOG, turn), busy.isWaiting], [[], false]);
  assert.deepEqual(busy.add(LOG, STILL_WRITING_MS * 2).isLong, false);
});
