/** When what is ready goes to the disk, and when it waits without asking again and again. */
import assert from "node:assert/strict";
import type { Replica } from "../../src/sync/replica.ts";
import { ReadyQueue } from "../../src/sync/ready_queue.ts";
import type { RoomWait } from "../../src/sync/room_wait.ts";
import { manualClock } from "../support/clock.ts";
import { pathOf } from "../support/entries.ts";

Deno.test("while nothing may be placed, whoever resumes the queue starts nothing", async () => {
  const clock = manualClock();
  let drained = 0;
  const queue = new ReadyQueue({ deps: { clock } } as unknown as Replica, {} as RoomWait, {
    mayPlace: () => false,
    settle: () => assert.fail("nothing was placed"),
    lookAgain: () => {},
    // As its owner does.
    drained: () => {
      drained++;
      queue.resume();
    },
  });
  queue.add({ path: pathOf("a"), staged: null, movedFrom: null }, 1);
  await clock.advance(60_000);
  assert.equal(drained, 1);
  assert.equal(clock.waiting, 0);
});
