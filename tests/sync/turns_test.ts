/** How the time is shared between what others tell and all else (invariant 10). */
import assert from "node:assert/strict";
import { Turns } from "../../src/sync/turns.ts";
import { manualClock } from "../support/clock.ts";

/** Peers that never stop telling, each page 100 ms of work; how much of a minute that is. */
async function busyShare(peers: number): Promise<number> {
  const clock = manualClock();
  const turns = new Turns(clock, () => peers === 1);
  let workedMs = 0;
  let isOver = false;
  const tell = async () => {
    while (!isOver) {
      await turns.ready();
      // The work itself holds everything up.
      const from = clock.monotonic();
      clock.hold(100);
      workedMs += clock.monotonic() - from;
      await turns.rest(100);
    }
  };
  for (let i = 0; i < peers; i++) void tell();
  await clock.advance(60_000);
  isOver = true;
  return workedMs / 60_000;
}

Deno.test("pages of any number of peers take half of the time, of a single one four fifths", async () => {
  for (const [peers, share] of [[1, 0.8], [2, 0.5], [5, 0.5]] as const) {
    const found = await busyShare(peers);
    assert.ok(Math.abs(found - share) < 0.05, `${peers} peers: ${found}`);
  }
});
