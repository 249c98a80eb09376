/** Requests for contents by the hundred: answered a few at a time, holding a few directories open (invariant 10). */
import assert from "node:assert/strict";
import { SharedPins } from "../../src/sync/local_source.ts";
import type { Replica } from "../../src/sync/replica.ts";
import { Allotment } from "../../src/sync/allotment.ts";
import { manualClock } from "../support/clock.ts";
import { pathOf } from "../support/entries.ts";

Deno.test("files of one directory share one handle, which stays until all are done", () => {
  let open = 0;
  const fs = {
    pin: () => {
      open++;
      return { self: "/held", at: (name: string) => `/held/${name}`, close: () => void open-- };
    },
  };
  const replica = { deps: { fs }, root: "/r", number: 1 } as unknown as Replica;
  const pins = new SharedPins();
  const held = ["d", "d", "e", "d"].map((directory) => pins.hold(replica, pathOf(directory)));
  assert.deepEqual([open, pins.count], [2, 2]);
  held[0]!.close();
  assert.equal(open, 2, "others still read there");
  assert.equal(held[3]!.at("x"), "/held/x");
  pins.closeAll();
  assert.deepEqual([open, pins.count], [0, 0]);
});

Deno.test("an allotment gives so many in a row, and one more for each stretch of time", async () => {
  const clock = manualClock();
  const allotment = new Allotment(clock, 3, 1_000);
  const takeAll = () => {
    let count = 0;
    while (allotment.take()) count++;
    return count;
  };
  assert.equal(takeAll(), 3);
  await clock.advance(999);
  assert.equal(takeAll(), 0);
  await clock.advance(1);
  assert.equal(takeAll(), 1);
  await clock.advance(60_000);
  assert.equal(takeAll(), 3, "it does not pile up");
});
