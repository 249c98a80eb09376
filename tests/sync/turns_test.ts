/** How the time is shared between what others tell and all else (invariant 10). */
import assert from "node:assert/strict";
import { Turns } from "../../src/sync/turns.ts";
import { manualClock } from "../support/clock.ts";

/** Peers that never stop telling, each page 100 ms of work; how much of a minute that is. */
async function busyShare(peers: number, restsShortly: boolean): Promise<number> {
  const clock = manualClock();
  const turns = new Turns(clock, () => restsShortly);
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

Deno.test("works of one name wait for each other, however they end; others do not", async () => {
  const turns = new Turns(manualClock(), () => true);
  const story: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string, fails = false) => async () => {
    story.push(name);
    await new Promise<void>((resolve) => ends.push(resolve));
    if (fails) throw new Error(name);
  };
  const first = turns.alone("a", work("a1", true));
  const second = turns.alone("a", work("a2"));
  const third = turns.alone("b", work("b1"));
  await Promise.resolve();
  assert.deepEqual(story, ["a1", "b1"]);
  ends.forEach((end) => end());
  await assert.rejects(first, /a1/);
  await third;
  await turns.alone("b", () => Promise.resolve());
  assert.deepEqual(story, ["a1", "b1", "a2"]);
  ends.at(-1)!();
  await second;
});

Deno.test("pages of any number of peers take half of the time, or nearly all where little else wants it", async () => {
  for (
    const [peers, restsShortly, share] of [[1, true, 0.94], [5, true, 0.94], [2, false, 0.5], [
      5,
      false,
      0.5,
    ]] as const
  ) {
    const found = await busyShare(peers, restsShortly);
    assert.ok(Math.abs(found - share) < 0.05, `${peers} peers: ${found}`);
  }
});
