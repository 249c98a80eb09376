/** When files that could have changed within the clock's grain are read once more (R14). */
import assert from "node:assert/strict";
import { Settling } from "../../src/sync/settling.ts";
import { Timers } from "../../src/sync/timers.ts";
import { manualClock } from "../support/clock.ts";
import { pathOf } from "../support/entries.ts";

const FILE = pathOf("file");

function settling() {
  const clock = manualClock();
  const state = { isBusy: false, read: [] as string[] };
  const it = new Settling(new Timers(clock), {
    isBusy: () => state.isBusy,
    lookAgain: (paths) => state.read.push(...paths),
  });
  return { clock, state, it };
}

Deno.test("a small file is read again as soon as the grain is past, a large one much later (R14)", async () => {
  const { clock, state, it } = settling();
  it.later([FILE], 10);
  it.later([pathOf("large")], 2 ** 30);
  it.later([], 0);
  await clock.advance(2_000);
  assert.deepEqual(state.read, []);
  await clock.advance(1_000);
  assert.deepEqual(state.read, ["file"]);
  await clock.advance(120_000);
  assert.deepEqual(state.read, ["file", "large"]);
  assert.equal(clock.waiting, 0);
});

Deno.test("while others wait for our contents it is put off, but not for ever (R14)", async () => {
  const { clock, state, it } = settling();
  state.isBusy = true;
  it.later([FILE], 10);
  await clock.advance(10_000);
  assert.deepEqual(state.read, []);
  state.isBusy = false;
  await clock.advance(1_000);
  assert.deepEqual(state.read, ["file"]);
  state.isBusy = true;
  it.later([FILE], 10);
  await clock.advance(65_000);
  assert.deepEqual(state.read, ["file", "file"]);
});
