import assert from "node:assert/strict";
import { OpenRequests } from "../../src/peer/requests.ts";
import { manualClock } from "../support/clock.ts";

const STALL_MS = 10_000;

async function outcome(progressBytes: number): Promise<string> {
  const clock = manualClock();
  const requests = new OpenRequests(clock);
  const opened = requests.open(STALL_MS);
  assert.ok("answer" in opened);
  let how = "waits";
  opened.answer.then(() => how = "answered", () => how = "given up");
  for (let i = 0; i < 60; i++) {
    await clock.advance(1_000);
    requests.progress(progressBytes);
    requests.dropStalled();
  }
  await clock.advance(0);
  return how;
}

Deno.test("a request behind a large answer waits as long as that comes nearer", async () => {
  assert.equal(await outcome(64 * 1024), "waits");
});

Deno.test("crumbs are no progress: who sends a byte a second answers nothing (invariant 10)", async () => {
  assert.equal(await outcome(1), "given up");
  assert.equal(await outcome(0), "given up");
});
